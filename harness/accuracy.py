"""`python -m harness accuracy`: is an engine as accurate as PyTorch, operation by operation?

Both compute in float32 on the samples of PyTorch's own tests; what PyTorch makes of the same
numbers in float64 is the truth. An error is the largest of a tensor, relative to the tensor's
largest element, in units of float32's eps; that of an operation is the worst of its samples.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from harness.distance import EPS, distance

FLOOR = 4.0
"""Errors below this many eps count as this many: no engine is better than another there. So do
those below what comes of moving every input by half of its last digit, where that is more."""

CLOSE, ALLOWED = 2.0, 8.0
"""A ratio up to CLOSE is as good as equal; one above ALLOWED is a fault."""

NOTHING_RIGHT = 1 / EPS
"""The error of a number without a right digit; where there is a NaN too much, also this."""

SMALLEST = 2.0**-10
"""The largest element of a gradient counts as this at least: what is 0 on paper is rounding, of
numbers about as large as the incoming gradient's, which is 1 at most."""

NAMED = 12
"""How many names a line lists."""

UNDEFINED = re.compile(r"((new_)?empty|resize_|(linalg\.)?(eigh|svd)$)")
"""Operations that return what happens to be in memory, or vectors of either sign."""


WRONG_IN_TORCH = {
    "as_strided_scatter": "its gradient flows to what is overwritten and not to what is kept",
}
"""Where torch 2.13 itself is wrong in float64 too: shown, and no fault of an engine."""


class Errors(NamedTuple):
    """What torch and the engine are off, in eps, and what nobody can be blamed for."""

    theirs: float
    ours: float
    floor: float = FLOOR

    @property
    def ratio(self) -> float:
        """How many times as far off the engine is as torch."""
        return max(self.ours, self.floor) / max(self.theirs, self.floor)


class Result(NamedTuple):
    """One operation: the tensors of all samples, values and gradients apart."""

    name: str
    values: list[Errors]
    gradients: list[Errors]
    samples: int = 0
    refused: int = 0
    unsaid: int = 0
    absent: bool = False

    @property
    def compared(self) -> bool:
        """Whether any tensor was."""
        return bool(self.values or self.gradients)

    @property
    def ratio(self) -> float:
        """The largest ratio of all tensors."""
        return max(e.ratio for e in self.values + self.gradients)

    @property
    def odd(self) -> Errors:
        """The tensor where torch is farther off than the engine, by the largest factor."""
        return min(self.values + self.gradients, key=lambda e: e.ratio)

    @property
    def exact(self) -> bool:
        """Whether neither engine rounds."""
        return not any(e.theirs or e.ours for e in self.values + self.gradients)


# --- measuring ------------------------------------------------------------------------------------


def measure(engine: Any, name: str, entry: Any, limit: int) -> Result:
    """The errors of both engines on up to `limit` samples; none where what returns is random."""
    import torch

    from harness import samples

    reference = samples.operation(torch, entry.name)
    try:
        candidate = samples.operation(engine, entry.name)
    except AttributeError:
        return Result(name, [], [], absent=True)
    made = Result(name, [], [])
    for sample in samples.of(entry):
        if made.samples == limit:
            break
        call = samples.arguments(entry.name, sample)
        truth = compute(reference, torch, call, widen=True)
        theirs = compute(reference, torch, call)
        if truth is None or theirs is None:
            made = made._replace(unsaid=made.unsaid + 1)
            continue
        if not truth[0]:
            continue  # whole numbers
        if not _alike(truth, compute(reference, torch, call, widen=True, seed=1)):
            return Result(name, [], [])
        made = made._replace(samples=made.samples + 1)
        ours = compute(candidate, engine, call)
        if ours is None or _shapes(ours) != _shapes(truth):
            made = made._replace(refused=made.refused + 1)
            continue
        moved = compute(reference, torch, call, widen=True, move=EPS / 2)
        moved = moved if moved is not None and _shapes(moved) == _shapes(truth) else truth
        made.values.extend(_errors(theirs[0], ours[0], truth[0], moved[0], 0))
        made.gradients.extend(_errors(theirs[1], ours[1], truth[1], moved[1], SMALLEST))
    return made


def compute(
    operation: Callable,
    engine: Any,
    call: tuple[tuple, dict],
    widen: bool = False,
    move: float = 0,
    seed: int = 0,
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """The floating outputs and the gradients of a call; None where the engine refuses it.

    `widen`: in float64, every number moved up or down by `move` of itself.
    """
    from harness import samples

    leaves: list[Any] = []
    getattr(engine, "default_generator", engine).manual_seed(seed)
    try:
        args, kwargs = samples.translated(call, engine, leaves, widen, move)
        outputs = [o for o in _flat(operation(*args, **kwargs)) if o.is_floating_point()]
        starts = [o for o in outputs if o.requires_grad]
        given = [engine.from_numpy(_cotangent(o.shape, _array(o).dtype)) for o in starts]
        found = [None] * len(leaves)
        if starts and leaves:
            found = engine.autograd.grad(starts, leaves, given, allow_unused=True)
    except samples.Untold:
        return None
    except Exception:  # an engine may refuse in any words
        return None
    zero = (np.zeros(x.shape, _array(x).dtype) for x in leaves)
    return [_array(o) for o in outputs], [
        z if g is None else _array(g) for g, z in zip(found, zero)
    ]


def error(found: np.ndarray, truth: np.ndarray, smallest: float) -> float:
    """The largest difference relative to the largest element, which counts as `smallest` at least,
    in units of eps."""
    with np.errstate(over="ignore"):
        held = truth.astype(np.float32)  # what is too large for float32 is rightly infinite
    beyond = ~np.isfinite(held)
    truth = np.where(beyond, held, truth)
    apart = distance(found, truth, 1.0).max_abs
    scale = max(float(np.abs(truth[~beyond]).max(initial=0.0)), smallest) or 1.0
    return min(apart / scale / EPS, NOTHING_RIGHT)


def _errors(
    theirs: list, ours: list, truth: list, moved: list, smallest: float
) -> Iterator[Errors]:
    for a, b, exact, other in zip(theirs, ours, truth, moved):
        if exact.size:
            unsure = min(error(other, exact, smallest), NOTHING_RIGHT)
            yield Errors(error(a, exact, smallest), error(b, exact, smallest), max(FLOOR, unsure))


def _shapes(made: tuple[list, list]) -> list[tuple]:
    return [a.shape for part in made for a in part]


def _alike(a: Any, b: Any) -> bool:
    return b is not None and all(map(_equal, a[0] + a[1], b[0] + b[1]))


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def _flat(value: Any) -> list:
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in _flat(part)]
    return [value] if hasattr(value, "is_floating_point") else []


def _array(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.numpy(force=True))  # torch has tensors of zeros without memory


def _cotangent(shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """Uneven numbers that float32 holds too."""
    draw = np.random.default_rng(0)
    return draw.uniform(-1, 1, tuple(shape)).astype(np.float32).astype(dtype)


# --- reporting ------------------------------------------------------------------------------------


class Summary(NamedTuple):
    """What all results say."""

    median: float
    close: float
    worst: Result | None
    faults: list[Result]
    odd: list[Result]
    refused: list[Result]
    absent: list[Result]
    unsaid: list[Result]
    wrong: list[Result]
    compared: int
    samples: int
    exact: int


def summarize(results: Sequence[Result]) -> Summary:
    """Median, share and worst are over the operations that round at all."""
    compared = [r for r in results if r.compared]
    rounding = [r for r in compared if not r.exact and r.name not in WRONG_IN_TORCH]
    rounding.sort(key=lambda r: -r.ratio)
    ratios = [r.ratio for r in rounding]
    return Summary(
        median=statistics.median(ratios) if ratios else 1.0,
        close=sum(r <= CLOSE for r in ratios) / max(len(ratios), 1),
        worst=rounding[0] if rounding else None,
        faults=[r for r in rounding if r.ratio > ALLOWED],
        odd=[r for r in reversed(rounding) if r.odd.ratio < 1 / ALLOWED],
        refused=[r for r in results if r.refused],
        absent=[r for r in results if r.absent],
        unsaid=[r for r in results if r.unsaid],
        compared=len(compared),
        samples=sum(r.samples - r.refused for r in compared),
        exact=sum(r.exact for r in compared),
        wrong=[r for r in compared if r.name in WRONG_IN_TORCH and r.ratio > ALLOWED],
    )


def headline(found: Summary, name: str) -> str:
    """The verdict in one line."""
    if found.faults:
        worst = found.faults[0]
        more = f" and {len(found.faults) - 1} more" if len(found.faults) > 1 else ""
        return (
            f"FAIL  {worst.name} is {worst.ratio:.3g} times as far from float64 as torch's"
            f" (allowed: {ALLOWED:g} times){more}"
        )
    return f"PASS  {name} is as accurate as torch: no operation is {ALLOWED:g} times as far off"


def lines(found: Summary, name: str) -> list[str]:
    """The findings, one a line."""
    said = [
        f"{found.compared} operations compared on {found.samples:,} samples, {found.exact} of them"
        " without rounding",
        f"of the others the median is {found.median:.2f} times torch's error, and "
        f"{found.close:.0%} are within {CLOSE:g} times",
    ]
    if found.worst is not None:
        said.append(f"worst: {found.worst.name}, {found.worst.ratio:.3g} times")
    said += [
        f"torch is the odd one out in {r.name}: {r.odd.theirs:.3g} eps off, {name} {r.odd.ours:.3g}"
        for r in found.odd
    ]
    said += [f"torch is wrong in {r.name}: {WRONG_IN_TORCH[r.name]}" for r in found.wrong]
    for title, some in (
        ("some samples cannot be said to another engine, or torch refuses them", found.unsaid),
        (f"{name} refuses samples of", found.refused),
        (f"{name} has no", found.absent),
    ):
        if some:
            names = [r.name for r in some[:NAMED]]
            names += [f"{len(some) - NAMED} more"] if len(some) > NAMED else []
            said.append(f"{title}: {len(some)}, {', '.join(names)}")
    return said


def table(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per operation, the worst ratio first."""
    compared = sorted((r for r in results if r.compared), key=lambda r: (-r.ratio, r.name))
    rows = []
    for result in compared:
        row: dict[str, Any] = {"operation": result.name}
        for kind, errors in (("value", result.values), ("gradient", result.gradients)):
            worst = max(errors, key=_weight, default=Errors(np.nan, np.nan))
            row |= {f"{kind}, torch": worst.theirs, f"{kind}, ours": worst.ours}
        rows.append(row | {"ratio": result.ratio, "samples": result.samples - result.refused})
    return rows


def _weight(errors: Errors) -> tuple[float, float]:
    """Of all tensors that one is shown that speaks most against the engine."""
    return errors.ratio, errors.ours


def write(out: Path, results: Sequence[Result], name: str, versions: str) -> Path:
    """Write accuracy.csv and accuracy.md, and return the latter's path."""
    import pandas as pd

    found = summarize(results)
    rows = pd.DataFrame(table(results))
    out.mkdir(parents=True, exist_ok=True)
    rows.to_csv(out / "accuracy.csv", index=False, float_format="%.3g")
    shown = rows[rows.ratio > 1].map(_number) if len(rows) else rows
    text = [
        f"# Accuracy of {name}\n",
        f"{headline(found, name)}\n",
        *(f"- {line}." for line in lines(found, name)),
        "",
        NOTES,
        f"{versions}.\n",
        shown.to_markdown(index=False, disable_numparse=True) if len(shown) else "",
        "",
    ]
    path = out / "accuracy.md"
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def _number(value: Any) -> str:
    """Three digits; nothing where nothing was compared."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3g}"
    return str(value)


NOTES = f"""
An error is the largest of a tensor, relative to the tensor's largest element, in units of float32's
eps, measured against torch in float64 on the same numbers. The samples are those of PyTorch's own
tests; shown is the tensor with the largest ratio. In the ratio an error counts as {FLOOR:g} eps at
least, and as what comes of moving every input by half of its last digit, where that is more.
Operations whose ratio is 1 are in accuracy.csv alone.
"""


def main(argv: Sequence[str]) -> int:
    """Measure, print the verdict, write the report; 0: accurate, 1: a fault, 3: could not run."""
    options = _options(argv)
    try:
        import pandas  # noqa: F401
        import tabulate  # noqa: F401
        import torch
        from tqdm import tqdm

        from harness import backends, samples

        chosen = [(n, e) for n, e in samples.entries() if re.search(options.ops, n)]
        engine = backends.find(options.backend)
        namespace = engine.namespace()
    except ImportError as error:
        _stop(f'{error}: the samples need pip install "minitorch[verify]"')
    except backends.BackendError as error:
        _stop(str(error))
    chosen = [(n, e) for n, e in chosen if not UNDEFINED.match(n)]
    if not chosen:
        _stop(f"--ops {options.ops}: no such operation")
    results = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, about its own samples
        for name, entry in tqdm(chosen, disable=None, leave=False):
            results.append(measure(namespace, name, entry, options.samples))
    versions = f"{engine.name} {engine.version()}, torch {torch.__version__}"
    path = write(options.out, results, engine.name, versions)
    found = summarize(results)
    print(headline(found, engine.name), *lines(found, engine.name), f"report: {path}", sep="\n")
    return int(bool(found.faults))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness accuracy", description=main.__doc__)
    parser.error = _stop  # type: ignore[method-assign]
    parser.add_argument("--backend", default="minitorch", help="the engine (minitorch)")
    parser.add_argument("--ops", default="", metavar="REGEX", help="these operations alone")
    parser.add_argument("--samples", type=int, default=20, help="most samples of each (20)")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder (reports/)")
    return parser.parse_args(argv)


def _stop(message: str) -> NoReturn:
    """End with one line on stderr and the exit code of a run that failed."""
    print(f"accuracy: {message}", file=sys.stderr)
    sys.exit(3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
