"""Cases of one expression each: on both engines the same result, or the same kind of error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.errors.compare import run


def lines(cases: Mapping[str, str]) -> list:
    """The expressions in the texts of `cases`, which are ended by semicolons or lines."""
    return [
        pytest.param(line.strip(), id=f"{topic}: {line.strip()}")
        for topic, text in cases.items()
        for line in text.replace("\n", ";").split(";")
        if line.strip()
    ]


def check_line(setup: str, line: str) -> None:
    """Require that `line`, after `setup`, ends as in torch, with the same kinds of warnings."""
    ours, theirs = (run(f"{setup}\nr = {line}", T) for T in (minitorch, torch))
    assert (ours.kind, ours.warned) == (theirs.kind, theirs.warned), f"{ours}\n{theirs}"
    if ours.error is None:
        compare(ours.value, theirs.value)


def compare(ours: Any, theirs: Any) -> None:
    """Require what `plain` made of two results to be equal: numbers up to rounding."""
    assert type(ours) is type(theirs), f"{ours}\n{theirs}"
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            compare(a, b)
        return
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        compare(list(ours.values()), list(theirs.values()))
        return
    if not isinstance(ours, tuple):
        assert ours == theirs
        return
    assert ours[:3] == theirs[:3]
    names = {"nan": np.nan, "inf": np.inf}
    a, b = (np.array(eval(found[3], names), float) for found in (ours, theirs))
    assert np.allclose(a, b, rtol=2e-5, atol=1e-6, equal_nan=True), f"{ours}\n{theirs}"
