"""`python -m harness ops`: does an engine compute every operation as PyTorch does, as accurately?

Each operation is tried on the cases of harness/cases: values, gradients and second gradients, heard
by four witnesses (local.py) and judged by the derived budget (tolerance.py). Beside the verdict
stands how many times as far from float64 the engine is as torch. With one operation, as in
`--op softmax`, each tensor of each case is shown.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness import backends
from harness.stop import stop

_stop = partial(stop, "ops")

QUICK = 23
"""With --quick every how many cases one is tried: prime, so that it meets all kinds."""


def main(argv: Sequence[str]) -> int:
    """Try, print the verdict, write the report; 0: as torch, 1: a fault, 3: could not run."""
    options = _options(argv)
    try:
        import pandas  # noqa: F401
        import tabulate  # noqa: F401

        from harness import cases
        from harness.ops import measure, report, rules
    except ImportError as error:
        _stop(f'{error}: the cases need pip install "minitorch[verify]"')
    try:
        candidate, reference = (backends.find(name) for name in options.backends)
        candidate.namespace(), reference.namespace()
        if options.rules:
            some = rules.sample(options.seeds, measure.pattern(options.op))
            table = rules.measure(some, candidate, reference, progress=True)
            print(rules.text(table))
            report.write_rules(options.out / "ops", table)
            return int(table[0].false_alarms > 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about its own samples
            found = [
                (seed, case)
                for seed in range(options.seeds)
                for case in cases.table(measure.pattern(options.op), seed)
            ]
    except ImportError as error:
        _stop(f'{error}: the cases need pip install "minitorch[verify]"')
    except backends.BackendError as error:
        _stop(str(error))
    if not found:
        _stop(f"--op {' '.join(options.op)}: no such operation")
    if options.quick:
        found = found[::QUICK]
    tried, stopped = measure.run(found, candidate, reference)
    summary = report.summarize(tried, candidate, reference, stopped, len(found))
    if len(summary.ops) == 1 or options.detail:
        print(*report.details(tried, candidate), sep="\n")
    path = report.write(options.out / "ops", summary, tried)
    print(summary.headline, *summary.lines, f"report: {path}", sep="\n")
    return int(bool(summary.faults))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness ops", description=main.__doc__)
    parser.error = _stop  # type: ignore[method-assign]
    add = parser.add_argument
    names = "these operations alone: torch's names, or regular expressions"
    add("--op", nargs="+", default=[], metavar="NAME", help=names)
    engines = "candidate and reference (minitorch,torch)"
    add("--backends", type=_two, default=("minitorch", "torch"), metavar="A,B", help=engines)
    add("--seeds", type=_count, default=1, metavar="N", help="other numbers, N times (1)")
    add("--quick", action="store_true", help="some cases of all kinds (15 seconds)")
    add("--detail", action="store_true", help="each tensor of each case, for many operations too")
    kills = "plant mistakes in gradients: which rules of comparison see them"
    add("--rules", action="store_true", help=kills)
    add("--out", type=Path, default=Path("reports"), metavar="DIR", help="folder (reports/)")
    return parser.parse_args(argv)


def _two(text: str) -> tuple[str, str]:
    names = tuple(text.split(","))
    if len(names) != 2 or not all(names):
        raise argparse.ArgumentTypeError("expected two names, as in minitorch,torch")
    return names


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text}")
    return int(text)
