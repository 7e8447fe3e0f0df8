"""Samples of what shows memory otherwise, takes tensors apart and puts them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minitorch.ops import shape, strides
from tests.sampling import Sample, both, integers, numbers, ours, phrase, rough

FAR = ((2, 3, 4), (12, 4, 1), 0)  # the geometry of a cube of that size


def samples() -> Iterator[Sample]:
    """All of them."""
    yield from _strided()
    yield from _windows()
    yield from _written()
    yield from _copies_of_views()
    yield from _apart()
    yield from _together()
    yield from _turned()
    yield from _drawn()


def _strided() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for size, stride, offset in [
        ((2, 2), (3, 1), 0),
        ((2, 2), (1, 2), 5),
        ((3, 4), (2, 1), 1),  # rows that overlap
        ((3, 2), (0, 1), 2),
        ((), (), 7),
        ((0, 2), (1, 1), 0),
    ]:
        how = {"size": size, "stride": stride, "storage_offset": offset}
        call = lambda T, x, h=how: T.as_strided(x, **h)  # noqa: E731
        yield phrase("as_strided", call, x, label=f"{size},{stride},{offset}", kind="view")
        yield both("as_strided_copy", x, kind="shape", **how)
        target = (size, stride, offset)
        call = lambda T, x, h=how: x.contiguous().as_strided(**h)  # noqa: E731
        yield ours("restride", call, x, source=FAR, target=target, label=f"{target}")
    spread = lambda T, x: x.reshape(3, 1).expand(3, 2).as_strided((2, 2), (1, 1))  # noqa: E731
    yield phrase("as_strided", spread, numbers(3), label="of expanded", kind="shape")
    turned = lambda T, x: (x * 1).t().as_strided((2, 2), (1, 3), 1)  # noqa: E731
    yield phrase("as_strided", turned, numbers(2, 3), label="of transposed", kind="shape")
    # Scattered into memory and gathered elsewhere, which is what its derivative does.
    source, target = ((2, 2), (2, 1), 1), ((5,), (1,), 0)
    through = lambda T, x: T.nn.functional.pad(x.reshape(4), (1, 0))  # noqa: E731
    how = {"source": source, "target": target, "shared": target}
    yield ours("through_memory", through, numbers(2, 2), label="to a line", **how)
    line = ((3,), (1,), 0)
    halves = lambda T, x: x * T.tensor([1.0, 0.5, 1.0], dtype=x.dtype)  # noqa: E731
    how = {"source": line, "target": line, "shared": ((2, 2), (1, 1), 0)}
    yield ours("through_memory", halves, numbers(3), label="divided", **how)
    relaid = lambda T, x: x.clone(memory_format=T.contiguous_format)  # noqa: E731
    yield ours("relaid", relaid, x)
    column = lambda T, x: x.t().contiguous().t()  # noqa: E731
    yield ours("relaid", column, numbers(2, 3), strides=(1, 2))


def _windows() -> Iterator[Sample]:
    for shape_, dim, size, step in [
        ((7,), 0, 3, 1), ((7,), -1, 2, 3), ((2, 6, 2), 1, 4, 2), ((2, 5), 0, 1, 1),
        ((2, 5), 1, 0, 1), ((), 0, 1, 1),
    ]:  # fmt: skip
        x = numbers(*shape_)
        how = {"dimension": dim, "size": size, "step": step}
        theirs = lambda T, x, d=dim, n=size, s=step: x.unfold(d, n, s)  # noqa: E731
        yield ours("unfold", theirs, x, **how)
        yield both("unfold_copy", x, kind="shape", **how)
    fold = lambda T, x: T.stack([x[0, 0], x[0, 1] + x[1, 0], x[1, 1] + x[2, 0], x[2, 1]])  # noqa: E731
    how = {"into": (4,), "dimension": 0, "size": 2, "step": 1}
    yield ours("unfold_backward", fold, numbers(3, 2), **how)
    apart = lambda T, x: T.nn.functional.pad(x.reshape(4), (0, 1))  # noqa: E731
    how = {"into": (5,), "dimension": 0, "size": 2, "step": 2}
    yield ours("unfold_backward", apart, numbers(2, 2), label="apart", **how)


def _written() -> Iterator[Sample]:
    x = numbers(3, 4)
    part = (shape.select, {"dim": 1, "index": 2})
    theirs = lambda T, x, y: T.select_scatter(x, y, 1, 2)  # noqa: E731
    yield ours("written", theirs, x, numbers(3, seed=1), part=part, label="select")
    part = (strides.restride, {"source": ((2, 3), (1, 2), 0), "target": ((2,), (3,), 1)})
    column = lambda T, x, y: T.stack((  # noqa: E731
        T.stack((x[0, 0], y[0])), x[:, 1], T.stack((y[1], x[1, 2])))).t()  # fmt: skip
    two = numbers(2, 3), numbers(2, seed=1)
    yield ours("written", column, *two, part=part, strides=(1, 2), label="strides")
    for dim, index in [(0, 1), (1, -1)]:
        y = numbers(4 if dim == 0 else 3, seed=1)
        yield both("select_scatter", x, y, kind="shape", dim=dim, index=index)
    for how in ({"start": 1}, {"dim": 1, "end": 3, "step": 2}, {"dim": -1, "start": -2}):
        at = (slice(how.get("start"), how.get("end"), how.get("step")),)
        at = at if how.get("dim", 0) == 0 else (slice(None), *at)
        yield both("slice_scatter", x, numbers(*x[at].shape, seed=1), kind="shape", **how)
    for offset in (0, 1, -1):
        y = numbers(3 if offset >= 0 else 2, seed=1)
        yield both("diagonal_scatter", x, y, kind="shape", offset=offset)
    # torch gives the input a gradient where it is overwritten, and none elsewhere.
    yield both("as_strided_scatter", x, numbers(2, seed=1), kind="shape", derivatives=0,
               size=(2,), stride=(3,), storage_offset=1)  # fmt: skip
    yield both("fill", x, kind="shape", derivatives=1, value=2.5)


def _copies_of_views() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for name, how in {
        "alias_copy": {}, "diagonal_copy": {"offset": 1}, "expand_copy": {"size": (2, 2, 3, 4)},
        "narrow_copy": {"dim": 1, "start": 1, "length": 2}, "permute_copy": {"dims": (2, 0, 1)},
        "select_copy": {"dim": 1, "index": 1}, "split_copy": {"split_size": 2, "dim": 2},
        "slice_copy": {"dim": 1, "start": 1}, "split_with_sizes_copy": {"split_sizes": [1, 1]},
        "squeeze_copy": {"dim": 0}, "transpose_copy": {"dim0": 0, "dim1": 2},
        "unbind_copy": {"dim": 1}, "unsqueeze_copy": {"dim": 1}, "view_copy": {"size": (6, 4)},
    }.items():  # fmt: skip
        call = lambda T, x, name=name, how=how: getattr(T, name)(x, *how.values())  # noqa: E731
        yield phrase(name, call, x, label="copy", kind="shape")
    yield both("t_copy", numbers(2, 3), kind="shape")
    yield phrase("detach", lambda T, x: T.detach(x), x, kind="view", derivatives=0)
    yield both("detach_copy", x, kind="shape", derivatives=0)
    for form in ("contiguous_format", "preserve_format", "channels_last"):
        deep = lambda T, x, f=form: x.transpose(1, 2).clone(memory_format=getattr(T, f))  # noqa: E731
        yield phrase("clone", deep, numbers(2, 3, 4, 2), label=form)
    yield phrase("zero_", lambda T, x: T.zero_(x * 1), x, kind="shape", derivatives=1)
    yield phrase("fill_", lambda T, x: T.fill_(x * 1, 2), x, kind="shape", derivatives=1)


def _apart() -> Iterator[Sample]:
    x = numbers(4, 6, 2)
    for dim in (0, 1, -1):
        yield both("unsafe_chunk", x, kind="shape", chunks=2, dim=dim)
        yield both("unsafe_split", x, kind="shape", split_size=2, dim=dim)
    yield both("unsafe_split_with_sizes", x, split_sizes=(1, 0, 3))
    yield both("unsafe_split_with_sizes", x, split_sizes=(2, 4), dim=1)
    yield both("split_with_sizes", x, split_sizes=(2, 4), dim=1)
    for cut in (3, 5, (1, 4), (-2,), (0, 9), ()):
        call = lambda T, x, cut=cut: T.tensor_split(x, cut, 1)  # noqa: E731
        yield phrase("tensor_split", call, x, label=str(cut), kind="view")
    call = lambda T, x, i: T.tensor_split(x, i)  # noqa: E731
    yield phrase("tensor_split", call, x, np.array([1, 2]), label="tensor", kind="view")
    for name, dim in (("hsplit", 1), ("vsplit", 0), ("dsplit", 2)):
        for cut in (2, (1,)):
            call = lambda T, x, name=name, cut=cut: getattr(T, name)(x, cut)  # noqa: E731
            yield phrase(name, call, x, label=f"{dim}{cut}", kind="view")
    yield phrase("hsplit", lambda T, x: T.hsplit(x, 2), numbers(4), label="vector", kind="view")


def _together() -> Iterator[Sample]:
    a, b = numbers(2, 3), numbers(3, seed=1)
    call = lambda T, *x: T.block_diag(*x)  # noqa: E731
    yield phrase("block_diag", call, a, b, numbers(), kind="shape")
    # torch takes the gradient of what follows a vector without elements from a row too high.
    yield phrase("block_diag", call, numbers(0), a, kind="shape", derivatives=0)
    as_list = lambda T, *x: T.block_diag(*x)  # noqa: E731
    yield Sample("blocks", "shape", "", (a, numbers(2, 1)), _our_blocks, as_list, {})
    for name in ("dstack", "column_stack", "row_stack"):
        call = lambda T, *x, name=name: getattr(T, name)(x)  # noqa: E731
        yield phrase(name, call, numbers(3), b, label="vectors", kind="shape")
        yield phrase(name, call, a, numbers(2, 3, seed=1), label="matrices", kind="shape")
    call = lambda T, *x: T.column_stack(x)  # noqa: E731
    yield phrase("column_stack", call, numbers(3), numbers(3, 2), kind="shape")
    for indexing in ("ij", "xy"):
        call = lambda T, *x, how=indexing: T.meshgrid(*x, indexing=how)  # noqa: E731
        yield phrase("meshgrid", call, numbers(2), b, numbers(seed=2), label=indexing, kind="view")
        yield phrase("meshgrid", call, numbers(2), label=f"{indexing} one", kind="view")
    call = lambda T, *x: T.cartesian_prod(*x)  # noqa: E731
    yield phrase("cartesian_prod", call, numbers(2), b, numbers(2, seed=2), kind="shape")
    yield phrase("cartesian_prod", call, b, label="one", kind="shape")
    for r, again in [(2, False), (3, True), (1, False), (5, False)]:
        yield both("combinations", numbers(4), kind="index", r=r, with_replacement=again)
    for dim in (0, 1, None):
        yield both("repeat_interleave", numbers(2, 3), kind="index", repeats=2, dim=dim)
    call = lambda T, x, n: T.repeat_interleave(x, n, 1)  # noqa: E731
    yield phrase("repeat_interleave", call, numbers(2, 3), np.array([2, 0, 1]), kind="index")
    call = lambda T, n: T.repeat_interleave(n)  # noqa: E731
    yield phrase("repeat_interleave", call, np.array([2, 0, 1]), label="indices", kind="index",
                 derivatives=0)  # fmt: skip


def _our_blocks(T: Any, *x: Any) -> Any:
    from minitorch.backend import ROWS

    return ROWS["blocks"].public(x)


def _turned() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    yield both("adjoint", x, kind="view")
    yield both("ravel", x, kind="view")
    for k, dims in [(1, (0, 1)), (2, (1, 2)), (-1, (0, 2)), (0, (0, 1)), (5, (-1, 0))]:
        yield both("rot90", x, kind="shape", k=k, dims=dims)
    for name in ("fliplr", "flipud"):
        yield both(name, x, kind="shape")
    yield both("roll", x, shifts=5)
    for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
        for size in ((), (3,), (2, 3), (2, 3, 4)):
            yield both(name, numbers(*size), kind="view")
        call = lambda T, a, b, name=name: getattr(T, name)(a, b)  # noqa: E731
        yield phrase(name, call, numbers(), numbers(3), label="two", kind="view")
    for how in ({}, {"offset": 2}, {"offset": -1, "dim1": 0, "dim2": 2}):
        yield both("diag_embed", numbers(2, 3), kind="shape", **how)
    for offset in (0, 1, -2):
        yield both("diagflat", numbers(2, 2), kind="shape", offset=offset)
    yield both("trace", numbers(3, 4), kind="reduce")
    yield both("trace", numbers(0, 4), kind="reduce")
    for size in ((3, 1), (1, 4), (4,), (2, 3, 4), ()):
        call = lambda T, x, size=size: x.sum_to_size(size)  # noqa: E731
        yield phrase("sum_to_size", call, x, label=str(size), kind="reduce")


def _drawn() -> Iterator[Sample]:
    def seeded(call: Any) -> Any:
        def run(T: Any, *inputs: Any) -> Any:
            T.manual_seed(5)
            return call(T, *inputs)

        return run

    draw = seeded(lambda T, x: T.bernoulli(x, 0.3))
    yield phrase("bernoulli_like", draw, numbers(20), kind="random", derivatives=0)
    for label, call in {
        "both": lambda T, m, s: T.normal(m, s),
        "mean": lambda T, m, s: T.normal(m, 2.0),
        "std": lambda T, m, s: T.normal(1.5, s),
    }.items():
        inputs = numbers(3, 20), numbers(20, low=0.5, high=2)
        yield phrase("normal_around", seeded(call), *inputs, label=label, kind="random",
                     derivatives=0)  # fmt: skip
    yield both("is_nonzero", np.array([2.0]), kind="compare", derivatives=0)
    for name in ("is_signed", "is_complex"):
        yield both(name, rough(2), kind="compare", derivatives=0)
    yield both("is_same_size", rough(2), integers(2), kind="compare", derivatives=0)
