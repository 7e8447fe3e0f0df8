"""`python -m harness verify`: every check of the harness, each in its short form, two at a time.

The random streams, operations one by one, PyTorch's own test layers, planted mistakes, random
programs, and training runs: free, in lock-step and with forced gradients. What each finds lies
under reports/, and all of it on one page, reports/index.html.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from harness.processes import THREAD_VARIABLES
from harness.stop import stop

SCHEMA = "harness.verify/1"
DIGITS = ("--data", "digits", "--epochs", "3", "--dropout", "0.2", "--seed", "0")
RUN = ("run", "train.py", "--threads", "1", "--no-timing", "--steps", "60")


class Part(NamedTuple):
    """One check: what it asks, and the command that answers."""

    name: str
    asks: str
    command: Sequence[str]


PARTS = (
    Part("ops", "does every operation compute the same?", ("ops", "--quick")),
    Part("mutate", "are planted mistakes noticed?", ("mutate", "--sample", "150")),
    Part("opinfo", "do PyTorch's own test layers pass?", ("opinfo", "--quick", "--db", "module")),
    Part("fuzz", "do random programs agree?", ("fuzz", "--programs", "600")),
    Part("free", "does an MLP train alike?", (*RUN, "--", "--model", "mlp", *DIGITS)),
    Part("lockstep", "is every step of a CNN right?",
         (*RUN, "--lockstep", "--no-ops", "--", "--model", "cnn", *DIGITS)),
    Part("forced", "does Adam update alike?",
         (*RUN, "--forced", "--no-ops", "--", "--model", "mlp", "--optimizer", "adam", *DIGITS)),
    Part("doctor", "are the random streams torch's?", ("doctor",)),
)  # fmt: skip
"""The longest first, so that two processes end at about the same time."""


class Answer(NamedTuple):
    """How a check ended."""

    part: Part
    code: int
    said: str
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run all checks, print a line for each; the worst exit code of any."""
    options = _options(argv)
    chosen = [part for part in PARTS if not options.parts or part.name in options.parts]
    answers: list[Answer] = []
    pool = ThreadPoolExecutor(options.jobs)
    started = time.perf_counter()
    try:
        futures = [pool.submit(run, part, options.out) for part in chosen]
        for future in as_completed(futures):
            answers.append(future.result())
            print(line(answers[-1]), flush=True)
    except KeyboardInterrupt:
        print("verify: interrupted", file=sys.stderr)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    seconds = time.perf_counter() - started
    path = write(options.out, answers, len(chosen), seconds)
    print(f"{_verdict(answers, len(chosen))}, {seconds:.0f} s, report: {path}")
    return max((a.code for a in answers), default=3) or (3 if len(answers) < len(chosen) else 0)


def run(part: Part, out: Path) -> Answer:
    """One check, in a process of its own that has one thread."""
    where = out / "fuzz" if part.name == "fuzz" else out
    told = [] if part.name == "doctor" else ["--out", str(where)]
    own = list(part.command)
    cut = own.index("--") if "--" in own else len(own)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "harness", *own[:cut], *told, *own[cut:]],
        env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")},
        capture_output=True,
        text=True,
        check=False,
    )
    said = _said(part, done.stdout, done.stderr)
    return Answer(part, done.returncode, said, time.perf_counter() - started)


def _said(part: Part, output: str, errors: str) -> str:
    """The line that says it: the first, of doctor the one that counts."""
    lines = [text for text in (output.strip() or errors.strip()).splitlines() if text.strip()]
    if part.name == "doctor":
        lines = [text for text in lines if "exact" in text][-1:] or lines
    return lines[0].removeprefix("PASS  ").removeprefix("FAIL  ") if lines else "said nothing"


def line(answer: Answer) -> str:
    """One check in one line."""
    word = "PASS" if answer.code == 0 else "FAIL"
    return f"{word}  {answer.part.name:<9} {answer.seconds:4.0f} s  {answer.said[:110]}"


def _verdict(answers: Sequence[Answer], count: int) -> str:
    failed = [a.part.name for a in answers if a.code]
    if failed:
        return f"FAIL  {', '.join(failed)}"
    if len(answers) < count:
        return f"FAIL  only {len(answers)} of {count} checks were made"
    return f"PASS  {count} check{'s' * (count != 1)}"


def write(out: Path, answers: Sequence[Answer], count: int, seconds: float) -> Path:
    """Write verify.json and verify.md, and the page over all reports; the former's path."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "headline": _verdict(answers, count),
        "seconds": round(seconds, 1),
        "checks": [
            {"name": a.part.name, "asks": a.part.asks, "code": a.code, "said": a.said,
             "seconds": round(a.seconds, 1), "command": " ".join(a.part.command)}
            for a in answers
        ],
    }  # fmt: skip
    folder = out / "verify"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verify.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    rows = [f"| {c['asks']} | {'PASS' if c['code'] == 0 else 'FAIL'} | {c['said']} |"
            for c in told["checks"]]  # fmt: skip
    text = [f"# {told['headline']}\n", "| question | | answer |", "|---|---|---|", *rows, ""]
    path = folder / "verify.md"
    path.write_text("\n".join(text), encoding="utf-8")
    from harness import index

    index.write(out)
    return path


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness verify", description=main.__doc__)
    names = [part.name for part in PARTS]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {' '.join(names)}; all")
    parser.add_argument("--jobs", type=int, default=2, help="checks at the same time (2)")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder (reports/)")
    options = parser.parse_args(argv)
    unknown = [name for name in options.parts if name not in names]
    if unknown:
        stop("verify", f"no check {unknown[0]!r}; known are {', '.join(names)}")
    return options
