"""Annotations are escaped as GitHub reads them, and name files as the repository does."""

from __future__ import annotations

import pytest

from harness.annotations import annotate, wanted


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (("error", "off"), "::error::off"),
        (("notice", "off", "a.py"), "::notice file=a.py::off"),
        (("warning", "off", "a.py", 3, "gelu"), "::warning file=a.py,line=3,title=gelu::off"),
        (("error", "100%\r\nof: it, all"), "::error::100%25%0D%0Aof: it, all"),
        (("error", "%0A"), "::error::%250A"),
        (("error", "", "a,b:c%.py", 1), "::error file=a%2Cb%3Ac%25.py,line=1::"),
        (("error", "off", "", 0, "two\nlines"), "::error title=two%0Alines::off"),
    ],
)
def test_what_a_line_says(told, line):
    assert annotate(*told) == line


def test_a_file_is_named_from_the_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert annotate("error", "off", tmp_path / "tests" / "a.py") == "::error file=tests/a.py::off"
    assert annotate("error", "off", "/elsewhere/a.py") == "::error file=/elsewhere/a.py::off"


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="expected one of error, warning, notice; got 'fatal'"):
        annotate("fatal", "off")


def test_they_are_wanted_in_a_workflow_alone(monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert not wanted()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert wanted()
