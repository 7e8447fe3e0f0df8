"""What each command found, in tables: the sections of a page below those of its run.

Everything is read with care: a file may be of another run, or hold only some of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any

from harness.report import figures
from harness.report.parts import listed, pairs, section
from harness.report.shares import in_words
from harness.timing import Ratio, format_ratio

Told = dict[str, Any]

WORST = 20
"""Operations that are listed."""


def sections(others: Mapping[str, Told]) -> Iterator[str]:
    """The tables of every command that has left something."""
    for name, told in others.items():
        if name in SECTIONS:
            yield from SECTIONS[name](told)
    yield section("Accepted deviations", pairs(dict(_accepted(others))))


def _ops(told: Told) -> Iterator[str]:
    ops = [op for op in told.get("ops", []) if op.get("rounds")][:WORST]
    theirs = told.get("reference", "the reference")
    heads = ("operation", "cases", "tensors", "of budget", "set by", "error, eps",
             f"{theirs}, eps", "largest ratio", "worst case")  # fmt: skip
    rows = [
        (op["name"], op["cases"], op["tensors"], in_words(_plain(op["share"])), op["term"],
         _short(op["error"]), _short(op["reference_error"]), _short(op["ratio"]), op["worst"])
        for op in ops
    ]  # fmt: skip
    note = f"The {len(ops)} that use most of their budget, of {told.get('operations', len(ops))}."
    yield section("Operations, each alone", listed(heads, rows), note)
    for key, title in (
        ("alarms", "Operations at fault"),
        ("odd", f"Where {theirs} is the odd one out"),
    ):
        rows = [(e["case"], e["seed"], e["said"]) for e in told.get(key, [])]
        yield section(title, listed(("case", "seed", "what is found"), rows))
    yield section("Which rules see planted mistakes", _rules(told.get("rules", [])), RULES)


RULES = (
    "The same mistakes, planted in one gradient at a time, judged by each rule: how many it"
    " rejects, and how many right gradients too."
)


def _rules(rows: list[Told]) -> str:
    return listed(
        ("rule", "killed", "of all", "structural", "small", "false alarms"),
        [
            (r["name"], _percent(r["killed"] / max(r["of"], 1)), f"{r['killed']} of {r['of']}",
             f"{r['structural']} of {r['of_structural']}", f"{r['small']} of {r['of_small']}",
             f"{r['false_alarms']} of {r['cases']}")
            for r in rows
        ],
    )  # fmt: skip


def _opinfo(told: Told) -> Iterator[str]:
    by_kind: dict[str, list[Told]] = {}
    for row in told.get("tiers", []):
        by_kind.setdefault(row["kind"], []).append(row)
    for kind, rows in by_kind.items():
        heads = [key for key in rows[0] if key != "kind"]
        cells = [[row.get(key, "") for key in heads] for row in rows]
        yield section(f"PyTorch's own test databases: {kind}", listed(heads, cells))


def _mutate(told: Told) -> Iterator[str]:
    rows = [
        (k["name"], k.get("means", ""), k["mutants"], k["killed"], k["equivalent"], k["survived"],
         _percent(k["score"]))
        for k in told.get("kinds", [])
    ]  # fmt: skip
    heads = ("mistake", "what it is", "planted", "caught", "equivalent", "survived", "rate")
    yield section("Mistakes planted in the engine", listed(heads, rows))
    body = "".join(map(_survivor, told.get("survivors", [])))
    yield section("Mistakes that survived", body and f'<div class="scroll">{body}</div>')


def _survivor(told: Any) -> str:
    if not isinstance(told, dict):
        return f"<p>{escape(str(told))}</p>"
    where = f"{told.get('where', '')}  {told.get('kind', '')}"
    said = told.get("mistake", "")
    old, new = (
        "".join(f"{sign} {line}\n" for line in str(told.get(key, "")).splitlines())
        for sign, key in (("-", "before"), ("+", "after"))
    )
    diff = ""
    if old or new:
        lines = f'<span class="old">{escape(old)}</span><span class="new">{escape(new)}</span>'
        diff = f"<pre>{lines}</pre>"
    words = f"<b>{escape(str(told.get('site', '')))}</b> {escape(where)}"
    return f'<p>{words} <span class="soft">{escape(str(said))}</span></p>{diff}'


def _fuzz(told: Told) -> Iterator[str]:
    rows = [
        (f["op"], f["detail"], f["program"], "yes" if f["confirmed"] else "no", f["script"])
        for f in told.get("findings", [])
    ]
    heads = ("operation", "difference", "program", "confirmed", "script")
    seen = told.get("coverage", {})
    marks = seen.get("programs with", {})
    total = max(seen.get("programs", 0), 1)
    said = ", ".join(f"{name} {count / total:.0%}" for name, count in marks.items())
    told_of = {
        "reached": f"{seen.get('names', 0) - len(seen.get('unreached', []))} of"
        f" {seen.get('names', 0)} names, {seen.get('cells', 0):,} cells of name × dtype × rank ×"
        " layout × edge",
        "programs with": said,
        "never reached": ", ".join(seen.get("unreached", [])),
    }
    kept = {k: v for k, v in told_of.items() if v} if seen else {}
    yield section("Random programs", listed(heads, rows) + pairs(kept))


def _bench(told: Told) -> Iterator[str]:
    timed = [w for w in told.get("workloads", []) if w.get("ratio")]
    if not timed:
        return
    mine, theirs = told["candidate"], told["reference"]
    chart = figures.speeds([(w["name"], w["ratio"]) for w in timed], mine, theirs)
    rows = [
        (w["name"], w["what"], *(f"{1e3 * w['seconds'][t]:.3f}" for t in (mine, theirs)),
         format_ratio(Ratio(**w["ratio"])), w["verdict"])
        for w in timed
    ]  # fmt: skip
    heads = ("workload", "what", f"{mine}, ms", f"{theirs}, ms", "as fast", "verdict")
    note = f"How many times as fast as {theirs}, with 95 % intervals."
    yield section("Standard workloads, timed", chart + listed(heads, rows), note)


def _locate(told: Told) -> Iterator[str]:
    rows = []
    for name in ("rules", "optimizers"):
        found = told.get(name) or {}
        shares = [found.get(key) for key in LOCATED]
        if found:
            rows.append((name, found.get("planted", 0), found.get("killed", 0),
                         *("–" if s is None else _percent(s) for s in shares)))  # fmt: skip
    heads = ("mistakes in", "planted", "noticed", *LOCATED.values())
    yield section("Whether planted mistakes are located", listed(heads, rows))


LOCATED = {
    "step_right": "step right", "call_right": "call right", "file_right": "file right",
    "line_right": "line right", "script": "a script made", "confirmed": "it confirms",
}  # fmt: skip


def _overhead(told: Told) -> Iterator[str]:
    rows = [
        (w["way"], f"{w['milliseconds']:.2f}", f"{w['ratio']:.2f}×", f"{w['goal']:g}×")
        for w in told.get("ways", [])
    ]
    note = f"{told.get('script', '')}, {told.get('steps', 0)} steps, against the script alone."
    heads = ("what is done", "ms a step", "times as long", "goal")
    yield section("What it costs to be followed", listed(heads, rows), note)


def _twin(told: Told) -> Iterator[str]:
    failed = [
        (r.get("test", ""), r.get("verdict", ""), r.get("tensor", ""), r.get("error", ""))
        for r in told.get("comparisons", [])
        if r.get("verdict") not in ("pass", "unsupported")
    ]
    heads = ("test", "verdict", "tensor", "error")
    yield section("Functions in tests that differ", listed(heads, failed))


SECTIONS: dict[str, Callable[[Told], Iterator[str]]] = {
    "ops": _ops,
    "opinfo": _opinfo,
    "mutate": _mutate,
    "fuzz": _fuzz,
    "bench": _bench,
    "locate": _locate,
    "overhead": _overhead,
    "twin": _twin,
}


def _accepted(others: Mapping[str, Told]) -> Iterator[tuple[str, str]]:
    """What differs and may, with the reason, of every command that keeps a ledger."""
    for command, told in others.items():
        for entry in told.get("accepted deviations", []):
            count = entry.get("programs")
            times = f" ({count} programs)" if count is not None else ""
            yield f"{command}: {entry['name']}", f"{entry['reason']}{times}"


def _plain(value: Any) -> float | None:
    """A number of ops.json, where an infinity is written as a word."""
    return value if isinstance(value, (int, float)) else None


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, (int, float)) else str(value).replace("inf", "∞")


def _percent(rate: float) -> str:
    """100 % only where it is all of them."""
    return "100%" if rate == 1 else f"{min(rate, 0.999):.1%}"
