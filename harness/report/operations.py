"""The operations of one step: a table by line of the model, and a tree by module."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from harness.locate.survey import EACH, Errors, Survey
from harness.report.shares import ENDLESS, in_words, level

Told = dict[str, Any]

MOST = 1500
"""Calls that are kept one by one for the tree."""

MODULES = 4
"""Modules that a row names."""

NOTE = (
    "Every call of the step, run alone on both engines with the tensors and the cotangents that"
    f" the reference had: each error is the call's own. Of a line in a loop, the first {EACH} calls"
    " run. Errors are relative, against float64."
)


def of(survey: Survey | None) -> Told | None:
    """What run.json says of the step."""
    if survey is None or not survey.calls:
        return None
    return {
        "step": survey.step,
        "alone": list(survey.alone),
        "calls_in_all": len(survey.calls),
        "rows": [
            {
                "op": row.op, "line": row.line, "source": row.source,
                "modules": row.modules[:MODULES], "modules_in_all": len(row.modules),
                "calls": row.calls, "forward": _errors(row.forward),
                "backward": _errors(row.backward), "share": _capped(row.share), "term": row.term,
                "note": row.note, "wrong": row.wrong,
            }
            for row in survey.rows()
        ],
        "calls": [
            {
                "op": call.op, "module": call.module, "line": call.line,
                "forward": call.forward and _capped(call.forward.share),
                "backward": call.backward and _capped(call.backward.share),
                "wrong": call.wrong, "run": bool(call.worst or call.note),
            }
            for call in survey.calls[:MOST]
        ],
    }  # fmt: skip


def _errors(found: Errors | None) -> Told | None:
    return None if found is None else {**found._asdict(), "share": _capped(found.share)}


def _capped(share: float | None) -> float | None:
    """Without infinity, which JSON does not have: None means that there is no share."""
    return share if share is None or share <= ENDLESS else 10 * ENDLESS


# ------------------------------------------------------------------ the table


def heads(told: Told) -> list[str]:
    """The heads of the table."""
    mine, theirs = told["backends"]
    directions = [f"{way}, {name}" for way in ("forward", "backward") for name in (mine, theirs)]
    return ["operation", "in the model", "calls", *directions, "of budget", "set by"]


def cells(row: Told) -> list[str]:
    """A row of the table, as text."""
    errors = [
        "–" if row[way] is None else number(row[way][side])
        for way in ("forward", "backward")
        for side in ("mine", "theirs")
    ]
    share = "–" if not row["term"] else in_words(row["share"])
    said = row["term"] or row["note"] or "not run alone"
    return [row["op"], where(row), f"{row['calls']:,}", *errors, share, said]


def where(row: Told) -> str:
    """The line of the model, and in which modules."""
    left_out = row["modules_in_all"] - len(row["modules"])
    names = [*row["modules"], *([f"{left_out} more"] if left_out else [])]
    return f"{row['line']} ({', '.join(names)})" if names else row["line"]


def number(value: float | None) -> str:
    """A small number; what is none in JSON was infinite or NaN."""
    return "∞" if value is None else f"{value:.1e}" if value else "0"


def rows(told: Told) -> str:
    """The rows of the table as HTML."""
    return "".join(_row(row) for row in told["operations"]["rows"])


def _row(row: Told) -> str:
    first, line, *rest = cells(row)
    source = f'<br><code class="soft">{escape(row["source"][:90])}</code>' if row["source"] else ""
    problem = f'<br><span class="soft">{escape(row["note"][:200])}</span>' if row["note"] else ""
    bad = ' class="out"' if row["wrong"] else ""
    return (
        f"<tr{bad}><td>{escape(first)}{problem}</td><td>{escape(line)}{source}</td>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
    )


def alone(told: Told) -> str:
    """Calls that one engine makes and not both, as a sentence."""
    counts = zip(told["operations"]["alone"], told["backends"])
    said = [f"{count:,} of {escape(name)}" for count, name in counts if count]
    why = "which the other engine makes elsewhere or not at all"
    return f"<p class='soft'>Left out: {' and '.join(said)}, {why}.</p>" if said else ""


# ------------------------------------------------------------------ the tree


def tree(told: Told) -> str:
    """The calls in order, folded by module, each with the shares of budget that it uses."""
    found = told["operations"]
    whole: Told = {"name": "the script", "parts": []}
    path: list[Told] = [whole]
    names: list[str] = []
    for call in found["calls"]:
        wanted = [part for part in (call["module"] or "").split(".") if part]
        keep = next((i for i, (a, b) in enumerate(zip(names, wanted)) if a != b),
                    min(len(names), len(wanted)))  # fmt: skip
        del path[keep + 1 :], names[keep:]
        for name in wanted[keep:]:
            inner: Told = {"name": ".".join([*names, name]), "parts": []}
            path[-1]["parts"].append(inner)
            path.append(inner)
            names.append(name)
        path[-1]["parts"].append(call)
    left_out = found["calls_in_all"] - len(found["calls"])
    more = f"<p class='soft'>{left_out:,} calls more.</p>" if left_out else ""
    return f'<div class="tree">{"".join(_branch(whole, top=True))}</div>{more}'


def _branch(node: Told, top: bool = False) -> Iterator[str]:
    if "op" in node:
        yield _leaf(node)
        return
    calls = list(_calls(node))
    if len(calls) == 1:
        yield _leaf(calls[0], f"{node['name']}: ")
        return
    opened = " open" if top or any(c["wrong"] for c in calls) else ""
    worst = _mark(_worst(calls, "forward"), _worst(calls, "backward"))
    yield f"<details{opened}><summary>{escape(node['name'])} <small>{len(calls)} calls</small>"
    yield f"{worst}</summary>"
    for part in node["parts"]:
        yield from _branch(part)
    yield "</details>"


def _calls(node: Told) -> Iterator[Told]:
    for part in node["parts"]:
        if "op" in part:
            yield part
        else:
            yield from _calls(part)


def _worst(calls: list[Told], way: str) -> float | None:
    return max((c[way] for c in calls if c[way] is not None), default=None)


def _leaf(call: Told, module: str = "") -> str:
    mark = _mark(call["forward"], call["backward"]) if call["run"] else ""
    bad = " out" if call["wrong"] else ""
    line = f"<small>{escape(call['line'])}</small>"
    return f'<p class="call{bad}">{escape(module + call["op"])} {line}{mark}</p>'


def _mark(forward: float | None, backward: float | None) -> str:
    return "".join(
        f'<span class="mark c{level(share)}" title="{way}: {in_words(share)} of its budget">'
        f"{sign} {in_words(share)}</span>"
        for way, sign, share in (("forward", "→", forward), ("backward", "←", backward))
        if share is not None
    )
