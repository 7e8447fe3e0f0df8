"""The kernels as a program without Python: under ThreadSanitizer, and for other processors."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from minitorch.native import build, compiling

DRIVER = Path(__file__).with_name("driver.c")
NEEDED = ("pool.c", "registry.c", "gemm.c", "driver.c")  # what the driver calls


def program(folder: Path, command: list[str], *flags: str, every: bool = False) -> Path:
    """`driver.c` with the kernels it calls; `every`: the other sources are compiled as well."""
    source = Path(build.sources()[0]).parent
    objects = []
    for path in [*map(Path, build.sources()), DRIVER]:
        name = path.name
        elsewhere = name == "guest.c" or name in compiling.BINDING
        if path.suffix != ".c" or elsewhere or not (every or name in NEEDED):
            continue
        own = [*flags, *build.OWN_FLAGS.get(name, []), f"-I{source}"]
        for kind in ([], ["-DDOUBLE"]) if name not in compiling.ONCE else ([],):
            made = folder / f"{name}{len(kind)}.o"
            full = [*command, *build.FLAGS, *own, *kind, "-c", path, "-o", made]
            subprocess.run(full, check=True)
            if name in NEEDED:
                objects.append(made)
    found = folder / "driver"
    subprocess.run([*command, *flags, "-pthread", *objects, "-lm", "-o", found], check=True)
    return found


def run(*command: str | Path, **env: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **env}
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def needed(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def test_threads_do_not_race(tmp_path):
    command = build.compiler()
    found = subprocess.run(
        [*command, "-print-file-name=libtsan.so"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not os.path.isabs(found):
        pytest.skip(f"{' '.join(command)} has no libtsan.so")
    driver = program(tmp_path, command, "-O1", "-g1", "-fsanitize=thread")
    assert "0 wrong" in run(driver, TSAN_OPTIONS="halt_on_error=1")


@pytest.mark.nightly
def test_on_arm64(tmp_path):
    compiler, machine = needed("aarch64-linux-gnu-gcc"), needed("qemu-aarch64")
    driver = program(tmp_path, [compiler], every=True)
    told = run(machine, "-L", "/usr/aarch64-linux-gnu", driver)
    assert told == "0 wrong, vectors of 16 bytes\n"


@pytest.mark.nightly
@pytest.mark.parametrize(("level", "width"), [("", 16), ("-v3", 32), ("-v4", 64)])
def test_on_x86_64_of_every_level(tmp_path, level, width):
    if os.uname().machine != "x86_64":
        pytest.skip("this is no x86-64")
    driver = program(tmp_path, build.compiler(), f"-march=x86-64{level}", every=True)
    with open("/proc/cpuinfo") as file:
        known = file.read()
    if width > {True: 64, False: 32 if " avx2 " in known else 16}[" avx512vl " in known]:
        pytest.skip("compiled; this processor does not run it")
    assert run(driver) == f"0 wrong, vectors of {width} bytes\n"
