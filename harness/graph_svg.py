"""The recorded graph of one step as a picture: `draw(loss, model.named_parameters(), path)`.

It walks `loss.grad_fn` through `next_functions`, which both engines have, so it draws the graph
of either: operations by the name of their `grad_fn`, parameters by theirs, and on every edge the
shape of what was computed. The file needs nothing else and follows the reader's light or dark.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from harness.layered import Box, Layout, arrange, connect

GLYPH, LINE = 7.55, 16.0  # a character's width and a line's height at 12.5 px monospaced
PAD_X, PAD_Y = 13.0, 8.0
MARGIN, HEAD = 28.0, 82.0
TIP = 6.0  # length of an arrowhead
LEAST_WIDTH = 300.0  # of the title and the legend

STYLE = """
svg { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --paper: #ffffff; --ink: #1f2430; --soft: #6f788b; --line: #aab2c2;
  --op: #f1f3f8; --op-rim: #c4cad8; --leaf: #e2f1ec; --leaf-rim: #4b9c83;
  --loss: #fbe9dc; --loss-rim: #d07a3c; }
@media (prefers-color-scheme: dark) { svg {
  --paper: #14171e; --ink: #e8ebf2; --soft: #98a1b4; --line: #5a6478;
  --op: #232834; --op-rim: #485166; --leaf: #17342d; --leaf-rim: #5cb89b;
  --loss: #3b2617; --loss-rim: #dd8b4d; } }
.paper { fill: var(--paper); }
text { fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
.title, .note { font: 600 15px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  text-anchor: start; }
.note { font-weight: 400; font-size: 12px; }
.soft, .shape, .note { fill: var(--soft); }
.shape { font-size: 11px; }
.strong { font-weight: 600; }
.op rect { fill: var(--op); stroke: var(--op-rim); }
.parameter rect { fill: var(--leaf); stroke: var(--leaf-rim); stroke-width: 1.4; }
.tensor rect { fill: var(--paper); stroke: var(--leaf-rim); stroke-dasharray: 4 3; }
.loss rect { fill: var(--loss); stroke: var(--loss-rim); stroke-width: 1.6; }
.edge { fill: none; stroke: var(--line); stroke-width: 1.4; }
.tip { fill: var(--line); }
"""


def draw(
    loss: Any, named_parameters: Iterable[tuple[str, Any]], path: str | os.PathLike[str]
) -> None:
    """Write the graph that `loss` recorded as a self-contained SVG file.

    Raises: ValueError when `loss` recorded none.
    """
    Path(path).write_text(render(loss, named_parameters), encoding="utf-8")


def render(loss: Any, named_parameters: Iterable[tuple[str, Any]]) -> str:
    """The graph that `loss` recorded, as the text of an SVG file."""
    if loss.grad_fn is None:
        raise ValueError("draw: expected a loss with a grad_fn, got one that recorded no graph")
    return _svg(_layout(loss, list(named_parameters)))


# --- from the recorded graph to boxes -------------------------------------------------------------


class _Use:
    """A recorded node, its rank, and how often each consumer takes each of its outputs."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.rank = 0
        self.box: Box
        self.users: dict[tuple[_Use, int], int] = {}


def _layout(loss: Any, named_parameters: list[tuple[str, Any]]) -> Layout:
    """Nodes stand on even ranks, as low as their consumers allow, their shapes just below them."""
    end = _box("loss", -2, "loss", _value(loss))
    uses = _uses(loss.grad_fn)
    edges = []
    for use in uses:
        use.rank = max((user.rank + 2 for user, _ in use.users), default=0)
        use.box = _node_box(use.node, use.rank, named_parameters)
        edges += _edges(use)
    edges.append(connect(uses[0].box, end, _shape_box(_text(loss.shape), -1)))
    return arrange(end, edges)


def _uses(root: Any) -> list[_Use]:
    """Every node that leads to `root`, once, after all of its consumers."""
    found = {id(root): _Use(root)}
    waiting: dict[_Use, int] = {}
    stack = [found[id(root)]]
    while stack:
        use = stack.pop()
        for source, number in _sources(use.node):
            if id(source) not in found:
                found[id(source)] = _Use(source)
                stack.append(found[id(source)])
            other = found[id(source)]
            other.users[use, number] = other.users.get((use, number), 0) + 1
            waiting[other] = waiting.get(other, 0) + 1
    ordered = [found[id(root)]]
    for use in ordered:
        for source, _ in _sources(use.node):
            other = found[id(source)]
            waiting[other] -= 1
            if not waiting[other]:
                ordered.append(other)
    return ordered


def _sources(node: Any) -> list[tuple[Any, int]]:
    return [(source, number) for source, number in node.next_functions if source is not None]


def _edges(use: _Use) -> list[list[Box]]:
    """The edges of one node: they share the shape of each output, unless one is used twice over."""
    shared: dict[int, Box] = {}
    edges = []
    for (user, number), times in use.users.items():
        text = _text(_output_shape(use.node, number)) if use.box.kind == "op" else ""
        if times > 1:
            label = [_shape_box(f"{text} ×{times}".strip(), use.rank - 1)]
        elif text:
            label = [shared.setdefault(number, _shape_box(text, use.rank - 1))]
        else:
            label = []
        edges.append(connect(use.box, user.box, *label))
    return edges


def _node_box(node: Any, rank: int, named_parameters: list[tuple[str, Any]]) -> Box:
    variable = getattr(node, "variable", None)
    if variable is None:
        return _box("op", rank, node.name())
    for name, parameter in named_parameters:
        if parameter is variable:
            return _box("parameter", rank, name, _text(variable.shape))
    return _box("tensor", rank, "tensor", _text(variable.shape))


def _box(kind: str, rank: int, *lines: str) -> Box:
    width = max(map(len, lines)) * GLYPH + 2 * PAD_X
    return Box(kind, rank, lines, width, len(lines) * LINE + 2 * PAD_Y)


def _shape_box(text: str, rank: int) -> Box:
    return Box("shape", rank, (text,), len(text) * GLYPH * 0.88, LINE)


def _output_shape(node: Any, number: int) -> Iterable[int] | None:
    """Shape of the node's output, where the engine tells it."""
    metadata = getattr(node, "_input_metadata", None)
    if metadata is not None and number < len(metadata):
        return metadata[number].shape
    shape = getattr(node, "shape", None)
    return shape[number] if isinstance(shape, list) else shape


def _text(shape: Iterable[int] | None) -> str:
    return "" if shape is None else "[" + ", ".join(map(str, shape)) + "]"


def _value(loss: Any) -> str:
    return f"{loss.item():.4g}" if loss.numel() == 1 else _text(loss.shape)


# --- from boxes to SVG ----------------------------------------------------------------------------


def _svg(layout: Layout) -> str:
    boxes = [box for row in layout.rows for box in row]
    title = f"{_count(boxes, 'op', 'operation')}, {_count(boxes, 'parameter', 'parameter')}"
    inner = max(layout.width, LEAST_WIDTH)
    size = f'width="{inner + 2 * MARGIN:.0f}" height="{layout.height + HEAD + MARGIN:.0f}"'
    shift = MARGIN + (inner - layout.width) / 2
    note = "values flow down, gradients flow up"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" {size} rx="10"/>',
        f'<text class="title" x="{MARGIN}" y="{MARGIN}">{title}</text>',
        f'<text class="note" x="{MARGIN}" y="{MARGIN + 21}">{note}</text>',
        f'<g transform="translate({shift:.1f} {HEAD})">',
        *_lines(layout.edges),
        *(_label(box) for box in boxes if box.kind == "shape"),
        *(_node(box) for box in boxes if box.kind not in ("shape", "bend")),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _count(boxes: list[Box], kind: str, noun: str) -> str:
    count = sum(box.kind == kind for box in boxes)
    return f"{count} {noun}" + "s" * (count != 1)


def _lines(edges: list[list[Box]]) -> list[str]:
    """Every edge, cut at its shape, so that edges which share a shape are drawn once above it."""
    drawn: dict[tuple[Box, ...], str] = {}
    for path in edges:
        cuts = [0, *(i for i, box in enumerate(path) if box.kind == "shape"), len(path) - 1]
        for start, end in itertools.pairwise(cuts):
            piece = path[start : end + 1]
            drawn[tuple(piece)] = _curve(piece)
    return list(drawn.values())


def _curve(path: list[Box]) -> str:
    """A smooth line through the bends: x as a cubic of y, vertical at both ends."""
    source, target = path[0], path[-1]
    tip = 0.0 if target.kind == "shape" else TIP
    points = [(source.x, source.y + source.height / 2)]
    for bend in path[1:-1]:
        points += [(bend.x, bend.y + dy) for dy in sorted({-bend.height / 2, bend.height / 2})]
    points.append((target.x, target.y - target.height / 2 - tip))
    slopes = [0.0, *map(_slope, points, points[1:], points[2:]), 0.0]
    steps = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1), s0, s1 in zip(points, points[1:], slopes, slopes[1:]):
        reach = (y1 - y0) / 2
        steps.append(
            f"C{x0 + s0 * reach:.1f} {y0 + reach:.1f} "
            f"{x1 - s1 * reach:.1f} {y1 - reach:.1f} {x1:.1f} {y1:.1f}"
        )
    x, y = points[-1]
    head = f'<path class="tip" d="M{x - 4:.1f} {y - 1:.1f}h8l-4 {tip + 1}z"/>' if tip else ""
    return f'<path class="edge" d="{"".join(steps)}"/>{head}'


def _slope(
    before: tuple[float, float], here: tuple[float, float], after: tuple[float, float]
) -> float:
    """dx/dy at a bend: the harmonic mean of both sides, 0 where the line turns back."""
    left = (here[0] - before[0]) / (here[1] - before[1])
    right = (after[0] - here[0]) / (after[1] - here[1])
    return 2 * left * right / (left + right) if left * right > 0 else 0.0


def _label(box: Box) -> str:
    return f'<text class="shape" x="{box.x:.1f}" y="{box.y:.1f}">{escape(box.lines[0])}</text>'


def _node(box: Box) -> str:
    width, height = box.width, box.height
    radius = height / 2 if box.kind == "op" else 7
    rect = (
        f'<rect x="{box.x - width / 2:.1f}" y="{box.y - height / 2:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"/>'
    )
    x, y = f"{box.x:.1f}", box.y - LINE * (len(box.lines) - 1) / 2
    texts = [
        f'<text x="{x}" y="{y + LINE * i:.1f}"{_tone(box, i)}>{_marked(box, line)}</text>'
        for i, line in enumerate(box.lines)
    ]
    return f'<g class="{box.kind}">{rect}{"".join(texts)}</g>'


def _tone(box: Box, line: int) -> str:
    if line:
        return ' class="soft"'
    return "" if box.kind == "op" else ' class="strong"'


def _marked(box: Box, line: str) -> str:
    """An operation's name strong and its `Backward0` soft; everything else as it is."""
    name, backward, number = line.partition("Backward")
    if box.kind != "op" or not name or not backward:
        return escape(line)
    return (
        f'<tspan class="strong">{escape(name)}</tspan>'
        f'<tspan class="soft">{escape(backward + number)}</tspan>'
    )
