"""torch.utils._pytree: trees taken apart and put together, beside torch."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from importlib import import_module

import pytest
import torch.utils._pytree  # noqa: F401

from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential

TREES = [
    3,
    None,
    [],
    (),
    {},
    [1, (2, {"b": 3, "a": [4, None]})],
    namedtuple("Pair", "first second")(1, [2, 3]),
    OrderedDict(z=1, a=(2,)),
    defaultdict(list, {"k": [1, 2]}),
    deque([1, 2], maxlen=5),
    {"a": {1, 2}},
]


def room(T):
    return import_module(f"{T.__name__}.utils._pytree")


def apart_and_together(T):
    P, found = room(T), []
    for tree in TREES:
        leaves, spec = P.tree_flatten(tree)
        again = P.tree_unflatten(leaves, spec)
        found.append((leaves, again, type(again).__name__, spec.num_leaves, spec.is_leaf()))
    return found


def mapped(T):
    P = room(T)
    tree = {"a": [1, 2.0], "b": (3, "x")}
    seen = []
    P.tree_map_(seen.append, tree)
    return (
        P.tree_map(lambda x: [x], tree),
        P.tree_map(lambda x, y: (x, y), [1, {"k": 2}], [3, {"k": 4}]),
        P.tree_map_only(int, lambda x: -x, tree),
        P.tree_map_only((int, float), lambda x: -x, tree),
        P.tree_map(lambda x: len(x), [[1, 2], [3]], is_leaf=lambda x: x and x[0] in (1, 3)),
        P.tree_leaves(tree),
        P.tree_all(lambda x: x, tree),
        P.tree_any(lambda x: x == "x", tree),
        seen,
    )


def paths(T):
    P = room(T)
    tree = {"a": [1, (2,)], "b": 3}
    pairs, _ = P.tree_flatten_with_path(tree)
    return [(P.keystr(path), leaf) for path, leaf in pairs], P.tree_map_with_path(
        lambda path, x: (P.keystr(path), x), tree
    )


def shapes_compared(T):
    P = room(T)
    spec = P.tree_structure([1, {"a": 2}])
    return (
        spec == P.tree_structure([5, {"a": 6}]),
        spec == P.tree_structure([5, {"b": 6}]),
        spec == P.tree_structure((5, {"a": 6})),
    )


def what_is_refused(T):
    P = room(T)
    spec = P.tree_structure([1, 2])
    return (
        attempt(P.tree_unflatten, [1], spec),
        attempt(P.tree_unflatten, [1], 3),
        attempt(P.tree_map, lambda x, y: x, [1, 2], [1]),
    )


def a_kind_of_ones_own(T):
    P = room(T)

    class Box:
        def __init__(self, x):
            self.x = x

    P.register_pytree_node(Box, lambda b: ([b.x], None), lambda xs, _: Box(*xs))
    again = P.tree_map(lambda x: x + 1, [Box(1), Box((2, 3))])
    return [b.x for b in again], attempt(
        P.register_pytree_node, Box, lambda b: ([b.x], None), lambda xs, _: Box(*xs)
    )


PROGRAMS = programs_of(globals(), but=room)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
