"""In-place operations: on results, on views, on leaves where nothing is recorded."""

from __future__ import annotations

from harness.fuzz import vocabulary as words
from harness.fuzz.scope import Choices, Scope, Var, overlaps


def writable(v: Var) -> bool:
    """Whether torch lets a recorded write through."""
    return v.floating and not (v.grad and (v.leaf or v.many)) and not overlaps(v)


def fits(x: Var, y: Var) -> bool:
    """Whether y broadcasts to the shape of x."""
    if len(y.shape) > len(x.shape) or y.dtype != x.dtype:
        return False
    return all(m in (n, 1) for m, n in zip(y.shape[::-1], x.shape[::-1]))


def write(scope: Scope, c: Choices) -> bool:
    """Write to a tensor, with another's numbers or its own."""
    mode = c.of(("",) * 7 + ("no_grad",))
    x = scope.take(c, (lambda v: v.floating) if mode else writable)
    if x is None:
        return False
    if overlaps(x):
        if 0 in x.lay.strides:  # refused, where the places are easily counted
            scope.write("mul_ (number)", f"{x.name}.mul_(2)", x, [x], mode)
        return 0 in x.lay.strides
    table = c.of((words.WRITES, words.WRITES_OF_PARTS, words.OWN_WRITES))
    if table is words.WRITES_OF_PARTS and not (x.lay.ndim and x.lay.size):
        table = words.WRITES
    op = c.of(tuple(table))
    text = table[op]
    if op == "detach_" and any(v.base == x.name != v.name for v in scope.vars.values()):
        return False  # its views would remember what it was
    y = x if table is words.OWN_WRITES else scope.take(c, lambda v: fits(x, v))
    if y is None:
        return False
    same_rank = y.lay.ndim == x.lay.ndim and y.lay.ndim and y.shape[0]
    row = f"{y.name}[0]" if same_rank else y.name
    d, number = c.below(x.lay.ndim), c.of(("0.5", "-1.0", "2.0"))
    text = text.format(x=x.name, y=y.name, row=row, d=d, number=number)
    reads = [y] if y.name in text.replace(x.name, "") or y is x else []
    scope.write(op, text, x, reads or [x], mode)
    return True
