"""Every kernel beside the row on NumPy that it stands over, and beside torch: `bench --kernels`.

One process, in turns, the fastest of many: as ratios of time, above 1 where the kernel is faster,
and as errors against torch in float64, in units of float32's eps of the largest element: the
largest of one draw of the inputs, and of several draws the median.
"""

from __future__ import annotations

import csv
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from harness.backends import MINITORCH, MINITORCH_NUMPY, TORCH, Backend
from harness.bench.kernel_calls import CALLS, Call
from harness.timing import PAUSE

__all__ = ["Line", "lines", "missing", "standing", "table", "within", "write"]

SIZES = (4096, 65536, 1048576)
"""Elements of the largest argument."""

ENGINES = (MINITORCH, MINITORCH_NUMPY, TORCH)
TURNS, TURN = 4, 0.015
"""Turns of each engine, and the seconds that one lasts; a single call where that takes longer."""

WORSE, FLOOR = 2.0, 0.5
"""An error is flagged above so many times torch's, or half an eps where that is more."""

DRAWS = 9
"""Draws of the inputs that errors are looked at for; of the largest size three."""

EPS = 2.0**-23


class Line(NamedTuple):
    """A row at one size: seconds and errors of the kernel, of NumPy and of torch."""

    row: str
    size: int
    forward: tuple[float, ...]
    backward: tuple[float, ...]  # empty where nothing is asked for
    errors: tuple[float, ...]
    failed: str = ""

    @property
    def worse(self) -> bool:
        """Whether the kernel's error is above twice torch's."""
        return bool(self.errors) and not self.errors[0] <= WORSE * max(self.errors[2], FLOOR)


def standing() -> list[str]:
    """The rows that have a kernel."""
    import minitorch.native.kernels  # noqa: F401  fills the table
    from minitorch.native.table import ENTRIES

    return sorted({entry.row for entry in ENTRIES})


def within() -> dict[str, str]:
    """Rows that other rows' calls run, and which."""
    return {row: name for name, call in CALLS.items() for row in call.also if row not in CALLS}


def missing() -> list[str]:
    """The rows with a kernel that nothing here times."""
    return [row for row in standing() if row not in CALLS and row not in within()]


def lines(
    pattern: str = "", threads: int = 2, tick: Callable[[str], object] = lambda what: None
) -> Iterator[Line]:
    """Time every row with a kernel whose name matches."""
    for row in standing():
        if row in CALLS and re.search(pattern, row):
            for size in SIZES:
                tick(f"{row} {size:,}")
                yield _line(row, CALLS[row], size, threads)


def _line(row: str, call: Call, size: int, threads: int) -> Line:
    arrays = call.inputs(np.random.default_rng(0), size)
    try:
        draws = [_errors(call, size, seed) for seed in range(DRAWS if size < max(SIZES) else 3)]
    except (RuntimeError, TypeError, AttributeError, NotImplementedError) as error:
        return Line(row, size, (), (), (), str(error).partition("\n")[0])
    errors = tuple(map(statistics.median, zip(*draws)))
    best = [[float("inf")] * 2 for _ in ENGINES]
    for turn in range(TURNS):
        for k in (0, 1, 2) if turn % 2 else (2, 1, 0):
            engine = ENGINES[k]
            engine.namespace()
            engine.set_threads(threads)
            for part, run in enumerate(_runs(call, engine, arrays)):
                best[k][part] = min(best[k][part], _fastest(run))
            time.sleep(PAUSE)  # threads that still spin take the next one's cores
    forward, backward = zip(*best)
    return Line(row, size, forward, backward if np.isfinite(backward).all() else (), errors)


def _errors(call: Call, size: int, seed: int) -> tuple[float, ...]:
    """The largest error of each engine, for the inputs that this seed draws."""
    arrays = call.inputs(np.random.default_rng(seed), size)
    exact = _values(call, TORCH, arrays, np.float64)
    found = [_values(call, engine, arrays, np.float32) for engine in ENGINES]
    return tuple(max(map(_error, mine, exact), default=0.0) for mine in found)


def _tensors(engine: Backend, arrays: Sequence[np.ndarray], asks: bool, dtype: Any) -> list[Any]:
    return [
        engine.tensor(a.astype(dtype), asks) if a.dtype.kind == "f" else engine.tensor(a)
        for a in arrays
    ]


def _runs(call: Call, engine: Backend, arrays: Sequence[np.ndarray]) -> list[Callable[[], Any]]:
    """The forward, unrecorded, and the derivative of a recorded one."""
    T = engine.namespace()
    tensors = _tensors(engine, arrays, False, np.float32)
    runs: list[Callable[[], Any]] = [lambda: call.run(T, *tensors)]
    if call.backward:
        leaves = _tensors(engine, arrays, True, np.float32)
        asked = [x for x in leaves if engine.wants_gradient(x)]
        out = call.run(T, *leaves)
        g = engine.tensor(_cotangent(out.shape, np.float32))
        runs.append(lambda: T.autograd.grad(out, asked, g, retain_graph=True, allow_unused=True))
    return runs


def _fastest(run: Callable[[], Any]) -> float:
    clock, best = time.perf_counter, float("inf")
    run()
    end = clock() + TURN
    while True:
        start = clock()
        run()
        stop = clock()
        best = min(best, stop - start)
        if stop > end:
            return best


def _cotangent(shape: Sequence[int], dtype: Any) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(tuple(shape)).astype(np.float32).astype(dtype)


def _values(call: Call, engine: Backend, arrays: Sequence[np.ndarray], dtype: Any) -> list[Any]:
    """The result and the gradients, None for one that is not there."""
    tensors = _tensors(engine, arrays, call.backward, dtype)
    out = call.run(engine.namespace(), *tensors)
    found = [engine.numpy(out)]
    if call.backward:
        asked = [x for x in tensors if engine.wants_gradient(x)]
        g = engine.tensor(_cotangent(out.shape, dtype))
        grads = engine.grad([out], asked, [g])
        found += [None if x is None else engine.numpy(x) for x in grads]
    return found


def _error(mine: Any, exact: Any) -> float:
    """The largest error, relative to the largest element, in eps; NaN for another shape."""
    if mine is None or exact is None:
        return 0.0 if mine is exact else float("nan")
    if mine.shape != exact.shape:
        return float("nan")
    off = np.abs(mine.astype(np.float64) - exact).max(initial=0)
    return float(off / (EPS * (np.abs(exact).max(initial=0) or 1.0)))


# --- the table ------------------------------------------------------------------------------------

HEADERS = ["row", "elements", "forward us", "x NumPy", "x torch", "backward us", "x NumPy",
           "x torch", "error", "NumPy's", "torch's", ""]  # fmt: skip


def table(found: Sequence[Line], style: str = "simple") -> str:
    """The lines as people read them."""
    return tabulate(map(_told, found), HEADERS, style, disable_numparse=True)


def _told(line: Line) -> list[str]:
    if line.failed:
        return [line.row, f"{line.size:,}", *[""] * 9, f"not timed: {line.failed[:60]}"]
    return [
        line.row, f"{line.size:,}", *_times(line.forward), *_times(line.backward),
        *(f"{e:.2g}" for e in line.errors), "worse than torch" if line.worse else "",
    ]  # fmt: skip


def _times(seconds: Sequence[float]) -> list[str]:
    if not seconds:
        return [""] * 3
    mine, numpy, torch = seconds
    return [f"{1e6 * mine:.1f}", f"{numpy / mine:.2f}", f"{torch / mine:.2f}"]


def summary(found: Sequence[Line]) -> str:
    """What has no number, and what is worse, in a few lines."""
    said = [f"{len({line.row for line in found})} of {len(standing())} rows with a kernel timed"]
    others = within()
    told = [f"{row} ({others[row]})" for row in standing() if row in others]
    said.append(f"run within others: {', '.join(told) or 'none'}")
    said.append(f"missing, no call is written for them: {', '.join(missing()) or 'none'}")
    worse = dict.fromkeys(line.row for line in found if line.worse)
    said.append(f"error above twice torch's: {', '.join(worse) or 'none'}")
    return "\n".join(said)


def write(folder: Path, found: Sequence[Line], facts: str) -> Path:
    """Write kernels.md and kernels.csv; the path of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "kernels.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        names = ("kernel", "numpy", "torch")
        times = [f"{part}_{n}_seconds" for part in ("forward", "backward") for n in names]
        errors = [f"{n}_error_eps" for n in names]
        out.writerow(["row", "elements", *times, *errors, "worse", "failed"])
        for line in found:
            parts = (line.forward, line.backward, line.errors)
            cells = [x for part in parts for x in (part or ("",) * 3)]
            out.writerow([line.row, line.size, *cells, int(line.worse), line.failed])
    path = folder / "kernels.md"
    said = "\n".join(f"- {text}" for text in summary(found).splitlines())
    text = ["# Kernels beside NumPy and torch", __doc__.partition("\n\n")[2].strip(), said,
            table(found, "github"), f"{facts}."]  # fmt: skip
    path.write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return path
