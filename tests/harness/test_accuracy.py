"""The accuracy table names what is inaccurate, absent or refused, and nothing else."""

from __future__ import annotations

import csv
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import minitorch
from harness import accuracy
from harness.accuracy import Errors, Result
from harness.backends import Backend

EPS = accuracy.EPS

# --- the measure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0 + EPS, 2.0], [1.0, 2.0], 0.5),
        ([0.5, np.nan], [0.5, np.nan], 0),
        ([0.5, np.inf], [0.5, 1e300], 0),
        ([0.5, 1.0], [0.5, np.nan], accuracy.NOTHING_RIGHT),
        ([0.5, np.nan], [0.5, 1.0], accuracy.NOTHING_RIGHT),
        ([0.0, 0.0], [0.0, 0.0], 0),
    ],
)
def test_error_is_in_eps_of_the_largest_element(found, truth, expected):
    found, truth = np.array(found, np.float32), np.array(truth)
    assert accuracy.error(found, truth, 0) == pytest.approx(expected)


def test_rounding_of_what_is_zero_on_paper_is_measured_on_the_incoming_gradient():
    noise, zero = np.array([EPS * accuracy.SMALLEST], np.float32), np.zeros(1)
    assert accuracy.error(noise, zero, accuracy.SMALLEST) == pytest.approx(1)


def test_errors_of_a_few_eps_are_no_worse_than_none():
    assert Errors(0, accuracy.FLOOR).ratio == 1
    assert Errors(0, 8 * accuracy.FLOOR).ratio == 8


def test_no_engine_is_blamed_for_what_half_a_digit_of_the_inputs_does():
    assert Errors(0, 100, floor=50).ratio == 2
    assert Errors(100, 0, floor=50).ratio == 0.5


# --- the verdict ----------------------------------------------------------------------------------


def result(name: str, theirs: float, ours: float, **more: Any) -> Result:
    return Result(name, [Errors(theirs, ours)], [], 3, **more)


def test_summary_is_over_what_rounds():
    found = accuracy.summarize([result("a", 0, 0), result("b", 10, 10), result("c", 10, 30)])
    assert (found.compared, found.exact) == (3, 1)
    assert found.median == 2
    assert found.close == 0.5
    assert found.worst.name == "c"
    assert accuracy.headline(found, "mine").startswith("PASS")


def test_worst_operation_is_named_where_it_is_beyond_the_limit():
    found = accuracy.summarize([result("a", 1, 1), result("b", 10, 100), result("c", 10, 90)])
    assert accuracy.headline(found, "mine").startswith("FAIL  b is 10 times")
    assert "and 1 more" in accuracy.headline(found, "mine")


def test_odd_one_out_is_said_to_be_torch():
    found = accuracy.summarize([result("a", 1000, 1), result("b", 4, 1)])
    assert "torch is the odd one out in a: 1e+03 eps off, mine 1" in said(found)
    assert not [line for line in said(found) if "in b" in line]


def test_operation_that_is_wrong_in_torch_is_shown_and_no_fault():
    found = accuracy.summarize([result("as_strided_scatter", 0, 1e6), result("a", 0, 1)])
    assert accuracy.headline(found, "mine").startswith("PASS")
    assert any(line.startswith("torch is wrong in as_strided_scatter") for line in said(found))


def test_absent_and_refused_are_listed():
    missing = Result("b", [], [], absent=True)
    lines = said(accuracy.summarize([result("a", 1, 1, refused=2), missing]))
    assert "mine refuses samples of: 1, a" in lines
    assert "mine has no: 1, b" in lines


def said(found: accuracy.Summary) -> list[str]:
    return accuracy.lines(found, "mine")


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
def measured(monkeypatch, tmp_path):
    """`main` on some operations of a changed minitorch: (exit code, rows of the table, report)."""
    pytest.importorskip("torch")
    pytest.importorskip("expecttest")

    def measure(ops: str, **names: Any) -> tuple[int, dict[str, dict], str]:
        monkeypatch.setattr("harness.backends._registered", {"mine": Mine(**names)})
        arguments = ["--backend", "mine", "--ops", ops, "--samples", "4", "--out", str(tmp_path)]
        code = accuracy.main(arguments)
        with (tmp_path / "accuracy.csv").open(encoding="utf-8") as file:
            rows = {row["operation"]: row for row in csv.DictReader(file)}
        return code, rows, (tmp_path / "accuracy.md").read_text(encoding="utf-8")

    return measure


def rough(x):
    """e ** x with the last digits wrong."""
    return minitorch.exp(x) * 1.00001


def steep(x):
    """e ** x with a gradient that is a little too large."""
    out = minitorch.exp(x)
    return out + out * 1e-5 - (out * 1e-5).detach()


@pytest.mark.differential
def test_accurate_operations_pass(measured):
    code, rows, report = measured("^(exp|sin|softmax)$")
    assert code == 0
    assert {name: row["samples"] for name, row in rows.items()} == {
        "exp": "3", "sin": "1", "softmax": "4"
    }  # fmt: skip
    assert "\nPASS  mine" in report
    assert "3 operations compared on 8 samples" in report
    assert "cannot be said" not in report


@pytest.mark.differential
@pytest.mark.parametrize("planted", [rough, steep])
def test_inaccurate_operation_is_named(measured, planted):
    code, rows, report = measured("^(exp|sin)$", exp=planted)
    assert code == 1
    assert "\nFAIL  exp is" in report
    assert float(rows["exp"]["ratio"]) > 8 > float(rows["sin"]["ratio"])
    assert float(rows["exp"]["gradient, ours"]) > 20 * float(rows["exp"]["gradient, torch"])
    right = float(rows["exp"]["value, ours"]) < 4
    assert right == (planted is steep)


@pytest.mark.differential
def test_absent_operation_is_counted_and_compared_no_further(measured):
    code, rows, report = measured("^(exp|sin)$", sin=None)
    assert code == 0
    assert set(rows) == {"exp"}
    assert "mine has no: 1, sin" in report


@pytest.mark.differential
def test_operation_that_raises_is_listed_as_refused(measured):
    def refuse(x):
        raise NotImplementedError

    code, rows, report = measured("^(exp|sin)$", sin=refuse)
    assert code == 0
    assert set(rows) == {"exp"}
    assert "mine refuses samples of: 1, sin" in report


@pytest.mark.differential
def test_random_operations_are_left_out(measured):
    assert set(measured("^(exp|nn.functional.dropout|bernoulli)$")[1]) == {"exp"}


@pytest.mark.differential
def test_variants_are_operations_of_their_own(measured):
    rows = measured(r"^div\.")[1]
    assert {"div.no_rounding_mode", "div.floor_rounding", "div.trunc_rounding"} == set(rows)


def test_bad_usage_is_answered_by_one_line_and_exit_code_3(capsys):
    pytest.importorskip("expecttest")
    with pytest.raises(SystemExit, match="3"):
        accuracy.main(["--ops", "^no such operation$"])
    with pytest.raises(SystemExit, match="3"):
        accuracy.main(["--what"])
    assert "no such operation" in capsys.readouterr().err
