"""Trees of dictionaries, lists and tuples: what functions of tensors take and return."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEAF = "leaf"


class Kind(NamedTuple):
    """How a container is taken apart, into (children, context), and put together again."""

    apart: Callable
    together: Callable


def _of_dict(make: Callable) -> Kind:
    return Kind(lambda d: (list(d.values()), list(d)), lambda values, keys: make(zip(keys, values)))


KINDS: dict[type, Kind] = {
    list: Kind(lambda x: (list(x), None), lambda values, _: list(values)),
    tuple: Kind(lambda x: (list(x), None), lambda values, _: tuple(values)),
    deque: Kind(lambda x: (list(x), x.maxlen), lambda values, length: deque(values, maxlen=length)),
    dict: _of_dict(dict),
    OrderedDict: _of_dict(OrderedDict),
    defaultdict: Kind(
        lambda d: (list(d.values()), (d.default_factory, list(d))),
        lambda values, how: defaultdict(how[0], zip(how[1], values)),
    ),
}
_NAMED = Kind(lambda x: (list(x), type(x)), lambda values, cls: cls(*values))


def kind_of(tree: Any) -> tuple[Any, Kind | None]:
    """(type of the container, how it is taken apart); (LEAF, None) for anything else."""
    cls = type(tree)
    if cls in KINDS:
        return cls, KINDS[cls]
    if isinstance(tree, tuple) and hasattr(cls, "_fields"):
        return cls, _NAMED
    return LEAF, None


class TreeSpec:
    """The shape of a tree: the kind of its root, what else is known of it, and its branches."""

    __slots__ = ("children_specs", "context", "num_leaves", "type")

    def __init__(self, type: Any, context: Any, children_specs: list[TreeSpec]) -> None:
        self.type, self.context, self.children_specs = type, context, children_specs
        self.num_leaves = 1 if type is LEAF else sum(child.num_leaves for child in children_specs)

    @property
    def num_children(self) -> int:
        """How many branches the root has."""
        return len(self.children_specs)

    def is_leaf(self) -> bool:
        """Whether the tree is a single leaf."""
        return self.type is LEAF

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and (
            (self.type, self.context, self.children_specs)
            == (other.type, other.context, other.children_specs)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.is_leaf():
            return "*"
        name = getattr(self.type, "__name__", self.type)
        return f"TreeSpec({name}, {self.context}, {self.children_specs})"


def tree_flatten(tree: Any, is_leaf: Callable | None = None) -> tuple[list, TreeSpec]:
    """(the leaves in order, the shape of the tree).

    >>> leaves, spec = tree_flatten({"a": 1, "b": [2, (3,)]})
    >>> leaves, tree_unflatten([10, 20, 30], spec)
    ([1, 2, 3], {'a': 10, 'b': [20, (30,)]})
    """
    name, kind = kind_of(tree)
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        return [tree], TreeSpec(LEAF, None, [])
    children, context = kind.apart(tree)
    leaves: list = []
    specs = []
    for child in children:
        found, spec = tree_flatten(child, is_leaf)
        leaves += found
        specs.append(spec)
    return leaves, TreeSpec(name, context, specs)


def tree_unflatten(leaves: Iterable, treespec: TreeSpec) -> Any:
    """The tree of shape `treespec` with these leaves.

    Raises: TypeError for no TreeSpec, ValueError for another number of leaves.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            "tree_unflatten(leaves, treespec): expected a TreeSpec as treespec, got "
            f"{type(treespec).__name__}"
        )
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten: expected {treespec.num_leaves} leaves for {treespec}, got "
            f"{len(leaves)}"
        )
    return _together(iter(leaves), treespec)


def _together(leaves: Any, spec: TreeSpec) -> Any:
    if spec.is_leaf():
        return next(leaves)
    children = [_together(leaves, child) for child in spec.children_specs]
    return KINDS.get(spec.type, _NAMED).together(children, spec.context)


def tree_leaves(tree: Any, is_leaf: Callable | None = None) -> list:
    """The leaves in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_map(func: Callable, tree: Any, *rests: Any, is_leaf: Callable | None = None) -> Any:
    """The tree with `func` of each leaf, and of the leaves of `rests` at the same place."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [broadcast_leaves(rest, spec, is_leaf) for rest in rests]
    return tree_unflatten(map(func, leaves, *others), spec)


def broadcast_leaves(tree: Any, spec: TreeSpec, is_leaf: Callable | None = None) -> list:
    """The leaves of `tree`, one for each of `spec`; a leaf stands for a whole branch.

    Raises: ValueError where the two have different shapes.
    """
    name, kind = kind_of(tree)
    if spec.is_leaf():
        return [tree]
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        return [tree] * spec.num_leaves
    children, context = kind.apart(tree)
    if name is not spec.type or context != spec.context or len(children) != spec.num_children:
        raise ValueError(f"expected a tree of shape {spec}, got {tree!r}")
    found: list = []
    for child, branch in zip(children, spec.children_specs):
        found += broadcast_leaves(child, branch, is_leaf)
    return found
