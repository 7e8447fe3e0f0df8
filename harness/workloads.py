"""What is timed: each workload written once, against torch's names, for any engine.

A workload's `build(torch)` makes weights and data from one seed and returns a program: one step of
it is zero_grad, forward, loss, backward and, where there is an optimizer, its update.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

READ_EVERY = 10
"""Steps after which the loss is read to the host; what that costs is counted."""


class Program(NamedTuple):
    """`step()` does one step and returns its loss; `parameters` hold the gradients afterwards."""

    step: Callable[[], Any]
    parameters: Sequence[Any]


class Workload(NamedTuple):
    """What is timed, how many steps make a block of some 30 ms, and the speed-up to reach."""

    name: str
    what: str
    steps: int
    goal: float
    build: Callable[[Any], Program]


def block(program: Program, steps: int) -> Callable[[], None]:
    """A function that runs `steps` steps of a program, for the clock."""

    def run() -> None:
        for number in range(1, steps + 1):
            loss = program.step()
            if number % READ_EVERY == 0 or number == steps:
                loss.item()

    return run


def scalar_chain(torch: Any, length: int = 5000) -> Program:
    """x = x*w + b on 0-d tensors, `length` times; backward once."""
    x0, w, b = (torch.tensor(value, requires_grad=True) for value in (1.0, 0.999, 0.001))

    def step() -> Any:
        x0.grad = w.grad = b.grad = None
        x = x0
        for _ in range(length):
            x = x * w + b
        x.backward()
        return x

    return Program(step, [x0, w, b])


def additions(torch: Any, length: int = 100, size: int = 16) -> Program:
    """y = y + x on (size, size) tensors, `length` times; backward once."""
    torch.manual_seed(0)
    x = torch.randn(size, size, requires_grad=True)
    start = torch.zeros(size, size)

    def step() -> Any:
        x.grad = None
        y = start
        for _ in range(length):
            y = y + x
        loss = y.sum()
        loss.backward()
        return loss

    return Program(step, [x])


def regression(torch: Any, batch: int = 100) -> Program:
    """MLP 2-16-16-1, tanh, MSE, SGD."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)
    )
    x, y = torch.randn(batch, 2), torch.randn(batch, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    return _training(model, nn.MSELoss(), optimizer, x, y)


def classifier(torch: Any, make_optimizer: Callable[[Any, Any], Any], batch: int = 64) -> Program:
    """MLP 784-256-128-10, relu, cross-entropy, with the optimizer that is given."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    x, y = torch.randn(batch, 784), torch.randint(0, 10, (batch,))
    optimizer = make_optimizer(torch, model.parameters())
    return _training(model, nn.CrossEntropyLoss(), optimizer, x, y)


def _training(model: Any, criterion: Any, optimizer: Any, x: Any, y: Any) -> Program:
    def step() -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, list(model.parameters()))


def _sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def _adam(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adam(parameters, lr=1e-3)


_ALL = (
    Workload("chain", "100 additions of 16x16, backward once", 50, 1.7, additions),
    Workload("W0", "x = x*w + b, 5,000 times on 0-d tensors, backward once", 1, 2.0, scalar_chain),
    Workload("W1", "MLP 2-16-16-1, tanh, batch 100, MSE, SGD", 100, 3.5, regression),
    Workload(
        "W2",
        "MLP 784-256-128-10, relu, batch 64, cross-entropy, SGD with momentum",
        30,
        1.3,
        lambda torch: classifier(torch, _sgd),
    ),
    Workload(
        "W2a",
        "MLP 784-256-128-10, relu, batch 64, cross-entropy, Adam",
        30,
        1.1,
        lambda torch: classifier(torch, _adam),
    ),
)

WORKLOADS = {workload.name: workload for workload in _ALL}
