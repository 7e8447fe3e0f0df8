"""Programs as data: statements over names, that are text both to run and to read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

PRELUDE = {
    "uneven": """\
def uneven(x):
    return (torch.arange(x.numel()) % 5 - 1.75).to(x.dtype).reshape(x.shape)
""",
    "Cube": """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * x * x
""",
    "Exp": """\
class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        out = torch.exp(x)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]
""",
    "Product": """\
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y, factor):
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y * ctx.factor if ctx.needs_input_grad[0] else None, g * x * ctx.factor, None
""",
    "Negated": """\
class Negated(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.neg_()

    @staticmethod
    def backward(ctx, g):
        return -g
""",
}
"""What statements may name besides tensors and `torch`; a script holds those that it uses."""

MODES = {"no_grad": "torch.no_grad()", "enable_grad": "torch.enable_grad()"}


class Statement(NamedTuple):
    """One line: `text`, whose results are called `outs`.

    `op` is what is counted; `kind` one of leaf, call, view, write, autograd; `reads` the names in
    it, the tensor it writes to first; `mode` the block it stands in. A leaf has its `values`, and
    no text: it is written from them.
    """

    op: str
    kind: str
    outs: tuple[str, ...]
    text: str
    reads: tuple[str, ...] = ()
    mode: str = ""
    values: Any = None
    dtype: str = ""
    requires_grad: bool = False

    @property
    def line(self) -> str:
        """The statement as it is written, without its block."""
        if self.kind == "leaf":
            grad = ", requires_grad=True" if self.requires_grad else ""
            values = _written(self.values, self.dtype)
            return f"{self.outs[0]} = torch.tensor({values}, dtype=torch.{self.dtype}{grad})"
        return f"{', '.join(self.outs)} = {self.text}" if self.outs else self.text


def _written(values: Any, dtype: str) -> str:
    """Nested lists as source; a float32 by the digits that tell it from others."""
    if isinstance(values, list):
        return f"[{', '.join(_written(v, dtype) for v in values)}]"
    if values != values or values in (float("inf"), float("-inf")):
        return f'float("{values}")'
    return str(np.float32(values)) if dtype == "float32" else repr(values)


class Program:
    """Statements in their order."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = tuple(statements)

    def __len__(self) -> int:
        return len(self.statements)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and repr(self) == repr(other)  # NaN differs from itself

    def __hash__(self) -> int:
        return hash(repr(self))

    @cached_property
    def prelude(self) -> list[str]:
        """The names of the prelude that the statements use."""
        used = {
            node.id
            for s in self.statements
            if s.text
            for node in ast.walk(ast.parse(s.line))
            if isinstance(node, ast.Name)
        }
        return [name for name in PRELUDE if name in used]

    def lines(self) -> Iterator[str]:
        """The program as source, neighbours of one mode in one block."""
        mode = ""
        for s in self.statements:
            if s.mode != mode and s.mode:
                yield f"with {MODES[s.mode]}:"
            mode = s.mode
            yield f"    {s.line}" if mode else s.line


def without(program: Program, at: int) -> Program:
    """The program without a statement and those that read what it makes."""
    gone: set[str] = set(program.statements[at].outs)
    left = list(program.statements[:at])
    for s in program.statements[at + 1 :]:
        if gone.isdisjoint(s.reads):
            left.append(s)
        else:
            gone.update(s.outs)
    return Program(left)


def bypassed(program: Program, at: int) -> Program | None:
    """The program without a statement of one result, whose first operand stands for it after that.

    None where it has no operand, or more results.
    """
    gone = program.statements[at]
    if len(gone.outs) != 1 or not gone.reads:
        return None
    old, new = re.compile(rf"\b{gone.outs[0]}\b"), gone.reads[0]
    left = [
        s._replace(
            text=old.sub(new, s.text), reads=tuple(new if r == gone.outs[0] else r for r in s.reads)
        )
        for s in program.statements[at + 1 :]
    ]
    return Program([*program.statements[:at], *left])
