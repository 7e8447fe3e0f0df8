"""From the bytes of statements to a typed program: each family adds one statement that fits.

A statement reads the names so far. Almost always it takes tensors of shapes that fit; now and then
any, since exceptions are compared too. Where nothing fits it adds a leaf.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.fuzz import vocabulary as words
from harness.fuzz.grammar import Program
from harness.fuzz.histories import HISTORIES, epilogue, history
from harness.fuzz.indexing import (
    CHOOSING,
    CHOOSING_2D,
    JOINING,
    JOINING_1D,
    JOINING_2D,
    PLACING,
    choosing,
    filled,
    joining,
    placing,
)
from harness.fuzz.leaves import leaf
from harness.fuzz.scope import Choices, Scope, Var, promote, room
from harness.fuzz.views import VIEWS, view
from harness.fuzz.writes import write

MODES = ("",) * 14 + ("no_grad", "enable_grad")


def floats(v: Var) -> bool:
    """Floating tensors."""
    return v.floating


def broadcasts(x: Var, y: Var) -> bool:
    """Whether two shapes broadcast."""
    return all(m == n or 1 in (m, n) for m, n in zip(x.shape[::-1], y.shape[::-1]))


def together(*several: Var) -> np.ndarray:
    """The layout of an elementwise result."""
    first = several[0].lay
    try:
        shape = np.broadcast_shapes(*(v.shape for v in several))
    except ValueError:
        shape = first.shape
    return np.empty_like(first, order="K") if shape == first.shape else room(shape)


def unary(scope: Scope, c: Choices) -> bool:
    """One tensor in, one of its shape out."""
    op = c.of(tuple(words.UNARY))
    x = scope.take(c, floats, lambda v: v.dtype != "bool")  # torch takes these in some alone
    if x is None:
        return False
    dtype = x.dtype if x.floating else "float32"
    scope.call(op, words.UNARY[op].format(x=x.name), [x], [(together(x), dtype)], c.of(MODES))
    return True


def pair(scope: Scope, c: Choices) -> bool:
    """Two tensors that broadcast, or a tensor and a number."""
    op = c.of(tuple(words.PAIRS))
    x = scope.take(c, floats, lambda v: v.dtype != "bool")
    if x is None:
        return False
    if op not in words.NO_NUMBER and c.chance(5):
        number = c.of(("2", "0.5", "-1.5", "3"))
        text = words.PAIRS[op].format(x=x.name, y=number)
        scope.call(op, text, [x], [(together(x), x.dtype)], c.of(MODES))
        return True
    strict = op in ("lerp", "addcmul", "addcdiv")  # these do not promote
    y = scope.take(
        c,
        lambda v: broadcasts(x, v) and (v.dtype == x.dtype or not strict),
        lambda v: v.dtype != "bool",  # torch fails in the backward of some of these
    )
    if y is None:
        return False
    text = words.PAIRS[op].format(x=x.name, y=y.name)
    result = (together(x, y), promote(x.dtype, y.dtype))
    scope.call(op, text, [x, y], [result], c.of(MODES))
    return True


def comparison(scope: Scope, c: Choices) -> bool:
    """Two tensors to bools."""
    op = c.of(tuple(words.COMPARISONS))
    x = scope.take(c)
    y = x and scope.take(c, lambda v: broadcasts(x, v) and v.dtype == x.dtype)
    if x is None or y is None:
        return False
    text = words.COMPARISONS[op].format(x=x.name, y=y.name)
    scope.call(op, text, [x, y], [(together(x, y), "bool")])
    return True


def reduction(scope: Scope, c: Choices) -> bool:
    """Fewer elements, along a dimension or all."""
    if c.chance(4):
        op, x = c.of(tuple(words.WHOLE)), scope.take(c, lambda v: v.floating and v.lay.size)
        if x is None:
            return False
        dtype = "int64" if op == "argmax" else x.dtype
        scope.call(op, words.WHOLE[op].format(x=x.name), [x], [(room(()), dtype)], c.of(MODES))
        return True
    op, x = c.of(tuple(words.REDUCTIONS)), scope.take(c, filled)
    if x is None:
        return False
    d, keep = dimension(c, x), op not in words.NO_KEEPDIM and c.chance(4)
    text = words.REDUCTIONS[op].format(x=x.name, dim=f"{d}, keepdim=True" if keep else d)
    result = (room(without(x.shape, d, keep)), words.COUNTS.get(op, x.dtype))
    scope.call(op, text, [x], [result], c.of(MODES))
    return True


def two_results(scope: Scope, c: Choices) -> bool:
    """max, sort and their like: two names at once."""
    op, x = c.of(tuple(words.TWO_RESULTS)), scope.take(c, filled)
    if x is None:
        return False
    d = dimension(c, x)
    shape = x.shape if op in ("sort", "cummax") else without(x.shape, d, op == "topk")
    dtypes = (x.dtype, x.dtype if op in ("var_mean", "aminmax") else "int64")
    text = words.TWO_RESULTS[op].format(x=x.name, d=d)
    scope.call(op, text, [x], [(room(shape), t) for t in dtypes], c.of(MODES))
    return True


def along(scope: Scope, c: Choices) -> bool:
    """Along one dimension, of the same shape."""
    op, x = c.of(tuple(words.ALONG)), scope.take(c, filled)
    if x is None:
        return False
    text = words.ALONG[op].format(x=x.name, d=dimension(c, x))
    scope.call(op, text, [x], [(room(x.shape), x.dtype)], c.of(MODES))
    return True


def loss(scope: Scope, c: Choices) -> bool:
    """Two tensors to one number."""
    if c.chance(4):
        x = scope.take(c, lambda v: v.floating and v.lay.ndim == 2 and v.lay.size)
        if x is None:
            return False
        targets = [c.below(max(x.shape[-1], 1)) for _ in range(x.shape[0])]
        text = f"torch.nn.functional.cross_entropy({x.name}, torch.tensor({targets}))"
        scope.call("cross_entropy", text, [x], [(room(()), x.dtype)])
        return True
    op, x = c.of(tuple(words.LOSSES)), scope.take(c, filled)
    y = x and scope.take(c, lambda v: v.shape == x.shape and v.dtype == x.dtype)
    if x is None or y is None:
        return False
    text = words.LOSSES[op].format(x=x.name, y=y.name)
    scope.call(op, text, [x, y], [(room(()), x.dtype)], c.of(MODES))
    return True


def product(scope: Scope, c: Choices) -> bool:
    """Sums of products."""
    x = scope.take(c, lambda v: v.lay.ndim, floats)
    if x is None:
        return False

    def fits(v: Var) -> bool:
        if v.dtype != x.dtype or not v.lay.ndim:
            return False
        return x.shape[-1] == v.shape[-2 if v.lay.ndim > 1 else 0]

    y = scope.take(c, fits, floats)
    if y is None:
        return False
    ranks = (x.lay.ndim, y.lay.ndim)
    op = c.of(("matmul", *(name for name, takes in words.PRODUCTS.items() if takes == ranks)))
    text = f"{x.name} @ {y.name}" if op == "matmul" else f"torch.{op}({x.name}, {y.name})"
    if op == "addmm":
        text = f"torch.addmm({x.name}.sum(), {x.name}, {y.name}, beta=0.5, alpha=2)"
    shape = np.matmul(x.lay, y.lay).shape
    scope.call(op, text, [x, y], [(room(shape), x.dtype)], c.of(MODES))
    return True


def square(scope: Scope, c: Choices) -> bool:
    """A product of a tensor with another of its shape, or with itself."""
    x = scope.take(c, lambda v: filled(v) and v.lay.ndim < 3, floats)
    y = x and scope.take(c, lambda v: v.shape == x.shape and v.dtype == x.dtype, floats)
    if x is None or y is None:
        return False
    op = c.of([name for name, row in words.SQUARES.items() if row[0] == x.lay.ndim] or ["linear"])
    _, text, sizes = words.SQUARES[op]
    known = {"m": x.shape[0], "n": x.shape[-1]} if x.lay.ndim else {"m": 1, "n": 1}
    shape = tuple(known[size] for size in sizes)
    text = text.format(x=x.name, y=y.name)
    scope.call(op, text, [x, y], [(room(shape), x.dtype)], c.of(MODES))
    return True


def dimension(c: Choices, x: Var) -> int:
    """A dimension of x, counted from the front or from the back."""
    n = max(x.lay.ndim, 1)
    return c.below(2 * n) - n


def without(shape: Sequence[int], d: int, keep: bool) -> tuple[int, ...]:
    """The shape after a reduction along d."""
    left = list(shape)
    if left:
        left[d : d + 1 or None] = [1] if keep else []
    return tuple(left)


FAMILIES = (
    (unary, 8), (pair, 9), (view, 11), (write, 11), (reduction, 5), (history, 8), (choosing, 4),
    (product, 3), (square, 2), (joining, 4), (along, 3), (placing, 3), (two_results, 2),
    (comparison, 2), (loss, 2), (leaf, 4),
)  # fmt: skip
NAMES = frozenset(
    {"tensor", "loss", "cross_entropy", "matmul", "backward (second)", *VIEWS, *HISTORIES}
    | words.UNARY.keys() | words.PAIRS.keys() | words.COMPARISONS.keys() | words.REDUCTIONS.keys()
    | words.WHOLE.keys() | words.TWO_RESULTS.keys() | words.ALONG.keys() | words.LOSSES.keys()
    | words.PRODUCTS.keys() | words.SQUARES.keys() | words.WRITES.keys() | words.OWN_WRITES.keys()
    | words.WRITES_OF_PARTS.keys() | CHOOSING.keys() | CHOOSING_2D.keys() | PLACING.keys()
    | JOINING.keys() | JOINING_1D.keys() | JOINING_2D.keys()
)  # fmt: skip
"""Everything that a program can say; what no program reaches is a fault of the grammar."""

_TABLE = tuple(family for family, weight in FAMILIES for _ in range(weight))


def build(header: bytes, statements: Sequence[bytes]) -> Program:
    """The program that these bytes stand for; every list of bytes stands for one."""
    scope = Scope()
    leaf(scope, Choices(header[:6]))
    for data in statements:
        c = Choices(data)
        try:
            added = c.of(_TABLE)(scope, c)
        except (ValueError, IndexError):  # operands that do not fit have no layout
            added = False
        if not added:
            leaf(scope, c)
    epilogue(scope, Choices(header[6:]))
    return Program(scope.statements)
