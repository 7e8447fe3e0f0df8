"""Batches shared out among devices and brought together: here there is one device for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitorch.nn.modules.module import Module

__all__ = ["gather", "parallel_apply", "replicate", "scatter", "scatter_kwargs"]


def _one(name: str, devices: Any) -> None:
    """Raises: ValueError for several devices."""
    if len(devices) != 1:
        raise ValueError(f"{name}: expected one device, as there is only the CPU, got {devices}")


def scatter(inputs: Any, target_gpus: Sequence, dim: int = 0) -> tuple:
    """The parts of `inputs` for each device: one part, which is all."""
    _one("scatter", target_gpus)
    return (inputs,)


def scatter_kwargs(
    inputs: tuple, kwargs: dict | None, target_gpus: Sequence, dim: int = 0
) -> tuple[tuple, tuple]:
    """The parts of positional and of keyword arguments for each device."""
    return scatter(inputs, target_gpus, dim), scatter(kwargs or {}, target_gpus, dim)


def gather(outputs: Sequence, target_device: Any, dim: int = 0) -> Any:
    """What the devices computed, in one: what the only one computed."""
    _one("gather", outputs)
    return outputs[0]


def replicate(network: Module, devices: Sequence, detach: bool = False) -> list[Module]:
    """A copy of `network` for each device: itself."""
    _one("replicate", devices)
    return [network]


def parallel_apply(
    modules: Sequence[Module], inputs: Sequence, kwargs_tup: Any = None, devices: Any = None
) -> list:
    """Each module applied to its input, one after the other.

    Raises: AssertionError where there is not one input for each.
    """
    kwargs_tup = kwargs_tup or ({},) * len(modules)
    if not len(modules) == len(inputs) == len(kwargs_tup):
        raise AssertionError(
            f"parallel_apply: expected one input for each of {len(modules)} modules, got "
            f"{len(inputs)} inputs and {len(kwargs_tup)} dicts"
        )
    return [
        module(*(given if isinstance(given, (list, tuple)) else (given,)), **kwargs)
        for module, given, kwargs in zip(modules, inputs, kwargs_tup)
    ]
