"""A step with a mistake in it: which call, which line of the engine, which line of the model."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

from harness import locate
from harness.backends import MINITORCH, TORCH
from harness.locate.observe import observing
from harness.locate.trace import Trace
from minitorch.backend import ROWS
from minitorch.optim import Adam
from tests.planting import ON_ROWS

pytestmark = [pytest.mark.differential, ON_ROWS]


def model(T: Any) -> None:
    """One step of a small attention block; the lines are named by what they compute."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(0)
    ln, qkv, head, lstm = nn.LayerNorm(4), nn.Linear(4, 12), nn.Linear(4, 3), nn.LSTM(4, 4)
    parts = nn.ModuleList([ln, qkv, head, lstm])
    optimizer = T.optim.Adam(parts.parameters(), lr=1e-2, weight_decay=0.1)
    x, y = T.randn(2, 5, 4), T.randint(0, 3, (10,))
    q, k, v = qkv(ln(x)).chunk(3, -1)
    a = (q @ k.transpose(-2, -1) / 2).softmax(-1)  # attention
    x = x + F.dropout(F.gelu(a @ v), 0.2)
    x[0] = x[1] * 0.5
    x = lstm(x.relu())[0]
    F.cross_entropy(head(x).flatten(0, 1), y).backward()
    nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
    optimizer.step()


LINES = [line.strip() for line in Path(__file__).read_text(encoding="utf-8").splitlines()]


def traced(backend: Any, run: Callable[[Any], None]) -> Trace:
    """What `run` does on an engine; what it raises is left out."""
    with observing(backend) as trace:
        try:
            run(backend.namespace())
        except ArithmeticError:
            assert trace.calls
    return pickle.loads(pickle.dumps(trace))


def located(run: Callable[[Any], None] = model) -> locate.Located | None:
    mine, theirs = traced(MINITORCH, run), traced(TORCH, run)
    return locate.step(mine, theirs, MINITORCH, TORCH, number=7)


def test_a_correct_engine_is_not_accused() -> None:
    assert located() is None


def raises(g: Any, out: Any) -> Any:
    raise ArithmeticError("no rule")


WRONG: dict[str, tuple[Any, Callable, str, str, str]] = {
    "softmax": (ROWS["softmax"].rules[0], lambda g, out, dim: out * g, "softmax", "backward",
                "# attention"),
    "division": (ROWS["div"].rules[0], lambda g, y: g, "div", "backward", "# attention"),
    "relu": (ROWS["relu"].rules[0], lambda g, out: g, "relu", "backward", "lstm(x.relu())"),
    "relu raises": (ROWS["relu"].rules[0], raises, "relu", "backward", "lstm(x.relu())"),
    "relu forward": (ROWS["relu"].forward, lambda xp, x: xp.abs(x), "relu", "forward",
                     "lstm(x.relu())"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_call_and_its_lines_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, wrong, op, direction, text = WRONG[name]
    assert function.__code__.co_freevars == ()
    before: CodeType = function.__code__
    code = wrong.__code__.replace(
        co_filename=before.co_filename, co_firstlineno=before.co_firstlineno
    )
    monkeypatch.setattr(function, "__code__", code)
    found = located()
    assert found is not None
    assert (found.step, found.op, found.direction) == (7, op, direction)
    assert text in found.model_source_text
    assert found.model_source_text in LINES
    assert not found.interaction
    file, _, line = found.engine_line.partition(":")
    assert before.co_filename.endswith(file)
    assert int(line) in range(before.co_firstlineno - 1, before.co_firstlineno + 12)
    assert f"{direction} of {op}" in str(found)
    if name.endswith("raises"):
        assert "ArithmeticError" in found.problem
    else:
        assert found.error > found.budget > 0


def test_a_layer_that_is_one_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ROWS["lstm_layer"]

    def wrong(*operands: Any, **parameters: Any) -> Any:
        out, *rest = row.forward(*operands, **parameters)
        return out * np.float32(1.001), *rest

    monkeypatch.setattr(row, "run", wrong)
    found = located()
    assert found is not None
    assert (found.op, found.direction) == ("LSTM", "forward")
    assert "ops/recurrent.py:" in found.engine_line
    assert "lstm(x.relu())" in found.model_source_text


def test_an_optimizer_is_named_by_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Adam._constants

    def wrong(self: Any, group: Any, dtype: Any, t: float) -> tuple:
        return right(self, group, dtype, t + 1)

    monkeypatch.setattr(Adam, "_constants", wrong)
    found = located()
    assert found is not None
    assert (found.op, found.direction) == ("Adam", "update")
    assert "optim/adam.py:" in found.engine_line
    assert found.model_source_text == "optimizer.step()"


def hooked(leaf: bool) -> Callable[[Any], None]:
    """A hook that does something else on one engine."""

    def run(T: Any) -> None:
        x = T.tensor([1.0, 2.0], requires_grad=True)
        y = x.exp()
        factor = 3 if T is MINITORCH.namespace() else 1
        (x if leaf else y).register_hook(lambda g: g * factor)
        ((y * y).sum() + (x * y).sum()).backward()

    return run


@pytest.mark.parametrize("leaf", [True, False])
def test_what_no_call_alone_shows_is_an_interaction(leaf: bool) -> None:
    found = located(hooked(leaf))
    assert found is not None
    assert "agree" in found.interaction
    assert found.direction == "backward"
    assert {"mul", "exp"} <= {call.op for call in found.around}
    assert found.engine_line == ""
    assert "not told" in str(found)


def test_layers_that_work_otherwise_inside_are_one_call() -> None:
    mine, theirs = traced(MINITORCH, model), traced(TORCH, model)
    pairs = locate.align(mine, theirs).pairs
    names = [pair.theirs.name for pair in pairs]
    assert "torch.nn.LSTM" in names
    assert "torch.nn.Linear" not in names
    assert "torch.nn.functional.linear" in names
    assert all(np.shape(p.mine.inputs) == np.shape(p.theirs.inputs) for p in pairs)


def test_calls_of_one_engine_are_counted() -> None:
    def run(T: Any) -> None:
        if T is not MINITORCH.namespace():
            T.ones(2).exp()
        T.ones(2).sin()

    mine, theirs = traced(MINITORCH, run), traced(TORCH, run)
    aligned = locate.align(mine, theirs)
    assert [call.op for call in aligned.only_reference] == ["ones", "exp"]
    assert not aligned.only_candidate
    assert len(aligned.pairs) == 2
