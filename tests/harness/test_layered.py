"""Layouts are judged by what a reader sees: no overlap, edges that run down, straight chains."""

from __future__ import annotations

import itertools
import random

import pytest

from harness.layered import GAP_X, Box, arrange, connect


def random_graph(seed: int, nodes: int = 25) -> tuple[Box, list[list[Box]]]:
    """Nodes of random width that all lead to one end, with labels on some edges."""
    draw = random.Random(seed)
    boxes = [Box("op", 0, ("end",), 40, 30)]
    edges = []
    for i in range(1, nodes):
        targets = draw.sample(boxes, min(len(boxes), draw.choice((1, 1, 2, 3))))
        rank = max(target.rank for target in targets) + 2
        box = Box("op", rank, (str(i),), draw.uniform(20, 160), draw.choice((30, 48)))
        for target in targets:
            label = [Box("label", rank - 1, ("x",), 50, 16)] * draw.randrange(2)
            edges.append(connect(box, target, *label))
        boxes.append(box)
    return boxes[0], edges


@pytest.mark.parametrize("seed", range(8))
def test_nothing_overlaps(seed):
    layout = arrange(*random_graph(seed))
    for row in layout.rows:
        for left, right in itertools.pairwise(row):
            gap = (right.x - right.width / 2) - (left.x + left.width / 2)
            assert gap > GAP_X - 1e-6
    for upper, lower in itertools.pairwise(layout.rows):
        bottom = max(box.y + box.height / 2 for box in upper)
        assert bottom < min(box.y - box.height / 2 for box in lower)


@pytest.mark.parametrize("seed", range(4))
def test_everything_stands_inside_the_picture_and_edges_run_down(seed):
    layout = arrange(*random_graph(seed))
    for box in itertools.chain.from_iterable(layout.rows):
        assert box.x - box.width / 2 >= -1e-6
        assert box.x + box.width / 2 <= layout.width + 1e-6
        assert box.y - box.height / 2 >= -1e-6
        assert box.y + box.height / 2 <= layout.height + 1e-6
    for path in layout.edges:
        assert all(upper.y < lower.y for upper, lower in itertools.pairwise(path))


def test_same_graph_gives_the_same_layout():
    first, second = (arrange(*random_graph(3)) for _ in range(2))
    places = [[(box.x, box.y) for row in layout.rows for box in row] for layout in (first, second)]
    assert places[0] == places[1]


def test_avoidable_crossings_are_avoided():
    end = Box("op", 0, ("end",), 40, 30)
    left, right = (Box("op", 2, (name,), 40, 30) for name in ("left", "right"))
    edges = [connect(left, end), connect(right, end)]
    for target in (right, left):
        source = Box("op", 4, (target.lines[0],), 40, 30)
        edges.append(connect(source, target))
    arrange(end, edges)
    sources = {path[0].lines[0]: path[0].x for path in edges[2:]}
    assert (sources["left"] < sources["right"]) == (left.x < right.x)


def test_chain_with_side_inputs_is_straight():
    end = box = Box("op", 0, ("end",), 60, 30)
    spine, edges = [end], []
    for rank in range(2, 20, 2):
        upper = Box("op", rank, ("op",), 60 + 5 * rank, 30)
        edges.append(connect(upper, box, Box("label", rank - 1, ("x",), 50, 16)))
        spine.append(box := upper)
        if rank < 18:
            edges.append(connect(Box("leaf", rank + 2, ("leaf",), 70, 48), box))
    arrange(end, edges)
    places = [box.x for box in spine[:-1]]  # the topmost shares its consumer with a leaf
    assert max(places) - min(places) < 3


def test_long_edge_runs_on_one_vertical_line_where_there_is_room():
    end = box = Box("op", 0, ("end",), 60, 30)
    edges = []
    for rank in range(2, 12, 2):
        upper = Box("op", rank, ("op",), 60, 30)
        edges.append(connect(upper, box))
        box = upper
    long = connect(Box("leaf", 10, ("leaf",), 60, 30), end)
    arrange(end, [*edges, long])
    assert len({round(bend.x, 6) for bend in long[1:-1]}) == 1
