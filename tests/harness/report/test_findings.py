"""What other commands found: a section for each, of what its JSON says and nothing else."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pandas")

from harness import index
from harness.report import beside, findings
from harness.report.figures import short

RATIO = {"median": 0.5, "low": 0.4, "high": 0.6}
TOLD: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "ops": (
        {"headline": "PASS  all", "reference": "torch", "operations": 2,
         "ops": [{"name": "erf", "cases": 3, "tensors": 9, "share": "inf", "term": "one ulp",
                  "error": 2.5, "reference_error": "inf", "ratio": 1.0, "worst": "erf, ties",
                  "rounds": True}, {"name": "neg", "rounds": False}],
         "odd": [{"case": "sinc, kinks", "seed": 0, "said": "gradient: error 1"}], "alarms": [],
         "rules": [{"name": "cosine", "killed": 1, "of": 4, "structural": 1, "of_structural": 2,
                    "small": 0, "of_small": 2, "false_alarms": 3, "cases": 7}]},
        ["PASS  all", "erf", "Where torch is the odd one out", "sinc, kinks", "25.0%", "3 of 7"],
        ["neg", "at fault"],
    ),
    "opinfo": (
        {"headline": "mine: 5 of 6 operations",
         "tiers": [{"kind": "operations", "tier": "T1", "supported": "5 of 6"}]},
        ["test databases: operations", "supported", "5 of 6"], ["modules"],
    ),
    "mutate": (
        {"totals": {"killed": 999, "survived": 1, "equivalent": 4},
         "kinds": [{"name": "sign", "means": "a minus", "mutants": 7, "killed": 6, "equivalent": 0,
                    "survived": 1, "score": 6 / 7}],
         "survivors": [{"site": "mul", "where": "x.py:3", "kind": "sign", "mistake": "-",
                        "before": "g * <y>", "after": "-g"}]},
        ["999 of 1,000 caught, 1 survived", "85.7%", "x.py:3", "- g * <y>", "+ -g"], [],
    ),
    "fuzz": (
        {"seed": 3, "findings": [], "accepted deviations": [
            {"name": "views", "reason": "because", "programs": 2}],
         "coverage": {"programs": 50, "names": 9, "unreached": ["exp"], "cells": 1234,
                      "programs with": {"hooks": 25}}},
        ["no differences in 50 programs, seed 3", "8 of 9 names, 1,234 cells", "hooks 50%", "exp",
         "fuzz: views", "because (2 programs)"], ["confirmed"],
    ),
    "bench": (
        {"candidate": "mine", "reference": "torch", "workloads": [
            {"name": "W1", "what": "an MLP", "ratio": RATIO, "verdict": "slower",
             "seconds": {"mine": 0.002, "torch": 0.001}}, {"name": "W9", "status": "skipped"}]},
        ["0.50 times as fast as torch", "W1", "2.000", "0.50x [0.40, 0.60]", "slower"], ["W9"],
    ),
    "locate": (
        {"rules": {"planted": 9, "killed": 8, "call_right": 1.0, "line_right": 0.75,
                   "script": None}},
        ["of 8 mistakes in rules the call is right in 100.0%", "75.0%", "–"], ["optimizers"],
    ),
    "overhead": (
        {"headline": "every tensor 1.50x", "script": "it.py", "steps": 5, "ways": [
            {"way": "every tensor", "milliseconds": 3.0, "ratio": 1.5, "goal": 2.0}]},
        ["it.py, 5 steps", "1.50×", "2×"], [],
    ),
    "twin": (
        {"verdicts": {"pass": 2, "numbers": 1}, "comparisons": [
            {"test": "t.py::a", "verdict": "numbers", "tensor": "value", "error": 0.1},
            {"test": "t.py::b", "verdict": "pass"}]},
        ["2 pass, 1 numbers", "t.py::a"], ["t.py::b"],
    ),
}  # fmt: skip


def leave(out: Path, name: str, told: dict[str, Any]) -> None:
    (out / name).mkdir()
    (out / name / f"{name}.json").write_text(json.dumps({"schema": f"harness.{name}/1", **told}))


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def test_every_command_has_a_section() -> None:
    assert TOLD.keys() == beside.COMMANDS.keys() == findings.SECTIONS.keys()


@pytest.mark.parametrize("name", TOLD)
def test_a_section_says_what_was_found(name: str, tmp_path: Path) -> None:
    told, there, absent = TOLD[name]
    leave(tmp_path, name, told)
    text = words("".join(beside.sections(beside.read(tmp_path))))
    assert [part for part in there if part not in text] == []
    assert [part for part in absent if part in text] == []


@pytest.mark.parametrize("name", TOLD)
def test_a_file_that_says_little_is_no_fault(name: str, tmp_path: Path) -> None:
    leave(tmp_path, name, {})
    assert beside.COMMANDS[name] in words(index.write(tmp_path).read_text())


@pytest.mark.parametrize("schema", ["harness.other/1", 3])
def test_what_is_no_finding_is_left_alone(schema: Any, tmp_path: Path) -> None:
    leave(tmp_path, "ops", {"schema": schema})
    assert beside.read(tmp_path) == {}


def test_all_are_in_the_index_together(tmp_path: Path) -> None:
    for name, (told, _, _) in TOLD.items():
        leave(tmp_path, name, told)
    text = index.write(tmp_path).read_text()
    assert text.count("<section>") >= len(TOLD)
    assert text.count("<table") == text.count("</table>")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("gradient fc1.weight", "gradient fc1.weight"),
        ("gradient encoder.layers.41.attention_block.self_attention.in_proj_weight", "41"),
        ("parameter " + "x" * 90, "…"),
    ],
)
def test_a_long_name_keeps_its_number(key: str, expected: str) -> None:
    made = short(key)
    assert expected in made
    assert len(made) <= 40
