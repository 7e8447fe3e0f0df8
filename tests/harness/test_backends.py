"""Backends are found by name, by entry point and in files; what is missing is named."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import minitorch
from harness import BackendError, load
from harness.backends import MINITORCH, TORCH, Backend, find, names, stand_in_for_torch


def test_the_two_built_in_backends_are_known():
    assert {"minitorch", "torch"} <= set(names())
    assert load("minitorch") is minitorch


def test_a_backend_of_a_file_is_loaded_from_it(backends):
    engine = load(f"{backends}:scaled")
    assert engine.tensor is minitorch.tensor
    assert engine.nn.Linear is not minitorch.nn.Linear


def test_a_module_with_torchs_names_needs_no_registration():
    assert find("json").namespace().__name__ == "json"


@pytest.mark.parametrize("name", ["no_such_engine", "", "a.b", "minitorch.nn"])
def test_an_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(BackendError, match=r"unknown backend .*known are .*minitorch.*torch"):
        find(name)


def test_a_missing_file_and_a_missing_name_in_a_file(backends):
    with pytest.raises(BackendError, match=r"nowhere\.py: no such file"):
        find("nowhere.py:mine")
    with pytest.raises(BackendError, match=r"engines\.py registers no backend mine"):
        find(f"{backends}:mine")


def test_an_engine_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("harness.backends.INSTALL", {"no_such_engine": "pip install it"})
    with pytest.raises(BackendError, match="backend mine is not installed: pip install it"):
        Backend("mine", "no_such_engine").check()
    with pytest.raises(BackendError, match="not installed"):
        Backend("mine", "no_such_engine").namespace()


def test_values_go_out_and_in():
    p = minitorch.nn.Parameter(minitorch.zeros(2, 2))
    MINITORCH.assign(p, np.arange(4, dtype=np.float32).reshape(2, 2))
    np.testing.assert_array_equal(MINITORCH.numpy(p), [[0, 1], [2, 3]])
    assert p.requires_grad
    assert p.grad_fn is None


def test_the_random_state_moves_with_every_draw():
    minitorch.manual_seed(3)
    before = MINITORCH.random_state()
    assert MINITORCH.random_state() == before
    minitorch.rand(2)
    assert MINITORCH.random_state() != before


def test_a_tensor_that_does_not_say_so_wants_a_gradient():
    assert not MINITORCH.wants_gradient(minitorch.zeros(2))
    assert MINITORCH.wants_gradient(minitorch.zeros(2, requires_grad=True))
    assert MINITORCH.wants_gradient(object())


@pytest.mark.differential
def test_zeros_that_torch_does_not_store_are_read():
    torch = pytest.importorskip("torch")
    x = torch.ones(3, requires_grad=True)
    first = TORCH.grad([x.abs()], [x], [torch.ones(3, requires_grad=True)], create_graph=True)
    second = TORCH.grad(first, [x], [torch.ones(3)])
    np.testing.assert_array_equal(TORCH.numpy(second[0]), np.zeros(3))


def test_an_engine_that_is_no_module_stands_in_for_torch(monkeypatch):
    modules = {name: m for name, m in sys.modules.items() if name.partition(".")[0] != "torch"}
    monkeypatch.setattr(sys, "modules", modules)
    engine = SimpleNamespace(nn=ModuleType("nn"), tanh=np.tanh)
    stand_in_for_torch(engine)
    assert (modules["torch"], modules["torch.nn"]) == (engine, engine.nn)


def test_minitorch_on_numpy_alone_is_a_backend_of_its_own():
    numpy = find("minitorch-numpy")
    assert numpy.namespace() is minitorch
    assert numpy.environment == {"MINITORCH_NATIVE": "0"}
    assert MINITORCH.plain() is numpy is numpy.plain()
    assert TORCH.plain() is TORCH


def test_one_process_runs_minitorch_with_kernels_and_without(kernels):
    assert MINITORCH.namespace().native.is_enabled()
    assert not find("minitorch-numpy").namespace().native.is_enabled()
    assert MINITORCH.namespace().native.is_enabled()


@pytest.fixture
def kernels():
    """The kernels, where they can be built."""
    from minitorch.native.build import BuildError

    try:
        minitorch.native.enable()
    except BuildError as error:
        pytest.skip(str(error))
    yield
    minitorch.native.disable()
