"""Tensors of random numbers, drawn as torch draws them."""

from __future__ import annotations

from typing import Any

from . import dtypes
from ._tensor import Tensor
from .backend import require
from .creation import _into, _number, _size, _size_of_call, empty_like
from .dtypes import get_default_dtype, to_numpy
from .ops import random as draw
from .ops._dims import whole
from .random import Generator, default_generator
from .row import named

__all__ = [
    "bernoulli",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def generator_or_default(generator: Generator | None) -> Generator:
    """The generator to draw from. Raises: TypeError for what is none."""
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(
            f"argument 'generator' must be torch.Generator, not {type(generator).__name__}"
        )
    return generator


def _drawn(name: str, draw_row: Any, summary: str, **fixed: float) -> Any:
    """torch's random function `name`: sizes in any way, numbers from `draw_row`."""

    def create(
        *sizes: Any,
        size: Any = None,
        generator: Any = None,
        out: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
    ) -> Tensor:
        require(device)
        made = draw_row(
            size=_size_of_call(name, sizes, size),
            dtype=to_numpy(dtype or get_default_dtype(), name),
            generator=generator_or_default(generator),
            **fixed,
        )
        return made.requires_grad_(requires_grad) if out is None else _into(out, made._array)

    return named(create, name, summary)


rand = _drawn("rand", draw.uniform, "Uniform numbers in [0, 1).", low=0.0, high=1.0)
randn = _drawn("randn", draw.normal, "Normal numbers of mean 0, variance 1.", mean=0.0, std=1.0)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers in [low, high); `randint(high, size)` starts at 0.

    Raises: RuntimeError unless low < high.
    """
    require(device)
    if size is None:
        low, high, size = 0, low, high
        if size is None:
            raise TypeError("randint() missing required argument 'size'")
    elif high is None:
        low, high = 0, low
    low, high = whole((low, high), "low, high")
    made = draw.randint(
        low=low,
        high=high,
        size=_size((size,)),
        dtype=to_numpy(dtype or dtypes.int64),
        generator=generator_or_default(generator),
    )
    return made.requires_grad_(requires_grad)


def randperm(
    n: int,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    require(device)
    (n,) = whole((n,), "n")
    made = draw.randperm(
        n=n, dtype=to_numpy(dtype or dtypes.int64), generator=generator_or_default(generator)
    )
    return made.requires_grad_(requires_grad)


def _drawn_alike(name: str, fill: str, summary: str) -> Any:
    """torch's random function `name`: as `input`, filled in the order of its memory."""

    def create(
        input: Tensor,
        *,
        generator: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        made = empty_like(input, dtype=dtype, device=device)
        getattr(generator_or_default(generator), fill)(made._array)
        return made.requires_grad_(requires_grad)

    return named(create, name, summary)


rand_like = _drawn_alike(
    "rand_like", "fill_uniform", "Uniform numbers in [0, 1) in the shape and dtype of `input`."
)
randn_like = _drawn_alike(
    "randn_like", "fill_normal", "Normal numbers in the shape and dtype of `input`."
)


def randint_like(
    input: Tensor,
    low: Any = None,
    high: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Whole numbers in [low, high) in the shape and dtype of `input`; with one bound, in [0, it).

    Raises: RuntimeError unless low < high.
    """
    if high is None:
        low, high = 0, low
    low, high = whole((0 if low is None else low, high), "low, high")
    made = empty_like(input, dtype=dtype, device=device)
    generator_or_default(generator).fill_random(made._array, low, high)
    return made.requires_grad_(requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """1 with the probability each element of `input` gives (or `p`), else 0."""
    _tensor_input(input, "bernoulli")
    source = generator_or_default(generator)
    if p is not None:
        p = _number(p, "bernoulli", "p")
        return draw.bernoulli(size=input.shape, p=p, dtype=input._array.dtype, generator=source)
    return draw.bernoulli_tensor(input.detach(), generator=source)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, dtype: Any = None
) -> Tensor:
    """Normal numbers: mean and std numbers (then `size`) or tensors."""
    source = generator_or_default(generator)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        mean, std = _number(mean, "normal", "mean"), _number(std, "normal", "std")
        return draw.normal(
            size=_size((size if size is not None else (),)),
            mean=mean,
            std=std,
            dtype=to_numpy(dtype or get_default_dtype()),
            generator=source,
        )
    lowest = std._array.min(initial=0) if isinstance(std, Tensor) else std
    if lowest < 0:
        raise RuntimeError(f"normal: expected std of at least 0, got {lowest}")
    shape = (mean + std).shape
    kind = mean if isinstance(mean, Tensor) else std
    return randn(shape, generator=source, dtype=kind.dtype) * std + mean


def _tensor_input(input: Any, name: str) -> Tensor:
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}")
    return input


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Any = None,
    out: Any = None,
) -> Tensor:
    """`num_samples` indices for each row of weights `input`, of shape (n,) or (rows, n).

    Raises: RuntimeError for weights that are no distribution and for too few of them.
    """
    made = draw.multinomial(
        _tensor_input(input, "multinomial").detach(),
        num_samples=whole((num_samples,), "num_samples")[0],
        replacement=replacement,
        generator=generator_or_default(generator),
    )
    return made if out is None else _into(out, made._array)


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each element a whole number of the Poisson distribution with that rate.

    Raises: RuntimeError for a negative rate.
    """
    return draw.poisson(_tensor_input(input, "poisson"), generator=generator_or_default(generator))
