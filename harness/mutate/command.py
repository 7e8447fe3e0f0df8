"""The command line of `mutate`."""

from __future__ import annotations

import argparse
import re
import sys
import time
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from harness import backends
from harness.mutate import report, trial
from harness.mutate.sites import Site, sites
from harness.stop import stop

_stop = partial(stop, "mutate")


def run(argv: Sequence[str]) -> int:
    """Choose, plant, judge, write the report and print the verdict."""
    options = _options(argv)
    try:
        import torch  # noqa: F401
        from tqdm import tqdm

        candidate, reference = (backends.find(b) for b in (options.backend, options.reference))
        candidate = candidate.plain()  # a kernel would hide what is planted under it
        candidate.namespace()
        found = [s for s in sites(candidate) if matches(s, options.rows)]
        reference.namespace()
    except ImportError as error:
        _stop(f'{error}: the checks need pip install "minitorch[verify]"')
    except backends.BackendError as error:
        _stop(str(error))
    begin, outcomes, complete = time.perf_counter(), [], False
    for engine in (candidate, reference):
        engine.set_threads(1)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of engines, about what mutants make of numbers
            chosen = trial.choose(found, options.sample, options.seed)
            if not chosen:
                _stop(f"--rows {options.rows}: nothing to spoil there")
            kinds = [found[s].by for s, _ in chosen]
            quick = options.sample is not None
            suites = trial.suites(candidate, reference, kinds, quick)
            ready = trial.Trial(found, suites, _root(candidate))
            total = sum(len(m) for _, m in chosen)
            with tqdm(total=total, disable=None, leave=False, unit="mutants") as bar:
                for some in ready.run(chosen, options.jobs):
                    outcomes += some
                    bar.update(len(some))
        complete = True
    except KeyboardInterrupt:
        print("mutate: interrupted", file=sys.stderr)
    about = {
        "engine": f"{candidate.name} {candidate.version()}",
        "reference": f"{reference.name} {reference.version()}",
        "rows": options.rows or "all",
        "sample": options.sample or "all",
        "seed": options.seed,
        "seconds": round(time.perf_counter() - begin, 1),
        "complete": complete,
    }
    return _tell(outcomes, report.write(options.out / "mutate", outcomes, about), complete)


def matches(site: Site, pattern: str) -> bool:
    """Whether the title, the part of the engine or an operation of a site matches."""
    return any(re.search(pattern, text) for text in (site.title, site.room, *site.rows))


def _tell(outcomes: list[trial.Outcome], path: Path, complete: bool) -> int:
    """Print the verdict; the exit code."""
    print(report.line(outcomes))
    survivors = [o for o in outcomes if o.status == trial.SURVIVED]
    for o in survivors[:SHOWN]:
        change = f"{o.before}  ->  {o.after}" if o.before else o.mistake
        print(f"survived  {o.site}  {o.path}:{o.line}  {o.kind}\n          {change}")
    if len(survivors) > SHOWN:
        print(f"          and {len(survivors) - SHOWN} more, in the report")
    for o in outcomes:
        if o.status == trial.STALE:
            print(f"stale excuse  {o.site}: {o.mistake}  (caught by {o.check})")
    print(f"report: {path}")
    if not complete:
        return 3
    return int(any(o.status in (trial.SURVIVED, trial.STALE) for o in outcomes))


SHOWN = 10
"""How many survivors are printed."""


def _root(candidate: backends.Backend) -> Path:
    """The folder that paths are relative to: the one that the engine's package lies in."""
    file = getattr(candidate.namespace(), "__file__", None)
    return Path(file).resolve().parents[1] if file else Path.cwd()


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness mutate", description=__doc__)
    parser.error = _stop  # type: ignore[method-assign]
    add: Any = parser.add_argument
    add("--rows", default="", metavar="REGEX", help="these operations and parts alone")
    add("--sample", type=_count, metavar="N", help="so many mutants, drawn at random")
    add("--seed", type=int, default=0, help="of the draw (0)")
    add("--jobs", type=_count, default=1, help="processes (1)")
    add("--backend", default="minitorch", help="the engine to spoil (minitorch)")
    add("--reference", default="torch", help="the engine that is right (torch)")
    add("--out", type=Path, default=Path("reports"), help="folder (reports/)")
    return parser.parse_args(argv)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number, at least 1; got {text!r}")
    return int(text)
