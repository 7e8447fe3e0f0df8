"""The tables of cases are honest: warnings as in torch, and differences that belong to a case."""

from __future__ import annotations

import pytest

import minitorch
from tests.errors import (
    test_autograd,
    test_layers,
    test_random,
    test_shapes,
    test_training,
    test_values,
)
from tests.errors.compare import DIFFERS, run

TABLES = [
    table
    for module in (test_autograd, test_layers, test_random, test_shapes, test_training, test_values)
    for name, table in vars(module).items()
    if name.isupper()
]

WARNINGS = {
    "grad of a result": "r = (leaf(3) * 1).grad",
    "read-only array": "a = np.arange(3.0); a.flags.writeable = False; torch.from_numpy(a)",
    "losses that broadcast": "F.mse_loss(ones(2, 1), ones(2))",
    "anomaly mode": "with torch.autograd.detect_anomaly():\n    pass",
    "parameter twice": "p = parameter(); optim.SGD([p, p], lr=0.1)",
    "scheduler before the optimizer": (
        "o = optim.SGD([parameter()], lr=0.1); s = optim.lr_scheduler.StepLR(o, 1); s.step()"
    ),
    "softmax without dim": "F.softmax(ones(2))",
    "clip of nothing": "nn.utils.clip_grad_norm_((p for p in []), 1.0)",
}


@pytest.mark.differential
@pytest.mark.parametrize("name", WARNINGS)
def test_warns_as_torch(name):
    torch = pytest.importorskip("torch")
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        theirs = run(WARNINGS[name], torch)
    finally:
        torch.set_warn_always(always)
    assert run(WARNINGS[name], minitorch).warned == theirs.warned == ("UserWarning",)


def test_no_case_is_named_twice():
    names = [name for table in TABLES for name in table]
    assert len(names) == len(set(names)), sorted(n for n in set(names) if names.count(n) > 1)


def test_each_difference_belongs_to_a_case():
    assert set(DIFFERS) <= {name for table in TABLES for name in table}
