"""Normalizations: running statistics, what is refused, and how exact they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.nn import functional as F
from tests.errors.compare import check
from tests.sampling import numbers

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

REFUSED = {
    "F.layer_norm(ones(2, 3), 3)": ("int",),
    "F.layer_norm(ones(2, 3), [3.0])": ("float",),
    "F.layer_norm(ones(2, 3), ())": ("[]",),
    "F.layer_norm(ones(2, 3), (2,))": ("[2]", "[2, 3]"),
    "F.layer_norm(ones(2, 3), (3,), ones(2))": ("weight", "[2]"),
    "F.layer_norm(ones(2, 3), (3,), None, ones(2))": ("bias", "[2]"),
    "F.layer_norm(ones(2, 3).long(), (3,))": ("int64",),
    "F.layer_norm(ones(2, 3), (3,), ones(3).double())": ("float32", "float64"),
    "F.layer_norm([1.0], (1,))": ("list",),
    "F.rms_norm(ones(2, 3), ())": ("[]",),
    "F.rms_norm(ones(2, 3), (2,))": ("[2]", "[2, 3]"),
    "F.rms_norm(ones(2, 3), (3,), ones(2))": ("weight", "[2]"),
    "F.rms_norm(ones(2, 3).long(), (3,))": ("int64",),
    "F.batch_norm(ones(1, 3), None, None, training=True)": ("[1, 3]",),
    "F.batch_norm(ones(1, 3, 1), None, None, training=True)": ("[1, 3, 1]",),
    "F.batch_norm(ones(2, 3), None, None)": ("running_mean",),
    "F.batch_norm(ones(2, 3), ones(3), None)": ("running_var",),
    "F.batch_norm(ones(2, 3), ones(3), None, training=True)": ("running_mean", "running_var"),
    "F.batch_norm(ones(2, 3), ones(2), ones(3))": ("running_mean", "3", "2"),
    "F.batch_norm(ones(2, 3), ones(3), ones(3), ones(2))": ("weight", "3", "2"),
    "F.batch_norm(ones(3), ones(3), ones(3))": ("running_mean", "0", "3"),
    "F.batch_norm(ones(2, 3).long(), None, None, training=True)": ("int64",),
    "F.batch_norm(ones(2, 3), ones(3).double(), ones(3).double())": ("float32", "float64"),
    "F.batch_norm(ones(2, 3), ones(3), ones(3), momentum=None)": ("momentum", "NoneType"),
    "F.batch_norm(2.0, None, None)": ("float",),
    "F.group_norm(ones(2, 4), 3)": ("3", "[2, 4]"),
    "F.group_norm(ones(2, 4), 0)": ("zero",),
    "F.group_norm(ones(2, 4), 2.0)": ("float",),
    "F.group_norm(ones(4), 2)": ("[4]",),
    "F.group_norm(ones(1, 2), 2)": ("[1, 2]",),
    "F.group_norm(ones(2, 4), 2, ones(2))": ("weight", "[2]"),
    "F.group_norm(ones(2, 4).long(), 2)": ("int64",),
    "F.instance_norm(ones(2, 3, 1))": ("[2, 3, 1]",),
    "F.instance_norm(ones(2, 3))": ("[2, 3]",),
    "F.instance_norm(ones(2, 3, 4), ones(3), None)": ("running_var",),
    "F.instance_norm(ones(2, 3, 4), use_input_stats=False)": ("running_mean",),
    "F.instance_norm(ones(2, 3, 4), ones(2), ones(3))": ("running_mean", "2"),
    "F.instance_norm(ones(0, 3, 4), weight=ones(3))": ("[0, 3, 4]",),
    "F.local_response_norm(ones(2, 3), 2)": ("[2, 3]",),
    "F.local_response_norm(ones(2, 3, 4), 0)": ("0",),
    "F.normalize(ones(2, 3), dim=2)": ("2",),
}


@pytest.mark.parametrize("source", REFUSED)
def test_refused_as_by_torch(source: str) -> None:
    check(source, source, *REFUSED[source])


# ------------------------------------------------------------------ running statistics


def _moved(T: Any, name: str, shape: tuple, momentum: float, own: bool) -> list[np.ndarray]:
    """The running statistics after two calls."""
    mean, var = (T.from_numpy(numbers(3, low=0.5, high=2, seed=k)) for k in (1, 2))
    for k in (3, 4):
        x = T.from_numpy(numbers(*shape, seed=k))
        getattr(T.nn.functional, name)(x, mean, var, None, None, own, momentum)
    return [mean.numpy(), var.numpy()]


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@pytest.mark.parametrize("shape", [(2, 3, 4), (4, 3, 2, 2), (3, 3, 5)])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0, -1.2])
@pytest.mark.parametrize("own", [True, False])
def test_running_statistics(name: str, shape: tuple, momentum: float, own: bool) -> None:
    found, expected = (_moved(T, name, shape, momentum, own) for T in (minitorch, torch))
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_running_statistics_are_a_write_that_backward_sees() -> None:
    mean, var = minitorch.zeros(2), minitorch.ones(2)
    x = minitorch.ones(3, 2, requires_grad=True)
    out = mean * x
    F.batch_norm(x, mean, var, training=True)
    with pytest.raises(RuntimeError, match="modified"):
        out.sum().backward()


def test_an_empty_batch_moves_nothing_and_sends_zeros() -> None:
    results = []
    for T in (minitorch, torch):
        mean, weight = T.zeros(3), T.ones(3, requires_grad=True)
        x = T.ones(0, 3, 2, requires_grad=True)
        out = T.nn.functional.batch_norm(x, mean, T.ones(3), weight, training=True)
        out.sum().backward()
        results.append((tuple(out.shape), mean.tolist(), weight.grad.tolist()))
    assert results[0] == results[1]


# ------------------------------------------------------------------ what comes out


def test_statistics_of_the_native_forms() -> None:
    x = numbers(2, 4, 3)
    calls = [
        lambda T, x: T.native_layer_norm(x, (3,), None, None, 1e-5),
        lambda T, x: T.native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5),
        lambda T, x: T.native_batch_norm(
            x, None, None, T.zeros(4).double(), T.ones(4).double(), False, 0.1, 1e-5
        ),
        lambda T, x: T.native_group_norm(x, None, None, 2, 4, 3, 2, 1e-5),
    ]
    for call in calls:
        found, expected = (call(T, T.from_numpy(x).requires_grad_()) for T in (minitorch, torch))
        for a, b in zip(found, expected):
            assert a.requires_grad == b.requires_grad
            assert a.shape == b.shape
            assert np.allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda T, x: T.nn.functional.layer_norm(x, (3,)),
        lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True),
        lambda T, x: T.nn.functional.batch_norm(x, T.zeros(4), T.ones(4)),
        lambda T, x: T.nn.functional.rms_norm(x, (3,)),
        lambda T, x: T.pixel_shuffle(x[:, :, None], 2),
        lambda T, x: T.nn.functional.pad(x, (1, 1)),
        lambda T, x: T.nn.functional.unfold(x[:, :, None], (1, 2)),
    ],
)
def test_name_of_the_node(call) -> None:
    found, expected = (call(T, T.ones(2, 4, 3, requires_grad=True)) for T in (minitorch, torch))
    assert found.grad_fn.name() == expected.grad_fn.name()


def test_halves_are_summed_in_single_precision() -> None:
    x = np.full((2, 4000), 40.0, np.float16)  # their sum is beyond the largest half
    x[:, ::2] = 20.0
    for name, rest in (("layer_norm", ((4000,),)), ("rms_norm", ((4000,),))):
        found = getattr(F, name)(minitorch.from_numpy(x), *rest).numpy()
        assert found.dtype == np.float16
        expected = getattr(torch.nn.functional, name)(torch.from_numpy(x), *rest).numpy()
        assert np.allclose(found, expected, rtol=2e-3)


def test_rms_norm_gives_the_dtype_of_its_input() -> None:
    for a, b in (("float32", "float64"), ("float64", "float32")):
        x, w = minitorch.ones(2, 3, dtype=getattr(minitorch, a)), minitorch.ones(3)
        out = F.rms_norm(x, (3,), w.to(getattr(minitorch, b)))
        assert out.dtype is x.dtype


def _errors(call: Any, arrays: list[np.ndarray]) -> tuple[float, float]:
    """How far the gradients of both engines are off in float32, by torch's in float64."""

    def grads(T: Any, dtype: str) -> list[np.ndarray]:
        leaves = [T.from_numpy(a.astype("float32").astype(dtype)).requires_grad_() for a in arrays]
        out = call(T, *leaves)
        weights = T.from_numpy(numbers(*out.shape, seed=9).astype(dtype))
        return [g.numpy() for g in T.autograd.grad((out * weights).sum(), leaves)]

    exact = grads(torch, "float64")
    off = [
        max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(grads(T, "float32"), exact))
        for T in (minitorch, torch)
    ]
    return off[0], off[1]


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_gradients_are_as_exact_as_torchs(offset: float) -> None:
    w, b = numbers(64, seed=1), numbers(64, seed=2)
    for call in (
        lambda T, x, w, b: T.nn.functional.layer_norm(x, (64,), w, b),
        lambda T, x, w, b: T.nn.functional.group_norm(x, 4, w, b),
        lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, training=True),
    ):
        ours, theirs = _errors(call, [numbers(32, 64) + offset, w, b])
        assert ours <= 4 * theirs + 1e-6


def test_nothing_is_left_of_a_single_element() -> None:
    """The weight's gradient is 0 exactly; torch's is what rounding leaves of x rstd - mean rstd."""
    x, w = minitorch.tensor([3.3]), minitorch.tensor([1.7], requires_grad=True)
    F.layer_norm(x, (1,), w).sum().backward()
    assert w.grad.tolist() == [0.0]
