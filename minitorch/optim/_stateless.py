"""An optimizer on other parameters and another state, for a while."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minitorch._tensor import Tensor
    from minitorch.optim.optimizer import Optimizer

__all__ = ["swap_in_optimizer_params_and_state"]


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: dict[str, Tensor], swapin_optim_state: dict[str, Any]
) -> Iterator[None]:
    """Inside, `optimizer` has the parameters given, in its order, and the state of a `state_dict`.

    The tensors of that state are used themselves, so a step changes them in place; whatever else
    changes is forgotten at the end.

    Raises: RuntimeError for an optimizer without state, too few parameters, and a state that is
        none or has another number of groups.
    """
    name = "swap_in_optimizer_params_and_state"
    if not optimizer.state:
        raise RuntimeError(f"{name}: expected an optimizer with a state, got one without")
    entries, saved = swapin_optim_state.get("state"), swapin_optim_state.get("param_groups")
    if not isinstance(entries, dict) or saved is None:
        raise RuntimeError(f"{name}: expected a dict with 'state' and 'param_groups'")
    if len(saved) != len(optimizer.param_groups):
        raise RuntimeError(
            f"{name}: expected {len(optimizer.param_groups)} parameter groups, got {len(saved)}"
        )
    params, numbers = list(swapin_parameters.values()), [n for g in saved for n in g["params"]]
    if len(params) < len(numbers):
        raise RuntimeError(f"{name}: expected {len(numbers)} parameters, got {len(params)}")
    parameter = dict(zip(numbers, params))
    groups = [{**g, "params": [parameter[n] for n in g["params"]]} for g in saved]
    state = defaultdict(dict, {parameter[n]: dict(of_one) for n, of_one in entries.items()})
    kept = optimizer.param_groups, optimizer.state
    optimizer.param_groups, optimizer.state = groups, state
    try:
        yield
    finally:
        optimizer.param_groups, optimizer.state = kept
