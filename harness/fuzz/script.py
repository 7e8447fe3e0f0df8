"""A program that shows a difference, as a script of few lines to run and to read."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

from harness.fuzz.grammar import MODES, PRELUDE, Program
from harness.fuzz.judge import Difference

_SHOWN = {
    "value": "{x}",
    "presence": "{x}",
    "dtype": "{x}.dtype",
    "shape": "{x}.shape",
    "requires_grad": "{x}.requires_grad",
    "is_leaf": "{x}.is_leaf",
    "has_history": "{x}.grad_fn is not None",
    "strides": "{x}.stride()",
    "raised": "{x}.requires_grad",
}
"""What a script returns to show a difference."""


def render(
    program: Program,
    difference: Difference,
    raised: Sequence[str],
    modules: Sequence[str],
    origin: str,
) -> str:
    """The script; `raised` are the exceptions that both engines agree in, `modules` their names."""
    body: list[str] = []
    for i, s in enumerate(program.statements):
        line = f"with {MODES[s.mode]}:\n    {s.line}" if s.mode else s.line
        if i < len(raised) and raised[i] and i != difference.at:
            line = f"with contextlib.suppress(Exception):  # {raised[i]}\n" + _indented(line)
        body.append(line)
    body.append(f"return {_shown(program, difference)}")
    parts = [
        f'"""{origin}\n\n{_wrapped(str(difference))}\n"""\n',
        _imports(program, "\n".join(body)),
        "\n\ndef program(torch):",
        *(_indented(PRELUDE[name]) for name in program.prelude),
        _indented("\n".join(body)),
        f"\n\nfor name in {tuple(modules)!r}:",
        "    try:",
        "        print(name, program(importlib.import_module(name)))",
        "    except Exception as error:",
        "        print(name, type(error).__name__, error)",
    ]
    return "\n".join(parts).replace("'", '"') + "\n"


def answers(script: str) -> list[str]:
    """What the script prints, an answer for each engine, without the engine's name."""
    seen = io.StringIO()
    with contextlib.redirect_stdout(seen):
        exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
    return seen.getvalue().splitlines()


def _imports(program: Program, body: str) -> str:
    lines = ["import contextlib"] if "contextlib." in body else []
    lines.append("import importlib")
    return "\n".join(lines)


def _shown(program: Program, difference: Difference) -> str:
    """The expression that differs; for an exception it does not matter, for memory it is a pair."""
    if difference.what == "memory":
        a, b = (f"{n}.untyped_storage().data_ptr()" for n in (difference.name, difference.other))
        return f"{a} == {b}"
    if difference.what in _SHOWN:
        return _SHOWN[difference.what].format(x=difference.name)
    return "None"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _wrapped(text: str, width: int = 96) -> str:
    """Lines of at most `width` letters; what would end the docstring is taken out."""
    lines, line = [], ""
    for word in text.replace('"""', "").replace("\\", "").split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])
