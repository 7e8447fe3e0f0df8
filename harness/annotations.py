"""Notes that GitHub shows beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from pathlib import Path

KINDS = ("error", "warning", "notice")


def wanted() -> bool:
    """Whether somebody reads annotations: in a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(kind: str, message: str, file: str | Path = "", line: int = 0, title: str = "") -> str:
    r"""One line for standard output that GitHub makes a note of.

    >>> annotate("error", "gelu: 10 % off\nsee the report", "tests/test_gelu.py", 7)
    '::error file=tests/test_gelu.py,line=7::gelu: 10 %25 off%0Asee the report'

    Raises: ValueError for a kind that is none of `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"annotate: expected one of {', '.join(KINDS)}; got {kind!r}")
    told = {"file": _in_workspace(file) if file else "", "line": line or "", "title": title}
    properties = ",".join(f"{key}={_property(str(v))}" for key, v in told.items() if v)
    return f"::{kind}{' ' if properties else ''}{properties}::{_data(message)}"


def _in_workspace(file: str | Path) -> str:
    """A path as the repository knows it: relative to where it was checked out, with slashes."""
    path = Path(file)
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    if path.is_absolute() and path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix()


def _data(text: str) -> str:
    """Percent signs first: they escape the others."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
