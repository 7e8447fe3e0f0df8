"""torch's calling conventions for functions written in Python: `out=`, `axis=` for `dim=`."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from . import errors
from ._tensor import Tensor, edge
from .backend import xp
from .grad_mode import state

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = frozenset((bool, int, float, complex, type(None)))  # and what is missing

# NumPy's names, which torch takes in place of its own.
_NUMPY_NAMES = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "a": "input",
    "x1": "input",
    "x2": "other",
}


def composition(function: Callable) -> Callable:
    """`function`, made of other operations, called as torch's are.

    `out=` is filled with the result, NumPy's argument names stand for torch's, and a TypeError
    names the argument that is no tensor, or no bool, but must be.
    """
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames[:count]
    known = frozenset(code.co_varnames[: count + code.co_kwonlyargcount])
    rest = code.co_varnames[count + code.co_kwonlyargcount :][:1]
    defaults = dict(zip(names[::-1], (function.__defaults__ or ())[::-1]))
    flags = [(i, n) for i, n in enumerate(names) if isinstance(defaults.get(n), bool)]
    factors = tuple(n for n in ("beta", "alpha", "value") if n in known)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = None
        if factors and len(args) > count:
            args, old = factors_first(function.__name__, count, factors, args)
            kwargs = {**old, **kwargs}
        if kwargs and not known.issuperset(kwargs):
            out = kwargs.pop("out", None)
            kwargs = {_torch_name(name, known): value for name, value in kwargs.items()}
        for i, name in flags:
            given = args[i] if i < len(args) else kwargs.get(name, False)
            if type(given) is not bool:
                raise TypeError(
                    f"{function.__name__}(): argument '{name}' must be bool, not "
                    f"{type(given).__name__}"
                )
        try:
            made = function(*args, **kwargs)
        except AttributeError as error:
            given = [*zip(names + rest * len(args), args), *kwargs.items()]
            raise errors.not_a_tensor(function.__name__, given, error) from None
        except errors.SampleBySample as refused:
            made = refused.again(function, args, kwargs)
        return made if out is None else write_out(function.__name__, made, out)

    return call


_warned_of_factors = False  # torch too warns once in all


def factors_first(
    name: str, count: int, factors: tuple[str, ...], args: tuple
) -> tuple[tuple, dict[str, Any]]:
    """Arguments in torch's order of old, as `count` tensors and factors by name.

    `add(x, 2, y)` is add(x, y, alpha=2), `addmm(x, 0.5, 2, a, b)` has beta and alpha, and
    `addmm(0.5, x, 2, a, b)` is the same. It is deprecated: the first use warns.

    Raises: TypeError where numbers and tensors are not in that order.
    """
    if not isinstance(args[0], Tensor):
        args = (args[1], args[0], *args[2:])
    first = len(args) - count + 1
    numbers, tensors = args[1:first], (args[0], *args[first:])
    single = all(not isinstance(x, Tensor) or x.ndim == 0 for x in numbers)
    misplaced = count > 2 and not isinstance(tensors[1], Tensor)
    if not single or misplaced or len(numbers) > len(factors):
        raise TypeError(f"{name}() takes {count} positional arguments but {len(args)} were given")
    global _warned_of_factors
    if not _warned_of_factors:
        _warned_of_factors = True
        import warnings

        text = ", ".join(f"{factor}=" for factor in factors[: len(numbers)])
        warnings.warn(
            f"{name}: numbers before tensors are deprecated; give {text} by name", stacklevel=4
        )
    values = (x.item() if isinstance(x, Tensor) else x for x in numbers)
    return tensors, dict(zip(factors, values))


def reads_numbers(function: Callable) -> Callable:
    """`function`, that looks at the numbers of its tensors: sample by sample inside vmap."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except errors.SampleBySample as refused:
            return refused.again(function, args, kwargs)

    return call


in_vmap: list = []
"""Holds the module that answers for batches while a vmap runs; else it is empty."""


def per_sample(create: Callable, random: bool = False) -> Callable:
    """`create`, that makes something in the shape of its first argument; inside vmap of a batch.

    `random`: it draws numbers.
    """

    @wraps(create)
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        view = getattr(input, "_view", None)
        if (random and in_vmap) or (view is not None and view.mode == "batch"):
            return in_vmap[0].alike(create, input, args, kwargs, random)
        return create(input, *args, **kwargs)

    return call


def tensors(count: int) -> Callable:
    """A decorator for functions whose first `count` arguments are no Python numbers, nor None.

    A row computes with numbers in place of any operand; of some functions torch refuses them.
    """

    def decorate(function: Callable) -> Callable:
        names = ("input", "other")[:count]

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for i, x in enumerate(args[:count]):
                if type(x) in _NUMBERS:
                    raise _no_number(function, names[i], x)
            if len(args) < count:
                for name in names:
                    if name in kwargs and type(kwargs[name]) in _NUMBERS:
                        raise _no_number(function, name, kwargs[name])
            return function(*args, **kwargs)

        return call

    return decorate


def _no_number(function: Callable, name: str, x: Any) -> TypeError:
    return TypeError(
        f"{function.__name__}(): argument '{name}' must be Tensor, not {type(x).__name__}"
    )


def _torch_name(name: str, known: frozenset) -> str:
    meant = _NUMPY_NAMES.get(name, name)
    return meant if name not in known and meant in known else name


def write_out(name: str, made: Any, out: Any) -> Any:
    """Put the result of `name`, a tensor or a tuple of them, where `out=` asks.

    Raises: TypeError for an `out` that is no tensor; RuntimeError where a gradient would be lost
    or the dtype does not fit.
    """
    if isinstance(made, tuple):
        if not isinstance(out, (tuple, list)) or len(out) != len(made):
            raise TypeError(f"{name}(): argument 'out' must be a tuple of {len(made)} Tensors")
        written = [write_out(name, m, o) for m, o in zip(made, out)]
        return type(made)(*written) if hasattr(made, "_fields") else tuple(written)
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if state.grad and (edge(out) is not None or made._node is not None):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    errors.check_result_fits(made._array.dtype, out._array.dtype)
    out._cell[0] += 1
    if out._array.shape == made._array.shape:
        xp.copyto(out._array, made._array, casting="unsafe")
    else:
        out._array = made._array.astype(out._array.dtype)
    return out


def apart(function: Callable) -> Callable:
    """`function`, that moves elements of its first argument to where `out=` asks.

    Raises: RuntimeError where that is memory it reads, or of another dtype.
    """

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None:
            given = (*args, *(value for name, value in kwargs.items() if name != "out"))
            read = [t._array for t in given if isinstance(t, Tensor)]
            outs = out if isinstance(out, (tuple, list)) else [out]
            _check_apart(function.__name__, read, [t for t in outs if isinstance(t, Tensor)])
        return function(*args, **kwargs)

    return call


def _check_apart(name: str, read: list, outs: list) -> None:
    for i, out in enumerate(outs):
        errors.check_overlap(out._array)
        if any(xp.may_share_memory(out._array, a) for a in read):
            raise RuntimeError(f"{name}(): argument 'out' lies in the memory of another argument")
        indices = i and out._array.dtype == "int64"
        if read and not indices and out._array.dtype != read[0].dtype:
            raise RuntimeError(
                f"{name}(): expected 'out' of {errors.name_of(read[0].dtype)}, got {out.dtype}"
            )
