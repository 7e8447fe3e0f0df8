"""Clipped gradients, and parameters as one vector, beside torch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

GRADS = ([3.0, 4.0], [12.0, -1.0], None, [0.5])
NORMS = [2, 1, 0, 3.0, 0.5, float("inf"), -float("inf"), "inf"]


def parameters(T: Any, *grads: Any) -> list:
    made = []
    for g in grads or GRADS:
        p = T.zeros(1 if g is None else len(g), requires_grad=True)
        p.grad = None if g is None else T.tensor(g)
        made.append(p)
    return made


def grads(ps: list) -> list:
    return [None if p.grad is None else p.grad.numpy() for p in ps]


def same(a: Any, b: Any) -> None:
    for x, y in zip(a, b):
        assert (x is None) == (y is None)
        assert x is None or np.allclose(x, y, rtol=1e-6, atol=0, equal_nan=True)


@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("max_norm", [1.0, 100])
def test_clip_grad_norm(norm_type: Any, max_norm: float) -> None:
    found = []
    for T in (minitorch, torch):
        ps = parameters(T)
        first = ps[0].grad
        total = T.nn.utils.clip_grad_norm_(iter(ps), max_norm, norm_type, foreach=None)
        assert ps[0].grad is first
        found.append([total.numpy(), *grads(ps)])
    same(*found)


CALLS = {
    "value": lambda T, ps: T.nn.utils.clip_grad_value_(ps, 3),
    "value of one": lambda T, ps: T.nn.utils.clip_grad_value_(ps[1], 0.5),
    "one tensor": lambda T, ps: T.nn.utils.clip_grad_norm_(ps[1], 2.0),
    "nothing": lambda T, ps: T.nn.utils.clip_grad_norm_([], 1.0),
    "no gradients": lambda T, ps: T.nn.utils.clip_grad_norm_(ps[2], 1.0),
    "empty generator": lambda T, ps: T.nn.utils.clip_grad_norm_((p for p in ()), 1.0),
    "old name": lambda T, ps: T.nn.utils.clip_grad_norm(ps, 1.0),
    "total norm": lambda T, ps: T.nn.utils.get_total_norm([ps[0].grad, ps[1].grad], 3),
    "total norm of one": lambda T, ps: T.nn.utils.get_total_norm(ps[0].grad),
    "with norm": lambda T, ps: T.nn.utils.clip_grads_with_norm_(ps, 1.0, T.tensor(5.0)),
    "not finite": lambda T, ps: T.nn.utils.clip_grad_norm_(parameters(T, [np.nan]), 1.0),
    "vector": lambda T, ps: T.nn.utils.parameters_to_vector(ps).detach(),
}


@pytest.mark.parametrize("case", CALLS)
def test_call(case: str) -> None:
    found = []
    for T in (minitorch, torch):
        ps = parameters(T)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = CALLS[case](T, ps)
        kinds = [w.category for w in caught]
        found.append((kinds, [None if made is None else made.numpy(), *grads(ps)]))
    assert found[0][0] == found[1][0]
    same(found[0][1], found[1][1])


def test_parameters_become_parts_of_a_vector() -> None:
    for T in (minitorch, torch):
        vector, ps = T.arange(6.0), parameters(T)
        T.nn.utils.vector_to_parameters(vector, ps)
        assert [p.tolist() for p in ps] == [[0.0, 1.0], [2.0, 3.0], [4.0], [5.0]]
        vector[0] = 9.0
        assert ps[0][0].item() == 9.0


ERRORS = {
    "norm is NaN": (
        lambda t: t.nn.utils.clip_grad_norm_(parameters(t, [np.nan]), 1.0, error_if_nonfinite=True),
        ["nan"],
    ),
    "no parameters": (lambda t: t.nn.utils.parameters_to_vector([]), ["none"]),
    "list for a vector": (lambda t: t.nn.utils.vector_to_parameters([1.0], []), ["list"]),
    "short vector": (
        lambda t: t.nn.utils.vector_to_parameters(t.zeros(1), parameters(t)),
        ["1", "[2]"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(case: str) -> None:
    call, words = ERRORS[case]
    if case in ("no parameters", "short vector"):
        words = words[:1]
    assert_refused_alike(torch, call, words)
