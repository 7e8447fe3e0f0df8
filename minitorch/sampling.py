"""Tensors of random numbers, drawn as torch draws them."""

from __future__ import annotations

from typing import Any

from . import dtypes
from ._tensor import Tensor
from .calls import write_out
from .ops import random as draw
from .ops._dims import whole
from .random import Generator, default_generator
from .row import named
from .sized import _number, _size, _size_of_call, empty_like, finish, kind_of, require_place

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
        require_place(device, layout, pin_memory)
        made = draw_row(
            size=_size_of_call(name, sizes, size),
            dtype=kind_of(name, dtype, out),
            generator=generator_or_default(generator),
            **fixed,
        )
        return finish(name, made._array, out, requires_grad)

    return named(create, name, summary)


rand = _drawn("rand", draw.uniform, "Uniform numbers in [0, 1).", low=0.0, high=1.0)
randn = _drawn("randn", draw.normal, "Normal numbers of mean 0, variance 1.", mean=0.0, std=1.0)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers in [low, high); `randint(high, size)` starts at 0.

    Raises: RuntimeError unless low < high.
    """
    require_place(device, layout, pin_memory)
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
        dtype=kind_of("randint", dtype, out, dtypes.int64),
        generator=generator_or_default(generator),
    )
    return finish("randint", made._array, out, requires_grad)


def randperm(
    n: int,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    require_place(device, layout, pin_memory)
    (n,) = whole((n,), "n")
    made = draw.randperm(
        n=n,
        dtype=kind_of("randperm", dtype, out, dtypes.int64),
        generator=generator_or_default(generator),
    )
    return finish("randperm", made._array, out, requires_grad)


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
        require_place(device, layout, pin_memory)
        _tensor_input(input, name)
        made = empty_like(input, dtype=dtype, memory_format=memory_format)
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
    require_place(device, layout, pin_memory)
    _tensor_input(input, "randint_like")
    made = empty_like(input, dtype=dtype, memory_format=memory_format)
    generator_or_default(generator).fill_random(made._array, low, high)
    return made.requires_grad_(requires_grad)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Any = None, out: Any = None
) -> Tensor:
    """1 with the probability each element of `input` gives (or `p`), else 0."""
    _tensor_input(input, "bernoulli")
    source = generator_or_default(generator)
    if p is None:
        made = draw.bernoulli_tensor(input, generator=source)
    else:
        made = draw.bernoulli_like(input, p=_number(p, "bernoulli", "p"), generator=source)
    return made if out is None else write_out("bernoulli", made, out)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers: mean and std numbers (then `size`) or tensors.

    Raises: RuntimeError for a negative std.
    """
    require_place(device, layout, pin_memory)
    source = generator_or_default(generator)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if size is None:
            raise TypeError("normal() missing required argument 'size' (position 3)")
        made = draw.normal(
            size=_size((size,)),
            mean=_number(mean, "normal", "mean"),
            std=_number(std, "normal", "std"),
            dtype=kind_of("normal", dtype, out),
            generator=source,
        )
        return finish("normal", made._array, out, requires_grad)
    lowest = std._array.min(initial=0) if isinstance(std, Tensor) else std
    if lowest < 0:
        raise RuntimeError(f"normal: expected std of at least 0, got {lowest}")
    made = draw.normal_around(mean, std, generator=source)
    return made if out is None else write_out("normal", made, out)


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
    if out is not None and out.dtype is not dtypes.int64:
        raise RuntimeError(f"multinomial: expected out= of torch.int64, got {out.dtype}")
    made = draw.multinomial(
        _tensor_input(input, "multinomial").detach(),
        num_samples=whole((num_samples,), "num_samples")[0],
        replacement=replacement,
        generator=generator_or_default(generator),
    )
    return made if out is None else write_out("multinomial", made, out)


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each element a whole number of the Poisson distribution with that rate.

    Raises: RuntimeError for a negative rate.
    """
    return draw.poisson(_tensor_input(input, "poisson"), generator=generator_or_default(generator))
