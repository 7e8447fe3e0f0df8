"""Training with dropout and shuffled batches on both engines, with nothing shared but the seed."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.utils.data

import minitorch
import minitorch.utils.data

pytestmark = pytest.mark.differential

STEPS, SAMPLES, BATCH = 600, 480, 32
OPTIMIZERS = {"SGD": {"lr": 0.1}, "Adam": {"lr": 3e-3}}


class Run(NamedTuple):
    """What a training run leaves behind."""

    losses: np.ndarray
    states: list[bytes]  # of the generator, after every epoch
    parameters: list[np.ndarray]


def train(T: ModuleType, optimizer: str) -> Run:
    T.manual_seed(0)
    nn, data = T.nn, T.utils.data
    x = T.randn(SAMPLES, 20)
    y = x[:, :4].argmax(1)
    loader = data.DataLoader(data.TensorDataset(x, y), BATCH, shuffle=True)
    model = nn.Sequential(  # without kinks, at which rounding parts two correct engines
        nn.Linear(20, 64), nn.Tanh(), nn.Dropout(0.2),
        nn.Linear(64, 32), nn.Tanh(), nn.Dropout(0.4),
        nn.Linear(32, 4),
    )  # fmt: skip
    steps = getattr(T.optim, optimizer)(model.parameters(), **OPTIMIZERS[optimizer])
    criterion = nn.CrossEntropyLoss()
    losses, states = [], []
    while len(losses) < STEPS:
        for inputs, targets in loader:
            steps.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            steps.step()
            losses.append(loss.item())
        states.append(T.get_rng_state().numpy().tobytes())
    return Run(np.array(losses), states, [p.detach().numpy() for p in model.parameters()])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_six_hundred_steps_from_one_seed(optimizer):
    ours, theirs = train(minitorch, optimizer), train(torch, optimizer)
    assert ours.losses.size == STEPS
    assert ours.states == theirs.states
    assert len(set(ours.states)) == STEPS * BATCH // SAMPLES
    apart = np.abs(ours.losses - theirs.losses) / theirs.losses
    assert apart[:20].max() < 1e-6
    assert apart.max() < 1e-4
    assert theirs.losses[-15:].mean() < 0.4 * theirs.losses[:15].mean()
    for a, b in zip(ours.parameters, theirs.parameters, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)
