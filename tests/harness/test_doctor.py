"""The doctor finds healthy what is, and names the stream where a fault is planted."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import minitorch
from harness import doctor
from harness.__main__ import main
from harness.streams import STREAMS, Stream
from minitorch._random_numerics import cpu_is_fused
from minitorch.random import Generator

BY_NAME = {stream.name: stream for stream in STREAMS}
FEW = ("rand float32", "exponential_() float32", "randperm(20011)", "bernoulli_(0.3) int64")

needs_digests = pytest.mark.skipif(
    cpu_is_fused() not in doctor.FOLLOWED, reason="there are no digests for this kind of CPU"
)
needs_avx2 = pytest.mark.skipif(cpu_is_fused() != (True, True), reason="there is no AVX2 here")


def in_a_process(capability: str, *, torch: bool = True) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of the doctor in a new interpreter."""
    block = "" if torch else "sys.modules['torch'] = None; "
    code = (
        f"import sys; {block}"
        "from harness.__main__ import main; sys.exit(main(['doctor', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "ATEN_CPU_CAPABILITY": capability},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


# Healthy


@pytest.mark.differential
@needs_avx2
@pytest.mark.parametrize("capability", ["avx2", "default"])
def test_every_stream_is_torchs_with_and_without_avx2(capability):
    pytest.importorskip("torch")
    code, found = in_a_process(capability)
    assert found["facts"]["torch runs"] == capability.upper()
    assert found["facts"]["minitorch follows"].startswith(capability)
    assert [s for s in found["streams"] if s["verdict"] == doctor.DIFFERS] == []
    within = {s["name"] for s in found["streams"] if s["verdict"] == doctor.WITHIN}
    assert within <= {stream.name for stream in STREAMS if stream.tolerance}
    assert len(found["streams"]) == len(STREAMS)
    assert code == 0


@needs_digests
@pytest.mark.parametrize("capability", ["", "default"])
def test_without_torch_digests_are_compared(capability):
    code, found = in_a_process(capability, torch=False)
    assert found["reference"].startswith("digests of torch 2.")
    assert "torch runs" not in found["facts"]
    assert [s for s in found["streams"] if s["verdict"] == doctor.DIFFERS] == []
    by_state = {s["name"] for s in found["streams"] if s["verdict"] == doctor.STATE}
    assert by_state == {stream.name for stream in STREAMS if stream.tolerance}
    assert code == 0


@pytest.mark.differential
@needs_avx2
def test_digests_are_fresh():
    torch = pytest.importorskip("torch")
    kept = doctor.DIGESTS.read_text(encoding="utf-8")
    if torch.__version__.partition("+")[0] != json.loads(kept)["torch"]:
        pytest.skip("another release of torch")
    assert doctor.digests_text() == kept


def test_digests_are_there_for_every_stream_and_small():
    kept = json.loads(doctor.DIGESTS.read_text(encoding="utf-8"))
    assert list(kept["avx2"]) == list(BY_NAME)
    assert set(kept["default"]) < set(BY_NAME)
    assert [n for n, text in kept["avx2"].items() if text[0] == "-"] == [
        n for n, stream in BY_NAME.items() if stream.tolerance
    ]
    assert doctor.DIGESTS.stat().st_size < 25_000


# The command, on a few streams


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter table."""
    monkeypatch.setattr(doctor, "STREAMS", tuple(BY_NAME[name] for name in FEW))


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch is not installed, and digests are those of this kind of CPU."""
    find = importlib.util.find_spec
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else find(name)
    )


@pytest.fixture
def with_torch() -> None:
    """Skip where torch is not installed."""
    pytest.importorskip("torch")


def planted(monkeypatch: pytest.MonkeyPatch, method: str, change: Any) -> None:
    """Let `change(generator, result)` happen to what a method of the generator returns."""
    sound = getattr(Generator, method)

    def faulty(self: Generator, *args: Any, **options: Any) -> np.ndarray:
        return change(self, sound(self, *args, **options))

    monkeypatch.setattr(Generator, method, faulty)


def one_ulp_off(generator: Generator, array: np.ndarray) -> np.ndarray:
    array[0] = np.nextafter(array[0], array.dtype.type(np.inf))
    return array


def one_word_more(generator: Generator, array: np.ndarray) -> np.ndarray:
    generator._words(1)
    return array


def lines_of(text: str) -> dict[str, str]:
    """What the doctor printed of each of the few streams."""
    lines = {name: line for line in text.splitlines() for name in FEW if line.startswith(name)}
    return {name: line.removeprefix(name).strip() for name, line in lines.items()}


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_report_names_everything_and_says_how_many_are_exact(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert lines_of(out) == dict.fromkeys(FEW, "exact")
    assert out.splitlines()[-1] == "4 of 4 streams exact"
    for fact in ("python", "numpy", "numpy's BLAS", "torch", "torch's BLAS", "minitorch"):
        assert f"\n{fact} " in f"\n{out}"
    for fact in ("instruction sets", "torch runs", "minitorch follows", "torch's threads"):
        assert f"\n{fact} " in out


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_value_one_ulp_off_is_named(capsys, monkeypatch):
    planted(monkeypatch, "fill_exponential", one_ulp_off)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    found = lines_of(out)
    line = found.pop("exponential_() float32")
    assert line.startswith("DIFFERS: 4 of 80,044 values differ, by at most ")
    assert line.endswith(" ulp); state equal")
    assert set(found.values()) == {"exact"}
    assert out.splitlines()[-1] == "3 of 4 streams exact, 1 differ: exponential_() float32"


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_word_too_many_is_named(capsys, monkeypatch):
    planted(monkeypatch, "permutation", one_word_more)
    assert main(["doctor"]) == 1
    found = lines_of(capsys.readouterr().out)
    assert found.pop("randperm(20011)") == "DIFFERS: state differs"
    assert set(found.values()) == {"exact"}


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_stream_that_fails_is_named(capsys, monkeypatch):
    def fail(generator: Generator, array: np.ndarray) -> np.ndarray:
        raise ArithmeticError("no more numbers\nfrom here")

    planted(monkeypatch, "permutation", fail)
    assert main(["doctor"]) == 1
    line = lines_of(capsys.readouterr().out)["randperm(20011)"]
    assert line == "DIFFERS: minitorch raised ArithmeticError: no more numbers"


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_stream_that_torch_has_not_is_named(capsys, monkeypatch):
    import torch

    monkeypatch.delattr(torch, "randperm")
    assert main(["doctor"]) == 1
    assert "torch raised AttributeError" in lines_of(capsys.readouterr().out)["randperm(20011)"]


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_json_says_the_same(capsys, monkeypatch):
    planted(monkeypatch, "fill_exponential", one_ulp_off)
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["summary"] == "3 of 4 streams exact, 1 differ: exponential_() float32"
    verdicts = {s["name"]: s["verdict"] for s in found["streams"]}
    assert verdicts == dict.fromkeys(FEW, "exact") | {"exponential_() float32": "differs"}
    faulty = found["streams"][1]
    assert (faulty["values"], faulty["differ"], faulty["state_equal"]) == (80_044, 4, True)
    assert 0 < faulty["ulp"] <= 1


@pytest.mark.differential
@pytest.mark.usefixtures("with_torch", "few")
def test_other_release_of_torch_is_mentioned(capsys, monkeypatch):
    import torch

    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    main(["doctor"])
    assert " 2.9.1+cpu; the streams are those of 2.13.0\n" in capsys.readouterr().out


# Without torch


@needs_digests
@pytest.mark.usefixtures("no_torch", "few")
def test_without_torch_a_fault_differs_and_no_more_is_said(capsys, monkeypatch):
    planted(monkeypatch, "fill_exponential", one_ulp_off)
    planted(monkeypatch, "permutation", one_word_more)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    found = lines_of(out)
    assert found.pop("exponential_() float32") == "DIFFERS: state equal; values differ"
    assert found.pop("randperm(20011)") == "DIFFERS: state differs"
    assert set(found.values()) == {"exact"}
    assert "not installed: pip install torch==2.13.0\n" in out


@needs_digests
@pytest.mark.usefixtures("no_torch")
def test_without_torch_a_stream_without_digest_is_named(capsys, monkeypatch):
    new = Stream("new", lambda T: T.rand(3))
    monkeypatch.setattr(doctor, "STREAMS", (new,))
    assert main(["doctor"]) == 1
    assert "DIFFERS: no digest: doctor --write-digests is due" in capsys.readouterr().out


@needs_digests
@pytest.mark.usefixtures("no_torch")
def test_without_torch_a_tolerance_leaves_the_state_to_compare(capsys, monkeypatch):
    name = "nn.init.orthogonal_ of (30, 20)"
    monkeypatch.setattr(doctor, "STREAMS", (BY_NAME[name],))
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"{name:<50} equal in state: tolerance 1e-06; the QR factors are" in out
    assert out.splitlines()[-1] == "0 of 1 streams exact, 1 compared by their state alone"
    planted(monkeypatch, "fill_normal", one_word_more)
    assert main(["doctor"]) == 1


@pytest.mark.usefixtures("no_torch")
def test_without_torch_and_digests_there_is_nothing_to_compare(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "_fused", lambda: (True, False))
    assert main(["doctor"]) == 3
    expected = "harness: torch is not installed, and no digests are kept for this kind of CPU\n"
    assert capsys.readouterr().err == expected


def test_broken_torch_is_as_good_as_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    found, missing = doctor._torch()
    assert found is None
    assert missing.startswith("import of torch halted")


# Writing digests


def test_digests_are_written(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "DIGESTS", tmp_path / "digests.json")
    monkeypatch.setattr(doctor, "digests_text", lambda: "{}\n")
    assert main(["doctor", "--write-digests"]) == 0
    assert doctor.DIGESTS.read_text(encoding="utf-8") == "{}\n"
    assert capsys.readouterr().out == f"wrote {doctor.DIGESTS}\n"


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "message"),
    [
        (1, "", "Traceback\nBackendError: not installed\n", "BackendError: not installed"),
        (0, '{"capability": "DEFAULT"}', "", "asked for avx2, torch runs DEFAULT"),
    ],
)
def test_digests_need_torch_on_both_ways(capsys, monkeypatch, code, stdout, stderr, message):
    done = subprocess.CompletedProcess([], code, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: done)
    assert main(["doctor", "--write-digests"]) == 3
    assert capsys.readouterr().err == f"harness: no digests: {message}\n"


# Comparing


def check(ours: Any, theirs: Any, tolerance: float = 0.0, states: str = "aa") -> doctor.Check:
    stream = Stream("s", lambda T: T.rand(1), tolerance=tolerance, reason="r" * bool(tolerance))
    drawn = [[doctor.Drawn([np.array(x)], s.encode())] for x, s in zip((ours, theirs), states)]
    return doctor.compare(stream, *drawn)


def test_bits_are_compared_not_values():
    assert check([1.0, 0.0], [1.0, 0.0]).verdict == doctor.EXACT
    found = check([1.0, -0.0], [1.0, 0.0])
    assert (found.verdict, found.differ, found.max_abs) == (doctor.DIFFERS, 1, 0)


def test_ulp_is_the_spacing_at_the_largest_value():
    found = check([1.0, np.nextafter(1.5, 2)], [1.0, 1.5])
    assert (found.differ, found.ulp, found.max_abs) == (1, 1, 2.0**-52)


def test_tolerance_excuses_values_and_never_the_state():
    assert check([1.0], [1.5], tolerance=0.5).verdict == doctor.WITHIN
    assert check([1.0], [1.6], tolerance=0.5).verdict == doctor.DIFFERS
    assert check([1.0], [1.5]).verdict == doctor.DIFFERS
    assert check([1.0], [1.5], tolerance=0.5, states="ab").verdict == doctor.DIFFERS
    assert check([1.0], [1.0], tolerance=0.5).verdict == doctor.EXACT
    assert "state equal; tolerance 0.5; r" in check([1.0], [1.5], tolerance=0.5).line()


def test_nan_for_a_number_is_infinitely_far_and_null_in_json():
    found = check([math.nan], [1.0], tolerance=9.0)
    assert (found.verdict, found.max_abs) == (doctor.DIFFERS, math.inf)
    assert found.fields()["max_abs"] is None


@pytest.mark.parametrize(
    ("ours", "theirs", "note"),
    [
        ([1.0], [[1.0]], "drew float64 [1] where torch drew float64 [1, 1]"),
        (np.float32([1]), np.float64([1]), "drew float32 [1] where torch drew float64 [1]"),
    ],
)
def test_shape_and_dtype_are_compared(ours, theirs, note):
    found = check(ours, theirs, tolerance=1.0)
    assert (found.verdict, found.note) == (doctor.DIFFERS, note)


def test_missing_array_is_noticed():
    stream = Stream("s", lambda T: T.rand(1))
    one, none = doctor.Drawn([np.zeros(1)], b""), doctor.Drawn([], b"")
    found = doctor.compare(stream, [none], [one])
    assert found.note == "drew none where torch drew float64 [1]"


def test_draw_is_repeatable_and_leaves_the_state_it_names():
    stream = BY_NAME["second normal of a pair waits"]
    first, again = doctor.draw(stream, minitorch), doctor.draw(stream, minitorch)
    assert doctor.digest(stream, first) == doctor.digest(stream, again)
    assert minitorch.get_rng_state().numpy().tobytes() == again[-1].state
