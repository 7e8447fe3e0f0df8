"""`python -m harness fuzz`: random tensor programs on two engines.

grammar.py      programs as data: statements that are text to run and to read
vocabulary.py   the names they call
build.py        from bytes to typed programs, family by family (scope, leaves, views, indexing,
                writes, histories)
strategies.py   the same for Hypothesis
runner.py       a program on an engine, everything that can be seen kept
judge.py        do two runs agree, and what is no fault
ledger.py       differences that are meant
hunt.py         many programs; a difference is shrunk and written as a script (script.py)
coverage.py     what was reached
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness.stop import stop

_stop = partial(stop, "fuzz")

SCHEMA = "harness.fuzz/1"


def main(argv: Sequence[str]) -> int:
    """Run random programs on two engines, shrink and write what differs.

    0: no difference, 1: numbers differ, 2: structure differs, 3: could not run.
    """
    options = _options(argv)
    try:
        from tqdm import tqdm

        from harness import backends
        from harness.fuzz.hunt import Hunt

        pair = [backends.find(name) for name in options.backends.split(",")]
        if len(pair) != 2:
            _stop(f"--backends expects two, A,B; got {options.backends!r}")
        for backend in pair:
            lacks = {"in place", "training"} - backend.capabilities
            if lacks:
                _stop(f"{backend.name} lacks what random programs use: {', '.join(sorted(lacks))}")
            backend.set_threads(1)
        hunt = Hunt(*pair, options.seed, options.out)
    except ImportError as error:
        _stop(f'{error}: random programs need pip install "minitorch[verify]"')
    except backends.BackendError as error:
        _stop(str(error))
    until = hunt.started + 60 * options.minutes if options.minutes else float("inf")
    limit = options.programs or (None if options.minutes else 2000)
    with tqdm(total=limit, disable=None, leave=False, unit=" programs") as bar:

        def goes_on(done: int) -> bool:
            bar.update(done - bar.n)
            return (limit is None or done < limit) and time.perf_counter() < until

        try:
            hunt.run(goes_on, options.findings)
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    path = write(options.out, hunt, interrupted)
    print(*lines(hunt, interrupted), f"report: {path}", sep="\n")
    if interrupted and not hunt.findings:
        return 3
    return outcome(hunt)


def outcome(hunt: Any) -> int:
    """The exit code: structure before numbers."""
    kinds = {f.difference.what == "value" for f in hunt.findings}
    return 2 if False in kinds else int(True in kinds)


def lines(hunt: Any, interrupted: bool = False) -> list[str]:
    """The verdict and the counters, one a line."""
    from harness.fuzz.ledger import LEDGER

    seen = hunt.coverage
    seconds = time.perf_counter() - hunt.started
    mine, theirs = (r.backend.name for r in hunt.runners)
    verdict = f"FAIL  {len(hunt.findings)} differences" if hunt.findings else "PASS  no difference"
    counts = seen.counts
    total = max(seen.programs, 1)
    said = [
        f"{verdict} between {mine} and {theirs} in {seen.programs:,} programs, seed {hunt.seed}"
        f"{' (interrupted)' if interrupted else ''}",
        f"{seen.statements:,} statements in {seconds:.1f} s, {total / seconds:.0f} programs/s;"
        f" {len(seen.cells):,} cells of name x dtype x rank x layout x edge",
        f"names never reached: {', '.join(seen.unreached) or 'none'}",
        "programs with "
        + ", ".join(f"{name} {counts[name] / total:.0%}" for name in sorted(counts)),
    ]
    for f in hunt.findings:
        again = hunt.repeated[f.difference.kind]
        more = f" (and {again} programs more)" if again else ""
        said.append(f"{f.path or f.difference.op}: {f.difference}{more}")
        if not f.confirmed:
            said.append("  not confirmed: its script gives one answer")
    for deviation in LEDGER:
        count = seen.excused[deviation.name]
        said.append(f"accepted deviation, {count} programs: {deviation.name}: {deviation.reason}")
    return said


def write(out: Path, hunt: Any, interrupted: bool) -> Path:
    """Write fuzz.json, and return its path."""
    from harness.fuzz.ledger import LEDGER

    out.mkdir(parents=True, exist_ok=True)
    seconds = time.perf_counter() - hunt.started
    found = [
        {
            "what": f.difference.what,
            "op": f.difference.op,
            "detail": str(f.difference),
            "program": f.number,
            "seconds": round(f.seconds, 3),
            "confirmed": f.confirmed,
            "repeated": hunt.repeated[f.difference.kind],
            "script": f.path,
            "text": f.text,
        }
        for f in hunt.findings
    ]
    made = {
        "schema": SCHEMA,
        "backends": [r.backend.name for r in hunt.runners],
        "versions": [r.backend.version() for r in hunt.runners],
        "seed": hunt.seed,
        "seconds": round(seconds, 3),
        "programs per second": round(hunt.coverage.programs / seconds, 1),
        "interrupted": interrupted,
        "findings": found,
        "accepted deviations": [
            {"name": d.name, "reason": d.reason, "programs": hunt.coverage.excused[d.name]}
            for d in LEDGER
        ],
        "coverage": hunt.coverage.table(),
    }
    path = out / "fuzz.json"
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return path


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m harness fuzz", description="Random tensor programs on two engines."
    )
    parser.error = _stop  # type: ignore[method-assign]
    add = parser.add_argument
    add("--programs", type=int, metavar="N", help="how many programs (2000)")
    add("--minutes", type=float, metavar="M", help="or how long")
    add("--seed", type=int, default=0, help="which programs (0)")
    add("--backends", default="minitorch,torch", metavar="A,B", help="candidate and reference")
    add("--findings", type=int, default=20, metavar="K", help="stop after K differences (20)")
    add("--out", type=Path, default=Path("reports/fuzz"), metavar="DIR", help="(reports/fuzz)")
    return parser.parse_args(argv)
