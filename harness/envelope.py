"""How far two correct engines may drift apart: 8 times what the reference drifts from itself.

Rounding errors grow in training, at a pace that depends on the model, the data and the step, and a
unit that lands on the other side of a ReLU's kink moves everything behind it. No fixed tolerance
fits. So the reference is run again a few times with every parameter moved by one ulp at the
start: the largest distance that these runs have reached at a step is the envelope there. An engine
that stays within `FACTOR` envelopes differs from the reference no more than the reference does.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.distance import EPS, Distances

FACTOR = 8.0
FLOOR = 2 * EPS
"""An envelope is never taken for narrower than this, relative to the largest norm the tensor has
had: when a model is nearly right its gradients are small differences (`softmax - target`), and
their rounding errors are still those of large numbers."""

FIRST_STEPS = 20
FIRST_LOSS = 1e-5
"""Over the first steps, before drift sets in, the loss has a fixed tolerance, relative."""

Levels = list[dict[str, float]]
"""For every step, from step 1: a relative distance for every tensor by its key."""


def envelope(runs: Sequence[Distances], steps: int) -> Levels:
    """The largest relative distance of any run so far, per step and tensor.

    Over the first steps it is the second largest: where one run in four lands on the other side of
    a kink, its leap must not hide a fault that is there from the first step on. A run that stopped
    earlier counts with what it had reached.
    """
    levels: Levels = []
    seen: dict[str, list[float]] = {}
    for step in range(1, steps + 1):
        for number, run in enumerate(runs):
            for key, apart in run[step - 1].items() if step <= len(run) else ():
                reached = seen.setdefault(key, [0.0] * len(runs))
                reached[number] = max(reached[number], apart.relative)
        rank = -2 if step <= FIRST_STEPS and len(runs) > 1 else -1
        levels.append({key: sorted(reached)[rank] for key, reached in seen.items()})
    return levels


def budget(levels: Levels, norms: Levels) -> Levels:
    """What a correct engine may differ by: 8 envelopes; for the first losses 1e-5.

    `norms` are the reference's, of every step and tensor.
    """
    budgets: Levels = []
    largest: dict[str, float] = {}
    for step, (level, norm) in enumerate(zip(levels, norms), start=1):
        allowed = {}
        for key, size in norm.items():
            largest[key] = max(size, largest.get(key, 0.0))
            floor = FLOOR * largest[key] / size if size else FLOOR
            allowed[key] = FACTOR * max(floor, level.get(key, 0.0))
        if step <= FIRST_STEPS and "loss" in allowed:
            allowed["loss"] = FIRST_LOSS
        budgets.append(allowed)
    return budgets
