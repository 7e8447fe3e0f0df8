"""`python -m harness bench [W0 W1 ...]`: how fast two engines run the same workloads.

Every engine works in processes of its own, two for each, which take turns in random order with a
pause between them: the second one is the control, identical code that has to take identical time.
A time counts only where the first losses and gradients of both engines agree.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Time, print, write the report: see `harness.bench.command`.

    It is imported here, so that a process which only runs an engine does not load what reports.
    """
    from harness.bench.command import main as run

    return run(argv)
