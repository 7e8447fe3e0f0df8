"""Random streams of GPUs: there are none to seed, and seeding them is no mistake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch.backend import not_compiled

__all__ = [
    "get_rng_state",
    "get_rng_state_all",
    "initial_seed",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "seed_all",
    "set_rng_state",
    "set_rng_state_all",
]


def manual_seed(seed: int) -> None:
    """Seed the GPU, or all of them: there is none. Raises: ValueError for what is no number."""
    int(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the GPU by chance: there is none."""


seed_all = seed


def initial_seed() -> int:
    """The seed of the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def get_rng_state(device: Any = "cuda") -> Any:
    """The random state of the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def get_rng_state_all() -> list:
    """The random states of all GPUs: an empty list."""
    return []


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Continue the GPU from a state: once there is one, as in torch; till then nothing."""
    new_state.clone()


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Continue every GPU from its state."""
    for state in new_states:
        set_rng_state(state)
