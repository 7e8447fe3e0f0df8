"""Scripts that know nothing of the harness are seen: steps, losses, parameters by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.conductor import conducting
from harness.follow import Task
from harness.processes import Leg, Script, values

START = "import torch\nfrom torch import nn\ntorch.manual_seed(0)\nx = torch.randn(8, 3)\n"

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 1)
    def forward(self, x):
        return self.fc(x)
"""

SCRIPTS = {
    "plain": NET + """
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    net(x).pow(2).mean().backward()
    optimizer.step()
""",
    "a sum of several losses": NET + """
net = Net()
optimizer = torch.optim.Adam(net.parameters())
for _ in range(2):
    optimizer.zero_grad()
    losses = [net(x).pow(2).sum(), net(x).abs().sum()]
    sum(losses).backward()
    optimizer.step()
""",
    "accumulated gradients": NET + """
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(2):
    for part in x.split(4):
        (net(part).pow(2).mean() / 2).backward()
    optimizer.step()
    optimizer.zero_grad()
""",
    "two models, two optimizers": """
G, D = nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 1), nn.BatchNorm1d(1))
g, d = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (G, D))
for _ in range(2):
    d.zero_grad()
    D(x).mean().backward()
    D(G(x).detach()).mean().backward()
    d.step()
    g.zero_grad()
    D(G(x)).mean().backward()
    g.step()
""",
    "a closure": NET + """
net = Net()
optimizer = torch.optim.LBFGS(net.parameters(), max_iter=4)
def closure():
    optimizer.zero_grad()
    loss = net(x).pow(2).mean()
    loss.backward()
    return loss
for _ in range(2):
    optimizer.step(closure)
""",
    "no optimizer": """
def main():
    w = torch.zeros(3, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(3):
        loss = (x @ w + b - 1).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            for p in (w, b):
                p -= 0.1 * p.grad
                p.grad = None
main()
""",
    "tensors of no model": """
w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
for _ in range(2):
    optimizer.zero_grad()
    (x @ w - 1).pow(2).mean().backward()
    optimizer.step()
""",
}  # fmt: skip

SEEN = {
    "plain": (3, 1, ["fc.weight", "fc.bias"]),
    "a sum of several losses": (2, 1, ["fc.weight", "fc.bias"]),
    "accumulated gradients": (2, 2, ["fc.weight", "fc.bias"]),
    "two models, two optimizers": (
        4, 2, ["Linear.weight", "Linear.bias", "Sequential.0.weight", "Sequential.0.bias",
               "Sequential.1.weight", "Sequential.1.bias"]),
    "a closure": (2, None, ["fc.weight", "fc.bias"]),
    "no optimizer": (3, 1, ["w", "b"]),
    "tensors of no model": (2, 1, ["tensor0"]),
}  # fmt: skip
"""Steps, losses in the first step, parameters."""


def watched(path: Path, backend: str, **task: object) -> list[dict]:
    """What every step of a script left behind."""
    leg = Leg(Script(str(path), [], path.parent), backend, Task(backend, **task))
    with conducting([leg]) as conductor:
        conductor.start()
        return [dict(values(moment[backend])) for moment in conductor.steps()]


MOVING = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    def forward(self, x):
        return self.layers(x)
net = Net()
net(torch.ones(2, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(2):
    optimizer.zero_grad()
    net(x).pow(2).mean().backward()
    optimizer.step()
"""
"""Its buffers move in the forward, and its backward needs the weights that the forward saw."""


def started(path: Path, backend: str, **task: object) -> dict:
    """What a script starts from; it runs to its end."""
    leg = Leg(Script(str(path), [], path.parent), backend, Task(backend, **task))
    with conducting([leg]) as conductor:
        start = conductor.start()
        assert len(list(conductor.steps())) == 2
        return dict(values(start[backend]))


def starts_before_the_first_batch(folder, backend):
    path = folder / "script.py"
    path.write_text(START + MOVING)
    start = started(path, backend, perturb=1)
    assert int(start["buffer layers.1.num_batches_tracked"]) == 1  # the call before the optimizer


def test_a_run_starts_before_the_first_batch(tmp_path):
    starts_before_the_first_batch(tmp_path, "minitorch")


@pytest.mark.differential
def test_a_run_starts_before_the_first_batch_on_torch(tmp_path):
    pytest.importorskip("torch")
    starts_before_the_first_batch(tmp_path, "torch")


ON_TORCH = "plain", "a closure", "no optimizer"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_seen(tmp_path, name):
    check(tmp_path, name, "minitorch")


@pytest.mark.differential
@pytest.mark.parametrize("name", ON_TORCH)
def test_a_script_is_seen_on_torch(tmp_path, name):
    pytest.importorskip("torch")
    check(tmp_path, name, "torch")


def check(folder, name, backend):
    """The steps, losses and names of a script are as told above."""
    path = folder / "script.py"
    path.write_text(START + SCRIPTS[name])
    steps = watched(path, backend)
    count, losses, names = SEEN[name]
    assert len(steps) == count
    assert losses is None or len(steps[0]["loss"]) == losses
    gradients = [key.partition(" ")[2] for key in steps[-1] if key.startswith("gradient ")]
    assert gradients == names
    assert all(f"parameter {own}" in steps[0] for own in names)


def test_optimizer_state_is_seen_by_the_parameter_s_name(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(START + SCRIPTS["tensors of no model"])
    assert "optimizer momentum_buffer tensor0" in watched(path, "minitorch")[0]


def test_a_script_is_left_as_it_was(tmp_path):
    """What it prints, watched and not, is the same; so is its own view of its arguments."""
    path = tmp_path / "script.py"
    source = START + SCRIPTS["plain"] + "import sys\nprint(net.fc.weight.tolist(), sys.argv[1:])\n"
    path.write_text(source)
    leg = Leg(Script(str(path), ["--lr", "1"], tmp_path), "run", Task("minitorch"))
    with conducting([leg]) as conductor:
        conductor.start()
        list(conductor.steps())
    plain = subprocess.run(
        [sys.executable, "-m", "minitorch", str(path), "--lr", "1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert leg.log.read_text() == plain.stdout
    assert plain.stdout.rstrip().endswith("['--lr', '1']")


def test_a_leg_in_lockstep_with_a_script_without_a_probe(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(START + SCRIPTS["accumulated gradients"])
    script = Script(str(path), [], tmp_path)
    moved = Task("minitorch", lockstep=True, forced=True, perturb=3)
    legs = [Leg(script, "one", Task("minitorch")), Leg(script, "two", moved)]
    with conducting(legs) as conductor:
        conductor.start()
        for moment in conductor.steps():
            one, two = (values(moment[title]) for title in ("one", "two"))
            for key in one:
                assert abs(one[key] - two[key]).max() < 1e-5, key


def test_a_script_that_seeds_nothing_is_seeded(tmp_path):
    path = tmp_path / "script.py"
    source = SCRIPTS["tensors of no model"].replace("zeros", "randn")
    path.write_text(f"import torch, random\nx = torch.randn(8, 3) * random.random()\n{source}")
    one, again, other = (watched(path, "minitorch", seed=seed)[0] for seed in (1, 1, 2))
    assert one["loss"] == again["loss"] != other["loss"]


def test_without_an_optimizer_the_start_is_told_too(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(START + SCRIPTS["no optimizer"])
    leg = Leg(Script(str(path), [], tmp_path), "run", Task("minitorch", steps=1))
    with conducting([leg]) as conductor:
        start = conductor.start()["run"]
    assert [tensor["key"] for tensor in leg.header["tensors"]] == ["parameter w", "parameter b"]
    assert not start.arrays["parameter w"].any()
