"""Random programs find mistakes in how views, writes and reuse work together, and soon."""

from __future__ import annotations

import time

import pytest

from harness.backends import MINITORCH, TORCH
from harness.fuzz.hunt import Hunt
from tests.harness.planted import PLANTED

pytestmark = pytest.mark.differential

FAST = ("history_not_rebased", "hooks_run_twice")


def programs_until_found(name: str, seconds: float) -> int:
    """How many programs it took until one differs with the mistake, and does not without it."""
    hunt = Hunt(MINITORCH, TORCH)
    until = time.perf_counter() + seconds
    for number, (_, program) in enumerate(hunt.programs(), 1):
        with PLANTED[name]():
            trial = hunt.trial(program)
        if trial.difference is not None and hunt.trial(program).difference is None:
            return number
        if time.perf_counter() > until:
            break
    pytest.fail(f"{name}: not found in {number} programs")


@pytest.mark.parametrize("name", FAST)
def test_a_planted_mistake_is_found(name: str) -> None:
    assert programs_until_found(name, 60) < 1000


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in PLANTED if name not in FAST])
def test_every_planted_mistake_is_found_within_five_minutes(name: str) -> None:
    programs_until_found(name, 300)
