"""What layers do with their arguments, under the names that scripts import."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["consume_prefix_in_state_dict_if_present", "factory_kwargs"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple]:
    """The function that makes a tuple of what is iterable, and `n` times itself of all else."""

    def parse(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Iterable, n: int) -> tuple:
    """The elements from the last to the first, each `n` times: what `F.pad` is told."""
    return tuple(x for x in reversed(tuple(t)) for _ in range(n))


def _list_with_default(out_size: Any, defaults: list[int]) -> Any:
    """`out_size` with the last `defaults` where it says None.

    Raises: ValueError where there are too few of them.
    """
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    return [d if v is None else v for v, d in zip(out_size, defaults[-len(out_size) :])]


def factory_kwargs(kwargs: dict | None) -> dict:
    """`device`, `dtype` and `memory_format` of keyword arguments and of a dict `factory_kwargs`.

    Raises: TypeError for another name, and for one that is said twice.
    """
    if kwargs is None:
        return {}
    names = {"device", "dtype", "memory_format"}
    inner = kwargs.get("factory_kwargs", {})
    given = {k: v for k, v in kwargs.items() if k != "factory_kwargs"}
    if unknown := {*given, *inner} - names:
        raise TypeError(f"factory_kwargs: expected some of {sorted(names)}, got {sorted(unknown)}")
    if twice := given.keys() & inner.keys():
        raise TypeError(f"factory_kwargs: {sorted(twice)} is given twice, also as factory_kwargs")
    return {**inner, **given}


def consume_prefix_in_state_dict_if_present(state_dict: dict, prefix: str) -> None:
    """Take `prefix` off the keys that start with it, in place, also in the metadata."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is None:
        return
    for key in list(metadata):
        # The module "module." itself has the key "module", those below it "module.x".
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
