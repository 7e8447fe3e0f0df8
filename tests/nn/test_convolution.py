"""Convolutions: what samples of the rows cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.ops import convolve
from tests.sampling import numbers

pytestmark = pytest.mark.differential

GEOMETRY = [
    {},
    {"stride": (2, 1), "padding": (1, 2)},
    {"padding": 1, "dilation": (1, 2)},
]


def outcomes(T: Any, x: np.ndarray, w: np.ndarray, **how: Any) -> list[np.ndarray]:
    """Value, first and second derivatives of a convolution."""
    inputs = [T.tensor(a, requires_grad=True) for a in (x, w)]
    out = T.nn.functional.conv2d(*inputs, **how)
    g = T.tensor(numbers(*out.shape, seed=7), requires_grad=True)
    grads = T.autograd.grad(out, inputs, g, create_graph=True)
    total = sum((a * T.tensor(numbers(*a.shape, seed=8))).sum() for a in grads)
    second = T.autograd.grad(total, [*inputs, g])
    return [a.detach().numpy() for a in (out, *grads, *second)]


@pytest.mark.parametrize("how", GEOMETRY)
@pytest.mark.parametrize("shapes", [((2, 3, 6, 7), (4, 3, 2, 3)), ((2, 3, 6, 7), (2, 3, 1, 1))])
@pytest.mark.parametrize("first", [False, True])
def test_both_layouts_compute_the_same(
    how: dict, shapes: tuple, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolve, "_channels_first", lambda *given: first)
    x, w = numbers(*shapes[0]), numbers(*shapes[1], seed=1)
    for a, b in zip(outcomes(minitorch, x, w, **how), outcomes(torch, x, w, **how)):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_the_longer_run_decides_the_layout() -> None:
    assert convolve._channels_first(3, (5, 5), (28, 28), 1)
    assert not convolve._channels_first(64, (3, 3), (28, 28), 1)
    assert convolve._channels_first(64, (1, 1), (14, 14), 1)
    assert convolve._channels_first(64, (3, 3), (7, 7), 64)


@pytest.mark.parametrize("groups", [2, 6])
def test_groups_are_convolutions_of_their_own(groups: int) -> None:
    F = minitorch.nn.functional
    x, w = minitorch.tensor(numbers(2, 6, 5, 5)), minitorch.tensor(numbers(12, 6 // groups, 3, 3))
    parts = [
        F.conv2d(a, b, padding=1) for a, b in zip(x.chunk(groups, dim=1), w.chunk(groups, dim=0))
    ]
    whole = F.conv2d(x, w, padding=1, groups=groups)
    np.testing.assert_allclose(whole.numpy(), minitorch.cat(parts, dim=1).numpy(), atol=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "float16"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_other_dtypes(dtype: str, axes: int) -> None:
    x = np.abs(numbers(2, 3, *(5,) * axes) * 4).astype(dtype)
    w = np.abs(numbers(4, 3, *(2,) * axes, seed=1) * 4).astype(dtype)
    a, b = (
        getattr(T.nn.functional, f"conv{axes}d")(T.from_numpy(x), T.from_numpy(w)).numpy()
        for T in (minitorch, torch)
    )
    assert a.dtype == b.dtype
    # float16 is summed in float32 by both, in another order, and rounded once.
    np.testing.assert_allclose(a, b, rtol=1e-3 if dtype == "float16" else 0)


REFUSED = {
    "rank of the input": "F.conv1d(ones(3), ones(2, 2, 2))",
    "rank of the weight": "F.conv3d(ones(1, 2, 3, 3, 3), ones(2, 2, 2))",
    "channels": "F.conv2d(ones(1, 3, 4, 4), ones(2, 2, 2, 2))",
    "groups and weight": "F.conv2d(ones(1, 4, 3, 3), ones(3, 2, 2, 2), groups=2)",
    "no groups": "F.conv1d(ones(1, 4, 3), ones(3, 2, 2), groups=0)",
    "groups that are no int": "F.conv1d(ones(1, 4, 3), ones(3, 2, 2), groups=1.5)",
    "stride 0": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), stride=0)",
    "stride None": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), stride=None)",
    "stride True": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), stride=True)",
    "no stride": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), stride=[])",
    "fractional stride": "F.conv2d(ones(1, 2, 3, 3), ones(2, 2, 2, 2), stride=(1.5, 1))",
    "too many paddings": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), padding=(1, 1))",
    "negative padding": "F.conv3d(ones(1, 2, 3, 3, 3), ones(2, 2, 2, 2, 2), padding=-1)",
    "padding misspelt": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), padding='sane')",
    "same with stride": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2), padding='same', stride=2)",
    "same transposed": "F.conv_transpose1d(ones(1, 4, 3), ones(4, 3, 2), padding='same')",
    "kernel too large": "F.conv3d(ones(1, 2, 3, 3, 3), ones(2, 2, 4, 2, 2))",
    "kernel of nothing": "F.conv2d(ones(1, 2, 3, 3), ones(2, 2, 0, 2))",
    "image of nothing": "F.conv2d(ones(1, 2, 0, 3), ones(2, 2, 2, 2), padding=2)",
    "bias": "F.conv2d(ones(1, 2, 3, 3), ones(2, 2, 2, 2), ones(3))",
    "bias that is a number": "F.conv2d(ones(1, 2, 3, 3), ones(2, 2, 2, 2), 1)",
    "weight that is a list": "F.conv2d(ones(1, 2, 3, 3), [1])",
    "no weight": "F.conv2d(ones(1, 2, 3, 3))",
    "dtypes": "F.conv1d(ones(1, 4, 3), ones(3, 4, 2).double())",
    "bools": "F.conv1d(ones(1, 4, 3) > 0, ones(3, 4, 2) > 0)",
    "transposed channels": "F.conv_transpose2d(ones(1, 2, 3, 3), ones(3, 3, 2, 2))",
    "transposed bias": "F.conv_transpose2d(ones(1, 2, 3, 3), ones(2, 3, 2, 2), ones(2))",
    "nothing left": "F.conv_transpose2d(ones(1, 2, 3, 3), ones(2, 3, 2, 2), padding=2)",
    "output_padding": "F.conv_transpose1d(ones(1, 2, 3), ones(2, 3, 2), output_padding=1)",
    "negative output_padding": (
        "F.conv_transpose1d(ones(1, 2, 3), ones(2, 3, 2), stride=2, output_padding=-1)"),
    "convolution of ints": (
        "torch.convolution(ones(1, 2, 3), ones(2, 2, 2), None, 1, 0, 1, False, 0, 1)"),
    "convolution without a batch": (
        "torch.convolution(ones(2, 3), ones(2, 2, 2), None, [1], [0], [1], False, [0], 1)"),
    "tbc rank": "torch.conv_tbc(ones(2, 3), ones(2, 2, 2), ones(2))",
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_as_torch_does(case: str) -> None:
    raised = []
    for T in (minitorch, torch):
        names = {"torch": T, "F": T.nn.functional, "ones": T.ones}
        with pytest.raises(Exception) as caught:
            eval(REFUSED[case], names)
        raised.append(caught.type)
    assert raised[0] is raised[1]


def test_functional_has_torchs_own_functions() -> None:
    for name in ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_tbc"):
        assert getattr(minitorch.nn.functional, name) is getattr(minitorch, name)


def test_gradients_print_torchs_name() -> None:
    x, w = minitorch.ones(1, 1, 3, requires_grad=True), minitorch.ones(1, 1, 2)
    for function in (minitorch.conv1d, minitorch.conv_transpose1d):
        assert function(x, w).grad_fn.name() == "ConvolutionBackward0"
