"""index.html: one file, offline, in dark and light; the first screen answers the four questions.

Did it pass, where does it differ, how accurate is it, how fast. Charts are inline SVG and need no
script; a little of it sorts tables and shows a tensor's course.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from harness.report import beside, figures, operations
from harness.report.markdown import NOTES
from harness.report.parts import pairs, section, table
from harness.report.shares import in_words

Told = dict[str, Any]


def write(told: Told, path: Path, out: Path) -> None:
    """Write the page of a run; `out` is where the reports of other commands lie."""
    others = beside.read(out)
    body = "\n".join(filter(None, _sections(told, others)))
    path.write_text(document(f"{_word(told)}: {told['name']}", body, told), encoding="utf-8")


def document(title: str, body: str, data: Told | None = None) -> str:
    """A whole page around `body`, with style and script inside."""
    script = ""
    if data is not None:
        shown = {"tensors": data["tensors"], "backends": data["backends"]}
        text = json.dumps(shown, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
        script = f'<script type="application/json" id="data">{text}</script>'
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_asset('page.css')}</style>\n</head>\n"
        f"<body>\n{body}\n{script}\n<script>\n{_asset('page.js')}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    return resources.files("harness.report").joinpath("assets", name).read_text(encoding="utf-8")


def _word(told: Told) -> str:
    return "PASS" if told["outcome"] == "pass" else "FAIL"


def _sections(told: Told, others: dict[str, Told]) -> Iterator[str]:
    yield '<main id="top">'
    yield _head(told)
    yield _tiles(told, others)
    yield _where(told)
    yield section("How far the engines part", _figure(figures.course(told)),
                  "Relative difference, step by step. Within the band the engines differ by no"
                  " more than the reference does from itself.", "wide")  # fmt: skip
    yield _repro(told)
    yield section("Questions", pairs(told["checks"]))
    yield section("Every tensor, every step", figures.heat_map(told), HEAT_NOTE)
    yield section("Tensors", _tensor_table(told), "At the step where each used most of its budget."
                   " Click a row, or a row of the map above, for its course.")  # fmt: skip
    yield from _operations(told)
    yield section("Training loss", _figure(figures.losses(told)))
    yield section("Gradient flow", _figure(figures.flow(told)),
                  "Mean (dots) and largest (bars) |gradient| of every layer over all steps, from"
                  " input to output; below, how far the two means are apart.")  # fmt: skip
    yield section("Time of a step", _time(told), TIME_NOTE)
    yield from beside.sections(others)
    yield section("How to read this", f"<ul>{_notes()}</ul>")
    yield section("Environment", pairs(told["environment"]))
    yield FOOT
    yield "</main>"


FOOT = (
    '<p class="foot">The same as text: <a href="report.md">report.md</a>, as data: '
    '<a href="run.json">run.json</a>. <a href="../index.html">All reports</a>.</p>'
)
HEAT_NOTE = (
    "Colour is the share of its budget that a tensor used: budgets are derived, never chosen."
    " Orange and red are out of budget."
)
TREE_NOTE = (
    "In the order of the forward, folded by module: → is the share of its budget that a value uses,"
    " ← the same of gradients."
)
TIME_NOTE = (
    "Nothing is recorded while time is taken; the engines take turns in random order. The control"
    " is the reference against itself: where its interval misses 1, no word is said."
)


def _head(told: Told) -> str:
    mine, theirs = told["backends"]
    versions = dict(zip(told["backends"], told["versions"]))
    word = _word(told)
    rest = told["headline"].partition("  ")[2]
    mode = {"free": "", "lockstep": ", in lock-step", "forced": ", with forced gradients"}
    return (
        f'<header class="{told["outcome"]}"><div><h1><span class="word">{word}</span>'
        f"{escape(told['name'])}</h1><p>{escape(rest)}</p>"
        f'<p class="soft">{escape(told["script"])}: <b class="mine">{escape(mine)}</b>'
        f' {escape(versions[mine])} against <b class="theirs">{escape(theirs)}</b>'
        f" {escape(versions[theirs])}, {told['steps']:,} steps{mode[told['mode']]}</p></div>"
        '<button id="theme" title="dark or light" aria-label="dark or light">◐</button></header>'
    )


def _tiles(told: Told, others: dict[str, Told]) -> str:
    tiles = [_random_tile(told), _accuracy_tile(told), _budget_tile(told),
             beside.mutation_tile(others), _speed_tile(told)]  # fmt: skip
    cells = "".join(
        f'<div class="tile {state}"><h2>{title}</h2><p class="big">{big}</p><p>{small}</p></div>'
        for title, big, small, state in tiles
    )
    return f'<div class="tiles">{cells}</div>'


Tile = tuple[str, str, str, str]
"""Title, the number, what it means, and 'good', 'bad' or ''."""


def _random_tile(told: Told) -> Tile:
    found = told["checks"].get("random state", "not compared")
    count = told["random_states"]
    if count:
        return (
            "Random state",
            f"{count}/{count}",
            "states byte-equal: same masks, same order",
            "good",
        )
    state = "" if "not compared" in found else "bad"
    return "Random state", "–" if not state else "differs", escape(found), state


def _accuracy_tile(told: Told) -> Tile:
    found = told["accuracy"]
    theirs = escape(told["backends"][1])
    if not found:
        return "Accuracy", "–", "no float64 run to compare with", ""
    worst = (
        f"{theirs}'s error against float64; worst {found['worst']:.2g}× {escape(found['tensor'])}"
    )
    return "Accuracy", f"{found['mean']:.2f}×", worst, "good" if found["mean"] < 1.5 else ""


def _budget_tile(told: Told) -> Tile:
    shares = [t for t in told["tensors"] if t["kind"] != "learning rate"]
    if not shares:
        return "Worst budget use", "–", "nothing was compared", "bad"
    worst = max(shares, key=_share)
    share = _share(worst)
    where = f"{escape(worst['key'])}, step {worst['worst']['step']:,}"
    return (
        "Worst budget use",
        in_words(worst["worst"]["share"]),
        where,
        "good" if share <= 1 else "bad",
    )


def _speed_tile(told: Told) -> Tile:
    found = told["speed"]
    if not found:
        return "Speed", "–", "not timed", ""
    low, high = found["low"], found["high"]
    word = found["verdict"] or "no clear difference"
    big = f"{found['median']:.2f}×"
    return "Speed", big, f"[{low:.2f}, {high:.2f}] as fast: {word}", "good" if low > 1 else ""


def _share(tensor: Told) -> float:
    share = tensor["worst"]["share"]
    return float("inf") if share is None else share


def _where(told: Told) -> str:
    """Where it first differs, with both lines and the script that shows it."""
    first, located = told["first_divergence"], told["located"]
    if not first:
        return ""
    rows = {"first value out": f"{first['tensor']}, step {first['step']}"}
    if located:
        rows |= {
            "operation": f"{located['direction']} of {located['op']}",
            "engine": _line(located["engine_line"], located["engine_source_text"]),
            "model": _line(located["model_line"], located["model_source_text"]),
            "interaction": located["interaction"] or "",
        }
        rows = {name: value for name, value in rows.items() if value}
    return section("Where", pairs(rows))


def _repro(told: Told) -> str:
    script = (told["located"] or {}).get("repro")
    return section("A script that shows it: repro.py", script and f"<pre>{escape(script)}</pre>")


def _line(place: str | None, source: str | None) -> str:
    return f"{place}   {source or ''}".strip() if place else ""


def _tensor_table(told: Told) -> str:
    rows = [
        (
            index,
            (t["key"], f"{t['worst']['step']:,}", in_words(t["worst"]["share"]),
             t["worst"]["term"], _number(t["worst"]["relative"], ".2g"),
             _number(t["worst"]["budget"], ".2g"), _number(t["worst"]["ulp"], ".3g"),
             _number(t["ratio"], ".2f")),
        )
        for index, t in enumerate(told["tensors"])
    ]  # fmt: skip
    heads = ("tensor", "step", "of budget", "set by", "relative", "budget", "ulp",
             "error ratio")  # fmt: skip
    body = "".join(
        f'<tr data-tensor="{index}" tabindex="0"><td>{escape(cells[0])}</td>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells[1:])
        + "</tr>"
        for index, cells in rows
    )
    if not rows:
        return ""
    left_out = told["tensors_in_all"] - len(rows)
    more = f"<p class='soft'>{left_out:,} more are in tensors.csv.</p>" if left_out > 0 else ""
    return f'<div id="course" hidden></div>{table(heads, body)}{more}'


def _operations(told: Told) -> Iterator[str]:
    found = told.get("operations")
    if not found:
        return
    inner = table(operations.heads(told), operations.rows(told))
    title = f"Operations of one step (step {found['step']:,})"
    yield section(title, inner + operations.alone(told), operations.NOTE)
    yield section("The step, call by call", operations.tree(told), TREE_NOTE)


def _time(told: Told) -> str:
    if not told["speed"]:
        return ""
    return figures.ratios(told) + figures.phases(told)


def _figure(chart: str) -> str:
    return chart and f"<figure>{chart}</figure>"


def _notes() -> str:
    """NOTES is Markdown of one kind: items with a bold start."""
    items = NOTES.strip().removeprefix("- ").split("\n- ")
    return "".join(f"<li>{_inline(item)}</li>" for item in items)


def _inline(text: str) -> str:
    told = escape(text)
    for mark, tag in (("**", "b"), ("*", "i")):
        parts = told.split(mark)
        told = "".join(
            part if number % 2 == 0 else f"<{tag}>{part}</{tag}>"
            for number, part in enumerate(parts)
        )
    return told


def _number(value: float | None, spec: str) -> str:
    return "–" if value is None else f"{value:{spec}}"
