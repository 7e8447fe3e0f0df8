"""What is timed: each workload written once, against torch's names, for any engine.

A workload's `build(torch)` makes weights and data from one seed and returns a program: one step of
it is zero_grad, forward, loss, backward and, where there is an optimizer, its update.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

READ_EVERY = 10
"""Steps after which the loss is read to the host; what that costs is counted."""


class Program(NamedTuple):
    """`step()` does one step and returns its loss; `parameters` hold the gradients afterwards."""

    step: Callable[[], Any]
    parameters: Sequence[Any]


class Workload(NamedTuple):
    """What is timed, how many steps make a block of some 30 ms, and the speed-up to reach.

    A script that is timed as it is has no `build`.
    """

    name: str
    what: str
    steps: int
    goal: float | None
    build: Callable[[Any], Program] | None


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


def classifier(
    torch: Any,
    make_optimizer: Callable[[Any, Any], Any],
    batch: int = 64,
    wide: tuple[int, int] = (256, 128),
) -> Program:
    """MLP 784-256-128-10, relu, cross-entropy, with the optimizer that is given."""
    nn = torch.nn
    torch.manual_seed(0)
    first, second = wide
    model = nn.Sequential(
        nn.Linear(784, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 10)
    )
    x, y = torch.randn(batch, 784), torch.randint(0, 10, (batch,))
    optimizer = make_optimizer(torch, model.parameters())
    return _training(model, nn.CrossEntropyLoss(), optimizer, x, y)


def pictures(torch: Any, batch: int = 64) -> Program:
    """CNN 1-32-64 on 28x28, max pooling, 9216-128-10, cross-entropy, SGD."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    x, y = torch.randn(batch, 1, 28, 28), torch.randint(0, 10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return _training(model, nn.CrossEntropyLoss(), optimizer, x, y)


def characters(torch: Any, batch: int = 12, length: int = 64, layers: int = 4) -> Program:
    """Char GPT: pre-norm blocks of 4 heads, 128 wide, no biases, head tied, AdamW."""
    nn, F = torch.nn, torch.nn.functional
    vocabulary, wide, heads = 65, 128, 4
    torch.manual_seed(0)

    class Block(nn.Module):
        """x + attention(norm(x)), then x + mlp(norm(x))."""

        def __init__(self) -> None:
            super().__init__()
            self.norm1 = nn.LayerNorm(wide, bias=False)
            self.norm2 = nn.LayerNorm(wide, bias=False)
            self.qkv = nn.Linear(wide, 3 * wide, bias=False)
            self.project = nn.Linear(wide, wide, bias=False)
            self.up = nn.Linear(wide, 4 * wide, bias=False)
            self.down = nn.Linear(4 * wide, wide, bias=False)

        def forward(self, x: Any) -> Any:
            b, t, _ = x.shape
            q, k, v = (
                part.view(b, t, heads, wide // heads).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(wide, dim=2)
            )
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.project(mixed.transpose(1, 2).reshape(b, t, wide))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class CharGPT(nn.Module):
        """Logits of the next character, flat."""

        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(vocabulary, wide)
            self.places = nn.Embedding(length, wide)
            self.blocks = nn.Sequential(*(Block() for _ in range(layers)))
            self.norm = nn.LayerNorm(wide, bias=False)
            nn.init.normal_(self.tokens.weight, std=0.02)

        def forward(self, text: Any) -> Any:
            x = self.tokens(text) + self.places(torch.arange(text.shape[1]))
            return F.linear(self.norm(self.blocks(x)), self.tokens.weight).flatten(0, 1)

    model = CharGPT()
    text = torch.randint(0, vocabulary, (batch, length + 1))
    groups = [
        {"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
    return _next_character(model, optimizer, text, nn.CrossEntropyLoss())


def recurrent(torch: Any, batch: int = 32, length: int = 64) -> Program:
    """Embedding 65x128, LSTM of 128 units, linear 128-65, cross-entropy, Adam."""
    nn = torch.nn
    torch.manual_seed(0)

    class CharLSTM(nn.Module):
        """Logits of the next character, flat."""

        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(65, 128)
            self.lstm = nn.LSTM(128, 128, batch_first=True)
            self.head = nn.Linear(128, 65)

        def forward(self, text: Any) -> Any:
            return self.head(self.lstm(self.embedding(text))[0]).flatten(0, 1)

    model = CharLSTM()
    text = torch.randint(0, 65, (batch, length + 1))
    return _next_character(model, _adam(torch, model.parameters()), text, nn.CrossEntropyLoss())


def normalized(torch: Any, rows: int = 4096, columns: int = 1024) -> Program:
    """sum(softmax(gelu(layer_norm(x)*a + b))**2), with gradients to x, a and b."""
    F = torch.nn.functional
    torch.manual_seed(0)
    x = torch.randn(rows, columns, requires_grad=True)
    a, b = (torch.randn(columns, requires_grad=True) for _ in "ab")

    def step() -> Any:
        x.grad = a.grad = b.grad = None
        y = F.gelu(F.layer_norm(x, (columns,)) * a + b)
        loss = (F.softmax(y, dim=-1) ** 2).sum()
        loss.backward()
        return loss

    return Program(step, [x, a, b])


def _next_character(model: Any, optimizer: Any, text: Any, criterion: Any) -> Program:
    """Predict each character of `text` from those before it."""
    return _training(model, criterion, optimizer, text[:, :-1], text[:, 1:].flatten())


def _training(model: Any, criterion: Any, optimizer: Any, x: Any, y: Any) -> Program:
    def step() -> Any:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, list(model.parameters()))


def _momentum(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def _sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.01)


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
        2.2,
        lambda torch: classifier(torch, _momentum),
    ),
    Workload(
        "W2a",
        "MLP 784-256-128-10, relu, batch 64, cross-entropy, Adam",
        30,
        2.8,
        lambda torch: classifier(torch, _adam),
    ),
    Workload(
        "W3",
        "MLP 784-2048-2048-10, relu, batch 512, cross-entropy, SGD",
        1,
        1.0,
        lambda torch: classifier(torch, _sgd, 512, (2048, 2048)),
    ),
    Workload("W4", "CNN 1-32-64, max pooling, 9216-128-10, batch 64, SGD", 1, 1.4, pictures),
    Workload("W5", "char GPT, 4 layers, 128 wide, batch 12x64, AdamW", 1, 1.3, characters),
    Workload("W6", "embedding, LSTM of 128 units, batch 32x64, Adam", 2, 1.2, recurrent),
    Workload("W7", "sum(softmax(gelu(layer_norm(x)*a + b))**2), 4096x1024", 1, 1.9, normalized),
)

WORKLOADS = {workload.name: workload for workload in _ALL}
QUICK = ("chain", "W0", "W1", "W2", "W2a")


def find_workload(spec: str) -> Workload:
    """The workload called `spec`: a name, or `path/to/file.py:name` for one of your own.

    Raises: LookupError with one line for the user.
    """
    path, colon, name = spec.rpartition(":")
    if not colon:
        if spec in WORKLOADS:
            return WORKLOADS[spec]
        known = ", ".join(WORKLOADS)
        raise LookupError(f"unknown workload {spec!r}: known are {known}, or file.py:name")
    if not Path(path).is_file():
        raise LookupError(f"{path}: no such file")
    found = runpy.run_path(path).get(name)
    if not isinstance(found, Workload):
        raise LookupError(f"{path} has no Workload called {name}")
    return found
