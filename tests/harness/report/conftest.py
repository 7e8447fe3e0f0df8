"""Reports without pictures."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    """Pictures are tested in test_plots.py, and take a second each."""
    pictures = pytest.importorskip("harness.report").pictures
    monkeypatch.setattr(pictures, "draw", lambda result, folder: None)
