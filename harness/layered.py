"""Layered layout of a directed graph: rows of boxes, edges that run down through them.

The classic recipe (Sugiyama 1981) with two habits of its own. What stands on an edge, such as a
label, is a box with a place of its own, so nothing can overlap; and the longest chains are drawn
straight, with everything else arranged around them.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from typing import NamedTuple

GAP_X = 22.0  # between neighbours of a row
GAP_NODES, GAP_LABELS = 24.0, 9.0  # above a row of nodes, above a row of labels
SWEEPS = 24
FIXED = 1e9


class Box:
    """What stands in a row. `bend` is a box without content: an edge passes there."""

    def __init__(
        self,
        kind: str,
        rank: int,
        lines: tuple[str, ...] = (),
        width: float = 0.0,
        height: float = 0.0,
    ) -> None:
        self.kind, self.rank, self.lines = kind, rank, lines
        self.width, self.height = width, height
        self.x = self.y = 0.0  # the centre
        self.above: list[Box] = []
        self.below: list[Box] = []
        self.left: Box | None = None
        self.right: Box | None = None
        self.main = False  # carries the longest chain into a box below
        self.weight = 1.0


class Layout(NamedTuple):
    """Boxes by row, from the top; every edge as the boxes it runs through; the size of it all."""

    rows: list[list[Box]]
    edges: list[list[Box]]
    width: float
    height: float


def connect(source: Box, target: Box, *on_edge: Box) -> list[Box]:
    """Join two boxes by a chain down to `target.rank`: what stands on the edge, then bends."""
    path = [source, *on_edge]
    path += [Box("bend", rank) for rank in range(path[-1].rank - 1, target.rank, -1)]
    path.append(target)
    for upper, lower in itertools.pairwise(path):
        if lower not in upper.below:
            upper.below.append(lower)
            lower.above.append(upper)
    return path


def arrange(end: Box, edges: list[list[Box]]) -> Layout:
    """Place everything that leads to `end`, the lowest box.

    Ranks count upwards: even ones are rows of nodes, odd ones of labels.
    """
    rows = _rows(end)
    _order(rows)
    height = _stack(rows)
    _balance(rows)
    for path in edges:
        _straighten(path)
    left = min(box.x - box.width / 2 for row in rows for box in row)
    for row in rows:
        for box in row:
            box.x -= left
    width = max(box.x + box.width / 2 for row in rows for box in row)
    return Layout(rows, edges, width, height)


# --- order within the rows ------------------------------------------------------------------------


def _rows(end: Box) -> list[list[Box]]:
    """All boxes by row, from the top, each row in the order of a walk against the edges."""
    by_rank: dict[int, list[Box]] = {}
    seen = set()
    stack = [end]
    while stack:
        box = stack.pop()
        if box not in seen:
            seen.add(box)
            by_rank.setdefault(box.rank, []).append(box)
            stack.extend(reversed(box.above))
    return [by_rank[rank] for rank in sorted(by_rank, reverse=True)]


def _order(rows: list[list[Box]]) -> None:
    """Order rows by the mean place of their neighbours, down and up; keep the best order seen."""
    for row in rows:
        _number(row)
    best, fewest = [row[:] for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            row.sort(key=_mean_above if sweep % 2 == 0 else _mean_below)
            _number(row)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [row[:] for row in rows], crossings
    rows[:] = best
    for row in rows:
        for left, right in itertools.pairwise(row):
            left.right, right.left = right, left


def _number(row: list[Box]) -> None:
    for place, box in enumerate(row):
        box.x = float(place)


def _mean_above(box: Box) -> float:
    return _mean(box.above or [box])


def _mean_below(box: Box) -> float:
    return _mean(box.below or [box])


def _mean(boxes: Sequence[Box]) -> float:
    return sum(box.x for box in boxes) / len(boxes)


def _crossings(rows: list[list[Box]]) -> int:
    """How many pairs of edges between neighbouring rows cross: the inversions of their ends."""
    total = 0
    for row in rows:
        ends: list[float] = []
        for box in row:
            targets = [lower.x for lower in box.below]
            total += sum(len(ends) - bisect_right(ends, x) for x in targets)
            for x in targets:
                insort(ends, x)
    return total


# --- places ---------------------------------------------------------------------------------------


def _stack(rows: list[list[Box]]) -> float:
    """Give every row its y; in a row of nodes, bends run as tall as the row. Returns the height."""
    bottom = -GAP_NODES
    for row in rows:
        height = max(box.height for box in row)
        nodes = row[0].rank % 2 == 0
        bottom += height + (GAP_NODES if nodes else GAP_LABELS)
        for box in row:
            box.y = bottom - height / 2
            if box.kind == "bend" and nodes:
                box.height = height
    return bottom


def _balance(rows: list[list[Box]]) -> None:
    """Pull every box towards its neighbours, then straighten the long chains, then the rest."""
    _weigh(rows)
    _move(rows, lambda box: 0.0)
    for sweep in range(2 * SWEEPS):
        _move(rows[:: -1 if sweep % 2 else 1], lambda box: _pull(box.above + box.below))
    _move(rows, lambda box: _pull(box.above or [box]))
    for row in rows:
        for box in row:
            box.weight = FIXED if box.main else 1.0
    for sweep in range(2 * SWEEPS):
        _move(rows[:: 1 if sweep % 2 else -1], _rest)


def _weigh(rows: list[list[Box]]) -> None:
    """Weigh boxes by the length of the longest chain above them, and mark what carries it on."""
    chain: dict[Box, int] = {}
    for row in rows:
        for box in row:
            chain[box] = 1 + max((chain[upper] for upper in box.above), default=0)
            box.weight = float(chain[box] ** 8)
            if box.above:
                max(box.above, key=chain.__getitem__).main = True


def _rest(box: Box) -> float:
    """What a box wishes once the long chains stand: labels under their node, others in between."""
    if box.main:
        return box.x
    return _mean(box.above if box.kind != "bend" and box.rank % 2 else box.above + box.below)


def _pull(boxes: Sequence[Box]) -> float:
    return sum(box.weight * box.x for box in boxes) / sum(box.weight for box in boxes)


def _move(rows: Sequence[list[Box]], wish: Callable[[Box], float]) -> None:
    """Row by row: minimise sum weight (x - wish)^2 with neighbours apart.

    With the gaps taken off, this is isotonic regression, solved by pooling adjacent violators.
    """
    for row in rows:
        offset, offsets = 0.0, []
        pools: list[tuple[float, float, int]] = []  # mean, weight, boxes
        for box in row:
            if box.left is not None:
                offset += (box.left.width + box.width) / 2 + GAP_X
            offsets.append(offset)
            mean, weight, count = wish(box) - offset, box.weight, 1
            while pools and pools[-1][0] > mean:
                other, more, many = pools.pop()
                mean = (mean * weight + other * more) / (weight + more)
                weight, count = weight + more, count + many
            pools.append((mean, weight, count))
        shifts = [mean for mean, _, count in pools for _ in range(count)]
        for box, shift, offset in zip(row, shifts, offsets):
            box.x = shift + offset


def _straighten(path: list[Box]) -> None:
    """Lay the bends of an edge on few vertical lines, each as long as there is room for it."""
    bends = [box for box in path if box.kind == "bend"]
    x = path[0].x
    while bends:
        low, high, straight = float("-inf"), float("inf"), 0
        for bend in bends:
            left, right = _room(bend)
            if max(low, left) > min(high, right):
                break
            low, high, straight = max(low, left), min(high, right), straight + 1
        x = min(max(x, low), high)
        for bend in bends[:straight]:
            bend.x = x
        bends = bends[straight:]


def _room(bend: Box) -> tuple[float, float]:
    """How far to the left and to the right a bend can go."""
    left, right = bend.left, bend.right
    low = float("-inf") if left is None else left.x + left.width / 2 + GAP_X
    high = float("inf") if right is None else right.x - right.width / 2 - GAP_X
    return min(low, bend.x), max(high, bend.x)
