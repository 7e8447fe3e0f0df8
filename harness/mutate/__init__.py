"""`python -m harness mutate`: how many planted mistakes does the harness notice?

A tool that proves things has to state its own false-negative rate. Mistakes are planted in an
engine's backward rules, its optimizers and its sweep, one at a time, and the harness's own checks
have to see each. What survives is listed with its line.

    rewrite.py, kinds.py         every way to spoil one place in the source of a function
    sites.py                     what an engine offers to be spoiled
    minitorch.py, rows.py, structural.py   minitorch's sites, and mistakes somebody thought of
    checks.py, scenarios.py, programs.py, own_words.py   the checks that have to notice
    equivalent.py                what looks like a mistake and is none
    trial.py, report.py, command.py        planting, counting, telling
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the command; 0: every mistake was noticed, 1: one survived, 3: could not run."""
    from harness.mutate.command import run

    return run(argv)
