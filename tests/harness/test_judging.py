"""What the judge keeps of a step that all witnesses have left."""

from __future__ import annotations

import numpy as np
import pytest

from harness.channel import RANDOM, Message
from harness.judging import Judge, Roles

ROLES = Roles("mine", "theirs", truth="truth")


def judged(mine: float, theirs: float, truth: float) -> Judge:
    """The judge of one step in which a parameter has one of these values on each witness."""
    judge = Judge(ROLES, ("mine", "theirs"))
    state = np.zeros(4, np.uint8)
    values = {"mine": np.float32([mine]), "theirs": np.float32([theirs]), "truth": [truth]}
    judge.step(
        {
            title: Message(
                "step",
                1,
                {"loss": np.float64([1.0]), "parameter b": np.asarray(value), RANDOM: state},
                {},
            )
            for title, value in values.items()
        }
    )
    return judge


@pytest.mark.parametrize(
    ("mine", "theirs", "truth", "ratio"),
    [(1e-3, -1e-3, 1e-9, 1), (1.0 + 4e-6, 1.0 + 1e-6, 1.0, 4), (1.0, 1.0 + 1e-6, 1.0, 0.06)],
)
def test_both_errors_are_relative_to_the_truth(mine, theirs, truth, ratio):
    (found,) = judged(mine, theirs, truth).series["parameter b"].ratio
    assert found == pytest.approx(ratio, rel=0.1)
