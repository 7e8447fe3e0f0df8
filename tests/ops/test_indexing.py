"""x[key] and x[key] = value for keys drawn at random: values, memory, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]

KEYS = 400  # keys drawn for each test; each costs some milliseconds
SHAPES = [(), (3,), (4, 3), (2, 3, 4), (3, 1, 2, 4), (0,), (2, 0, 3), (1, 1)]

# ------------------------------------------------------------------ drawing a key


def whole(rng: np.random.Generator, n: int, slip: float = 0.02) -> int:
    """An index of an axis of size `n`, of either sign; one beyond it now and then."""
    if rng.random() < slip or n == 0:
        return int(rng.choice([n, -n - 1]))
    return int(rng.integers(-n, n))


def bounds(rng: np.random.Generator, n: int) -> slice:
    """A slice, within an axis of size `n` or around it."""
    start, stop = (None if rng.random() < 0.3 else int(rng.integers(-n - 2, n + 3)) for _ in "12")
    step = [None, 1, 2, 3][rng.integers(4)]
    return slice(start, stop, step)


def array_of(rng: np.random.Generator, n: int, size: tuple) -> np.ndarray:
    """Indices of an axis of size `n`."""
    found = np.array([whole(rng, n, 0.005) for _ in range(int(np.prod(size)))], np.int64)
    return found.reshape(size)


SIZES = [(2,), (3,), (1,), (2, 2), (1, 2), (2, 1), (0,), ()]
ENTRIES = "int int slice slice slice ... None array array array mask bool list".split()


def drawn(rng: np.random.Generator, shape: tuple) -> list[tuple[str, Any]]:
    """A key as (kind, what it holds) for each entry, for either engine to make."""
    entries: list[tuple[str, Any]] = []
    axis, open_ = 0, False
    size = SIZES[rng.integers(len(SIZES))]
    for _ in range(rng.integers(0, len(shape) + 3)):
        kind = ENTRIES[rng.integers(len(ENTRIES))]
        left = len(shape) - axis
        n = shape[axis] if left > 0 else 2
        if kind in ("int", "slice", "array", "list", "mask") and left <= 0 and rng.random() < 0.9:
            continue
        if kind == "...":
            if open_:
                continue
            open_ = True
            axis = max(axis, len(shape) - int(rng.integers(0, left + 1)) if left > 0 else axis)
            entries.append(("...", None))
        elif kind == "None":
            entries.append(("None", None))
        elif kind == "bool":
            form = ["bool", "0-d mask", "0-d uint8"][rng.integers(3)]
            entries.append((form, bool(rng.random() < 0.7)))
        elif kind == "int":
            form = ["int", "int", "0-d", "numpy int", "0-d int32"][rng.integers(5)]
            entries.append((form, whole(rng, n)))
            axis += 1
        elif kind == "slice":
            entries.append(("slice", bounds(rng, n)))
            axis += 1
        elif kind == "mask":
            width = int(rng.integers(1, max(left, 1) + 1))
            masked = shape[axis : axis + width]
            masked = masked if masked and rng.random() < 0.97 else (5,) * width
            form = ["mask", "mask", "uint8", "numpy mask", "mask list"][rng.integers(5)]
            if form[-4:] in ("mask", "list") and form != "mask" and len(masked) > 1:
                form = "mask"  # torch counts a list of lists as an index of one dimension
            entries.append((form, rng.random(masked) < 0.5))
            axis += width
        else:
            if rng.random() < 0.2:
                size = SIZES[rng.integers(len(SIZES))]
            form = ["array", "array", "numpy", "int32"][rng.integers(4)]
            entries.append(("list" if kind == "list" else form, array_of(rng, n, size)))
            axis += 1
    return entries


def made(T: Any, entries: list[tuple[str, Any]], alone: bool) -> Any:
    """The key of engine `T`; one entry may stand `alone`, without a tuple."""
    makers = {
        "...": lambda v: ...,
        "None": lambda v: None,
        "0-d": lambda v: T.tensor(v),
        "0-d int32": lambda v: T.tensor(v, dtype=T.int32),
        "numpy int": np.int64,
        "0-d mask": lambda v: T.tensor(v),
        "0-d uint8": lambda v: T.tensor(int(v), dtype=T.uint8),
        "mask": T.tensor,
        "uint8": lambda v: T.tensor(v.astype(np.uint8)),
        "array": T.tensor,
        "int32": lambda v: T.tensor(v.astype(np.int32)),
        "list": lambda v: v.tolist(),
        "mask list": lambda v: v.tolist(),
    }
    key = tuple(makers.get(kind, lambda v: v)(value) for kind, value in entries)
    return key[0] if alone and len(key) == 1 else key


# ------------------------------------------------------------------ what becomes of it


def outcome(call: Any, *args: Any) -> Any:
    """What the call gives, or the type of its error."""
    try:
        return call(*args)
    except Exception as error:
        return type(error)


def agree(found: Any, expected: Any, about: str) -> None:
    """Require equal arrays, or errors of one type."""
    if isinstance(found, type) or isinstance(expected, type):
        assert found is expected, about
        return
    assert len(found) == len(expected), about
    for a, b in zip(found, expected):
        if isinstance(b, np.ndarray):
            assert a.shape == b.shape, about
            assert a.dtype == b.dtype, about
            assert np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True), about
        else:
            assert a == b, about


def array(x: Any) -> np.ndarray:
    return x.detach().numpy().copy()


def taken(T: Any, values: np.ndarray, order: tuple, entries: list, alone: bool) -> Any:
    """(value, whether it is a view, strides of a view, first and second gradient)."""
    x = T.tensor(values, requires_grad=True)
    seen = (x * x).permute(order)
    out = seen[made(T, entries, alone)]
    view = bool(out._is_view()) and out._base is seen._base
    stride = [s for s, n in zip(out.stride(), out.shape) if n > 1] if view and out.numel() else None
    g = T.tensor(np.cos(np.arange(out.numel(), dtype=float)).reshape(tuple(out.shape)))
    (gx,) = T.autograd.grad(out, x, g, create_graph=True)
    (ggx,) = T.autograd.grad((gx * gx).sum(), x)
    return array(out), view, stride, array(gx), array(ggx)


def written(T: Any, values: np.ndarray, order: tuple, entries: list, alone: bool, v: Any) -> Any:
    """(what `x[key] = value` leaves, first and second gradients of target and value)."""
    x = T.tensor(values, requires_grad=True)
    y = x * x
    target = y.permute(order)
    source = T.tensor(v, requires_grad=True) if isinstance(v, np.ndarray) else None
    target[made(T, entries, alone)] = v if source is None else source * source
    g = T.tensor(np.cos(np.arange(y.numel(), dtype=float)).reshape(tuple(y.shape)))
    inputs = [x] if source is None else [x, source]
    grads = T.autograd.grad(y, inputs, g, create_graph=True, allow_unused=True)
    grads = [a for a in grads if a is not None]
    again = T.autograd.grad(sum((a * a).sum() for a in grads), inputs, allow_unused=True)
    return [array(y), *map(array, grads), *map(array, [a for a in again if a is not None])]


def cases(seed: int) -> Any:
    """(values, order of axes, key, whether it stands alone, about it) for each key."""
    rng = np.random.default_rng(seed)
    for _ in range(KEYS):
        shape = SHAPES[rng.integers(len(SHAPES))]
        order = tuple(int(i) for i in rng.permutation(len(shape)))
        seen = tuple(shape[i] for i in order)
        values = rng.uniform(0.5, 2, shape)
        entries = drawn(rng, seen)
        alone = bool(rng.random() < 0.7)
        yield rng, values, order, entries, alone, f"x of shape {seen}, key {entries}"


@pytest.mark.parametrize("seed", range(3))
def test_getitem(seed: int) -> None:
    for _, values, order, entries, alone, about in cases(seed):
        found, expected = (
            outcome(taken, T, values, order, entries, alone) for T in (minitorch, torch)
        )
        agree(found, expected, about)


def looked_up(values: Any, order: tuple, entries: list) -> Any:
    """The elements of `values`, its axes in that order, at the key."""
    return torch.tensor(values).permute(order)[made(torch, entries, True)]


def value_for(rng: np.random.Generator, values: Any, order: tuple, entries: list) -> Any:
    """What to write: a number, or an array that broadcasts to the elements, or nearly does."""
    if rng.random() < 0.2:
        return [2.5, 3, True, float("nan")][rng.integers(4)]
    chosen = outcome(looked_up, values, order, entries)
    if isinstance(chosen, type):
        return 1.5
    shape = [1 if rng.random() < 0.2 else int(n) for n in chosen.shape]
    shape = shape[rng.integers(len(shape) + 1) if rng.random() < 0.3 else 0 :]
    shape = [1] * int(rng.random() < 0.1) + shape
    if shape and rng.random() < 0.05:
        shape[rng.integers(len(shape))] += 1
    return rng.uniform(-2, -0.5, shape)


def doubtful(values: Any, order: tuple, entries: list, v: Any) -> bool:
    """Whether the key names an element twice: which value stays there is anybody's choice.

    Or whether a single number goes to a mask of bytes, which torch refuses here alone.
    """
    if "uint8" in str(entries) and np.size(v) < 2:
        return True
    places = np.arange(values.size).reshape(values.shape)
    found = outcome(looked_up, places, order, entries)
    return not isinstance(found, type) and len(found.unique()) < found.numel()


@pytest.mark.parametrize("seed", range(3))
def test_setitem(seed: int) -> None:
    for rng, values, order, entries, alone, about in cases(seed):
        v = value_for(rng, values, order, entries)
        if doubtful(values, order, entries, v):
            continue
        found, expected = (
            outcome(written, T, values, order, entries, alone, v) for T in (minitorch, torch)
        )
        agree(found, expected, f"{about}, value {v!r}")


INT64 = np.iinfo(np.int64)


@pytest.mark.parametrize("wrong", [3, -4, INT64.min, INT64.min + 3, INT64.max, INT64.max - 2])
@pytest.mark.parametrize(
    "use",
    [
        lambda x, i: x[i],
        lambda x, i: x.gather(0, i),
        lambda x, i: x.index_select(0, i),
        lambda x, i: x.index_fill(0, i, 1.0),
        lambda x, i: x.take(i),
    ],
)
def test_an_index_that_is_not_there_is_refused_however_large(use: Any, wrong: int) -> None:
    for engine in (torch, minitorch):
        with pytest.raises((IndexError, RuntimeError)):
            use(engine.arange(3.0), engine.tensor([0, wrong]))
