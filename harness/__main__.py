"""The command line: `python -m harness COMMAND`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import NoReturn

from harness.compare import Outcome

EXAMPLES = """\
examples:
  python -m harness run train.py -- --model mlp --data digits --seed 0
  python -m harness run train.py --quick -- --model cnn
  python -m harness run train.py --backends engine.py:mine,torch -- --model mlp

exit codes:
  0 pass    1 numbers differ    2 structure differs    3 the run itself failed
"""


class _Parser(argparse.ArgumentParser):
    """Answers a wrong command line with one line, and with the exit code of a failed run."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with 3, since 2 says that the structure differs."""
        if message.startswith("unrecognized arguments"):
            message += " (the script's own arguments go after --)"
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(int(Outcome.FAILED))


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in (
        "bench",
        "ops",
        "coverage",
        "fuzz",
        "mutate",
        "opinfo",
        "overhead",
        "verify",
    ):
        return importlib.import_module(f"harness.{argv[0]}").main(argv[1:])
    cut = argv.index("--") if "--" in argv else len(argv)
    args = _parser().parse_args(argv[:cut])
    args.arguments = argv[cut + 1 :]
    return args.command(args)


def _run(args: argparse.Namespace) -> int:
    """Compare a script on two backends, write its report, print the verdict."""
    try:
        import pandas  # noqa: F401  found missing now rather than after the runs
        import tabulate  # noqa: F401

        from harness import index, report
        from harness.backends import BackendError
        from harness.processes import RunFailed
        from harness.run import Options, run
    except ImportError as error:
        return _fail(f'{error}: the reports need pip install "minitorch[verify]"')
    if "--backend" in args.arguments:
        return _fail("--backend is added by the harness; choose with --backends A,B before the --")
    try:
        result = run(
            Options(
                script=args.script,
                arguments=args.arguments,
                backends=args.backends,
                steps=40 if args.quick and args.steps is None else args.steps,
                mode=args.mode,
                ensemble=2 if args.quick else args.ensemble,
                threads=args.threads,
                seed=args.seed,
                pairs=0
                if args.no_timing or args.mode != "free"
                else 6
                if args.quick
                else args.pairs,
                name=args.name,
                out=args.out,
                oracle=not args.no_float64,
                locate=not args.no_locate,
                ops=not (args.no_ops or args.quick),
                sketch=args.sketch,
                keep=args.keep,
            )
        )
    except (RunFailed, BackendError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted")
    folder = report.write(result)
    index.write(args.out)
    print(report.summary(result, folder))
    return int(result.outcome)


def _report(args: argparse.Namespace) -> int:
    """Write the index of all reports."""
    from harness import index

    print(f"wrote {index.write(args.out)}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    """Compare every random stream with torch's, or write the digests anew."""
    from harness import doctor

    try:
        return doctor.write_digests() if args.write_digests else doctor.report(args.json)
    except doctor.DoctorError as error:
        return _fail(str(error))


def _fail(message: str) -> int:
    print(f"harness: {message}", file=sys.stderr)
    return int(Outcome.FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m harness",
        description="Does an engine compute what PyTorch computes, and how fast?",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser(
        "run",
        help="run a script on two backends, compare every step, time both, write a report",
        description="Run a script on two backends in separate processes, compare every step,"
        " time both in turns, and write a report.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.set_defaults(command=_run)
    add = run.add_argument
    add("script", help="the script; its own arguments follow after --")
    engines = "candidate and reference: names, or path/to/file.py:name (minitorch,torch)"
    runs = "reference runs that start one ulp away and make the budget (4)"
    reports = {"type": Path, "default": Path("reports"), "metavar": "DIR"}
    add("--backends", type=_two, default=("minitorch", "torch"), metavar="A,B", help=engines)
    add("--steps", type=_count, help="stop after this many optimizer steps")
    add("--ensemble", type=_count, default=4, metavar="K", help=runs)
    add("--threads", type=_count, default=2, help="threads of both engines (2)")
    seed = "seed of all generators, for a script that seeds none itself (0)"
    add("--seed", type=int, default=0, help=seed)
    add("--pairs", type=_count, default=20, metavar="K", help="rounds of the timing (20)")
    add("--no-timing", action="store_true", help="compare only")
    add("--quick", action="store_true", help="40 steps, an ensemble of 2, 6 rounds of timing")
    lockstep = "start every step from the reference's state: each shows its own error"
    add("--lockstep", dest="mode", action="store_const", const="lockstep", help=lockstep)
    forced = "lock-step, with the reference's gradients given to the optimizer"
    add("--forced", dest="mode", action="store_const", const="forced", help=forced)
    run.set_defaults(mode="free")
    add("--no-float64", action="store_true", help="without the float64 run")
    add("--no-locate", action="store_true", help="do not look for the call that differs")
    add("--no-ops", action="store_true", help="without the table of one step's operations")
    keep = "keep tensors of both engines in the report's folder, in MB at most (50)"
    add("--keep", type=_count, nargs="?", const=50, default=0, metavar="MB", help=keep)
    add("--sketch", action="store_true", help="send norms and projections in place of tensors")
    add("--out", **reports, help="where reports go (reports/)")
    add("--name", help="name of the report's folder (what the script calls itself)")

    report = commands.add_parser("report", help="write the page over all reports, index.html")
    report.set_defaults(command=_report)
    report.add_argument("--out", **reports, help="where the reports are (reports/)")

    commands.add_parser("bench", help="time the standard workloads; see bench --help")
    commands.add_parser(
        "ops", help="every operation, its gradients and its accuracy beside torch's"
    )
    commands.add_parser("coverage", help="list which of torch's names are there")
    commands.add_parser("opinfo", help="run PyTorch's own test databases against an engine")
    commands.add_parser(
        "fuzz", help="random tensor programs on two engines; what differs, as a script"
    )
    commands.add_parser("mutate", help="plant mistakes in an engine: does the harness notice?")

    commands.add_parser("verify", help="every check in its short form, two at a time")
    commands.add_parser("overhead", help="what it costs a script to be followed")

    doctor = commands.add_parser(
        "doctor",
        help="compare every random stream with torch's, bit for bit",
        description="Print what is installed, and compare every random stream with the installed"
        " torch's, or with digests of it where torch is not installed.",
        epilog="exit codes:\n  0 all exact or within a stated tolerance    1 streams differ"
        "    3 nothing to compare with",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.set_defaults(command=_doctor)
    doctor.add_argument("--json", action="store_true", help="print JSON")
    digests = "write harness/digests.json anew, from the installed torch"
    doctor.add_argument("--write-digests", action="store_true", help=digests)
    return parser


def _two(text: str) -> tuple[str, str]:
    names = tuple(text.split(","))
    if len(names) != 2 or not all(names):
        raise argparse.ArgumentTypeError(f"expected two backends, A,B; got {text!r}")
    return names


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number, at least 1; got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
