"""How a tensor is written: torch's text, character for character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from ._tensor import Tensor
from .parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["get_printoptions", "set_printoptions", "tensor_repr"]

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are written from now on; what is None stays as it is.

    `precision`  digits after the point
    `threshold`  from how many elements on only the corners are shown
    `edgeitems`  how many are shown at either end of a dimension then
    `linewidth`  characters in a line
    `profile`    "default", "short" or "full": values for the four above
    `sci_mode`   True or False: always or never 1.0000e+00; None, also when left out: by the numbers
    """
    chosen = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    _options.update(_PROFILES.get(profile, {}) if profile is not None else {})
    _options.update({name: value for name, value in chosen.items() if value is not None})
    _options["sci_mode"] = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, under the names `set_printoptions` takes."""
    return dict(_options)


def tensor_repr(tensor: Tensor, *, tensor_contents: str | None = None) -> str:
    """`tensor([1., 2.], grad_fn=<MulBackward0>)`: the numbers and what is not evident from them.

    `tensor_contents` replaces the text of the numbers.
    """
    array, kind = tensor._array, tensor.dtype
    name = "tensor" if type(tensor) in (Tensor, Parameter) else type(tensor).__name__
    opening = f"{name}("
    notes = []
    shape_shows = _options["edgeitems"] if array.size else array.ndim == 1
    if not shape_shows:
        notes.append(f"size={array.shape}")
    evident = kind is dtypes.get_default_dtype()
    if not evident and not (array.size and kind in (dtypes.int64, dtypes.bool_)):
        notes.append(f"dtype={kind}")
    if tensor.grad_fn is not None:
        notes.append(f"grad_fn=<{tensor.grad_fn.name()}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    if tensor_contents is None:
        tensor_contents = _format_array(array, kind.is_floating_point, len(opening))
    return _annotated(opening + tensor_contents, notes, len(opening)) + ")"


def _annotated(text: str, notes: list[str], indent: int) -> str:
    """`text, note, note`, with a line break before a note that would pass the line's end."""
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > _options["linewidth"]:
            text += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            text += ", " + note
            used += len(note) + 2
    return text


def _format_array(array: np.ndarray, floating: bool, indent: int) -> str:
    """The nested brackets; where there are too many numbers, those near the corners only."""
    if array.size == 0:
        return "[]"
    cut = (False,) * array.ndim
    if array.size > _options["threshold"] and array.ndim:
        edge = _options["edgeitems"]
        if not edge:
            return "[...]"
        cut = tuple(size > 2 * edge for size in array.shape)
        array = array[np.ix_(*(_ends(size, edge) for size in array.shape))]
    texts, width = (_float_texts if floating else _texts)(array.ravel())
    per_line = max(1, (_options["linewidth"] - indent - array.ndim + 1) // (width + 2))
    return _brackets(iter([t.rjust(width) for t in texts]), array.shape, cut, indent, per_line)


def _ends(size: int, edge: int) -> list[int]:
    """The indices shown of a dimension: all, or the first and last `edge`."""
    if size <= 2 * edge:
        return list(range(size))
    return [*range(edge), *range(size - edge, size)]


def _brackets(
    texts: Iterator[str], shape: tuple[int, ...], cut: tuple[bool, ...], indent: int, per_line: int
) -> str:
    """The next texts in brackets: rows in lines of `per_line`, blocks apart by blank lines."""
    if not shape:
        return next(texts)
    size, *inner = shape
    margin = " " * (indent + 1)
    if inner:
        parts = [_brackets(texts, tuple(inner), cut[1:], indent + 1, per_line) for _ in range(size)]
        if cut[0]:
            parts.insert(size // 2, "...")
        return "[" + ("," + "\n" * len(inner) + margin).join(parts) + "]"
    row = [next(texts) for _ in range(size)]
    if cut[0]:
        row.insert(size // 2, " ...")
    lines = [", ".join(row[i : i + per_line]) for i in range(0, len(row), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"


def _texts(numbers: np.ndarray) -> tuple[list[str], int]:
    """Integers and truth values, and the width of the widest."""
    texts = [str(v) for v in numbers.tolist()]
    return texts, max(map(len, texts))


def _float_texts(numbers: np.ndarray) -> tuple[list[str], int]:
    """Floats in the one style that suits all of them, and the width of its column.

    The style: scientific where the magnitudes are large, small or far apart, `1.` where all numbers
    are whole, else fixed. Zeros and what is not finite have no say, neither in it nor in the width.
    """
    numbers = numbers.astype(np.float64)
    counts = np.isfinite(numbers) & (numbers != 0)
    ordinary = numbers[counts]
    values = numbers.tolist()
    if not ordinary.size:
        return _in_style("whole", values), 1
    whole = bool((ordinary == np.ceil(ordinary)).all())
    plain = "whole" if whole else "fixed"
    magnitudes = np.abs(ordinary)
    low, high = float(magnitudes.min()), float(magnitudes.max())
    scientific = _options["sci_mode"]
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or (low < 1e-4 and not whole)
    style = "scientific" if scientific else plain
    return _in_style(style, values), max(map(len, _in_style(style, ordinary.tolist())))


def _in_style(style: str, values: list[float]) -> list[str]:
    if style == "whole":
        return [f"{v:.0f}." if v - v == 0 else f"{v:.0f}" for v in values]  # inf - inf is nan
    end = f".{_options['precision']}{'e' if style == 'scientific' else 'f'}"
    return [format(v, end) for v in values]
