"""The command line of `python -m harness opinfo`."""

from __future__ import annotations

import argparse
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from harness import backends
from harness.opinfo import layers, operations, optimizers, schedules, tables
from harness.opinfo.engines import REFERENCE, Engines, Job
from harness.opinfo.found import Entry
from harness.stop import stop

_stop = partial(stop, "opinfo")


def main(argv: Sequence[str]) -> int:
    """Run PyTorch's own test databases against an engine.

    Exit codes: 0 nothing is wrong, 1 something gives wrong numbers, 3 the run itself failed.
    """
    options = _options(argv)
    try:
        import torch

        candidate = backends.find(options.backend)
        candidate.namespace()
        jobs = [job for db in options.db for job in DATABASES[db](options.only)]
    except ImportError as error:
        _stop(f'{error}: the databases need pip install "minitorch[verify]"')
    except backends.BackendError as error:
        _stop(str(error))
    except re.error as error:
        _stop(f"--only {options.only}: {error}")
    if not jobs:
        _stop(f"--only {options.only}: no such entry")
    few = 1 if options.quick else 2
    engines = Engines(
        candidate, REFERENCE, options.samples or (2 if options.quick else 6), few
    )._replace(same_numbers=draws_alike(candidate))
    entries, complete = examined(jobs, engines)
    versions = f"{candidate.name} {candidate.version()}, torch {torch.__version__}"
    found = tables.Found(candidate.name, versions, entries, complete, engines.same_numbers)
    path = tables.write(options.out / "opinfo", found)
    print(tables.headline(found), *tables.lines(found), f"report: {path}", sep="\n")
    return 3 if not complete else int(bool(found.wrong))


def examined(jobs: Sequence[Job], engines: Engines) -> tuple[list[Entry], bool]:
    """Examine every entry; on Ctrl-C those before it, and False."""
    from tqdm import tqdm

    entries: list[Entry] = []
    bar = tqdm(jobs, disable=None, leave=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about its own samples
            for name, examine in bar:
                bar.set_postfix_str(name, refresh=False)
                entries.append(examine(engines))
    except KeyboardInterrupt:
        return entries, False
    return entries, True


def draws_alike(engine: backends.Backend) -> bool:
    """Whether one seed gives an engine torch's random numbers."""
    drawn = []
    for one in (engine, backends.TORCH):
        one.seed(0)
        try:
            drawn.append(one.numpy(one.namespace().rand(5)))
        except Exception:  # it may have none
            return False
    return np.array_equal(*drawn)


DATABASES: dict[str, Callable[[str], Iterator[Job]]] = {
    "op": operations.jobs,
    "module": layers.jobs,
    "optim": lambda only: itertools.chain(optimizers.jobs(only), schedules.jobs(only)),
}


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m harness opinfo", description=main.__doc__.splitlines()[0]
    )
    parser.error = _stop  # type: ignore[method-assign]
    add = parser.add_argument
    engine = "the engine: a name, or path/to/file.py:name (minitorch)"
    add("--backend", default="minitorch", help=engine)
    add("--db", action="append", choices=[*DATABASES], help="this database alone; may be repeated")
    add("--only", default="", metavar="REGEX", help="these entries alone")
    add("--samples", type=int, metavar="N", help="most samples of each (6)")
    add("--quick", action="store_true", help="two samples of each, one of each dtype and form")
    add("--out", type=Path, default=Path("reports"), metavar="DIR", help="folder (reports/)")
    options = parser.parse_args(argv)
    options.db = options.db or [*DATABASES]
    if options.samples is not None and options.samples < 1:
        _stop(f"--samples {options.samples}: at least 1")
    return options
