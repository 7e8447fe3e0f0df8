"""`python -m harness doctor`: are the random numbers of this installation torch's, bit for bit?

Every stream of `harness/streams.py` is drawn from several seeds by minitorch and by the installed
torch: the values and the state of the generator afterwards have to be equal. Where torch is not
installed, minitorch is compared with digests of what torch drew, `harness/digests.json`. torch
takes other ways through its code on a CPU without AVX2, or under ATEN_CPU_CAPABILITY=default; the
digests hold both, and minitorch follows either.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from harness.backends import MINITORCH, TORCH, BackendError
from harness.distance import distance
from harness.streams import SEEDS, STREAMS, Stream

DIGESTS = Path(__file__).with_name("digests.json")

EXACT, WITHIN, DIFFERS = "exact", "within its tolerance", "differs"
STATE = "equal in state"
"""Without torch, of a stream with a tolerance: there is no digest of values that may differ."""

FOLLOWED = {
    (True, True): "avx2",
    (False, False): "default",
}
"""What minitorch follows, as `ATEN_CPU_CAPABILITY` says it, by (multiply-adds fused, lanes)."""


class DoctorError(Exception):
    """Nothing could be compared; the message is one line for the user."""


class Drawn(NamedTuple):
    """What a stream gave from one seed, and the generator's state after it."""

    arrays: list[np.ndarray]
    state: bytes


class Check(NamedTuple):
    """What is known of one stream: over all seeds `differ` of `values` values differ, by at most
    `max_abs`, which is `ulp` times the spacing at the largest value. None: not known."""

    name: str
    verdict: str
    state_equal: bool | None = None
    values: int | None = None
    differ: int | None = None
    max_abs: float | None = None
    ulp: float | None = None
    tolerance: float = 0.0
    note: str = ""

    def line(self) -> str:
        """The check in one line of text."""
        if self.verdict == EXACT:
            return f"{self.name:<50} exact"
        parts = []
        if self.differ:
            ulp = f" ({self.ulp:.2g} ulp)" if self.ulp else ""
            parts.append(
                f"{self.differ:,} of {self.values:,} values differ, "
                f"by at most {self.max_abs:.3g}{ulp}"
            )
        if self.state_equal is not None and self.verdict != STATE:
            parts.append(f"state {'equal' if self.state_equal else 'differs'}")
        if self.tolerance:
            parts.append(f"tolerance {self.tolerance:g}")
        if self.note:
            parts.append(self.note)
        verdict = self.verdict.upper() if self.verdict == DIFFERS else self.verdict
        return f"{self.name:<50} {verdict}: {'; '.join(parts)}"

    def fields(self) -> dict[str, Any]:
        """The check for JSON, which has no infinity: that becomes None."""
        return {key: None if value == math.inf else value for key, value in self._asdict().items()}


# Drawing and comparing


def draw(stream: Stream, *engines: ModuleType) -> list[Drawn]:
    """The stream from each of its seeds; it begins and ends on the first engine."""
    drawn = []
    for seed in stream.seeds:
        engines[0].manual_seed(seed)
        arrays = list(_arrays(stream.draw(*engines)))
        drawn.append(Drawn(arrays, engines[0].get_rng_state().numpy().tobytes()))
    return drawn


def _arrays(made: Any) -> Iterator[np.ndarray]:
    if isinstance(made, (list, tuple)):
        for one in made:
            yield from _arrays(one)
    else:
        yield made if isinstance(made, np.ndarray) else made.detach().numpy()


def compare(stream: Stream, ours: list[Drawn], theirs: list[Drawn]) -> Check:
    """How far what was drawn lies from what torch drew."""
    state_equal = all(a.state == b.state for a, b in zip(ours, theirs))
    kinds, wanted = _kinds(ours), _kinds(theirs)
    if kinds != wanted:
        got, due = next((a, b) for a, b in zip(kinds + ["none"], wanted + ["none"]) if a != b)
        return Check(stream.name, DIFFERS, state_equal, note=f"drew {got} where torch drew {due}")
    pairs = [(x, y) for a, b in zip(ours, theirs) for x, y in zip(a.arrays, b.arrays)]
    found = [_differences(x, y) for x, y in pairs]
    differ = sum(one[0] for one in found)
    max_abs = max((one[1] for one in found), default=0.0)
    if state_equal and not differ:
        verdict = EXACT
    else:
        rounding = state_equal and stream.tolerance and max_abs <= stream.tolerance
        verdict = WITHIN if rounding else DIFFERS
    return Check(
        stream.name,
        verdict,
        state_equal,
        values=sum(y.size for _, y in pairs),
        differ=differ,
        max_abs=max_abs,
        ulp=max((one[2] for one in found), default=0.0),
        tolerance=stream.tolerance,
        note=stream.reason,
    )


def _kinds(drawn: list[Drawn]) -> list[str]:
    return [f"{a.dtype} {list(a.shape)}" for one in drawn for a in one.arrays]


def _differences(x: np.ndarray, y: np.ndarray) -> tuple[int, float, float]:
    """How many elements differ in their bits; the largest difference, and in ulp (integers: 0)."""
    differ = int((_bits(x) != _bits(y)).sum())
    if not differ:
        return 0, 0.0, 0.0
    apart = distance(x, y, scale=1.0)
    return differ, apart.max_abs, apart.ulp if y.dtype.kind == "f" else 0.0


def _bits(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x).ravel().view(f"u{x.dtype.itemsize}")


# Against torch, or against digests


Judge = Callable[[Stream], Check]
"""Draws a stream and says how it compares."""


def against(minitorch: ModuleType, torch: ModuleType) -> Judge:
    """Compare with an installed torch."""
    engines = {"minitorch": minitorch, "torch": torch}

    def judge(stream: Stream) -> Check:
        names = stream.engines
        try:
            theirs = draw(stream, *[torch] * len(names))
        except Exception as error:
            return Check(stream.name, DIFFERS, note=f"torch raised {_said(error)}")
        try:
            ours = draw(stream, *[engines[name] for name in names])
        except Exception as error:
            return Check(stream.name, DIFFERS, note=f"minitorch raised {_said(error)}")
        return compare(stream, ours, theirs)

    return judge


def against_digests(minitorch: ModuleType, stored: dict[str, str]) -> Judge:
    """Compare with the digests of torch's results by stream: equal, or different by who knows."""

    def judge(stream: Stream) -> Check:
        if stream.name not in stored:
            return Check(stream.name, DIFFERS, note="no digest: doctor --write-digests is due")
        try:
            ours = digest(stream, draw(stream, *[minitorch] * len(stream.engines))).split()
        except Exception as error:
            return Check(stream.name, DIFFERS, note=f"minitorch raised {_said(error)}")
        values, state = (a == b for a, b in zip(ours, stored[stream.name].split()))
        if values and state:
            verdict = STATE if stream.tolerance else EXACT
        else:
            verdict = DIFFERS
        note = stream.reason if values else "values differ"
        return Check(stream.name, verdict, state, tolerance=stream.tolerance, note=note)

    return judge


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


# Digests


def digest(stream: Stream, drawn: list[Drawn]) -> str:
    """Digits of the SHA-256 of all values, "-" where they may differ, and of all states."""
    values, states = hashlib.sha256(), hashlib.sha256()
    for one in drawn:
        for array in one.arrays:
            values.update(f"{array.dtype} {array.shape}".encode())
            values.update(array.tobytes())
        states.update(one.state)
    return f"{'-' if stream.tolerance else values.hexdigest()[:10]} {states.hexdigest()[:6]}"


def print_digests() -> None:
    """Print, as JSON, what the installed torch draws here: what `write_digests` collects."""
    torch = TORCH.namespace()
    found = {s.name: digest(s, draw(s, *[torch] * len(s.engines))) for s in STREAMS}
    print(json.dumps({"capability": torch.backends.cpu.get_cpu_capability(), "streams": found}))


def digests_text() -> str:
    """The text of `digests.json`, from the installed torch on both of its ways.

    Of the way without AVX2 it holds only what differs.
    Raises: DoctorError where torch is missing or cannot be brought to take both.
    """
    found = {}
    for capability in FOLLOWED.values():
        done = subprocess.run(
            [sys.executable, "-c", "from harness import doctor; doctor.print_digests()"],
            env={**os.environ, "ATEN_CPU_CAPABILITY": capability},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DoctorError(f"no digests: {done.stderr.strip().splitlines()[-1]}")
        answer = json.loads(done.stdout)
        if answer["capability"] != capability.upper():
            raise DoctorError(
                f"no digests: asked for {capability}, torch runs {answer['capability']}"
            )
        found[capability] = answer["streams"]
    common, other = found["avx2"], found["default"]
    parts = {
        "torch": _release(TORCH.version()),
        "avx2": common,
        "default": {name: text for name, text in other.items() if text != common[name]},
    }
    return json.dumps(parts, indent=1) + "\n"


def _release(version: str) -> str:
    return version.partition("+")[0]


def _stored(followed: str | None) -> tuple[str, dict[str, str]]:
    """The release of torch the digests are of, and the digests for what minitorch follows."""
    if followed is None:
        raise DoctorError("torch is not installed, and no digests are kept for this kind of CPU")
    kept = json.loads(DIGESTS.read_text(encoding="utf-8"))
    return kept["torch"], kept["avx2"] | (kept["default"] if followed == "default" else {})


# The machine


def _facts(minitorch: ModuleType, torch: ModuleType | None, missing: str) -> dict[str, Any]:
    """Versions, instruction set, libraries and threads, by name."""
    build: Any = np.show_config(mode="dicts")
    sets, blas = build["SIMD Extensions"], build["Build Dependencies"]["blas"]
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "system": " ".join((platform.system(), platform.machine(), *platform.libc_ver())).strip(),
        "numpy": np.__version__,
        "numpy's BLAS": f"{blas.get('name')} {blas.get('version', '')}".strip(),
        "minitorch": minitorch.__version__,
        "minitorch's threads": minitorch.get_num_threads(),
        "torch": missing or _version(torch),
    }
    if torch is not None:
        info = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
        facts["torch's BLAS"] = info.group(1) if info else "unknown"
        facts["torch's threads"] = torch.get_num_threads()
    facts["instruction sets"] = " ".join((*sets.get("baseline", ()), *sets.get("found", ())))
    facts["ATEN_CPU_CAPABILITY"] = os.environ.get("ATEN_CPU_CAPABILITY", "not set")
    if torch is not None:
        facts["torch runs"] = torch.backends.cpu.get_cpu_capability()
    facts["minitorch follows"] = _followed()
    return facts


def _version(torch: Any) -> str:
    """torch's version, and a word where the streams are another release's."""
    kept = json.loads(DIGESTS.read_text(encoding="utf-8"))["torch"]
    if _release(torch.__version__) == kept:
        return torch.__version__
    return f"{torch.__version__}; the streams are those of {kept}"


def _fused() -> tuple[bool, bool]:
    from minitorch._random_numerics import cpu_is_fused

    return cpu_is_fused()


def _followed() -> str:
    fused, lanes = _fused()
    return (
        f"{FOLLOWED.get((fused, lanes), 'neither')}: "
        f"multiply-adds rounded {'once' if fused else 'twice'}, "
        f"float32 normals {'of the AVX2 kernel' if lanes else 'by the C library'}"
    )


# The command


def _torch() -> tuple[ModuleType | None, str]:
    """The installed torch, or None and why."""
    try:
        return TORCH.namespace(), ""
    except (BackendError, ImportError, OSError) as error:
        return None, str(error).splitlines()[0].removeprefix("backend torch is ")


def report(as_json: bool) -> int:
    """Print the machine and every stream; 0: all exact or within their tolerance, 1: some differ.

    Raises: DoctorError without torch and without digests.
    """
    minitorch = MINITORCH.namespace()
    torch, missing = _torch()
    facts = _facts(minitorch, torch, missing)
    if torch is None:
        release, stored = _stored(FOLLOWED.get(_fused()))
        judge, reference = against_digests(minitorch, stored), f"digests of torch {release}"
    else:
        judge, reference = against(minitorch, torch), f"torch {torch.__version__}"

    def say(*lines: str) -> None:
        if not as_json:
            print(*lines, sep="\n", flush=True)

    say(*(f"{name:<20} {value}" for name, value in facts.items()))
    say("", f"every stream, from {len(SEEDS)} seeds, against {reference}")
    checks = []
    for stream in STREAMS:
        checks.append(judge(stream))
        say(checks[-1].line())
    say("", summary(checks))
    if as_json:
        whole = {
            "facts": facts,
            "reference": reference,
            "streams": [check.fields() for check in checks],
            "summary": summary(checks),
        }
        print(json.dumps(whole, indent=1))
    return int(any(check.verdict == DIFFERS for check in checks))


def summary(checks: list[Check]) -> str:
    """How many streams are exact, and which differ."""
    count = Counter(check.verdict for check in checks)
    text = f"{count[EXACT]} of {len(checks)} streams exact"
    if count[WITHIN]:
        text += f", {count[WITHIN]} within a stated tolerance"
    if count[STATE]:
        text += f", {count[STATE]} compared by their state alone"
    if count[DIFFERS]:
        names = "; ".join(check.name for check in checks if check.verdict == DIFFERS)
        text += f", {count[DIFFERS]} differ: {names}"
    return text


def write_digests() -> int:
    """Write `digests.json` anew. Raises: DoctorError as `digests_text` does."""
    DIGESTS.write_text(digests_text(), encoding="utf-8")
    print(f"wrote {DIGESTS}")
    return 0
