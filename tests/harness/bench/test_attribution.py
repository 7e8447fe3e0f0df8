"""All of a step's time is told, under torch's names, and to the call that it belongs to."""

from __future__ import annotations

import time

import pytest

from harness.backends import MINITORCH, TORCH
from harness.bench.attribution import CLOCKS, REST, START, attribute
from harness.workloads import WORKLOADS, additions, regression

REGRESSION = {
    "nn.Linear": 3,
    "nn.Tanh": 2,
    "nn.MSELoss": 1,
    "optim.SGD.step": 1,
    "optim.SGD.zero_grad": 1,
    START: 0,
    REST: 0,
    CLOCKS: 0,
}
ENGINES = [MINITORCH, pytest.param(TORCH, marks=pytest.mark.differential)]


def calls(rows) -> dict[str, float]:
    return {name: row[0] for name, row in rows.items()}


@pytest.mark.parametrize("backend", ENGINES, ids=lambda backend: backend.name)
def test_rows_are_the_outermost_calls_and_add_up_to_the_step(backend):
    engine = backend.namespace()
    program = regression(engine, batch=4)
    program.step()
    seconds, rows = attribute(engine, program.step, 4)
    assert calls(rows) == REGRESSION
    assert sum(row[1] + row[2] for row in rows.values()) == pytest.approx(seconds)
    assert all(rows[name][2] > 0 for name in ("nn.Linear", "nn.Tanh", "nn.MSELoss", START))
    assert rows["optim.SGD.step"][2] == rows[REST][2] == rows[CLOCKS][2] == 0
    assert rows[REST][1] > 0
    assert rows[CLOCKS][1] > 0


@pytest.mark.differential
@pytest.mark.parametrize("name", ["W4", "W5", "W6"])
def test_both_engines_are_told_under_the_same_names(name):
    told = []
    for backend in (MINITORCH, TORCH):
        engine = backend.namespace()
        told.append(calls(attribute(engine, WORKLOADS[name].build(engine).step, 1)[1]))
    assert told[0] == told[1]


@pytest.mark.parametrize("backend", ENGINES, ids=lambda backend: backend.name)
def test_time_goes_to_the_call_that_took_it(backend):
    engine = backend.namespace()

    class Slow(engine.autograd.Function):
        """x, after 5 ms; its gradient after 10 ms."""

        @staticmethod
        def forward(ctx, x):
            time.sleep(0.005)
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            time.sleep(0.01)
            return g.clone()

    x = engine.ones(3, requires_grad=True)
    step = lambda: (Slow.apply(x * 2.0) + 1.0).sum().backward()  # noqa: E731
    _, rows = attribute(engine, step, 2)
    assert calls(rows) == {
        "Tensor.__mul__": 1,
        "Slow": 1,
        "Tensor.__add__": 1,
        "Tensor.sum": 1,
        START: 0,
        REST: 0,
        CLOCKS: 0,
    }
    for name, (_, forward, backward) in rows.items():
        assert (forward >= 0.005) == (name == "Slow")
        assert (backward >= 0.01) == (name == "Slow")


def test_names_are_what_they_were_afterwards():
    engine = MINITORCH.namespace()
    watched = lambda: (  # noqa: E731
        engine.add,
        engine.Tensor.__add__,
        engine.Tensor.backward,
        engine.nn.Module.__call__,
        vars(engine.autograd.Function)["apply"],
        engine.optim.SGD.step,
    )
    before = watched()
    attribute(engine, additions(engine, length=2).step, 1)
    assert watched() == before


def test_step_that_fails_leaves_no_clock_behind():
    engine = MINITORCH.namespace()
    before = engine.Tensor.__add__
    with pytest.raises(RuntimeError, match="broadcast"):
        attribute(engine, lambda: engine.ones(2) + engine.ones(3), 1)
    assert engine.Tensor.__add__ is before
