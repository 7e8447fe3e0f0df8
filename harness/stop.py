"""How a command of the harness ends where it could not run."""

from __future__ import annotations

import sys
from typing import NoReturn


def stop(command: str, message: str) -> NoReturn:
    """End with one line on stderr and 3, the exit code of a run that failed."""
    print(f"{command}: {message}", file=sys.stderr)
    sys.exit(3)
