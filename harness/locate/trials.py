"""How well mistakes are located: many are planted in an engine, one at a time, and looked for.

    python -m harness.locate.trials [--every N]        # writes reports/locate/locate.json

Small model steps run on both engines; in each of three steps of a model other mistakes are planted,
in the rules that it uses and in its optimizer. A mistake counts where it changes a result of the
step by more than rounding. Then the step, the call, the engine's line and the script are checked:
the steps before have to be clean, the call has to be one that runs the spoiled rule, the line has
to lie in the spoiled function, and the script has to fail with the mistake and pass without it.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness import locate
from harness.backends import MINITORCH, TORCH, Backend
from harness.locate import repro, rows, sources
from harness.locate.observe import observing
from harness.locate.search import short
from harness.locate.trace import Trace
from harness.locate.trial_models import MODELS, STEPS, Model, training
from harness.mutate.sites import OPTIMIZERS, RULES, Mutant, Site, sites
from harness.tolerance import judge

SCHEMA = "harness.locate/1"


@dataclass
class Trial:
    """One mistake: where it was, and what was said of it."""

    model: str
    step: int
    where: str
    mistake: str
    line: str
    killed: bool = False
    step_right: bool = False
    call_right: bool = False
    file_right: bool = False
    rule_right: bool = False
    line_right: bool = False
    line_exact: bool = False
    said: str = ""
    seconds: float = 0.0
    script: bool = False
    confirmed: bool = False
    mended: bool = False
    lines: int = 0
    elements: float = 0.0
    script_seconds: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether it counts, and something of what was said or made is not right."""
        right = (self.step_right, self.call_right, self.file_right, self.script, self.confirmed,
                 self.mended)  # fmt: skip
        return self.killed and not all(right)


def figures(
    candidate: Backend = MINITORCH, reference: Backend = TORCH, every: int = 1, scripts: bool = True
) -> dict[str, Any]:
    """Plant every `every`-th mistake, look for it, and count."""
    candidate = candidate.plain()  # a kernel would hide what is planted under it
    candidate.namespace()
    trials = list(_trials(candidate, reference, every, scripts))
    return {
        "schema": SCHEMA,
        "candidate": candidate.name,
        "reference": reference.name,
        "rules": tally([t for t in trials if t.model in MODELS]),
        "optimizers": tally([t for t in trials if t.model not in MODELS]),
        "missed": [asdict(t) for t in trials if t.missed],
    }


def tally(trials: list[Trial]) -> dict[str, Any]:
    """The shares that the goals are about."""
    killed = [t for t in trials if t.killed]
    made = [t for t in killed if t.script]

    def share(of: list[Trial], right: str) -> float | None:
        return round(sum(getattr(t, right) for t in of) / len(of), 4) if of else None

    def median(of: list[Trial], number: str) -> float | None:
        return float(np.median([getattr(t, number) for t in of])) if of else None

    kinds = ("step_right", "call_right", "file_right", "rule_right", "line_right", "line_exact",
             "script")  # fmt: skip
    return {
        "planted": len(trials),
        "killed": len(killed),
        **{kind: share(killed, kind) for kind in kinds},
        **{kind: share(made, kind) for kind in ("confirmed", "mended")},
        "longest_script": max((t.lines for t in made), default=None),
        "median_elements": median(made, "elements"),
        "median_seconds": median(killed, "seconds"),
        "median_script_seconds": median(made, "script_seconds"),
        "slowest_script_seconds": max((t.script_seconds for t in made), default=None),
    }


# ------------------------------------------------------------------ planting


def _trials(candidate: Backend, reference: Backend, every: int, scripts: bool) -> Iterator[Trial]:
    found = sites(candidate)
    rules = [s for s in found if s.by == RULES and ", input " not in s.title]
    number = 0
    for name, model in MODELS.items():
        steps = [Clean(name, model, k, candidate, reference) for k in range(STEPS)]
        for site in rules:
            if not steps[0].uses(site):
                continue
            for mutant in site.mutants():
                number += 1
                if number % every == 0:
                    yield _tried(steps, number // every % STEPS, site, mutant, scripts)
    for name in sorted({s.room.rpartition(".")[2] for s in found if s.by == OPTIMIZERS}):
        model = training(candidate, name)
        if model is None:
            continue
        steps = [Clean(name, model, k, candidate, reference) for k in range(STEPS)]
        for site in (s for s in found if s.by == OPTIMIZERS and s.room == f"optim.{name}"):
            for mutant in site.mutants():
                number += 1
                if number % every == 0:
                    yield _tried(steps, number // every % STEPS, site, mutant, scripts)


class Clean:
    """One step of a model without a mistake, on both engines."""

    def __init__(
        self, name: str, model: Model, step: int, candidate: Backend, reference: Backend
    ) -> None:
        self.name, self.model, self.step = name, model, step
        self.candidate, self.reference = candidate, reference
        self.mine, self.theirs = self.traced(candidate), self.traced(reference)
        self.accused = locate.step(self.mine, self.theirs, candidate, reference, step) is not None
        self._rows: dict[int, set[str]] | None = None

    def traced(self, backend: Backend) -> Trace:
        """The step on one engine; what a mistake raises ends it."""
        with observing(backend) as trace, contextlib.suppress(Exception):
            self.model(backend.namespace(), self.step)
        return trace

    def uses(self, site: Site) -> bool:
        """Whether a call of the step runs a row of the site."""
        return any(names & set(site.rows) for names in self.rows.values())

    @property
    def rows(self) -> dict[int, set[str]]:
        """The rows that each call of the reference's trace runs on the candidate, by its number."""
        if self._rows is None:
            self._rows = {}
            for call in self.theirs.calls:
                with contextlib.suppress(ValueError):
                    ran = rows.ran(self.candidate, call)
                    self._rows[call.number] = {run.row.name for run in ran}
        return self._rows


def _tried(steps: list[Clean], k: int, site: Site, mutant: Mutant, scripts: bool) -> Trial:
    """Plant one mistake at step `k` and look for it."""
    clean = steps[k]
    line = f"{short(mutant.path)}:{mutant.line}"
    trial = Trial(clean.name, k, site.title, mutant.text, line)
    script = None
    with mutant.plant():
        mine = clean.traced(clean.candidate)
        trial.killed = _differs(mine, clean.mine)
        if not trial.killed:
            return trial
        start = time.monotonic()
        found = locate.step(mine, clean.theirs, clean.candidate, clean.reference, k)
        trial.seconds = round(time.monotonic() - start, 3)
        trial.step_right = found is not None and not any(s.accused for s in steps)
        if found is None:
            return trial
        _compared(trial, found, clean, site, mutant)
        if scripts:
            start = time.monotonic()
            script = repro.make(found, clean.candidate, clean.reference, run=_exit_code)
            trial.script_seconds = round(time.monotonic() - start, 3)
    if script is not None:
        trial.script, trial.confirmed = True, script.confirmed
        trial.lines, trial.elements = script.lines, float(np.median(script.sizes or [0]))
        trial.mended = _exit_code(script.text) == 0
    return trial


def _compared(
    trial: Trial, found: locate.Located, clean: Clean, site: Site, mutant: Mutant
) -> None:
    """Whether what was said is where the mistake is."""
    told, _, number = found.engine_line.rpartition(":")
    trial.said = f"{found.direction} of {found.op} at {found.engine_line or 'no line'}"
    if found.interaction:
        trial.said += f" ({found.interaction})"
    if site.by == OPTIMIZERS:
        trial.call_right = found.direction == "update"
    elif found.call is not None:
        trial.call_right = bool(clean.rows.get(found.call.number, set()) & set(site.rows))
    trial.file_right = bool(told) and mutant.path.endswith(told)
    first, last = _extent(mutant.path, mutant.line)
    trial.line_right = trial.file_right and first <= int(number) <= last
    trial.rule_right = trial.line_right or _serves(found.engine_line, site)
    trial.line_exact = trial.file_right and int(number) == mutant.line


def _serves(engine_line: str, site: Site) -> bool:
    """Whether the line is in a rule of a row that the spoiled function, a helper, serves."""
    from minitorch.backend import ROWS

    for name in site.rows:
        row = ROWS[name]
        for rule in filter(None, (row.joint, *row.rules)):
            file, line = sources.of_code(rule.__code__)
            if file.endswith(engine_line.rpartition(":")[0]) and engine_line.endswith(f":{line}"):
                return True
    return False


def _extent(path: str, line: int) -> tuple[int, int]:
    """The first and the last line of the innermost function or lambda around a line."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.Lambda))
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return min(around, key=lambda span: span[1] - span[0], default=(line, line))


def _differs(mine: Trace, clean: Trace) -> bool:
    """Whether a mistake changed the step by more than rounding."""
    if len(mine.calls) != len(clean.calls) or mine.totals.keys() != clean.totals.keys():
        return True
    results = [
        (a.array, b.array)
        for x, y in zip(mine.calls, clean.calls)
        for a, b in zip(x.outputs, y.outputs)
    ]
    scale = max((float(np.abs(g).max(initial=0)) for g in clean.totals.values()), default=0.0)
    if not all(
        mine.totals[key].shape == g.shape and judge(mine.totals[key], g, floor=scale / 1024).ok
        for key, g in clean.totals.items()
    ):
        return True
    if len(mine.updates) != len(clean.updates):
        return True
    for a, b in zip(mine.updates, clean.updates):
        results += zip(a.after, b.after)
        for x, y in zip(a.state_after, b.state_after):
            results += [(x[k], y[k]) for k in y if isinstance(y[k], np.ndarray) and k in x]
    return any(a.shape != b.shape or not judge(a, b).ok for a, b in results)


def _exit_code(text: str) -> int:
    """What a script exits with, run in this process, where the mistake is."""
    run: Callable[..., Any] = exec
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run(compile(text, "repro", "exec"), {})
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:  # as an interpreter would exit
        return 1
    return 0


def main(argv: list[str] | None = None) -> int:
    """Count, print the shares, write them."""
    parser = argparse.ArgumentParser(prog="python -m harness.locate.trials", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="plant every N-th mistake (1)")
    parser.add_argument("--out", type=Path, default=Path("reports/locate"))
    args = parser.parse_args(argv)
    found = figures(every=args.every)
    args.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, default=str)
    (args.out / "locate.json").write_text(text + "\n", encoding="utf-8")
    for name, value in found["rules"].items():
        print(f"{name:24} {value!s:>8} {found['optimizers'][name]!s:>8}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
