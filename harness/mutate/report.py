"""What `mutate` says: one line, tables by kind and by room, every survivor with its line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.mutate.kinds import KINDS
from harness.mutate.trial import EXCUSED, IDLE, KILLED, STALE, SURVIVED, Outcome

SCHEMA = "harness.mutate/1"
FEW = 20
"""A room counts as the weakest where it has so many mutants at least."""


class Score(NamedTuple):
    """How many mutants a group has, and what became of them."""

    name: str
    killed: int = 0
    survived: int = 0
    equivalent: int = 0

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.killed + self.survived + self.equivalent

    @property
    def rate(self) -> float:
        """The share that is killed of those that are no equivalents; 1 where there are none."""
        return self.killed / (self.killed + self.survived or 1) if self.survived else 1.0


def score(outcomes: Iterable[Outcome], name: str = "all") -> Score:
    """Count; what had no effect at all is no mutant, a stale excuse is a kill."""
    made = Score(name)
    for o in outcomes:
        made = made._replace(
            killed=made.killed + (o.status in (KILLED, STALE)),
            survived=made.survived + (o.status == SURVIVED),
            equivalent=made.equivalent + (o.status == EXCUSED),
        )
    return made


def groups(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> list[Score]:
    """The scores of groups, the weakest first."""
    by_name: dict[str, list[Outcome]] = {}
    for o in outcomes:
        by_name.setdefault(key(o), []).append(o)
    found = [score(some, name) for name, some in by_name.items()]
    return sorted((s for s in found if s.mutants), key=lambda s: (s.rate, -s.mutants, s.name))


def percent(rate: float) -> str:
    """100 % only where it is all of them."""
    return "100 %" if rate == 1 else f"{min(rate * 100, 99.99):.4g} %"


def line(outcomes: Sequence[Outcome]) -> str:
    """The verdict in one line."""
    whole = score(outcomes)
    rooms = [s for s in groups(outcomes, lambda o: o.room) if s.mutants >= FEW]
    weakest = f"  (weakest: {rooms[0].name} {percent(rooms[0].rate)})" if rooms else ""
    return (
        f"{whole.mutants} mutants  killed {whole.killed}  equivalent {whole.equivalent}"
        f"  survived {whole.survived}    score {percent(whole.rate)}{weakest}"
    )


def facts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the tables, the page and the JSON file say."""
    ranks = {kind: i for i, kind in enumerate(KINDS)}
    kinds = sorted(groups(outcomes, lambda o: o.kind), key=lambda s: ranks[s.name])
    named = score(o for o in outcomes if o.structural)
    return {
        "totals": _entry(score(outcomes)),
        "structural": _entry(named._replace(name="thought of by somebody")),
        "kinds": [_entry(s) | {"means": KINDS[s.name]} for s in kinds],
        "rooms": [_entry(s) for s in groups(outcomes, lambda o: o.room)],
        "judged by": [_entry(s) for s in groups(outcomes, lambda o: o.by)],
        "survivors": [_shown(o) for o in outcomes if o.status == SURVIVED],
        "excused": [_shown(o) for o in outcomes if o.status == EXCUSED],
        "stale": [_shown(o) for o in outcomes if o.status == STALE],
        "without effect": sum(o.status == IDLE for o in outcomes),
    }


def _entry(s: Score) -> dict[str, Any]:
    return {
        "name": s.name, "mutants": s.mutants, "killed": s.killed, "equivalent": s.equivalent,
        "survived": s.survived, "score": s.rate,
    }  # fmt: skip


def _shown(o: Outcome) -> dict[str, Any]:
    return {
        "site": o.site, "kind": o.kind, "mistake": o.mistake, "where": f"{o.path}:{o.line}",
        "before": o.before, "after": o.after, "checks": o.tried, "caught by": o.check,
        "reason": o.reason,
    }  # fmt: skip


def write(out: Path, outcomes: Sequence[Outcome], about: dict[str, Any]) -> Path:
    """Write mutate.md, mutate.csv and mutate.json into a folder; the path of the first."""
    outcomes = sorted(outcomes, key=lambda o: (o.by, o.room, o.site, o.line, o.mistake))
    found = facts(outcomes)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": SCHEMA, **about, **found}, indent=1, ensure_ascii=False)
    (out / "mutate.json").write_text(text + "\n", encoding="utf-8")
    with (out / "mutate.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(Outcome._fields)
        rows.writerows(outcomes)
    path = out / "mutate.md"
    path.write_text("\n".join(_markdown(outcomes, found, about)), encoding="utf-8")
    return path


def _markdown(outcomes: Sequence[Outcome], found: dict[str, Any], about: dict) -> list[str]:
    said = [f"{key}: {value}" for key, value in about.items()]
    lines = ["# The harness tested", "", line(outcomes), "", ABOUT, "", ", ".join(said) + ".", ""]
    lines += _table("Thought of by somebody", [found["structural"]])
    lines += _table("By kind", found["kinds"])
    lines += _table("By part of the engine", found["rooms"])
    for title, key in (("Survivors", "survivors"), ("Stale excuses", "stale")):
        lines += [f"## {title}: {len(found[key])}", "", *map(_item, found[key]), ""]
    lines += [f"## Equivalent: {len(found['excused'])}", "", "| where | mistake | reason |"]
    lines += ["|---|---|---|"] + [
        f"| {e['site']}, `{e['where']}` | `{_cell(e['mistake'])}` | {e['reason']} |"
        for e in found["excused"]
    ]
    return [*lines, ""]


def _table(title: str, entries: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"## {title}", "", "| | mutants | killed | equivalent | survived | score |"]
    lines.append("|---|---|---|---|---|---|")
    for e in entries:
        name = e["name"] + (f": {e['means']}" if "means" in e else "")
        numbers = f"{e['mutants']} | {e['killed']} | {e['equivalent']} | {e['survived']}"
        lines.append(f"| {name} | {numbers} | {percent(e['score'])} |")
    return [*lines, ""]


def _item(e: dict[str, Any]) -> str:
    said = f"- **{e['site']}**, {e['kind']}, `{e['where']}`, {e['checks']} checks"
    if not e["before"]:
        return f"{said}: {e['mistake']}"
    old = "\n".join(f"  - {part}" for part in e["before"].splitlines())
    new = "\n".join(f"  + {part}" for part in e["after"].splitlines())
    return f"{said}\n\n  ```diff\n{old}\n{new}\n  ```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


ABOUT = """\
A mutant is the engine with one mistake in it. It is killed where a check of the harness that runs
the spoiled code says that something is wrong: cases of operations for rules, forced optimizers for
update rules, small programs for the sweep. The score is the share of mutants killed, of those
that are mistakes at all; what only looks like one is excused, with its reason, at the end."""
