"""Every row with a kernel in random shapes, beside the row on NumPy and under sanitizers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minitorch
from minitorch.native import build

ROOT = Path(minitorch.__file__).parent.parent
COMPILE = """
from minitorch.native import build
build.library(), build.library("float64")
"""
FUZZ = "-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all"


def sanitizer(name: str) -> str:
    """The sanitizer's library, as the compiler finds it; skips the test where there is none."""
    found = subprocess.run(
        [*build.compiler(), f"-print-file-name={name}"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not os.path.isabs(found):
        pytest.skip(f"{' '.join(build.compiler())} has no {name}")
    return found


def fuzz(seed: int, seconds: int, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.native.fuzzing", str(seed), str(seconds)],
        cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def fuzz_sanitized(seed: int, seconds: int) -> str:
    library = sanitizer("libasan.so")
    own = {"MINITORCH_CFLAGS": FUZZ, "MINITORCH_NATIVE": "0"}
    subprocess.run(  # without the sanitizer in the compiler itself
        [sys.executable, "-c", COMPILE],
        cwd=ROOT, env={**os.environ, **own}, check=True, capture_output=True,
    )  # fmt: skip
    options = "detect_leaks=0:allocator_may_return_null=1"
    return fuzz(seed, seconds, LD_PRELOAD=library, ASAN_OPTIONS=options, **own)


def test_random_shapes_give_what_the_rows_give():
    assert "rows agree" in fuzz(0, 5)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 5))
def test_many_random_shapes_give_what_the_rows_give(seed):
    assert "rows agree" in fuzz(seed, 60)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
def test_random_shapes_touch_no_memory_that_is_not_theirs(seed):
    assert "rows agree" in fuzz_sanitized(seed, 60)
