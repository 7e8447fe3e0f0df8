"""Modules as functions of their parameters: what `torch.func.functional_call` does it with."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minitorch.nn.modules.module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module, parameters_and_buffers: dict[str, Tensor], args: Any = None,
    kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """`torch.func.functional_call` under its old name, with a warning."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated: use "
        "`torch.func.functional_call`, which is the same",
        FutureWarning,
        stacklevel=2,
    )
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def _home(module: Module, name: str) -> tuple[dict, str]:
    """(the dictionary of a submodule that holds `name`, its last part)."""
    path, _, last = name.rpartition(".")
    owner = module.get_submodule(path)
    return (owner._parameters if last in owner._parameters else owner._buffers), last


@contextmanager
def replaced(module: Module, given: dict, tie: bool, strict: bool) -> Iterator[None]:
    """Inside, `module` has these tensors in the place of parameters and buffers."""
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    given = _tied(own, given) if tie else given
    if strict:
        _check_names(own, given)
    before = []
    try:
        for name, tensor in given.items():
            if name not in own:
                continue
            held, last = _home(module, name)
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    f"functional_call: expected a Tensor for {name!r}, got {type(tensor).__name__}"
                )
            before.append((held, last, held[last]))
            held[last] = tensor
        yield
    finally:
        for held, last, tensor in reversed(before):
            held[last] = tensor


def _tied(own: dict, given: dict) -> dict:
    """`given` with each tensor under all the names of what it replaces.

    Raises: ValueError where two names of one tensor are given different ones.
    """
    names: dict[int, list] = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    found = dict(given)
    for same in names.values():
        values = [given[name] for name in same if name in given]
        if any(v is not values[0] for v in values):
            raise ValueError(
                f"functional_call: {same} are one tensor, but are given different ones; use "
                "tie_weights=False"
            )
        if values:
            found.update(dict.fromkeys(same, values[0]))
    return found


def _check_names(own: dict, given: dict) -> None:
    missing, extra = own.keys() - given.keys(), given.keys() - own.keys()
    if missing or extra:
        raise RuntimeError(
            f"functional_call: strict=True, but {sorted(extra)} are unexpected and "
            f"{sorted(missing)} are missing"
        )
