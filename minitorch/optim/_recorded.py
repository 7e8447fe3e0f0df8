"""A rule run on tensors instead of arrays, so that a step has a derivative itself.

A rule is written in functions of the namespace it is handed. Here that namespace records: what a
rule writes in place are cells, whose tensors are replaced, so that no saved value is overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import functions
from minitorch._tensor import Tensor, wrap
from minitorch.grad_mode import enable_grad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["record"]

_INPUTS = {"negative": 1, "sqrt": 1, "abs": 1, "where": 3}  # of all others: two


class _Cell:
    """A place for one tensor; a rule writes another into it."""

    __slots__ = ("value",)

    def __init__(self, value: Tensor) -> None:
        self.value = value


class _Recording:
    """What a rule calls `xp`: torch's functions under NumPy's names, with NumPy's `out`."""

    def __getattr__(self, name: str) -> Callable:
        operation, count = getattr(functions, name), _INPUTS.get(name, 2)

        def call(*args: Any, out: _Cell | None = None) -> Any:
            made = operation(*map(_tensor, args[:count]))
            out = args[count] if len(args) > count else out
            if out is None:
                return made
            out.value = made
            return out

        return call

    def copyto(self, to: _Cell, x: Any) -> None:
        """Write `x` to a cell."""
        to.value = _tensor(x)


def _tensor(x: Any) -> Tensor:
    return x.value if isinstance(x, _Cell) else x if isinstance(x, Tensor) else wrap(x)


def record(
    rule: Callable, p: Tensor, averages: Sequence[Tensor | None], constants: tuple
) -> list[Tensor | None]:
    """Run `rule` on `p`, which is overwritten, and its gradient; the new averages.

    Raises: RuntimeError for a leaf that requires a gradient, as for any operation in place.
    """
    cells = [None if x is None else _Cell(x) for x in (p, *averages)]
    with enable_grad():
        rule(_Recording(), (None, None), cells[0], p._grad, *cells[1:], *constants)
        p.copy_(cells[0].value)  # type: ignore[union-attr]
    return [None if cell is None else cell.value for cell in cells[1:]]
