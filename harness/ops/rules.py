"""Which rule of comparison sees a planted mistake, and which cries wolf: on the cases of the table.

A mistake is planted in one gradient of one operation: its sign, a factor, an element, a row, its
order. It is killed by a rule that rejects it on some case of the operation; where it changes no
bit of any case it is not counted. A rule that rejects the right gradient gives a false alarm.
Source: the rules are those of torch.testing.assert_close and numpy.allclose as they are called
without options, and of published comparers of training runs: mean difference and cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from harness.backends import Backend
from harness.cases import Case, table
from harness.local import Expected, evaluate

PER_OPERATION = 5
"""How many cases of an operation are tried, evenly out of all."""

Mistake = Callable[[np.ndarray], np.ndarray]


class Row(NamedTuple):
    """What one rule saw."""

    name: str
    killed: int
    of: int
    structural: int
    of_structural: int
    small: int
    of_small: int
    false_alarms: int
    cases: int


def _one_element(g: np.ndarray) -> np.ndarray:
    out = g.copy()
    out.flat[out.size // 2] *= np.float32(1.05)
    return out


def _last_row(g: np.ndarray) -> np.ndarray:
    out = np.array(g)
    np.atleast_1d(out)[-1:] = 0
    return out


STRUCTURAL: dict[str, Mistake] = {
    "sign": lambda g: -g,
    "nothing": lambda g: g * 0,
    "added twice": lambda g: g + g,
    "last row zero": _last_row,
    "in reverse order": lambda g: g[tuple(slice(None, None, -1) for _ in g.shape)].copy(),
    "mean for sum": lambda g: g / np.float32(max(g.shape[:1], default=1) or 1),
}
SMALL: dict[str, Mistake] = {
    "one element 5 % off": _one_element,
    **{
        f"times {factor}": lambda g, f=factor: g * np.float32(f)
        for factor in (1.01, 1.001, 1.0001, 1.00001)
    },
    "half precision inside": lambda g: g.astype(np.float16).astype(g.dtype),
}
MISTAKES = STRUCTURAL | SMALL


def _close(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> bool:
    return bool(np.allclose(a, b, rtol, atol, equal_nan=True))


def _cosine(a: np.ndarray, b: np.ndarray) -> bool:
    x, y = (v.astype(np.float64).ravel() for v in (a, b))
    size = np.linalg.norm(x) * np.linalg.norm(y)
    return bool(x @ y > 0.99 * size) if size else np.array_equal(x, y)


def _mean(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a.astype(np.float64) - b).mean() < 1e-6) if a.size else True


OTHERS: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "assert_close (1.3e-6, 1e-5)": lambda a, b: _close(a, b, 1.3e-6, 1e-5),
    "numpy.allclose (1e-5, 1e-8)": lambda a, b: _close(a, b, 1e-5, 1e-8),
    "mean difference < 1e-6": _mean,
    "allclose (1e-3, 1e-4)": lambda a, b: _close(a, b, 1e-3, 1e-4),
    "cosine > 0.99": _cosine,
}
OURS = "this harness"


def sample(seeds: int = 1, pattern: str = "", most: int = PER_OPERATION) -> list[tuple[int, Case]]:
    """Some differentiable cases of each operation, with their seeds."""
    found = []
    for seed in range(seeds):
        by_name: dict[str, list[Case]] = {}
        for case in table(pattern, seed):
            if case.order and any(a.size and a.dtype == np.float32 for a in case.inputs):
                by_name.setdefault(case.op, []).append(case)
        for some in by_name.values():
            step = max(len(some) / most, 1)
            found += [(seed, some[int(i * step)]) for i in range(min(most, len(some)))]
    return found


def measure(
    found: Sequence[tuple[int, Case]],
    candidate: Backend,
    reference: Backend,
    progress: bool = False,
) -> list[Row]:
    """What every rule sees of the mistakes in the candidate's gradients; ours is the first row."""
    from tqdm import tqdm

    names = [OURS, *OTHERS]
    seen: dict[tuple[str, str, str], set[str]] = {}
    alarms = dict.fromkeys(names, 0)
    tensors = 0
    with np.errstate(all="ignore"):
        for seed, case in tqdm(found, disable=None if progress else True, leave=False):
            known = Expected(
                case.function, case.inputs, reference, 1, constant=case.constant, seed=seed
            )
            fixed = frozenset(case.constant)
            mine = evaluate(case.function, case.inputs, candidate, 1, fixed, seed)
            theirs = known.outcome
            if mine.raised or theirs.raised:
                continue
            for what, right in mine.arrays.items():
                other = theirs.arrays.get(what)
                if not what.startswith("gradient") or other is None or not _usable(right, other):
                    continue
                tensors += 1
                for name in _rejects(known, what, right, other):
                    alarms[name] += 1
                for mistake, spoil in MISTAKES.items():
                    wrong = spoil(right)
                    if not np.array_equal(wrong, right):
                        killers = seen.setdefault((case.op, what, mistake), set())
                        if len(killers) < len(names):
                            killers |= _rejects(known, what, wrong, other)
    return [_row(name, seen, alarms[name], tensors) for name in names]


def _usable(right: np.ndarray, other: np.ndarray) -> bool:
    return bool(
        right.size
        and right.shape == other.shape
        and right.dtype == other.dtype == np.float32
        and np.isfinite(right).all()
        and np.isfinite(other).all()
    )


def _rejects(known: Expected, what: str, array: np.ndarray, other: np.ndarray) -> set[str]:
    """The rules that reject `array` as the gradient."""
    rejecting = {name for name, accepts in OTHERS.items() if not accepts(array, other)}
    judged = known.judged(what, array, other)
    if not judged.ok and judged.term != "exact":
        judged = known.judged(what, array, other, thoroughly=True)
    return rejecting if judged.ok else {OURS, *rejecting}


def _row(name: str, seen: dict[tuple[str, str, str], set[str]], alarms: int, tensors: int) -> Row:
    def count(mistakes: dict[str, Mistake]) -> tuple[int, int]:
        rows = [killers for (_, _, mistake), killers in seen.items() if mistake in mistakes]
        return sum(name in killers for killers in rows), len(rows)

    return Row(name, *count(MISTAKES), *count(STRUCTURAL), *count(SMALL), alarms, tensors)


def text(rows: Sequence[Row]) -> str:
    """The table as lines."""
    head = f"{'rule':30} {'killed':>18} {'structural':>14} {'small':>14} {'false alarms':>16}"
    return "\n".join([head, *map(_line, rows)])


def _line(r: Row) -> str:
    killed = f"{r.killed} of {r.of} {r.killed / max(r.of, 1):6.1%}"
    parts = f"{r.structural} of {r.of_structural}", f"{r.small} of {r.of_small}"
    alarms = f"{r.false_alarms} of {r.cases}"
    return f"{r.name:30} {killed:>18} {parts[0]:>14} {parts[1]:>14} {alarms:>16}"
