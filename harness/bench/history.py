"""What was measured before: one line for each run, and what got slower since.

Runs are compared where they can be: on the same machine, with as many threads, of the same engines,
and against the same version of the reference.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.bench.measure import Result
from harness.timing import Ratio


def commit(folder: Path) -> str:
    """The commit that a folder is at, a `+` after it where files differ; '' outside of git."""
    found = git(folder, "rev-parse", "--short", "HEAD")
    changed = git(folder, "status", "--porcelain", "--untracked-files=no", "--", "*.py")
    return found + ("+" if found and changed else "")


def git(folder: Path, *arguments: str) -> str:
    """What git says, '' where it fails or is missing."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine() -> dict[str, Any]:
    """The processor by its name, its cores and the system."""
    name = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        lines = facts.read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return {"processor": name, "cores": os.cpu_count(), "system": platform.system()}


def entry(results: Sequence[Result], facts: dict[str, Any]) -> dict[str, Any]:
    """One line of the history: what ran where, and the ratio and seconds of each workload."""
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    workloads = {
        result.workload.name: {
            "ratio": list(result.ratio),
            "seconds": list(result.medians),
            "settled": result.settled,
        }
        for result in results
        if result.status == "timed"
    }
    return {"date": date, **facts, "workloads": workloads}


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line, where it has a workload."""
    if line["workloads"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """Every line, oldest first; none where there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def changes(
    now: dict[str, Any], before: Sequence[dict[str, Any]], against: str | None = None
) -> Iterator[str]:
    """What got slower or faster since the latest run before, workload by workload.

    Only where the two intervals do not overlap and every control was in order. `against` names the
    commit to compare with.
    """
    for name, new in now["workloads"].items():
        old, at = _latest(name, now, before, against)
        if old is None or not (new["settled"] and old["settled"]):
            continue
        ratio, was = Ratio(*new["ratio"]), Ratio(*old["ratio"])
        if ratio.high < was.low or ratio.low > was.high:
            word = "slower" if ratio.high < was.low else "faster"
            yield f"{word}: {name} {_short(ratio)} was {_short(was)} at {at}"


def known(now: dict[str, Any], before: Sequence[dict[str, Any]], against: str | None) -> bool:
    """Whether there is a run to compare with."""
    return any(_comparable(line, now, against) for line in before)


def _latest(
    name: str, now: dict[str, Any], before: Sequence[dict[str, Any]], against: str | None
) -> tuple[dict[str, Any] | None, str]:
    """The latest comparable measurement of a workload, and its commit."""
    for line in reversed(before):
        if _comparable(line, now, against) and name in line["workloads"]:
            return line["workloads"][name], line["commit"] or line["date"]
    return None, ""


def _comparable(line: dict[str, Any], now: dict[str, Any], against: str | None) -> bool:
    named = against is None or line["commit"].startswith(against)
    return named and _kind(line) == _kind(now)


def _kind(line: dict[str, Any]) -> tuple[Any, ...]:
    """What two runs have to share to be compared."""
    candidate, reference = line["engines"]
    return candidate, reference, line["engines"][reference], line["machine"], line["threads"]


def _short(ratio: Ratio) -> str:
    return f"{ratio.median:.2f}x [{ratio.low:.2f},{ratio.high:.2f}]"
