"""Scripts and backends that the harness is tried on; they need minitorch alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.backends import MINITORCH, TORCH
from harness.channel import Arrays
from minitorch.backend import ROWS

SCRIPT = """
import argparse
from harness import load, open_probe

parser = argparse.ArgumentParser()
parser.add_argument("--backend")
parser.add_argument("--epochs", type=int, default=12)
args = parser.parse_args()
torch = load(args.backend)
nn = torch.nn

torch.manual_seed(0)
x = torch.randn(20, 4)
y = (x.sum(1) > 0).long()
hidden = nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.2), nn.BatchNorm1d(8)
model = nn.Sequential(*hidden, nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
probe = open_probe(torch, model, name="tiny")
for epoch in range(args.epochs):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    probe.mark("forward")
    loss.backward()
    probe.mark("backward")
    optimizer.step()
    probe.step(loss, model, optimizer)
model.eval()
probe.metrics(accuracy=(model(x).argmax(1) == y).float().mean().item())
probe.close()
"""

BACKENDS = '''
import types
from harness import Backend, register_backend

def changed(module, **names):
    """A module with some of its names replaced."""
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(module.__dict__, **names)
    return copy

class Altered(Backend):
    """minitorch with another linear layer."""
    def namespace(self):
        import minitorch
        layer = self.linear(minitorch)
        return changed(minitorch, nn=changed(minitorch.nn, Linear=layer))

@register_backend("scaled")
class Scaled(Altered):
    """The gradient of one layer's weight is 1.001 times too large."""
    def linear(self, engine):
        class Linear(engine.nn.Linear):
            def __init__(self, inputs, outputs):
                super().__init__(inputs, outputs)
                if inputs == 8:
                    self.weight.register_hook(lambda g: g * 1.001)
        return Linear

@register_backend("kinked")
class Kinked(Altered):
    """The gradient of one layer's weight leaps while that weight is what it was, to the bit."""
    def linear(self, engine):
        class Linear(engine.nn.Linear):
            def __init__(self, inputs, outputs):
                super().__init__(inputs, outputs)
                start = self.weight.detach().clone()
                if inputs == 8:
                    self.weight.register_hook(
                        lambda g: g * 1.01 if bool((self.weight == start).all()) else g
                    )
        return Linear

@register_backend("reshaped")
class Reshaped(Altered):
    """One layer has no bias."""
    def linear(self, engine):
        return lambda inputs, outputs: engine.nn.Linear(inputs, outputs, bias=inputs == 4)

@register_backend("broken")
class Broken(Altered):
    """A layer that cannot be called."""
    def linear(self, engine):
        class Linear(engine.nn.Linear):
            def forward(self, x):
                raise ArithmeticError("the sum does not add up")
        return Linear
'''


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that trains a tiny network for 12 steps."""
    path = tmp_path / "tiny.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def backends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that registers the faulty backends `scaled`, `kinked`, `reshaped` and `broken`."""
    monkeypatch.setattr("harness.backends._registered", {"minitorch": MINITORCH, "torch": TORCH})
    path = tmp_path / "engines.py"
    path.write_text(BACKENDS)
    return path


@pytest.fixture
def steps() -> list[Arrays]:
    """The arrays of a run of three steps with two parameters; step 0 is the start."""
    draw = np.random.default_rng(0)

    def one(key: str, *shape: int) -> dict[str, np.ndarray]:
        return {key: draw.standard_normal(shape).astype(np.float32)}

    start = one("parameter a", 3, 4) | one("parameter b", 3)
    later = [
        one("loss") | one("gradient a", 3, 4) | one("gradient b", 3) | one("parameter a", 3, 4)
        | one("parameter b", 3)
        for _ in range(3)
    ]  # fmt: skip
    return [start, *later]


@pytest.fixture
def wrong_relu(monkeypatch: pytest.MonkeyPatch) -> None:
    """In minitorch, the gradient of relu passes where the input is negative too."""
    rule = ROWS["relu"].rules[0]
    place = {"co_filename": rule.__code__.co_filename}
    place["co_firstlineno"] = rule.__code__.co_firstlineno
    monkeypatch.setattr(rule, "__code__", (lambda g, out: g).__code__.replace(**place))
