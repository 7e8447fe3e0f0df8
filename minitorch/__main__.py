"""`python -m minitorch script.py ARGS...` runs a PyTorch script on minitorch, as it is."""

from __future__ import annotations

import sys

USAGE = """\
usage: python -m minitorch SCRIPT [ARGS...]     run a PyTorch script on minitorch, unmodified
       python -m minitorch -m MODULE [ARGS...]  run a module so
       python -m minitorch -c TEXT [ARGS...]    run a text so
       python -m minitorch - [ARGS...]          run what comes through standard input
       python -m minitorch --check SCRIPT...    list what of torch a script uses and we lack
       python -m minitorch --doctor             tell what it runs on: versions, kernels, compiler
       python -m minitorch --version
"""


def main(argv: list[str]) -> int | None:
    """Do what the command line says; the script's own exit code is this process's."""
    from minitorch.shim import VERSION, launch

    first, rest = (argv[0], argv[1:]) if argv else ("--help", [])
    if first in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if argv else 2
    if first == "--version":
        from minitorch import __version__

        print(f"minitorch {__version__}, as torch {VERSION}")
        return 0
    if first == "--doctor":
        from minitorch import __version__
        from minitorch.native import doctor

        print(f"{'minitorch':16}{__version__}, as torch {VERSION}")
        print(doctor.text(), end="")
        return 0
    if first in ("-m", "-c", "--check") and not rest:
        return refuse(f"argument expected for {first}")
    if first == "--check":
        from minitorch.shim import check

        return check.main(rest)
    if first == "-m":
        return launch.module(rest[0], rest[1:])
    if first == "-c":
        return launch.text(rest[0], rest[1:])
    if first == "-":
        return launch.stdin(rest)
    if first.startswith("-"):
        return refuse(f"unknown option {first}")
    return launch.script(first, rest)


def refuse(why: str) -> int:
    """Say what was wrong with the command line."""
    print(f"python -m minitorch: {why}", USAGE, sep="\n", end="", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
