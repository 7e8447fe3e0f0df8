"""A script for what was located: short, failing while the mistake is there, and only then."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from harness import locate
from harness.backends import MINITORCH, TORCH
from harness.locate import repro
from harness.locate.observe import observing
from minitorch import graph
from minitorch.backend import ROWS
from minitorch.optim import sgd
from tests.planting import ON_ROWS

pytestmark = [pytest.mark.differential, ON_ROWS]


def exit_code(text: str) -> int:
    """What a script exits with, run here: the mistake is in this process."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, "repro", "exec"), {})
    except SystemExit as end:
        return int(end.code)
    except ArithmeticError:
        return 1
    return 0


def script(run: Callable[[Any], None]) -> tuple[locate.Located, repro.Script]:
    traces = []
    for backend in (MINITORCH, TORCH):
        with observing(backend) as trace, contextlib.suppress(ArithmeticError):
            run(backend.namespace())
        traces.append(trace)
    located = locate.step(*traces, MINITORCH, TORCH)
    assert located is not None
    made = repro.make(located, MINITORCH, TORCH, run=exit_code)
    assert made is not None
    return located, made


@contextlib.contextmanager
def mistake(row: str, wrong: Callable, i: int = 0, forward: bool = False) -> Iterator[None]:
    """Another rule, or another forward, for as long as the block runs."""
    function = ROWS[row].forward if forward else ROWS[row].rules[i]
    before = function.__code__
    function.__code__ = wrong.__code__
    try:
        yield
    finally:
        function.__code__ = before


def fails(g: Any, y: Any) -> Any:
    raise ArithmeticError("no rule")


def softmax(T: Any) -> None:
    x = T.randn(3, 5, requires_grad=True)
    (x.softmax(dim=-1) * T.randn(3, 5)).sum().backward()


def product(T: Any) -> None:
    x, y = T.randn(4, 1, 3, requires_grad=True), T.randn(2, 3, requires_grad=True)
    (1.5 * (x * y) / 2).sum().backward()


def in_place(T: Any) -> None:
    x = T.randn(4, 3, requires_grad=True) * 1
    x[1:, 0] = 0.5
    x.relu_()
    x.sum().backward()


def layers(T: Any) -> None:
    T.manual_seed(1)
    net = T.nn.Sequential(T.nn.Embedding(9, 6), T.nn.Dropout(0.5), T.nn.Linear(6, 4))
    T.nn.functional.cross_entropy(net(T.tensor([1, 8, 3])), T.tensor([0, 3, 2])).backward()


CASES: dict[str, tuple[Callable, tuple, str]] = {
    "softmax": (softmax, ("softmax", lambda g, out, dim: out * g), "x0.softmax(dim=-1)"),
    "a factor": (product, ("mul", lambda g, x: g, 1), "* x0"),
    "raises": (product, ("div", fails), "x0 / "),
    "in place": (in_place, ("relu", lambda g, out: g), "y0.relu_()"),
    "forward": (product, ("div", lambda xp, x, y: x * y, 0, True), "x0 / "),
    "a loss": (layers, ("log_softmax", lambda g, out, dim: g), "cross_entropy(x0, x1)"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_script_fails_as_long_as_the_mistake_is_there(name: str) -> None:
    run, planted, said = CASES[name]
    with mistake(*planted):
        _, made = script(run)
        assert made.confirmed
        assert exit_code(made.text) == 1
    assert exit_code(made.text) == 0
    assert said in made.text
    assert made.lines <= 30
    assert np.median(made.sizes) <= 4


def test_an_optimizer_gets_a_script_too(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sgd.sgd_rule

    def run(T: Any) -> None:
        w = T.nn.Parameter(T.tensor([[1.0, 2.0], [3.0, 4.5]]))
        optimizer = T.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.01)
        for _ in range(2):
            w.grad = w.detach() * 0.3
            optimizer.step()

    def wrong(xp: Any, scratch: Any, p: Any, g: Any, *rest: Any) -> None:
        right(xp, scratch, p, g * np.float32(1.01), *rest)

    monkeypatch.setattr(sgd, "sgd_rule", wrong)
    located, made = script(run)
    assert (located.op, located.direction) == ("SGD", "update")
    assert located.engine_line
    assert made.confirmed
    assert made.lines <= 30
    assert made.sizes == [1]
    monkeypatch.undo()
    assert exit_code(made.text) == 0


def shared(T: Any) -> None:
    T.manual_seed(0)
    x = T.randn(3, 4, requires_grad=True)
    y = (x * 2).reshape(4, 3)
    z = y.sin().relu() + y.exp()
    (z.sum() + y.cos().mean()).backward()


def test_what_is_between_calls_gets_the_few_calls_that_show_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def overwrites(pending: dict, summed: set, node: Any, nr: int, g: Any) -> None:
        pending[node] = g

    monkeypatch.setattr(graph, "_add", overwrites)
    located, made = script(shared)
    assert "sent to this tensor agree" in located.interaction
    assert made.confirmed
    assert made.lines <= 30
    assert max(made.sizes) <= 2
    assert made.text.count("    v") == 2, "two calls that use one tensor"
    monkeypatch.undo()
    assert exit_code(made.text) == 0


def test_a_script_runs_in_a_process_of_its_own(tmp_path: Any) -> None:
    with mistake("softmax", lambda g, out, dim: out * g):
        _, made = script(softmax)
    path = repro.save(made, tmp_path, "softmax")
    assert path.name == "repro_softmax.py"
    assert repro.in_a_process(path.read_text()) == 0
    assert repro.in_a_process("raise SystemExit(1)") == 1
