"""What a program under construction knows of its names: shapes, layouts, dtypes, histories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from harness.fuzz.grammar import Statement

_T = TypeVar("_T")

RANKS = {"bool": 0, "uint8": 1, "int32": 2, "int64": 3, "float32": 4, "float64": 5}
"""The dtypes of programs, in the order of promotion."""


class Choices:
    """The bytes of one statement, read one after the other; when they are spent, zeros.

    A smaller byte stands for the simpler choice, so that a shrunk program is a simple one.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        """The next byte."""
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def below(self, n: int) -> int:
        """A number from 0 to n - 1."""
        return self.byte() % max(n, 1)

    def of(self, options: Sequence[_T]) -> _T:
        """One of the options; the first is the simplest."""
        return options[self.byte() % len(options)]

    def chance(self, one_in: int) -> bool:
        """True once in `one_in` times."""
        return self.byte() >= 256 - 256 // one_in


class Var(NamedTuple):
    """A name: `lay` is an array of the same shape and order of strides; no numbers are known.

    `base` is the name whose memory it shares; `leaves` those that its gradient flows to.
    """

    name: str
    lay: np.ndarray
    dtype: str
    grad: bool = False
    leaf: bool = False
    base: str = ""
    leaves: frozenset[str] = frozenset()
    many: bool = False  # one of several views that one call made

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.lay.shape

    @property
    def floating(self) -> bool:
        """Whether it may have a gradient."""
        return RANKS[self.dtype] >= 4


def overlaps(v: Var) -> bool:
    """Whether elements of it share a place in memory: a write there leaves whatever it likes."""
    reach = sum(s * (n - 1) for s, n in zip(v.lay.strides, v.shape) if s > 0)
    return v.lay.size > 1 and reach + 1 < v.lay.size


Result = tuple[np.ndarray, str]
"""Layout and dtype of a result."""


def room(shape: Sequence[int]) -> np.ndarray:
    """A layout of that shape, row by row."""
    return np.empty(tuple(shape), np.int8)


def promote(*dtypes: str) -> str:
    """The dtype of an operation on tensors."""
    return max(dtypes, key=RANKS.__getitem__)


class Scope:
    """The names so far, newest last, and the statements that made them."""

    def __init__(self) -> None:
        self.vars: dict[str, Var] = {}
        self.statements: list[Statement] = []
        self.made = 0

    def name(self) -> str:
        """A new name: a, b, ... z, a1, b1 ..."""
        number, letter = divmod(self.made, 26)
        self.made += 1
        return chr(97 + letter) + (str(number) if number else "")

    def take(
        self,
        c: Choices,
        fits: Callable[[Var], Any] | None = None,
        always: Callable[[Var], Any] | None = None,
    ) -> Var | None:
        """A name that fits, the newest being the simplest; now and then one that does not.

        What is asked for `always` holds for that one too.
        """
        names = [v for v in reversed(self.vars.values()) if always is None or always(v)]
        if fits is not None and not c.chance(64):
            names = [v for v in names if fits(v)]
        return c.of(names) if names else None

    def leaf(self, values: Any, shape: tuple, dtype: str, requires_grad: bool) -> None:
        """Add a leaf with these values, a nested list."""
        name = self.name()
        own = frozenset((name,)) if requires_grad else frozenset()
        self.vars[name] = Var(name, room(shape), dtype, requires_grad, True, name, own)
        self.statements.append(
            Statement(
                "tensor", "leaf", (name,), "", (), "", values, dtype, requires_grad
            )  # values are the last to compare
        )

    def call(
        self,
        op: str,
        text: str,
        reads: Sequence[Var],
        results: Sequence[Result],
        mode: str = "",
        kind: str = "call",
        cut: bool = False,
    ) -> None:
        """Add `outs = text`; a view shares the memory of what it reads first, `cut` its history."""
        grad = not cut and mode != "no_grad" and any(v.grad for v in reads)
        leaves = frozenset().union(*(v.leaves for v in reads)) if grad else frozenset()
        outs = []
        for lay, dtype in results:
            name = self.name()
            has = grad and RANKS[dtype] >= 4
            base = reads[0].base if kind == "view" else name
            self.vars[name] = Var(
                name, lay, dtype, has, False, base, leaves if has else frozenset(), len(results) > 1
            )
            outs.append(name)
        self.add(op, kind, text, reads, mode, tuple(outs))

    def write(self, op: str, text: str, target: Var, reads: Sequence[Var], mode: str = "") -> None:
        """Add a statement that writes to `target`; what shares its memory shares the history."""
        leaves = frozenset().union(*(v.leaves for v in reads))
        if leaves and mode != "no_grad" and not (target.leaf and target.grad):
            for name, v in self.vars.items():
                if (v.base == target.base and v.floating and not v.leaf) or name == target.name:
                    self.vars[name] = v._replace(grad=True, leaf=False, leaves=v.leaves | leaves)
        self.add(op, "write", text, (target, *reads), mode)

    def add(
        self,
        op: str,
        kind: str,
        text: str,
        reads: Sequence[Var] = (),
        mode: str = "",
        outs: tuple[str, ...] = (),
    ) -> None:
        """Add a statement as it is."""
        names = tuple(dict.fromkeys(v.name for v in reads))
        self.statements.append(Statement(op, kind, outs, text, names, mode))
