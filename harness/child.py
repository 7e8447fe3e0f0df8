"""Runs a script on one engine, as a process of its own: `python -m harness.child SCRIPT ARGS`.

What to do is read from the environment variable HARNESS_PROBE. A script that takes `--backend NAME`
is told its engine so; to any other one `import torch` gives it.
"""

from __future__ import annotations

import os
import random
import runpy
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from harness import follow
from harness.backends import Backend, BackendError
from harness.watch import Watch

FLAG = "--backend"


def main() -> None:
    """Run the script as `python SCRIPT ARGS` would."""
    try:
        follower = follow.current()
        assert follower is not None
        backend = follower.backend
        script = sys.argv[1]
        sys.argv = sys.argv[1:]
        if takes_flag(script):
            sys.argv += [FLAG, backend.name]
            # A script imports its engine by name, so a backend registered in a file needs one.
            sys.modules.setdefault(backend.name, backend.namespace())
        else:
            backend.stand_in()
    except BackendError as error:
        sys.exit(str(error))
    _seed(backend, follower.task.seed)
    watch = Watch(follower, script)
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    with backend.widened() if follower.task.wide else nullcontext():
        if "training" in backend.capabilities:
            watch.install()
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        watch.finish()


def _seed(backend: Backend, seed: int) -> None:
    """Seed all generators, for a script that does not: torch's own start differs in every run."""
    random.seed(seed)
    np.random.seed(seed)
    backend.seed(seed)


def takes_flag(script: str) -> bool:
    """Whether a script chooses its engine by `--backend`."""
    return FLAG in Path(script).read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
