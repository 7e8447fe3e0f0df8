"""Every call of a step, alone: errors of both engines, and which call is out of its budget."""

from __future__ import annotations

from typing import Any

import pytest

from harness.backends import MINITORCH, TORCH
from harness.locate import survey
from harness.locate.observe import observing
from minitorch.backend import ROWS
from tests.planting import ON_ROWS

pytestmark = [pytest.mark.differential, ON_ROWS]


def model(T: Any) -> None:
    T.manual_seed(0)
    net = T.nn.Sequential(T.nn.Linear(4, 8), T.nn.Linear(8, 3))
    x = net(T.randn(5, 4))
    for _ in range(survey.EACH + 2):
        x = x.mul(1.1)  # in a loop
    x.relu().exp().mean().backward()


def surveyed() -> survey.Survey:
    traces = []
    for backend in (MINITORCH, TORCH):
        with observing(backend) as trace:
            model(backend.namespace())
        traces.append(trace)
    return survey.of(*traces, MINITORCH, TORCH, 7)


def test_the_calls_of_a_step_each_have_their_errors() -> None:
    found = surveyed()
    assert (found.step, found.alone) == (7, (0, 0))
    assert [c.module for c in found.calls if c.op == "linear"] == ["0", "1"]
    assert not any(c.wrong or c.note for c in found.calls)
    rows = {row.op: row for row in found.rows()}
    linear = rows["linear"]
    assert (linear.calls, linear.modules) == (2, ["0", "1"])
    for errors in (linear.forward, linear.backward):
        assert errors is not None
        assert 0 < errors.mine < 1e-5
        assert 0 < errors.theirs < 1e-5
        assert 0 < errors.share <= 1
    assert "x = net(T.randn(5, 4))" in linear.source
    assert linear.line.startswith("tests/harness/locate/test_survey.py:")


def test_of_a_loop_the_first_calls_run() -> None:
    found = surveyed()
    calls = [c for c in found.calls if c.op == "mul"]
    assert [c.worst is not None for c in calls] == [True] * survey.EACH + [False] * 2
    (row,) = (r for r in found.rows() if r.op == "mul")
    assert row.calls == survey.EACH + 2


def test_the_call_with_a_wrong_rule_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = ROWS["relu"].rules[0]
    monkeypatch.setattr(rule, "__code__", (lambda g, out: g).__code__)
    found = surveyed()
    first, second, *_ = found.rows()
    assert first.op == "relu"
    assert first.wrong
    assert first.share is not None
    assert first.share > 1
    assert first.share == first.backward.share  # type: ignore[union-attr]
    assert not second.wrong
