"""Views, and views of views."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.fuzz.scope import Choices, Scope, Var

Made = tuple[str, list[np.ndarray]] | None
"""The text and the layouts of its results; None where the tensor does not fit."""

ANY_RANK = frozenset("expand broadcast_to expand_as unsqueeze detach squeeze".split())


def view(scope: Scope, c: Choices) -> bool:
    """Another look at the memory of a tensor."""
    op = c.of(tuple(VIEWS))
    x = scope.take(c, lambda v: v.lay.ndim or op in ANY_RANK)
    made = x and VIEWS[op](op, c, x)
    if not made:
        return False
    text, layouts = made
    mode = c.of(("",) * 15 + ("no_grad",))
    cut = op == "detach"
    scope.call(op, text, [x], [(lay, x.dtype) for lay in layouts], mode, "view", cut)
    return True


def _slice(op: str, c: Choices, x: Var) -> Made:
    if op == "slice":
        keys = ("1:", ":1", "...", "::2", ":, :1", "None", ":, 1:", "..., :1")
    else:
        keys = ("0", "..., 0", "-1", ":, 0", "1", "0, ..., -1")
    key = c.of(keys)
    lay = eval(f"lay[{key}]", {"lay": x.lay})
    return f"{x.name}[{key}]", [np.asarray(lay)]


def _turned(op: str, c: Choices, x: Var) -> Made:
    a, b = c.below(x.lay.ndim), c.below(x.lay.ndim)
    lay = np.moveaxis(x.lay, a, b) if op == "movedim" else np.swapaxes(x.lay, a, b)
    return f"{x.name}.{op}({a}, {b})", [lay]


def _permuted(op: str, c: Choices, x: Var) -> Made:
    order = [*range(1, x.lay.ndim), 0]
    return f"{x.name}.permute({', '.join(map(str, order))})", [x.lay.transpose(order)]


def _turned_over(op: str, c: Choices, x: Var) -> Made:
    if x.lay.ndim != 2:
        return None
    return f"{x.name}.t()" if op == "t" else f"{x.name}.{op}", [x.lay.T]


def _resized(op: str, c: Choices, x: Var) -> Made:
    size = x.lay.size
    shapes = [(size,), (1, size), x.shape[::-1], (size, 1)]
    shapes += [(2, size // 2), (size // 2, 2)] if size and size % 2 == 0 else []
    shape = c.of(shapes)
    lay = x.lay.reshape(shape)
    if op in ("view", "view_as") and not np.shares_memory(lay, x.lay) and size and not c.chance(8):
        return None
    if op == "view_as":
        return f"{x.name}.view_as(torch.empty({shape}))", [lay]
    return f"{x.name}.{op}({shape})", [lay]


def _flattened(op: str, c: Choices, x: Var) -> Made:
    return f"{x.name}.{op}()", [x.lay.reshape(-1)]


def _expanded(op: str, c: Choices, x: Var) -> Made:
    shape = tuple(3 if n == 1 and c.chance(2) else n for n in x.shape)
    if shape == x.shape or c.chance(4):
        shape = (2, *shape)
    lay = np.broadcast_to(x.lay, shape)
    text = {
        "expand": f"{x.name}.expand({shape})",
        "expand_as": f"{x.name}.expand_as(torch.empty({shape}))",
        "broadcast_to": f"torch.broadcast_to({x.name}, {shape})",
    }
    return text[op], [lay]


def _narrowed(op: str, c: Choices, x: Var) -> Made:
    d = c.below(x.lay.ndim)
    n = x.shape[d]
    start = c.below(n)
    length = 1 + c.below(n - start)
    part = np.swapaxes(np.swapaxes(x.lay, 0, d)[start : start + length], 0, d)
    return f"{x.name}.narrow({d}, {start}, {length})", [part]


def _selected(op: str, c: Choices, x: Var) -> Made:
    d = c.below(x.lay.ndim)
    i = c.below(x.shape[d])
    return f"{x.name}.select({d}, {i})", [np.asarray(np.swapaxes(x.lay, 0, d)[i])]


def _diagonal(op: str, c: Choices, x: Var) -> Made:
    offset = c.of((0, 1, -1))
    return f"{x.name}.diagonal({offset or ''})", [np.diagonal(x.lay, offset)]


def _pieces(op: str, c: Choices, x: Var) -> Made:
    d = c.below(x.lay.ndim)
    n = x.shape[d]
    front = np.swapaxes(x.lay, 0, d)
    if not 2 <= n <= 4:
        return None
    if op == "unbind":
        return f"{x.name}.unbind({d})", [np.asarray(part) for part in front]
    size = 1 if op == "split" else -(-n // 2)
    parts = [np.swapaxes(front[i : i + size], 0, d) for i in range(0, n, size)]
    return f"{x.name}.{op}({size if op == 'split' else 2}, {d})", parts


def _new_axis(op: str, c: Choices, x: Var) -> Made:
    d = c.below(x.lay.ndim + 1)
    return f"{x.name}.unsqueeze({d})", [np.expand_dims(x.lay, d)]


def _squeezed(op: str, c: Choices, x: Var) -> Made:
    return f"{x.name}.squeeze()", [np.squeeze(x.lay)]


def _strided(op: str, c: Choices, x: Var) -> Made:
    """Overlapping windows, or a corner."""
    if x.lay.size < 4 or not x.lay.flags.c_contiguous:
        return None
    size, stride, offset = c.of((((2, 2), (2, 1), 0), ((2, 2), (1, 1), 0), ((2,), (2,), 1)))
    lay = np.lib.stride_tricks.as_strided(x.lay.reshape(-1)[offset:], size, stride)
    return f"{x.name}.as_strided({size}, {stride}, {offset})", [lay]


def _windows(op: str, c: Choices, x: Var) -> Made:
    d = c.below(x.lay.ndim)
    lay = np.lib.stride_tricks.sliding_window_view(x.lay, 2, axis=d)
    return f"{x.name}.unfold({d}, 2, 1)", [lay]


def _detached(op: str, c: Choices, x: Var) -> Made:
    return f"{x.name}.detach()", [x.lay]


VIEWS: dict[str, Callable[[str, Choices, Var], Made]] = {
    "slice": _slice, "getitem": _slice, "transpose": _turned, "view": _resized,
    "reshape": _resized, "expand": _expanded, "narrow": _narrowed, "select": _selected,
    "diagonal": _diagonal, "unbind": _pieces, "split": _pieces, "chunk": _pieces,
    "tensor_split": _pieces, "unsqueeze": _new_axis, "squeeze": _squeezed, "permute": _permuted,
    "t": _turned_over, "T": _turned_over, "mT": _turned_over, "swapaxes": _turned,
    "movedim": _turned, "view_as": _resized, "expand_as": _expanded, "broadcast_to": _expanded,
    "flatten": _flattened, "ravel": _flattened, "as_strided": _strided, "unfold": _windows,
    "detach": _detached,
}  # fmt: skip
"""Each name, and what makes its text."""
