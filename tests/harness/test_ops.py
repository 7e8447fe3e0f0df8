"""The table of operations names what is wrong, inaccurate, absent or refused, and nothing else."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import minitorch
from harness import ops
from harness.backends import MINITORCH, TORCH, Backend
from harness.cases.case import Draw, case, word
from harness.local import Comparison, Finding, compare
from harness.ops import measure, report, rules
from harness.ops.measure import EPS, Tried
from harness.tolerance import Judgement

TANH = case("tanh", "plain", word("tanh"), Draw(0)(5))


def judged(error: float, reference: float, budget: float, term: str = "rounding") -> Judgement:
    return Judgement(error / budget, term, error * EPS, budget * EPS, reference * EPS)


# --- ratios ---------------------------------------------------------------------------------------


def test_errors_of_a_few_eps_are_no_worse_than_none():
    assert measure.ratio(judged(4, 0, 100)) == 1
    assert measure.ratio(judged(32, 0, 100)) == 8
    assert measure.ratio(judged(0.1, 32, 100)) == 1 / 8


def test_no_engine_is_blamed_for_what_half_a_digit_of_the_inputs_does():
    assert measure.ratio(judged(100, 0, 800, "one ulp")) == 2
    assert measure.ratio(judged(100, 0, 800, "reference")) == 25


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Comparison([Finding("value", judged(1, 1, 4))]), "pass"),
        (Comparison([Finding("value", judged(9, 1, 4))], odd="candidate"), "fault"),
        (Comparison([Finding("value", judged(9, 1, 4))], odd="reference"), "fault"),
        (Comparison([Finding("value", judged(9, 1, 4))], odd="undefined"), "undefined"),
        (Comparison(problem="value: shape"), "structure"),
        (Comparison(unsupported="AttributeError"), "unsupported"),
        (Comparison(beyond="RuntimeError"), "beyond"),
        (Comparison(agreed="RuntimeError"), "raises"),
    ],
)
def test_every_case_has_one_state(found, state):
    one = Tried(TANH, 0, found)
    assert one.state == state
    assert one.wrong == (state in ("fault", "structure"))
    assert bool(one.ratios) == (state in ("pass", "fault"))


def test_summary_counts_names_and_blames():
    right, wrong = (Finding("value", judged(*errors)) for errors in ((4, 16, 64), (64, 4, 16)))
    tried = [
        Tried(TANH._replace(op=op), 0, found)
        for op, found in {
            "tanh": Comparison([right]),
            "sinh": Comparison([wrong], odd="candidate"),
            "i0": Comparison(unsupported="AttributeError in forward"),
            "sinc": Comparison([wrong], odd="reference"),
        }.items()
    ]
    found = report.summarize(tried, MINITORCH, TORCH)
    assert found.headline.startswith("FAIL  sinh, plain, 5: value: error")
    assert [o.name for o in found.ops][:1] == ["sinh"]
    assert found.facts["ratio"]["geometric mean"] == pytest.approx((0.25 * 16) ** 0.5)
    assert "minitorch has no: i0" in found.lines
    assert "torch is the odd one out, by the difference quotient, in: sinc" in found.lines


@pytest.mark.differential
def test_the_true_slope_is_a_fault_where_torch_has_another_on_purpose():
    pytest.importorskip("torch")

    def sloped(T, x, y):
        return T.nextafter(x, y).detach() + (x - x.detach())

    x = np.array([1.0, -2.0], np.float32)
    theirs = lambda T, x, y: T.nextafter(x, y)  # noqa: E731
    found = compare((sloped, theirs), [x, x], MINITORCH, TORCH, 1, constant=[1])
    assert (found.odd, found.ok) == ("reference", True)
    assert Tried(TANH._replace(op="nextafter"), 0, found).state == "fault"
    assert Tried(TANH._replace(op="sinc"), 0, found).state == "torch is wrong"


# --- the whole, against torch ---------------------------------------------------------------------


class Mine(Backend):
    """minitorch with some names replaced, or left out where they are None."""

    def __init__(self, **names: Any) -> None:
        super().__init__("mine")
        self.made = ModuleType("mine")
        vars(self.made).update(vars(minitorch), **names)
        for name in [n for n, value in names.items() if value is None]:
            delattr(self.made, name)

    def namespace(self) -> Any:
        return self.made


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """`main` on some operations of a changed minitorch: (exit code, ops.json, ops.md)."""
    pytest.importorskip("torch")
    pytest.importorskip("expecttest")

    def run(*names: str, **replaced: Any) -> tuple[int, dict, str]:
        monkeypatch.setattr(
            "harness.backends._registered", {"mine": Mine(**replaced), "torch": TORCH}
        )
        arguments = ["--backends", "mine,torch", "--out", str(tmp_path), "--op", *names]
        code = ops.main(arguments)
        facts = json.loads((tmp_path / "ops" / "ops.json").read_text(encoding="utf-8"))
        return code, facts, (tmp_path / "ops" / "ops.md").read_text(encoding="utf-8")

    return run


def rough(x):
    """e ** x with the last digits wrong."""
    return minitorch.exp(x) * 1.00001


def steep(x):
    """e ** x with a gradient that is a little too large."""
    out = minitorch.exp(x)
    return out + out * 1e-5 - (out * 1e-5).detach()


@pytest.mark.differential
def test_right_operations_pass(tried):
    code, facts, text = tried("exp", "sin")
    assert code == 0
    assert facts["schema"] == "harness.ops/1"
    assert {o["name"] for o in facts["ops"]} == {"exp", "sin"}
    assert facts["states"]["pass"] == facts["cases"] > 20
    assert "\nPASS  mine computes 2 operations" in text


@pytest.mark.differential
@pytest.mark.parametrize("planted", [rough, steep])
def test_a_wrong_operation_is_named(tried, planted):
    code, facts, text = tried("exp", "sin", exp=planted)
    assert code == 1
    assert {alarm["op"] for alarm in facts["alarms"]} == {"exp"}
    assert "\nFAIL  exp" in text
    said = facts["alarms"][0]["said"]
    assert said.startswith("value" if planted is rough else ("gradient", "second"))
    worst = {o["name"]: o["ratio"] for o in facts["ops"]}
    assert worst["exp"] > 8 > worst["sin"]


@pytest.mark.differential
def test_an_absent_operation_is_counted_and_named(tried):
    code, facts, text = tried("exp", "sin", sin=None)
    assert code == 0
    assert set(facts["unsupported"]) == {"sin"}
    assert "mine has no: sin." in text


@pytest.mark.differential
def test_one_operation_is_shown_tensor_by_tensor(tried, capsys):
    tried("exp", exp=steep)
    shown = capsys.readouterr().out
    assert "exp, kinks, 42, seed 0" in shown
    assert "second gradient of input 0" in shown
    assert "FAULT" in shown


@pytest.mark.differential
def test_torch_is_found_to_be_the_odd_one_out(tried):
    code, facts, text = tried("as_strided_scatter")
    assert code == 0
    assert facts["states"]["torch is wrong"] > 3
    assert "odd one out, by the difference quotient, in: as_strided_scatter" in text


def test_an_unknown_operation_is_one_line_and_exit_code_3(capsys, tmp_path):
    pytest.importorskip("expecttest")
    with pytest.raises(SystemExit) as stop:
        ops.main(["--op", "nonesuch", "--out", str(tmp_path)])
    assert stop.value.code == 3
    assert capsys.readouterr().err == "ops: --op nonesuch: no such operation\n"


def test_what_was_tried_is_kept_when_somebody_stops_it(monkeypatch):
    def stopped(*_: Any) -> Any:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(1)
        return Comparison([Finding("value", judged(1, 1, 4))])

    calls: list[int] = []
    monkeypatch.setattr(measure, "compare", stopped)
    done, cut = measure.run([(0, TANH)] * 5, MINITORCH, TORCH)
    assert (len(done), cut) == (2, True)
    assert "stopped: 3 not tried" in report.summarize(done, MINITORCH, TORCH, cut, 5).headline


# --- which rules see planted mistakes -------------------------------------------------------------


@pytest.mark.differential
def test_our_rule_sees_every_planted_mistake_and_others_do_not():
    pytest.importorskip("expecttest")
    ours, *others = rules.measure(rules.sample(pattern="^(tanh|softmax|mm)$"), MINITORCH, TORCH)
    assert ours.name == rules.OURS
    assert (ours.killed, ours.false_alarms) == (ours.of, 0)
    assert ours.of > 40
    assert all(row.of == ours.of for row in others)
    cosine = next(row for row in others if row.name.startswith("cosine"))
    assert cosine.small < ours.small / 4
    assert rules.text([ours]).splitlines()[1].startswith("this harness")


def test_mistakes_are_mistakes():
    g = np.arange(1, 7, dtype="f").reshape(2, 3) / 7
    assert all(not np.array_equal(spoil(g), g) for spoil in rules.MISTAKES.values())
    assert rules.MISTAKES["in reverse order"](g)[0, 0] == g[1, 2]
    one = np.float32(0.5).reshape(())
    assert all(spoil(one).shape == () for spoil in rules.MISTAKES.values())
    assert rules.MISTAKES["last row zero"](one) == 0
