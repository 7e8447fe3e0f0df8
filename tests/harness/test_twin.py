"""Comparisons told in words: the message, the record, the line of the engine."""

from __future__ import annotations

import types

import numpy as np
import pytest

import minitorch
from harness import Twin
from harness.backends import MINITORCH, TORCH, Backend
from harness.local import Comparison, Finding
from harness.tolerance import Judgement
from harness.twin import Differs, as_input, engine_line, verdict


class Copy(Backend):
    """minitorch with some words replaced, by functions of this file."""

    def __init__(self, **words) -> None:
        super().__init__("copy")
        self._words = words

    def namespace(self):
        made = types.ModuleType("copy")
        made.__dict__.update(minitorch.__dict__, **self._words, __file__=__file__)
        return made


def steep(x):
    raise ArithmeticError("too steep")


def test_what_passes_is_returned_and_kept():
    twin = Twin(MINITORCH, MINITORCH, test="here")
    made = twin(lambda T, x: x.exp(), shapes=[(2, 3)])
    assert made.ok
    (record,) = twin.records
    assert record.items() >= {"test": "here", "shapes": [[2, 3]], "verdict": "pass"}.items()
    assert (record["file"], record["dtypes"], record["err_ratio"]) == (__file__, ["float32"], 1.0)


def test_the_comparison_that_used_most_of_its_budget_is_returned():
    twin = Twin(MINITORCH, MINITORCH)
    made = twin(lambda T, x: T.softmax(x, 0), shapes=[(2, 3)], edges=True)
    assert made.worst.judgement.share == max(r.get("share", 0) for r in twin.records)


def test_a_whole_number_that_differs_has_no_budget():
    twin = Twin(Copy(argmax=lambda x: minitorch.argmin(x)), MINITORCH)
    with pytest.raises(Differs, match="not equal, where it is a whole number"):
        twin(lambda T, x: T.argmax(x), inputs=[[1, 3, 2.0]])


def test_the_engines_line_is_the_innermost_of_its_own():
    twin = Twin(Copy(sinh=steep), MINITORCH)
    with pytest.raises(Differs, match="copy raises ArithmeticError in forward: too steep"):
        twin(lambda T, x: T.sinh(x), shapes=[()])
    record = twin.records[0]
    assert record["engine_file"] == __file__
    assert record["engine_line"] == steep.__code__.co_firstlineno + 1


def test_an_engine_of_a_package_owns_all_its_files():
    with pytest.raises(RuntimeError) as caught:
        minitorch.zeros(2) @ minitorch.zeros(3)
    file, line = engine_line(caught.tb, MINITORCH)
    assert "minitorch" in file
    assert line > 0
    assert engine_line(None, MINITORCH) is None


def test_python_numbers_are_float32_and_other_dtypes_stay():
    assert as_input([1.5]).dtype == np.float32
    assert as_input([1]).dtype == np.int64
    assert as_input(np.float16([1])).dtype == np.float16


def test_verdicts():
    off = [Finding("value", Judgement(2.0, "rounding", 1.0, 0.5, 0.1))]
    assert verdict(Comparison(off)) == "numbers"
    assert verdict(Comparison(off, odd="reference")) == "reference"
    assert verdict(Comparison(off, odd="undefined")) == "undefined"
    assert verdict(Comparison(problem="shape")) == "structure"
    assert verdict(Comparison(unsupported="no gelu")) == "unsupported"
    assert verdict(Comparison(agreed="ValueError")) == "pass"


@pytest.mark.differential
def test_the_call_that_differs_is_named_with_its_lines(wrong_relu):
    pytest.importorskip("torch")
    twin = Twin(MINITORCH, TORCH)
    with pytest.raises(Differs, match="gradient of input 0 differs on minitorch and torch") as said:
        twin(lambda T, x, y: T.tanh(T.relu(x) * y), shapes=[(2, 3), (3,)])
    (record,) = twin.records
    assert record["first_op"] == "backward of relu"
    assert "minitorch/ops/" in record["engine_file"]
    lines = str(said.value).splitlines()
    assert lines[-3] == "  born in  backward of relu"
    assert lines[-1].endswith("twin(lambda T, x, y: T.tanh(T.relu(x) * y), shapes=[(2, 3), (3,)])")


def test_what_both_engines_refuse_is_no_pass_unless_that_is_what_is_tested():
    twin = Twin(MINITORCH, MINITORCH)
    with pytest.raises(Differs, match="nothing compared: both raise AttributeError"):
        twin(lambda T, x: T.expp(x), shapes=[(2,)])
    assert twin(lambda T, x: x.reshape(3), shapes=[(2,)], raises=True).agreed == "RuntimeError"
    with pytest.raises(Differs, match="nothing raised"):
        twin(lambda T, x: x.exp(), shapes=[(2,)], raises=True)
    assert twin(lambda T, x, y: x + y, shapes=[(2, 3), (2, 3)], edges=True).ok
    assert twin(lambda T, x: x[1], shapes=[(2, 3)], edges=True).ok  # "empty" raises on both
