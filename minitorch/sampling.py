"""Tensors of random numbers, drawn as torch draws them."""

from __future__ import annotations

from typing import Any

from . import dtypes, errors
from ._tensor import Tensor, edge
from .backend import xp
from .calls import in_vmap, per_sample, write_out
from .grad_mode import state
from .inplace import rebase
from .ops import elementwise
from .ops import random as draw
from .ops._dims import whole
from .random import Generator, default_generator
from .row import named
from .sized import (
    _number,
    _size,
    _size_of_call,
    empty_like,
    finish,
    full,
    kind_of,
    require_place,
)

__all__ = [
    "_dirichlet_grad",
    "_sample_dirichlet",
    "_standard_gamma",
    "_standard_gamma_grad",
    "bernoulli",
    "binomial",
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


def _float(x: Any, function: str, name: str) -> float:
    """`x`, a number or a 0-d tensor, as a float. Raises: TypeError for all else."""
    if getattr(x, "ndim", 0):
        raise TypeError(f"{function}(): argument '{name}' must be float, not {type(x).__name__}")
    return float(_number(x, function, name))


def _integer(x: Any, function: str, name: str) -> int:
    """`x` as an int. Raises: TypeError for what is none, and for a bool."""
    if isinstance(x, bool):
        raise TypeError(f"{function}(): argument '{name}' must be int, not bool")
    return whole((x,), name)[0]


# ------------------------------------------------------------------ new tensors


def _out(name: str, out: Any, size: tuple, dtype: Any) -> Tensor:
    """`out`, about to be filled by the function `name`: new memory where its size is another.

    Raises: TypeError for no tensor; RuntimeError for another dtype than `dtype`, if one is given,
    and for a leaf that requires grad.
    """
    kind_of(name, dtype, out)
    if out.requires_grad and out.is_leaf and state.grad:
        raise RuntimeError(f"{name}(): expected out= that is no leaf that requires grad")
    if out._array.shape != size:
        out._array = xp.empty(size, out._array.dtype)
    out._cell[0] += 1
    return out


def _drawn(name: str, draw_row: Any, summary: str, **fixed: float) -> Any:
    """torch's random function `name`: sizes in any way, numbers from `draw_row`.

    Memory given as `out` is filled in its own dtype and order.
    """

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
        source, size = generator_or_default(generator), _size_of_call(name, sizes, size)
        if out is not None:
            made = _out(name, out, size, dtype)
            getattr(source, f"fill_{draw_row.__name__}")(made._array, *fixed.values())
            return made
        made = draw_row(size=size, dtype=kind_of(name, dtype, None), generator=source, **fixed)
        return made.requires_grad_(requires_grad)

    return named(create, name, summary)


rand = _drawn("rand", draw.uniform, "Uniform numbers in [0, 1).", low=0.0, high=1.0)
randn = _drawn("randn", draw.normal, "Normal numbers of mean 0, variance 1.", mean=0.0, std=1.0)


def _finish(name: str, made: Tensor, out: Any, requires_grad: bool) -> Tensor:
    if out is None:
        return made.requires_grad_(requires_grad)
    return finish(name, made._array, out, requires_grad)


def randint(
    low: Any = None,
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
        low, high, size = None, low, high
    elif high is None:
        low, high = None, low
    if size is None or isinstance(size, int):
        raise TypeError(f"randint(): argument 'size' must be ints, not {type(size).__name__}")
    made = draw.randint(
        low=0 if low is None else _integer(low, "randint", "low"),
        high=_integer(high, "randint", "high"),
        size=_size((size,)),
        dtype=kind_of("randint", dtype, out, dtypes.int64),
        generator=generator_or_default(generator),
    )
    return _finish("randint", made, out, requires_grad)


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
    made = draw.randperm(
        n=_integer(n, "randperm", "n"),
        dtype=kind_of("randperm", dtype, out, dtypes.int64),
        generator=generator_or_default(generator),
    )
    return _finish("randperm", made, out, requires_grad)


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
        errors.check_tensor(input, name, "input")
        made = empty_like(input, dtype=dtype, memory_format=memory_format)
        getattr(generator_or_default(generator), fill)(made._array)
        return made.requires_grad_(requires_grad)

    return per_sample(named(create, name, summary), random=True)


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
    errors.check_tensor(input, "randint_like", "input")
    made = empty_like(input, dtype=dtype, memory_format=memory_format)
    generator_or_default(generator).fill_random(made._array, low, high)
    return made.requires_grad_(requires_grad)


randint_like = per_sample(randint_like, random=True)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Any = None, out: Any = None
) -> Tensor:
    """1 with the probability each element of `input` gives (or `p`), else 0."""
    errors.check_tensor(input, "bernoulli", "input")
    source = generator_or_default(generator)
    if p is None:
        made = draw.bernoulli_tensor(input, generator=source)
    else:
        made = draw.bernoulli_like(input, p=_float(p, "bernoulli", "p"), generator=source)
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
    """Normal numbers: mean and std numbers, then `size`, or tensors that broadcast.

    Dtype: with tensors that of `mean`, or of `std` where `mean` is a number.
    Raises: RuntimeError unless std >= 0.
    """
    require_place(device, layout, pin_memory)
    source = generator_or_default(generator)
    if size is None and (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        made = _normal_around(mean, std, source)
        return made if out is None else write_out("normal", made, out)
    if size is None or isinstance(size, int):
        raise TypeError(f"normal(): argument 'size' must be ints, not {type(size).__name__}")
    made = draw.normal(
        size=_size((size,)),
        mean=_float(mean, "normal", "mean"),
        std=_float(std, "normal", "std"),
        dtype=kind_of("normal", dtype, out),
        generator=source,
    )
    return _finish("normal", made, out, requires_grad)


def _normal_around(mean: Any, std: Any, source: Generator) -> Tensor:
    if not isinstance(std, Tensor):
        return draw.normal_around(mean, std=_float(std, "normal", "std"), generator=source)
    if not isinstance(mean, Tensor):
        mean = full((), _float(mean, "normal", "mean"), dtype=std.dtype)
    return draw.normal_scaled(mean, std, generator=source)


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
    errors.check_tensor(input, "multinomial", "input")
    if not isinstance(replacement, bool):
        kind = type(replacement).__name__
        raise TypeError(f"multinomial(): argument 'replacement' must be bool, not {kind}")
    made = draw.multinomial(
        input.detach(),
        num_samples=_integer(num_samples, "multinomial", "num_samples"),
        replacement=replacement,
        generator=generator_or_default(generator),
    )
    if out is None:
        return made
    kind_of("multinomial", dtypes.int64, out)
    return write_out("multinomial", made, out)


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each element a whole number of the Poisson distribution with that rate.

    Raises: RuntimeError for a negative rate.
    """
    errors.check_tensor(input, "poisson", "input")
    return draw.poisson(input, generator=generator_or_default(generator))


def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """For each element the successes in `count` trials that succeed with chance `prob`.

    Raises: ValueError for integers; RuntimeError for two dtypes.
    """
    errors.check_tensor(count, "binomial", "count")
    errors.check_tensor(prob, "binomial", "prob", 2)
    return draw.binomial(count, prob, generator=generator_or_default(generator))


def _standard_gamma(self: Tensor, generator: Any = None) -> Tensor:
    """For each element a number of the gamma distribution with that shape and scale 1."""
    errors.check_tensor(self, "_standard_gamma", "self")
    return draw.standard_gamma(self, generator=generator_or_default(generator))


def _sample_dirichlet(self: Tensor, generator: Any = None) -> Tensor:
    """For each vector of concentrations along the last dimension shares that sum to 1."""
    errors.check_tensor(self, "_sample_dirichlet", "self")
    return draw.sample_dirichlet(self, generator=generator_or_default(generator))


_standard_gamma_grad = draw.standard_gamma_grad
_dirichlet_grad = draw.dirichlet_grad


# ------------------------------------------------------------------ tensors filled in place


def _fill(self: Tensor, name: str, generator: Any, fill: str, *values: Any) -> Tensor:
    """Let the method `fill` of the generator write into this tensor, in torch's order."""
    if in_vmap:
        return in_vmap[0].filled(_write, self, name, (generator, fill, *values))
    return _write(self, name, generator, fill, *values)


def _write(self: Tensor, name: str, generator: Any, fill: str, *values: Any) -> Tensor:
    source, node, view = generator_or_default(generator), edge(self), self._view
    if state.grad and (node is not None or (view is not None and edge(view.base) is not None)):
        errors.check_inplace(self, node, name)
    zero = elementwise.zero(self) if state.grad and node is not None else None
    version = self._cell[0]
    getattr(source, fill)(self._array, *values)
    self._cell[0] = version + 1
    if zero is not None:
        rebase(self, zero)  # its history ends here
    return self


def _filled(name: str, **parameters: float | None) -> Any:
    """The in-place random method `name`, with the defaults of its parameters."""

    def method(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        given = {**dict(zip(parameters, args)), **kwargs}
        if len(given) != len(args) + len(kwargs) or given.keys() - parameters.keys():
            raise TypeError(f"{name}() takes {', '.join(parameters)}, got {args} and {kwargs}")
        values = [_float(v, name, key) for key, v in {**parameters, **given}.items()]
        return _fill(self, name, generator, f"fill_{name[:-1]}", *values)

    return named(method, name, f"Fill this tensor in place; see torch.Tensor.{name}.")


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """1 with probability `p`, a number or a tensor that broadcasts, else 0; in place."""
    if isinstance(p, Tensor):
        return _fill(self, "bernoulli_", generator, "fill_bernoulli_tensor", p._array)
    p = _float(p, "bernoulli_", "p")
    return _fill(self, "bernoulli_", generator, "fill_bernoulli", p)


def random_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """Whole numbers from `from` (0) up to, not including, `to`; in place.

    Without `to`: up to the last one before the dtype skips some.
    """
    count = len(args) + len(kwargs)
    names = ("from", "to")[2 - count :] if count else ()
    given = {**dict(zip(names, args)), **kwargs}
    if given.keys() != set(names) or len(given) != count:
        raise TypeError(f"random_() takes to, or from and to, got {args} and {kwargs}")
    low, high = given.get("from"), given.get("to")
    low = _integer(low, "random_", "from") if count == 2 else None
    high = None if high is None and count != 1 else _integer(high, "random_", "to")
    return _fill(self, "random_", generator, "fill_random", low, high)


FILLS = {
    "uniform_": _filled("uniform_", **{"from": 0.0, "to": 1.0}),
    "normal_": _filled("normal_", mean=0.0, std=1.0),
    "bernoulli_": bernoulli_,
    "random_": random_,
    "exponential_": _filled("exponential_", lambd=1.0),
    "geometric_": _filled("geometric_", p=None),
    "cauchy_": _filled("cauchy_", median=0.0, sigma=1.0),
    "log_normal_": _filled("log_normal_", mean=1.0, std=2.0),
}
"""The methods of a tensor that fill it with random numbers."""
