"""Mistakes are planted, and it is counted how many are located: a few here, many at night."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.backends import MINITORCH, TORCH
from harness.locate import trials
from harness.mutate.sites import sites

pytestmark = pytest.mark.differential

FEW = {"tanh by x", "sqrt by x", "adamax.adamax_rule"}


def few(backend: Any) -> list:
    return [site for site in sites(backend) if site.title in FEW]


def test_a_few_mistakes_are_located_and_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trials, "sites", few)
    monkeypatch.setattr(trials, "MODELS", {"mlp": trials.MODELS["mlp"]})
    assert trials.main(["--every", "9", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "locate.json").read_text())
    assert found["schema"] == "harness.locate/1"
    for kind in ("rules", "optimizers"):
        counted = found[kind]
        assert counted["killed"] > 0
        assert counted["step_right"] == counted["call_right"] == counted["file_right"] == 1
        assert counted["script"] == counted["confirmed"] == counted["mended"] == 1
        assert counted["longest_script"] <= 30
        assert counted["median_elements"] <= 16


def test_nothing_is_counted_that_made_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trials.Trial("mlp", 0, "somewhere", "something", "file.py:1")
    assert trials.tally([trial])["killed"] == 0
    assert trials.tally([trial])["step_right"] is None


def test_the_extent_of_a_function_is_the_innermost_around_a_line() -> None:
    path = trials.__file__
    first, last = trials._extent(path, trials._differs.__code__.co_firstlineno + 2)
    assert first == trials._differs.__code__.co_firstlineno
    assert first < last


@pytest.mark.nightly
def test_mistakes_are_located() -> None:
    """The goals: step exact, op 95 %, line 90 %; a script for 95 %, small, confirmed, mended."""
    found = trials.figures(MINITORCH, TORCH, every=11)
    for kind in ("rules", "optimizers"):
        counted = found[kind]
        assert counted["step_right"] >= 0.97
        assert counted["call_right"] >= 0.95
        assert counted["file_right"] >= 0.9
        assert counted["script"] >= 0.95
        assert counted["confirmed"] == 1
        assert counted["longest_script"] <= 30
        assert counted["median_elements"] <= 16
        assert counted["median_script_seconds"] < 5
    assert found["rules"]["rule_right"] >= 0.9
