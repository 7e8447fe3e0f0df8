"""Runs a script on one backend, as a process of its own: `python -m harness.child SCRIPT ARGS`.

What to do is read from the environment variable HARNESS_PROBE, as the probe in the script does.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

from harness.backends import BackendError, find
from harness.probe import VARIABLE, Timer


def main() -> None:
    """Run the script as `python SCRIPT ARGS --backend NAME` would."""
    task = json.loads(os.environ[VARIABLE])
    if task["mode"] == "time":
        _take_pipes()
    try:
        backend = find(task["backend"])
        # A script imports its engine by name, so a backend registered in a file needs one.
        sys.modules.setdefault(backend.name, backend.namespace())
    except BackendError as error:
        sys.exit(str(error))
    script = sys.argv[1]
    sys.argv = [*sys.argv[1:], "--backend", backend.name]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    runpy.run_path(script, run_name="__main__")


def _take_pipes() -> None:
    """Keep stdin and stdout for the turns; what the script prints goes to stderr."""
    Timer.turn = os.fdopen(os.dup(0))
    Timer.answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)


if __name__ == "__main__":
    main()
