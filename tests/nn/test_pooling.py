"""Poolings: what samples of the rows cannot say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.sampling import numbers

pytestmark = pytest.mark.differential

ENGINES = (minitorch, torch)
INF = float("inf")


def plain(out: Any) -> list:
    """The outputs of a call as lists."""
    return [o.tolist() for o in (out if isinstance(out, tuple) else (out,))]


def same(call: Any) -> None:
    """Require that `call(T)` gives the same numbers on both engines."""
    ours, theirs = (plain(call(T)) for T in ENGINES)
    assert ours == theirs


def test_the_padding_is_never_chosen() -> None:
    """Not even where everything else is minus infinity, or the lowest integer."""
    for x in (np.full((1, 1, 4, 5), -INF), np.full((1, 1, 4, 5), -128, np.int8)):
        same(lambda T, x=x: T.nn.functional.max_pool2d(
            T.from_numpy(x), 3, 2, 1, return_indices=True))  # fmt: skip


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_one_image_without_a_batch(axes: int) -> None:
    x = numbers(2, *(6,) * axes).round(2)
    for name, args in {
        "max_pool": (2,), "avg_pool": (2,), "adaptive_avg_pool": (3,), "adaptive_max_pool": (3,),
        "lp_pool": (1, 2),
    }.items():  # fmt: skip
        alone = getattr(minitorch.nn.functional, f"{name}{axes}d")(minitorch.tensor(x), *args)
        batch = getattr(minitorch.nn.functional, f"{name}{axes}d")(minitorch.tensor(x[None]), *args)
        assert alone.tolist() == batch[0].tolist()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_unpooling_undoes_pooling(axes: int) -> None:
    x = numbers(2, 3, *(5,) * axes)
    for how in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1}):

        def call(T: Any, how: dict = how) -> Any:
            F = T.nn.functional
            out, at = getattr(F, f"max_pool{axes}d_with_indices")(T.tensor(x), **how)
            return getattr(F, f"max_unpool{axes}d")(out, at, **how, output_size=x.shape)

        same(call)


def test_with_indices_is_return_indices() -> None:
    F, x = minitorch.nn.functional, minitorch.tensor(numbers(1, 2, 6, 6, 6))
    for call, other in [
        (F.max_pool3d_with_indices(x, 2, 1, 0, 1, True), F.max_pool3d(x, 2, 1, 0, 1, True, True)),
        (F.adaptive_max_pool3d_with_indices(x, 3), F.adaptive_max_pool3d(x, 3, True)),
        (F.max_pool2d_with_indices(x[0], 2, return_indices=False), F.max_pool2d(x[0], 2, 2, 0, 1,
         False, True)),
    ]:  # fmt: skip
        assert plain(call) == plain(other)


def test_steps_of_a_fractional_pooling_are_torchs_random_numbers() -> None:
    def call(T: Any, axes: int, dtype: str, **size: Any) -> Any:
        T.manual_seed(3)
        x = T.from_numpy(numbers(2, 3, *(11, 9, 8)[:axes]).astype(dtype))
        pool = getattr(T.nn.functional, f"fractional_max_pool{axes}d_with_indices")
        return (*pool(x, 2, **size), T.rand(2))

    for axes in (2, 3):
        for dtype in ("float32", "float64"):
            same(lambda T, a=axes, d=dtype: call(T, a, d, output_size=(4, 5, 3)[:a]))
            same(lambda T, a=axes, d=dtype: call(T, a, d, output_ratio=(0.5, 0.7, 0.3)[:a]))


def test_a_size_of_none_keeps_the_axis() -> None:
    x = numbers(1, 2, 5, 6)
    same(lambda T: T.nn.functional.adaptive_max_pool2d(T.tensor(x), (None, 3)))
    out = minitorch.nn.functional.adaptive_avg_pool2d(minitorch.tensor(x), (3, None))
    assert out.shape == (1, 2, 3, 6)


def test_means_do_not_mix_with_what_is_outside() -> None:
    x = numbers(1, 1, 7).round(1)
    x[0, 0, 0], x[0, 0, 6] = INF, np.nan
    for call in (
        lambda T: T.nn.functional.adaptive_avg_pool1d(T.tensor(x), 4),
        lambda T: T.nn.functional.avg_pool1d(T.tensor(x), 3, 2, 1),
    ):
        a, b = (call(T).numpy() for T in ENGINES)
        np.testing.assert_allclose(a, b)


def test_integers_are_divided_towards_zero() -> None:
    x = np.array([[[-3, -4, 5, 2, -1, 0]]])
    same(lambda T: T.nn.functional.avg_pool1d(T.tensor(x), 2))
    x = x.reshape(1, 1, 2, 3)
    same(lambda T: T.nn.functional.avg_pool2d(T.tensor(x), 2, 1, 1, divisor_override=-3))


REFUSED = {
    "rank": "F.max_pool1d(ones(3), 1)",
    "no channels": "F.max_pool2d(ones(1, 0, 3, 3), 1)",
    "kernel 0": "F.max_pool3d(ones(1, 1, 3, 3, 3), 0)",
    "kernel of str": "F.max_pool1d(ones(1, 1, 3), 'a')",
    "fractional kernel": "F.avg_pool2d(ones(1, 1, 3, 3), 1.5)",
    "too many kernel sizes": "F.max_pool2d(ones(1, 1, 3, 3), (1, 1, 1))",
    "stride 0": "F.max_pool1d(ones(1, 1, 3), 2, 0)",
    "dilation 0": "F.max_pool1d(ones(1, 1, 3), 2, dilation=0)",
    "padding": "F.avg_pool3d(ones(1, 1, 3, 3, 3), 2, padding=2)",
    "negative padding": "F.avg_pool1d(ones(1, 1, 3), 2, padding=-1)",
    "kernel too large": "F.max_pool3d(ones(1, 1, 3, 3, 3), (2, 2, 4))",
    "volume smaller than the kernel": "F.avg_pool3d(ones(1, 1, 1, 4, 4), 2, padding=1)",
    "divisor 0": "F.avg_pool3d(ones(1, 1, 3, 3, 3), 2, divisor_override=0)",
    "list": "F.max_pool2d([1.0], 2)",
    "max of bools": "F.max_pool2d(ones(1, 1, 3, 3) > 0, 2)",
    "max of integers in a line": "F.max_pool1d(ones(1, 1, 3).int(), 2)",
    "mean of int32": "F.avg_pool1d(ones(1, 1, 3).int(), 2)",
    "adaptive mean of integers": "F.adaptive_avg_pool2d(ones(1, 1, 4, 4).int(), 2)",
    "adaptive maximum of integers": "F.adaptive_max_pool3d(ones(1, 1, 4, 4, 4).int(), 2)",
    "adaptive rank": "F.adaptive_avg_pool2d(ones(2, 2), (2, 2))",
    "adaptive sizes": "F.adaptive_max_pool2d(ones(1, 2, 3, 4), (1,))",
    "adaptive negative": "F.adaptive_avg_pool1d(ones(1, 1, 3), -1)",
    "adaptive of nothing": "F.adaptive_max_pool1d(ones(1, 1, 0), 1)",
    "fractional without size": "F.fractional_max_pool2d(ones(1, 1, 4, 4), 2)",
    "fractional too large": "F.fractional_max_pool2d(ones(1, 1, 4, 4), 2, output_size=4)",
    "fractional volume": "F.fractional_max_pool3d(ones(1, 1, 4, 4, 4), 2, output_size=3)",
    "fractional ratio": "F.fractional_max_pool2d(ones(1, 1, 4, 4), 2, output_ratio=0.5)",
    "fractional of integers": "F.fractional_max_pool2d(ones(1, 1, 4, 4).int(), 2, 2)",
    "fractional samples": (
        "F.fractional_max_pool2d(ones(1, 1, 4, 4), 2, 2, _random_samples=ones(1, 2, 2))"),
    "unpool indices": "F.max_unpool1d(ones(1, 1, 2), ones(1, 1, 3).long(), 2)",
    "unpool index too large": "F.max_unpool1d(ones(1, 1, 2), ones(1, 1, 2).long() * 4, 2)",
    "unpool index of int32": "F.max_unpool2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2).int(), 2)",
    "unpool size": "F.max_unpool1d(ones(1, 1, 2), ones(1, 1, 2).long(), 2, output_size=(9,))",
    "unpool sizes": "F.max_unpool1d(ones(1, 1, 2), ones(1, 1, 2).long(), 2, output_size=(4, 4))",
    "indices of torch.max_pool2d": "torch.max_pool2d(ones(1, 1, 4, 4), 2, return_indices=True)",
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_as_torch_does(case: str) -> None:
    raised = []
    for T in ENGINES:
        names = {"torch": T, "F": T.nn.functional, "ones": T.ones}
        with pytest.raises(Exception) as caught:
            eval(REFUSED[case], names)
        raised.append(caught.type)
    assert raised[0] is raised[1]
