"""What all cases say: verdict, worst operations, where torch is the odd one out; as files too."""

from __future__ import annotations

import inspect
import json
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness import samples
from harness.backends import Backend
from harness.ops.measure import EPS, STATES, Tried

SCHEMA = "harness.ops/1"
CLOSE = 2.0
"""A ratio of errors up to this is as good as equal."""
NAMED = 12
"""How many names a line lists."""


class Operation(NamedTuple):
    """All cases of one operation."""

    name: str
    cases: int
    tensors: int
    states: dict[str, int]
    share: float  # of the budget, at worst
    worst: str  # the case and tensor of that
    term: str
    error: float  # in eps
    reference_error: float
    ratio: float  # the largest; 1 where neither rounds
    rounds: bool


class Summary(NamedTuple):
    """What all cases say."""

    ops: list[Operation]
    faults: list[Tried]
    headline: str
    lines: list[str]
    facts: dict[str, Any]


def summarize(
    tried: Sequence[Tried],
    candidate: Backend,
    reference: Backend,
    stopped: bool = False,
    of: int | None = None,
) -> Summary:
    """Verdict and findings, as lines and as facts."""
    ops = sorted(_operations(tried), key=lambda o: (-o.share, o.name))
    faults = [t for t in tried if t.wrong]
    rounding = [o for o in ops if o.rounds]
    ratios = [o.ratio for o in rounding] or [1.0]
    states = Counter(t.state for t in tried)
    tensors = sum(len(t.found.findings) for t in tried)
    facts = {
        "candidate": candidate.name,
        "reference": reference.name,
        "versions": {b.name: b.version() for b in (candidate, reference)},
        "cases": len(tried),
        "seeds": len({t.seed for t in tried}),
        "operations": len(ops),
        "tensors": tensors,
        "states": {state: states[state] for state in ("pass", *STATES)},
        "ratio": {
            "median": statistics.median(ratios),
            "geometric mean": float(np.exp(np.mean(np.log(ratios)))),
            "worst": max(ratios),
            "worst operation": max(rounding, key=lambda o: o.ratio).name if rounding else "",
            "within 2": sum(r <= CLOSE for r in ratios) / len(ratios),
        },
        "skipped": (of or len(tried)) - len(tried) if stopped else 0,
    }
    headline = _headline(faults, facts, ops)
    facts |= {"verdict": headline[:4], "headline": headline}
    return Summary(ops, faults, headline, list(_lines(tried, faults, facts, rounding)), facts)


def _operations(tried: Sequence[Tried]) -> Iterator[Operation]:
    by_name: dict[str, list[Tried]] = {}
    for one in tried:
        by_name.setdefault(one.case.op, []).append(one)
    for name, some in by_name.items():
        counted = [t for t in some if t.state in ("pass", "fault")]
        judged = [(f.judgement, t, f) for t in counted for f in t.found.findings if f.judgement]
        worst = max(judged, key=lambda j: j[0].share, default=None)
        ratios = [r for t in some for r in t.ratios]
        rounds = any(j.error or j.reference_error for j, _, _ in judged)
        yield Operation(
            name,
            len(some),
            sum(len(t.found.findings) for t in some),
            dict(Counter(t.state for t in some)),
            worst[0].share if worst else 0.0,
            f"{worst[1].case.id}: {worst[2].what}" if worst else "",
            worst[0].term if worst else "",
            worst[0].error / EPS if worst else 0.0,
            worst[0].reference_error / EPS if worst else 0.0,
            max(ratios, default=1.0),
            rounds,
        )


def _headline(faults: Sequence[Tried], facts: dict[str, Any], ops: Sequence[Operation]) -> str:
    name, cut = facts["candidate"], f", stopped: {facts['skipped']} not tried"
    cut = cut if facts["skipped"] else ""
    if faults:
        worst = faults[0]
        names = len({t.case.op for t in faults})
        more = f" and {len(faults) - 1} more in {names} operations" if len(faults) > 1 else ""
        return f"FAIL  {worst.case.id}: {worst.found}{more}{cut}"
    return (
        f"PASS  {name} computes {facts['operations']} operations as {facts['reference']} does: "
        f"{facts['cases']:,} cases, {facts['tensors']:,} tensors, error "
        f"{facts['ratio']['geometric mean']:.2f} times {facts['reference']}'s{cut}"
    )


def _lines(
    tried: Sequence[Tried],
    faults: Sequence[Tried],
    facts: dict[str, Any],
    rounding: Sequence[Operation],
) -> Iterator[str]:
    ratios, reference = facts["ratio"], facts["reference"]
    yield (
        f"of {len(rounding)} operations that round: median {ratios['median']:.2f} times "
        f"{reference}'s error, geometric mean {ratios['geometric mean']:.2f}, "
        f"{ratios['within 2']:.0%} within {CLOSE:g} times, worst {ratios['worst']:.3g} times "
        f"({ratios['worst operation']})"
    )
    most = [f"{o.name} {o.share:.2f} ({o.term})" for o in rounding if o.share <= 1][:5]
    yield f"most of their budget use: {', '.join(most)}"
    for one in faults[1:NAMED]:
        yield f"fault: {one.case.id}: {one.found}"
    for state, said in (
        ("torch is wrong", f"{reference} is the odd one out, by the difference quotient, in"),
        ("undefined", "a derivative that does not exist is not judged in"),
        ("beyond", f"{reference} refuses what {facts['candidate']} computes in"),
        ("unsupported", f"{facts['candidate']} has no"),
        ("raises", "both raise in cases of"),
    ):
        names = dict.fromkeys(t.case.op for t in tried if t.state == state)
        if names:
            shown = [*names][:NAMED] + (
                [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
            )
            yield f"{said}: {', '.join(shown)}"


# --- one operation ------------------------------------------------------------------------------


def details(tried: Sequence[Tried], candidate: Backend) -> Iterator[str]:
    """Each tensor of each case: errors in eps, budget and what set it; where it fails, the line."""
    yield f"{'':62} {'error':>9} {'torch':>9} {'budget':>9} {'share':>6}  set by"
    for one in tried:
        yield f"{one.case.id}, seed {one.seed}"
        if not one.found.findings:
            yield f"  {one.found}"
        for finding in one.found.findings:
            j = finding.judgement
            mark = "  FAULT" if not j.ok and one.wrong else "  not judged" if not j.ok else ""
            yield (
                f"  {finding.what:60} {j.error / EPS:9.3g} {j.reference_error / EPS:9.3g} "
                f"{j.budget / EPS:9.3g} {j.share:6.2f}  {j.term}{mark}"
            )
        if one.wrong:
            yield f"  {source(candidate, one.case.op, str(one.found))}"
    yield "errors are relative to the tensor, in its largest element or 2-norm, in eps = 2**-23"


def source(candidate: Backend, op: str, said: str) -> str:
    """The engine's file and line of an operation: of its rule where a derivative fails."""
    from harness.locate.rows import own_rules
    from harness.locate.sources import of_code

    try:
        function = samples.operation(candidate.namespace(), op.partition(".decimals")[0])
    except AttributeError:
        return f"no line is known of {op}"
    function = inspect.unwrap(function) if callable(function) else function
    row = getattr(function, "row", None)
    rules = [] if row is None else list(filter(None, own_rules(row)))
    wanted = rules[0] if rules and "gradient" in said else getattr(row, "forward", function)
    code = getattr(wanted, "__code__", None)
    return "{}:{}".format(*of_code(code)) if code is not None else f"no line is known of {op}"


# --- files --------------------------------------------------------------------------------------

NOTES = """
An error is that of a tensor against the reference in float64, relative to the tensor, in units of
float32's eps. A share is of the budget: 8 times the largest of rounding, the reference's own error,
and what a last digit of the inputs does. In a ratio an error counts as 4 eps at least. Shown is
the tensor of each operation that uses most of its budget; all operations are in ops.csv.
"""


def write(out: Path, summary: Summary, tried: Sequence[Tried]) -> Path:
    """Write ops.md, ops.csv and ops.json; the path of the first."""
    import pandas as pd

    out.mkdir(parents=True, exist_ok=True)
    rows = [o._asdict() for o in summary.ops]
    table = pd.DataFrame(
        [{k: v for k, v in row.items() if k not in ("states", "rounds")} for row in rows]
    )
    table.to_csv(out / "ops.csv", index=False, float_format="%.3g")
    shown = table.head(40).map(_number) if len(table) else table
    known = _rules(out)
    text = [
        f"# Operations of {summary.facts['candidate']}\n",
        f"{summary.headline}\n",
        *(f"- {line}." for line in summary.lines),
        NOTES,
        ", ".join(f"{name} {version}" for name, version in summary.facts["versions"].items()) + ".",
        "",
        shown.to_markdown(index=False, disable_numparse=True) if len(shown) else "",
        *_rules_as_text(known),
        "",
    ]
    path = out / "ops.md"
    path.write_text("\n".join(text), encoding="utf-8")
    facts = {
        "schema": SCHEMA,
        **summary.facts,
        "alarms": [_alarm(t) for t in tried if t.wrong],
        "odd": [_alarm(t) for t in tried if t.state == "torch is wrong"],
        "unsupported": {t.case.op: str(t.found) for t in tried if t.state == "unsupported"},
        "ops": rows,
        "rules": known,
    }
    (out / "ops.json").write_text(json.dumps(_plain(facts), indent=1) + "\n", encoding="utf-8")
    return path


def _alarm(one: Tried) -> dict[str, Any]:
    return {"case": one.case.id, "op": one.case.op, "seed": one.seed, "said": str(one.found)}


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """What JSON can hold: no infinities."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def write_rules(out: Path, table: Sequence[Any]) -> None:
    """Keep what the rules of comparison saw, for the next report."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [row._asdict() for row in table]
    text = json.dumps({"schema": "harness.rules/1", "rules": _plain(rows)}, indent=1)
    (out / "rules.json").write_text(text + "\n", encoding="utf-8")


def _rules(out: Path) -> list[dict[str, Any]]:
    path = out / "rules.json"
    return json.loads(path.read_text(encoding="utf-8"))["rules"] if path.exists() else []


def _rules_as_text(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    yield "\n## Which rules see planted mistakes\n"
    yield "| rule | killed | structural | small | false alarms |"
    yield "| --- | --- | --- | --- | --- |"
    for r in rows:
        yield (
            f"| {r['name']} | {r['killed']} of {r['of']} ({r['killed'] / r['of']:.1%}) | "
            f"{r['structural']} of {r['of_structural']} | {r['small']} of {r['of_small']} | "
            f"{r['false_alarms']} of {r['cases']} |"
        )
