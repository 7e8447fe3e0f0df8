"""Muon against torch's, and what its direction is."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from minitorch.optim.muon import orthogonal
from tests.raising import assert_refused_alike

COEFFICIENTS = (3.4445, -4.775, 2.0315)


def steps_of(t, dtype, shapes=((3, 4), (4, 2), (5, 5)), steps=6, **options):
    rng = np.random.default_rng(0)
    draw = lambda: [t.from_numpy(rng.standard_normal(s).astype(dtype)) for s in shapes]  # noqa: E731
    params = [t.nn.Parameter(x) for x in draw()]
    optimizer = t.optim.Muon(params, **options)
    for _ in range(steps):
        for p, g in zip(params, draw()):
            p.grad = g
        optimizer.step()
    buffers = [optimizer.state[p]["momentum_buffer"].numpy() for p in params]
    return [p.detach().numpy() for p in params], buffers, list(optimizer.state[params[0]])


@pytest.mark.differential
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lr": 0.1, "nesterov": False, "weight_decay": 0.0, "adjust_lr_fn": "original"},
        {"lr": 0.1, "momentum": 0.5, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
    ],
    ids=str,
)
def test_same_steps_as_torch(torch, dtype, options):
    ours, theirs = (steps_of(t, dtype, **options) for t in (minitorch, torch))
    assert ours[2] == theirs[2]
    # Both round to bfloat16, so that an element may lie one of its ulp (2^-8) apart.
    atol = options.get("lr", 1e-3) * 2**-8
    for a, b in zip(ours[0], theirs[0]):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=atol)
    for a, b in zip(ours[1], theirs[1]):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (8, 8)])
def test_the_direction_is_nearly_orthogonal(shape):
    g = np.random.default_rng(0).standard_normal(shape)
    u, _, v = np.linalg.svd(g, full_matrices=False)
    found = orthogonal(np, g, COEFFICIENTS, 5, 1e-7)
    singular = np.linalg.svd(found, compute_uv=False)
    assert singular.min() > 0.5
    assert singular.max() < 1.4
    assert np.vdot(found, u @ v) > 0.9 * min(shape) * 0.9


def muon(t, *shape, **options):
    p = t.nn.Parameter(t.ones(*shape))
    optimizer = t.optim.Muon([p], **options)
    p.grad = t.ones(*shape)
    optimizer.step()


ERRORS = {
    "a vector": (lambda t: muon(t, 3), ["[3]"]),
    "negative lr": (lambda t: muon(t, 2, 2, lr=-1.0), ["lr", "-1.0"]),
    "negative momentum": (lambda t: muon(t, 2, 2, momentum=-1.0), ["momentum", "-1.0"]),
    "negative decay": (lambda t: muon(t, 2, 2, weight_decay=-1.0), ["weight_decay", "-1.0"]),
    "adjusting": (lambda t: muon(t, 2, 2, adjust_lr_fn="x"), ["adjust_lr_fn", "'x'"]),
    "many steps": (lambda t: muon(t, 2, 2, ns_steps=100), ["ns_steps", "100"]),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    assert_refused_alike(torch, *ERRORS[case])
