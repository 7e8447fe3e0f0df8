"""Optimizers as functions of lists: `torch.optim.adam.adam(params, grads, exp_avgs, ...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch._tensor import Tensor
    from minitorch.optim.optimizer import Optimizer

# What chooses among implementations in torch, or says what cannot be here.
_IGNORED = frozenset("foreach fused capturable grad_scale found_inf has_complex".split())
_IGNORED |= {"has_sparse_grad"}
_PAIRS = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("step_size_min", "step_size_max"),
}


def functional(kind: type[Optimizer], lists: str) -> Callable:
    """The function that does one step of the optimizer `kind` on tensors and state in lists.

    `lists` names them in torch's order, each with the entry of the state it holds: "axs=ax".
    """
    pairs = [pair.partition("=")[::2] for pair in lists.split()]
    code = kind.__init__.__code__
    names = code.co_varnames[: code.co_argcount]
    values = kind.__init__.__defaults__ or ()
    defaults = dict(zip(names[len(names) - len(values) :], values))
    defaults |= kind.__init__.__kwdefaults__ or {}
    if "betas" in defaults:
        defaults.setdefault("decoupled_weight_decay", kind.__name__ == "AdamW")
    name = kind.__name__.lower()

    def step(params: list[Tensor], grads: list[Tensor], *given: list, **how: Any) -> None:
        held = dict(zip((argument for argument, _ in pairs), given))
        held |= {argument: how.pop(argument) for argument, _ in pairs if argument in how}
        group = {**defaults, **_hyperparameters(name, defaults, how), "params": params}
        run: Any = kind.__new__(kind)
        run.state = {
            p: {
                entry: held[argument][i]
                for argument, entry in pairs
                if i < len(held.get(argument, ())) and held[argument][i] is not None
            }
            for i, p in enumerate(params)
        }
        before = [p._grad for p in params]
        try:
            for p, g in zip(params, grads, strict=True):
                p._grad = g
            run._update_group(group)
        finally:
            for p, g in zip(params, before):
                p._grad = g
        for argument, entry in pairs:
            for i, p in enumerate(params):
                if i < len(held.get(argument, ())):
                    held[argument][i] = run.state[p].get(entry)

    step.__name__ = step.__qualname__ = name
    step.__doc__ = f"One step of `{kind.__name__}` on lists of tensors; the state changes in place."
    return step


def _hyperparameters(name: str, defaults: dict, how: dict) -> dict:
    """Keyword arguments as a group has them. Raises: TypeError for one that it has not."""
    found = {k: v for k, v in how.items() if k not in _IGNORED}
    for pair, parts in _PAIRS.items():
        if pair in defaults and any(part in found for part in parts):
            found[pair] = tuple(found.pop(p, d) for p, d in zip(parts, defaults[pair]))
    if unknown := sorted(found.keys() - defaults.keys()):
        raise TypeError(f"{name}() got an unexpected keyword argument '{unknown[0]}'")
    return found
