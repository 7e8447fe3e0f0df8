"""The engine's line: where the public function of a call is written."""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any

from harness.locate.trace import Call, Update

Line = tuple[str, int]
"""A file and a line in it."""


def public(engine: Any, call: Call | Update) -> Line | None:
    """Where the function that a call names is written; None where it is no Python."""
    found: Any = engine
    for part in call.name.split(".")[1:]:
        found = getattr(found, part, None)
    if isinstance(call, Update):
        found = getattr(found, "step", None)
    elif call.is_layer:
        found = getattr(found, "forward", None)
    code = getattr(inspect.unwrap(found) if callable(found) else None, "__code__", None)
    return of_code(code) if code is not None else None


def of_code(code: CodeType) -> Line:
    """The first line that a function computes in; of a lambda the one where it begins."""
    first = code.co_firstlineno
    if code.co_name == "<lambda>":
        return code.co_filename, first
    after = [line for _, _, line in code.co_lines() if line is not None and line > first]
    return code.co_filename, min(after, default=first)
