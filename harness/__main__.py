"""The command line: `python -m harness run | report | bench`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXIT_CODES = "exit codes: 0 pass, 1 numbers differ, 2 structure differs, 3 the run itself failed"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["bench"]:
        from harness import bench

        return bench.main(argv[1:])
    parser = _parser()
    if "--" in argv:
        cut = argv.index("--")
        args = parser.parse_args(argv[:cut])
        args.arguments = argv[cut + 1 :]
    else:
        args = parser.parse_args(argv)
        args.arguments = []
    return args.command(args)


def _run(args: argparse.Namespace) -> int:
    """Compare a script on two backends."""
    from harness.backends import BackendError
    from harness.processes import RunFailed
    from harness.run import Options, run
