"""report.md: the verdict first, then evidence, then how it was obtained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from harness.envelope import CHAOS, FIRST_LOSS, FIRST_STEPS
from harness.report import operations
from harness.report.facts import checks, environment, headline, tensor_table, time_table, worst_rows
from harness.run import METRIC_ALLOWANCE, REPLAYS, Result
from harness.tolerance import FACTOR

NOTES = f"""\
- **Nothing is copied** between the engines: both start from the same seed, so initial values and
  random states have to be equal, bit by bit.
- **Relative** is the 2-norm of a tensor's difference over the 2-norm of the reference's tensor;
  **ulp** is the largest difference in units of the spacing at the reference's largest element.
- **The budget** of a tensor is {FACTOR:g} times the largest of three terms: 2 eps of the largest
  norm it has had (*rounding*); how far the reference has got from its own float64 run
  (*reference*); how far it got from itself when every parameter was moved by one ulp at the start
  (*one ulp*). The first {FIRST_STEPS} losses may differ by {FIRST_LOSS:g} at least.
- **Accuracy** is the error against a float64 run of the same script, which draws the same random
  numbers: the candidate's over the reference's.
- **Errors of elements**, by a click on a tensor: at its worst step, how many elements of either
  engine are how many ulp off, an ulp being that of the tensor's largest element.
- **Chaos**: where half of the reference's parameters are more than {CHAOS:g} from themselves, one
  ulp away, no comparison means anything, and judging stops.
- **Parted**: two correct engines go separate ways where a unit lands on different sides of a
  kink, as the reference does from itself on another number of threads. So what leaves its budget
  counts as a fault only if it does so in all of {REPLAYS} replays, each of which starts every step
  from the reference's own state, moved by one ulp.
- **A final score** has to lie in the range of the reference's runs, give or take
  {METRIC_ALLOWANCE:g}.
- **Times** are of runs that record nothing: the engines take turns of a few steps in random order,
  and the ratio is the median over all rounds with its 95 % bootstrap interval. The control is the
  reference against a second process of itself: it has to be 1.
"""


WORST = 10
"""How many operations report.md lists."""


def write(result: Result, folder: Path) -> None:
    """Write report.md; the files beside it are named in it."""
    text = "\n".join(_lines(result, folder))
    (folder / "report.md").write_text(text, encoding="utf-8")


def _lines(result: Result, folder: Path) -> Iterator[str]:
    """The lines of report.md: the verdict first, then evidence, then how it was obtained."""
    yield f"# {headline(result)}\n"
    yield from _table(pd.DataFrame(checks(result).items(), columns=["question", "answer"]))
    yield "![Training loss of both engines and their difference](loss.png)\n"
    yield "![Gradient size per layer of both engines](gradient_flow.png)\n"
    if result.timed:
        yield "## Time\n"
        yield "![Time of a step by phase, and the ratio of every round](timing.png)\n"
        yield from _table(time_table(result))
    if result.judge.series:
        yield "## Every tensor at its worst step\n"
        tensors = tensor_table(result).query("kind != 'learning rate'")
        worst = worst_rows(tensors.assign(key=tensors.kind + tensors["name"]), by="key")
        yield from _table(worst.drop(columns="key").rename(columns={"of_budget": "of budget"}))
    yield from _operations(result)
    yield f"## How to read this\n\n{NOTES}"
    yield "## Environment\n"
    yield from _table(pd.DataFrame(environment(result).items(), columns=["", "value"]))
    files = [f"[{path.name}]({path.name})" for path in sorted(folder.iterdir()) if path.is_file()]
    yield f"Files: {', '.join(files)}\n"


def _operations(result: Result) -> Iterator[str]:
    found = operations.of(result.survey)
    if found is None:
        return
    told = {"backends": result.labels, "operations": found}
    rows = [operations.cells(row) for row in found["rows"][:WORST]]
    yield f"## Operations of step {found['step']}, the worst {len(rows)} of {len(found['rows'])}\n"
    yield f"{operations.NOTE}\n"
    yield from _table(pd.DataFrame(rows, columns=operations.heads(told)))


def _table(table: pd.DataFrame) -> Iterator[str]:
    yield table.to_markdown(index=False, floatfmt=".3g") + "\n"
