"""Modules as functions of their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.nn import Module
from minitorch.nn.utils.stateless import replaced
from minitorch.ops.shape import stack

if TYPE_CHECKING:
    from collections.abc import Sequence


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with these tensors in the place of parameters and buffers.

    Names that are missing keep the module's own, unknown ones are ignored. What is written to a
    buffer in place is written to the tensor given. `tie_weights` replaces a tensor under all the
    names the module has for it; `strict` refuses names that are missing or too many.
    Raises: ValueError for no dictionary, or a name in two of them; RuntimeError with `strict`.

    >>> import minitorch as torch
    >>> layer = torch.nn.Linear(2, 1, bias=False)
    >>> torch.func.functional_call(layer, {"weight": torch.ones(1, 2)}, torch.tensor([1.0, 2.0]))
    tensor([3.])
    """
    given = _one_dict(parameter_and_buffer_dicts)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def _one_dict(given: Any) -> dict:
    if isinstance(given, dict):
        return given
    if not (isinstance(given, (list, tuple)) and all(isinstance(d, dict) for d in given)):
        raise ValueError(
            "functional_call: expected a dictionary of tensors by name, or several, got "
            f"{type(given).__name__}"
        )
    merged: dict = {}
    for d in given:
        for name in d:
            if name in merged:
                raise ValueError(f"functional_call: {name!r} appears in more than one dictionary")
        merged.update(d)
    return merged


def stack_module_state(models: Sequence[Module]) -> tuple[dict, dict]:
    """(parameters, buffers) of models of one class, each stacked along a new first dimension.

    Raises: RuntimeError for no model, models of different classes, or not all in one mode.
    """
    if not models:
        raise RuntimeError("stack_module_state: expected at least one model, got none")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: expected all models in the same training mode")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: expected models of one class, got several")
    return (
        _stacked([dict(m.named_parameters()) for m in models]),
        _stacked([dict(m.named_buffers()) for m in models]),
    )


def _stacked(states: list[dict]) -> dict:
    made = {}
    for name in states[0]:
        tensors = [s[name] for s in states]
        flags = {t.requires_grad for t in tensors}
        if len(flags) > 1:
            raise RuntimeError(
                f"stack_module_state: expected {name!r} to require a gradient in all models or none"
            )
        stacked = stack([t.detach() for t in tensors])
        made[name] = stacked.requires_grad_(flags.pop())
    return made
