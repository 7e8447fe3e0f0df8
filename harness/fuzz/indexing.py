"""Elements chosen by index, put elsewhere, or joined with others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from harness.fuzz.scope import Choices, Scope, Var, overlaps, promote, room

Shape = tuple[int, ...]


class Place(NamedTuple):
    """One tensor, a dimension of it, and places along it; texts are formatted with these."""

    x: Var
    y: Var
    d: int
    chosen: list[int]
    first: list[int]  # places along dimension 0
    last: list[int]  # places along the last dimension

    @property
    def n(self) -> int:
        """The size along `d`."""
        return self.x.shape[self.d]

    def along(self, size: int) -> Shape:
        """The shape with another size along `d`."""
        return (*self.x.shape[: self.d], size, *self.x.shape[self.d :][1:])

    def format(self, text: str) -> str:
        """The text with names and numbers in it."""
        return text.format(
            x=self.x.name, y=self.y.name, d=self.d, i=self.chosen[0], chosen=self.chosen,
            first=self.first, last=self.last, shape=self.x.shape, ones="2, " * self.x.lay.ndim,
            picked=self.along(len(self.chosen)), back=list(range(self.n))[::-1],
        )  # fmt: skip


Table = Mapping[str, tuple[str, Callable[[Place], Shape]]]
"""The name, its text, the shape of its result."""


def same(p: Place) -> Shape:
    """The shape stays."""
    return p.x.shape


CHOOSING: Table = {
    "getitem (index)": (
        "{x}[torch.tensor({first})]",
        lambda p: (len(p.first), *p.x.shape[1:]),
    ),
    "index_select": (
        "{x}.index_select({d}, torch.tensor({chosen}))",
        lambda p: p.along(len(p.chosen)),
    ),
    "getitem (mask)": ("{x}[{x} > 0]", lambda p: (2,)),
    "masked_select": ("{x}.masked_select({x} < 0.5)", lambda p: (2,)),
    "take": ("torch.take({x}, torch.tensor({chosen}))", lambda p: (len(p.chosen),)),
    "gather": (
        "{x}.gather({d}, torch.full({picked}, {i}))",
        lambda p: p.along(len(p.chosen)),
    ),
    "take_along_dim": ("torch.take_along_dim({x}, {x}.argsort({d}), {d})", same),
    "nonzero": ("{x}.nonzero()", lambda p: (2, p.x.lay.ndim)),
    "argsort": ("{x}.argsort({d})", same),
    "searchsorted": ("torch.searchsorted(torch.tensor([-1.0, 0.5, 1.0]), {x}.float())", same),
}

CHOOSING_2D: Table = {
    "embedding": (
        "torch.nn.functional.embedding(torch.tensor({first}), {x})",
        lambda p: (len(p.first), p.x.shape[1]),
    ),
    "getitem (pairs)": (
        "{x}[torch.tensor({first}), torch.tensor({last})]",
        lambda p: (len(p.first),),
    ),
    "getitem (column)": ("{x}[:, torch.tensor({last})]", lambda p: (p.x.shape[0], len(p.last))),
}

PLACING: Table = {
    "masked_fill": ("{x}.masked_fill({y} > 0, 0.5)", same),
    "where (three)": ("torch.where({y} > 0.5, {x}, {y})", same),
    "index_add": ("{x}.index_add({d}, torch.tensor({back}), {y})", same),
    "scatter": ("{x}.scatter({d}, {y}.argsort({d}), {y})", same),
    "scatter_add": ("{x}.scatter_add({d}, torch.full({shape}, {i}), {y})", same),
    "index_copy": ("{x}.index_copy({d}, torch.tensor({back}), {y})", same),
    "index_fill": ("{x}.index_fill({d}, torch.tensor([0]), 0.5)", same),
    "masked_scatter": ("{x}.masked_scatter({x} > 0, {y})", same),
    "select_scatter": ("torch.select_scatter({x}, {y}.select({d}, 0), {d}, -1)", same),
    "slice_scatter": ("torch.slice_scatter({x}, {y}.narrow({d}, 0, 1), {d}, 0, 1)", same),
    "index_put": ("{x}.index_put((torch.tensor({first}),), {y}[0], accumulate=True)", same),
}

JOINING: Table = {
    "cat": ("torch.cat([{x}, {y}], {d})", lambda p: p.along(2 * p.n)),
    "stack": (
        "torch.stack([{x}, {y}, {x}], {d})",
        lambda p: (*p.x.shape[: p.d], 3, *p.x.shape[p.d :]),
    ),
    "repeat": ("{x}.repeat({ones})", lambda p: tuple(2 * k for k in p.x.shape)),
    "tile": ("torch.tile({x}, (2,))", lambda p: (*p.x.shape[:-1], 2 * p.x.shape[-1])),
    "repeat_interleave": ("{x}.repeat_interleave(2, {d})", lambda p: p.along(2 * p.n)),
    "pad": (
        "torch.nn.functional.pad({x}, (1, 2))",
        lambda p: (*p.x.shape[:-1], p.x.shape[-1] + 3),
    ),
    "contiguous": ("{x}.contiguous()", same),
    "diff": ("torch.diff({x}, dim={d})", lambda p: p.along(max(p.n - 1, 0))),
    "to (float64)": ("{x}.to(torch.float64)", same),
    "to (float32)": ("{x}.to(torch.float32)", same),
    "to (int64)": ("{x}.to(torch.int64)", same),
    "to (bool)": ("{x}.to(torch.bool)", same),
    "zeros_like": ("torch.zeros_like({x})", same),
    "ones_like": ("torch.ones_like({x}) * {y}", same),
    "new_full": ("{x}.new_full({shape}, 0.5)", same),
}

JOINING_2D: Table = {
    "tril": ("{x}.tril()", same),
    "triu": ("torch.triu({x}, 1)", same),
    "trace": ("{x}.trace()", lambda p: ()),
    "rot90": ("{x}.rot90()", lambda p: p.x.shape[::-1]),
    "block_diag": (
        "torch.block_diag({x}, {y})",
        lambda p: (2 * p.x.shape[0], 2 * p.x.shape[1]),
    ),
}

JOINING_1D: Table = {
    "diag": ("torch.diag({x})", lambda p: (p.n, p.n)),
    "diag_embed": ("torch.diag_embed({x}, 1)", lambda p: (p.n + 1, p.n + 1)),
    "meshgrid": ("torch.meshgrid({x}, {y}, indexing='ij')[0].contiguous()", lambda p: (p.n, p.n)),
}

DTYPES = {
    "nonzero": "int64",
    "argsort": "int64",
    "searchsorted": "int64",
    **{f"to ({t})": t for t in ("float64", "float32", "int64", "bool")},
}
CONSTANT = frozenset(("zeros_like", "new_full"))


def filled(v: Var) -> bool:
    """Floating tensors with at least one dimension, and elements."""
    return v.floating and v.lay.ndim > 0 and v.lay.size > 0


def _add(scope: Scope, c: Choices, tables: Mapping[int | None, Table]) -> bool:
    """Add one statement from the tables: for any number of dimensions (None), or for that many."""
    x = scope.take(c, filled, lambda v: not overlaps(v))  # copies of these may overlap too
    if x is None or not x.lay.size:
        return False
    table = {**tables[None], **tables.get(x.lay.ndim, {})}
    op = c.of(tuple(table))
    text, shape = table[op]
    y: Any = None
    if "{y}" in text:
        strict = tables is _PLACING
        y = scope.take(c, lambda v: v.shape == x.shape and (v.dtype == x.dtype or not strict))
    place = _place(c, x, y or x)
    dtype = DTYPES.get(op) or promote(x.dtype, place.y.dtype)
    reads = [x] if y is None or y is x else [x, y]
    made = (room(shape(place)), dtype)
    scope.call(op, place.format(text), reads, [made], cut=op in CONSTANT)
    return True


def _place(c: Choices, x: Var, y: Var) -> Place:
    count = 1 + c.below(3)
    d = c.below(x.lay.ndim)
    sizes = [x.shape[i] if x.lay.ndim else 1 for i in (d, 0, -1)] if x.lay.ndim else [1, 1, 1]
    return Place(x, y, d, *([c.below(n) for _ in range(count)] for n in sizes))


_PLACING = {None: PLACING}


def choosing(scope: Scope, c: Choices) -> bool:
    """Elements chosen by index tensors and masks."""
    return _add(scope, c, {None: CHOOSING, 2: CHOOSING_2D})


def placing(scope: Scope, c: Choices) -> bool:
    """A tensor with some elements replaced, out of place."""
    return _add(scope, c, _PLACING)


def joining(scope: Scope, c: Choices) -> bool:
    """Several tensors put together, or one laid out anew."""
    return _add(scope, c, {None: JOINING, 1: JOINING_1D, 2: JOINING_2D})
