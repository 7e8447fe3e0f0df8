"""torch.utils._pytree: trees of dictionaries, lists and tuples, taken apart and put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch._pytree import (
    KINDS,
    Kind,
    TreeSpec,
    broadcast_leaves,
    kind_of,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PyTree = Any

__all__ = [
    "KeyPath",
    "MappingKey",
    "PyTree",
    "SequenceKey",
    "TreeSpec",
    "broadcast_to_and_flatten",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "tree_all",
    "tree_any",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
]


class SequenceKey(NamedTuple):
    """A step of a path: to element `idx`."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


class MappingKey(NamedTuple):
    """A step of a path: to what a dictionary holds under `key`."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"


KeyPath = tuple


def keystr(kp: KeyPath) -> str:
    """A path as it would be written behind the name of the tree."""
    return "".join(map(str, kp))


def tree_structure(tree: PyTree, is_leaf: Callable | None = None) -> TreeSpec:
    """The shape of the tree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_iter(tree: PyTree, is_leaf: Callable | None = None) -> Iterable:
    """The leaves, one after another."""
    yield from tree_leaves(tree, is_leaf)


def tree_map_(
    func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Callable | None = None
) -> PyTree:
    """Call `func` on each leaf, for what it does; returns the tree."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(
    type_or_types: Any, func: Callable, tree: PyTree, is_leaf: Callable | None = None
) -> PyTree:
    """The tree with `func` of each leaf of these types (or that fulfils a condition).

    >>> tree_map_only(int, lambda n: n + 1, {"a": 1, "b": "x"})
    {'a': 2, 'b': 'x'}
    """
    fits = _condition(type_or_types)
    return tree_map(lambda x: func(x) if fits(x) else x, tree, is_leaf=is_leaf)


def _condition(wanted: Any) -> Callable:
    if isinstance(wanted, (type, tuple)) or hasattr(wanted, "__args__"):
        return lambda x: isinstance(x, wanted)
    return wanted


def tree_all(pred: Callable, tree: PyTree, is_leaf: Callable | None = None) -> bool:
    """Whether `pred` holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable, tree: PyTree, is_leaf: Callable | None = None) -> bool:
    """Whether `pred` holds for some leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def broadcast_to_and_flatten(
    tree: PyTree, treespec: TreeSpec, is_leaf: Callable | None = None
) -> list | None:
    """The leaves of `tree`, one for each of `treespec`; None where the two do not fit."""
    try:
        return broadcast_leaves(tree, treespec, is_leaf)
    except ValueError:
        return None


def tree_flatten_with_path(tree: PyTree, is_leaf: Callable | None = None) -> tuple[list, TreeSpec]:
    """([(path, leaf), ...], the shape of the tree)."""
    return list(_walk((), tree, is_leaf)), tree_structure(tree, is_leaf)


def tree_leaves_with_path(tree: PyTree, is_leaf: Callable | None = None) -> list:
    """[(path, leaf), ...]."""
    return list(_walk((), tree, is_leaf))


def tree_map_with_path(
    func: Callable, tree: PyTree, *rests: PyTree, is_leaf: Callable | None = None
) -> PyTree:
    """The tree with `func(path, leaf, ...)` of each leaf."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    others = [broadcast_leaves(rest, spec, is_leaf) for rest in rests]
    paths, leaves = zip(*pairs) if pairs else ((), ())
    return tree_unflatten(map(func, paths, leaves, *others), spec)


def _walk(path: tuple, tree: PyTree, is_leaf: Callable | None) -> Iterable:
    kind = kind_of(tree)[1]
    if kind is None or (is_leaf is not None and is_leaf(tree)):
        yield path, tree
        return
    children = kind.apart(tree)[0]
    keys = map(MappingKey, tree) if isinstance(tree, dict) else map(SequenceKey, range(len(tree)))
    for key, child in zip(keys, children):
        yield from _walk((*path, key), child, is_leaf)


def register_pytree_node(
    cls: type, flatten_fn: Callable, unflatten_fn: Callable, **names: Any
) -> None:
    """Let `cls` be a container: flatten_fn(x) -> (children, context), unflatten_fn its inverse.

    Raises: ValueError where it is one already.
    """
    if cls in KINDS:
        raise ValueError(f"{cls.__name__} is already registered as a pytree node")
    KINDS[cls] = Kind(flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


def register_dataclass(cls: type, **names: Any) -> None:
    """Let a dataclass be a container of its fields."""
    from dataclasses import fields

    found = [f.name for f in fields(cls)]
    register_pytree_node(
        cls,
        lambda x: ([getattr(x, name) for name in found], None),
        lambda values, _: cls(**dict(zip(found, values))),
    )
