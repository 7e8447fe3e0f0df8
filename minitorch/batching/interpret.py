"""How rows are answered while a `vmap` runs, and how one is entered.

Nothing of this costs a call outside: entering the first `vmap` puts `apply` here in the place of
the engine's own, leaving the last one takes it out again.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minitorch import calls, inplace, methods, primitive
from minitorch._tensor import Tensor
from minitorch.ops import index, shape

from . import rules_shapes  # noqa: F401
from .rules import RULES, aligned, call, each, loop, one_by_one, spread
from .rules_products import joined_samples, parted_samples
from .tensor import Batched, Level, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_plain = primitive.apply
_lock = threading.Lock()
_entered = 0
_theirs: list = []


def apply(row: Any, inputs: tuple, params: dict[str, Any]) -> Any:
    """Run `row`: on values, by its rule, where an operand is a batch."""
    level = innermost(inputs)
    if row.kind == "random" and running.levels:
        return _drawn(row, inputs, params)
    if level is None:
        return _plain(row, inputs, params)
    find = RULES.get(row.name)
    if find is None:
        find = one_by_one if row.kind in ("elementwise", "compare") else loop
    return level.wrap(find(level, row, inputs, params))


def innermost(inputs: Any) -> Any:
    """The deepest level among these operands, None where none is a batch."""
    level = None
    for x in inputs:
        if type(x) is Batched and (level is None or x.level.depth > level.depth):
            level = x.level
    return level


def _drawn(row: Any, inputs: tuple, params: dict) -> Any:
    """A random row: numbers for each sample, or the same numbers for all of them.

    Raises: RuntimeError where the level says 'error', or 'same' with samples that differ.
    """
    level = running.levels[-1]
    check_randomness(level, row.name, any(level.holds(x) for x in inputs))
    with _outside():
        if level.randomness == "same":
            return row.public(*inputs, **params)
        if inputs:
            return level.wrap(call(row, [spread(level, x) for x in inputs], params))
        if "size" in params:
            return level.wrap(row.public(**{**params, "size": (level.size, *params["size"])}))
        return level.wrap(shape.stack([row.public(**params) for _ in range(level.size)]))


def check_randomness(level: Level, name: str, batched: bool = False) -> None:
    """Raises: RuntimeError where `level` does not let the random function `name` draw."""
    if level.randomness == "error":
        raise RuntimeError(
            f"vmap: called the random operation {name} while in randomness error mode. Use the "
            "'same' or 'different' randomness of vmap, or draw outside of vmap"
        )
    if batched and level.randomness == "same":
        raise RuntimeError(
            f"vmap: {name} cannot draw the same numbers for samples that differ in what they are "
            "drawn from; use randomness='different'"
        )


@contextmanager
def _outside() -> Iterator[None]:
    """The levels around the innermost one."""
    level = running.levels.pop()
    try:
        yield
    finally:
        running.levels.append(level)


def overwrite(x: Any, out: Any, name: str, since: float) -> Any:
    """Write `out` to a batch, whose values take the place of what is written to.

    Raises: RuntimeError where samples would be written to what they share.
    """
    level = x.level
    deeper = innermost((out,))
    if deeper is not None and deeper.depth > level.depth:
        raise x._view.shared(name)
    if out.ndim > x.ndim:
        raise RuntimeError(
            f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(out.shape)}"
        )
    values = aligned(level, out, x.ndim) if level.holds(out) else spread(level, out)
    if values.shape != x.value.shape:
        values = shape.expand(values, size=tuple(x.value.shape))
    inplace.overwrite(x.value, values, name, since)
    return x


def alike(create: Any, x: Any, args: tuple, kwargs: dict, random: bool, fold: bool = False) -> Any:
    """What `create(x, ...)` makes in the shape of a batch: for all samples at once.

    Of `random` numbers the same for all samples where their level says so; `fold` joins samples to
    the first dimension, where that counts.
    """
    level = running.levels[-1] if random and running.levels else innermost((x,))
    if level is None:
        return create(x, *args, **kwargs)
    if not random:
        return level.wrap(alike(create, x.value, args, kwargs, random))
    check_randomness(level, getattr(create, "__name__", "random").strip("_"))
    with _outside():
        if level.randomness == "same":
            x = shape.select(x.value, dim=0, index=0) if level.holds(x) else x
            return alike(create, x, args, kwargs, random, fold)
        if fold and x.ndim > 1:
            made = alike(create, joined_samples(spread(level, x)), args, kwargs, random, fold)
            return level.wrap(each(made, lambda o: parted_samples(level, o)))
        return level.wrap(alike(create, spread(level, x), args, kwargs, random, fold))


def filled(write: Any, x: Any, name: str, args: tuple) -> Any:
    """A tensor filled with random numbers, each sample with its own or all with the same.

    Raises: RuntimeError where samples would fill a tensor they share with numbers of their own.
    """
    if not running.levels:
        return write(x, name, *args)
    level = running.levels[-1]
    check_randomness(level, name)
    with _outside():
        if not level.holds(x):
            if level.randomness == "different":
                raise RuntimeError(
                    f"vmap: {name}: cannot draw different numbers for each sample into a tensor "
                    "that is not batched; make it inside from a batched one (x.new_empty)"
                )
            return filled(write, x, name, args)
        if level.randomness == "same":
            one = shape.clone(shape.select(x.value, dim=0, index=0)).detach()
            x.value.copy_(filled(write, one, name, args))
        else:
            filled(write, x.value, name, args)
    return x


def getitem(x: Any, key: Any) -> Any:
    """x[key] where a batch of numbers may stand among the indices."""
    parts = key if isinstance(key, tuple) else (key,)
    single = [type(k) is Batched and not k.ndim and k.dtype.name != "bool" for k in parts]
    if not any(single):
        return index.getitem(x, key)
    if any(isinstance(k, (Tensor, list)) and not s for k, s in zip(parts, single)):
        raise RuntimeError("vmap: a batched number beside other index tensors is not supported")
    made = index.getitem(
        x, tuple(shape.unsqueeze(k, dim=0) if s else k for k, s in zip(parts, single))
    )
    places = [i for i, s in enumerate(single) if s]
    together = places[-1] - places[0] < len(places)
    return shape.squeeze(made, dim=_before(parts, places[0], x.ndim) if together else 0)


def _before(parts: tuple, place: int, ndim: int) -> int:
    """How many dimensions of the result stand before what entry `place` of a key makes."""
    used = sum(k is not None and k is not Ellipsis for k in parts)
    return sum(ndim - used if k is Ellipsis else not isinstance(k, int) for k in parts[:place])


_SWAPPED = (
    (primitive, "apply", apply),
    (methods, "apply", apply),
    (Tensor, "__getitem__", getitem),
)


@contextmanager
def entered(size: int, randomness: str) -> Iterator[Level]:
    """Run what is inside as one `vmap` over `size` samples."""
    level = Level(size, randomness, running.levels[-1].depth + 1 if running.levels else 1)
    with reentered(level):
        yield level


@contextmanager
def reentered(level: Level) -> Iterator[None]:
    """Run what is inside as a part of the `vmap` of `level`."""
    global _entered, _plain
    with _lock:
        _entered += 1
        if _entered == 1:
            _plain = primitive.apply  # perhaps another's, who stands there in turn
            _theirs[:] = [getattr(owner, name) for owner, name, _ in _SWAPPED]
            for owner, name, ours in _SWAPPED:
                setattr(owner, name, ours)
            calls.in_vmap.append(sys.modules[__name__])
    running.levels.append(level)
    try:
        yield
    finally:
        running.levels.pop()
        with _lock:
            _entered -= 1
            if not _entered:
                for (owner, name, _), before in zip(_SWAPPED, _theirs):
                    setattr(owner, name, before)
                calls.in_vmap.clear()
