"""The library is made once, by one process, whatever the machine lacks; and never an exception."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minitorch
from minitorch import native
from minitorch.native import build

# A child compiles few of the sources: those that every kernel needs, and one kernel.
START = """
import os, sys
wanted = os.environ.pop("MINITORCH_NATIVE", "")
os.environ["MINITORCH_NATIVE"] = "0"
import minitorch as torch
from minitorch import native
from minitorch.native import build, compiling
os.environ["MINITORCH_NATIVE"] = wanted
every = build.sources
few = {"gemm.c", *compiling.ONCE, *compiling.GUEST, *compiling.BINDING}
build.sources = compiling.sources = lambda: [
    p for p in every() if p.endswith(".h") or os.path.basename(p) in few
]
"""
RUN = """
native.start()
x = torch.ones(64, 100, requires_grad=True)
torch.nn.functional.linear(x, torch.ones(30, 100)).sum().backward()
assert (x.grad == 30).all()
print(native.status()["native kernels"])
"""
RUN_DOUBLE = (
    RUN
    + """
a = torch.arange(30000.0, dtype=torch.float64).reshape(100, 300)
assert ((a @ a.T).numpy() == a.numpy() @ a.numpy().T).all()
print(native.prepare())
"""
)


class Machine:
    """A home and a PATH of its own, in which children run."""

    def __init__(self, root: Path) -> None:
        self.root, self.cache, self.bin = root, root / "cache", root / "bin"
        self.bin.mkdir()
        (root / "tmp").mkdir()
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(root),
            "TMPDIR": str(root / "tmp"),
            "MINITORCH_CACHE": str(self.cache),
            "PYTHONPATH": str(Path(minitorch.__file__).parent.parent),
            "OMP_NUM_THREADS": "1",
            "MINITORCH_CFLAGS": "-O0",  # compiles ten times as fast
        }
        self.log = root / "compiler.log"

    def add_compiler(self, first: str = "") -> None:
        """A `cc` on the PATH that does what the line `first` says before it compiles."""
        path = self.bin / "cc"
        real = shutil.which(build.compiler()[0])
        search = f"PATH={os.environ['PATH']}; export PATH"
        path.write_text(
            f'#!/bin/sh\n{search}\necho "$@" >> {self.log}\n{first}\nexec {real} "$@"\n'
        )
        path.chmod(0o755)

    def start(self, code: str, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", START + code], env=self.env, text=True, cwd=self.root,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def run(self, code: str = RUN, **options) -> tuple[str, str]:
        """(what the child prints, what it says beside)."""
        child = self.start(code, **options)
        out, error = child.communicate(timeout=300)
        assert child.returncode == 0, error
        return out.strip(), error

    def compiled(self) -> int:
        """How often the compiler was called."""
        return self.log.read_text().count("\n") if self.log.exists() else 0

    def libraries(self) -> list[Path]:
        return sorted(self.cache.glob("kernels-*.so"))


@pytest.fixture
def machine(tmp_path) -> Machine:
    if not build.compiler():
        pytest.skip("no C compiler")
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def maker(tmp_path_factory) -> Machine:
    """A machine that has made the library of the few sources."""
    if not build.compiler():
        pytest.skip("no C compiler")
    maker = Machine(tmp_path_factory.mktemp("maker"))
    maker.add_compiler()
    out, error = maker.run()
    assert out == "on"
    assert error.startswith("minitorch: compiling its kernels for float32, once (")
    assert error.count("\n") == 1
    assert len(maker.libraries()) == 1
    return maker


@pytest.fixture
def filled(machine, maker) -> Machine:
    """A machine with that compiler, the library and its objects in its cache."""
    machine.env["PATH"] = str(maker.bin)
    shutil.copytree(maker.cache, machine.cache)
    maker.log.unlink(missing_ok=True)
    machine.log = maker.log
    return machine


def test_it_is_compiled_once_and_loaded_in_silence_then(filled):
    assert filled.run() == ("on", "")
    assert filled.compiled() == 0


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "sum lost"])
def test_a_broken_library_is_made_anew_not_loaded(filled, harm):
    (path,) = filled.libraries()
    good = path.read_bytes()
    if harm == "cut":
        path.write_bytes(good[: len(good) // 2])
    elif harm == "changed":
        path.write_bytes(good[:5000] + b"\xff" + good[5001:])
    elif harm == "empty":
        path.write_bytes(b"")
    else:
        Path(f"{path}.sum").unlink()
    out, error = filled.run()
    assert out == "on"
    assert "compiling" in error
    assert build.sound(str(path))
    assert filled.compiled() == 2  # a probe, and the objects linked: those are still there


def test_kernels_for_float64_are_compiled_at_their_first_use(filled):
    out, error = filled.run(RUN_DOUBLE)
    assert out.split() == ["on", "True"]
    assert error.startswith("minitorch: compiling its kernels for float64, once (")
    assert error.count("\n") == 1
    assert len(filled.libraries()) == 2
    assert filled.run(RUN_DOUBLE) == (out, "")


def test_without_kernels_for_float64_those_for_float32_still_run(filled):
    filled.add_compiler(first='case "$*" in *DDOUBLE*) echo spoilt >&2; exit 1;; esac')
    filled.env["PATH"] = str(filled.bin)
    out, error = filled.run(RUN_DOUBLE)
    assert out.split() == ["on", "False"]
    assert "failed; float64 runs on NumPy" in error
    assert filled.run(RUN_DOUBLE) == (out, "")


def test_sources_that_were_changed_since_are_not_mixed(filled):
    changed = "\nbuild.FLAGS = (*build.FLAGS, '-DANOTHER')"
    out, error = filled.run(RUN_DOUBLE.replace("\na = ", changed + "\na = "))
    assert out.split() == ["on", "False"]
    assert "float64 runs on NumPy alone, without kernels: the sources were changed" in error


def test_a_compilation_that_is_interrupted_is_tried_again(filled):
    filled.add_compiler(first='case "$*" in *DDOUBLE*) kill -INT $PPID; sleep 1;; esac')
    filled.env["PATH"] = str(filled.bin)
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
    child = filled.start(heard + RUN_DOUBLE)  # which a shell's background jobs ignore
    _, error = child.communicate(timeout=300)
    assert "KeyboardInterrupt" in error
    filled.add_compiler()
    out, error = filled.run(RUN_DOUBLE)
    assert out.split() == ["on", "True"]
    assert "compiling its kernels for float64" in error


def test_of_two_processes_at_once_one_compiles_and_both_run(machine):
    machine.add_compiler(first="sleep 0.3")
    children = [machine.start(RUN) for _ in range(2)]
    told = [child.communicate(timeout=300) for child in children]
    assert [out.strip() for out, _ in told] == ["on", "on"]
    assert sorted("compiling its" in error for _, error in told) == [False, True]
    assert any("another process compiles" in error for _, error in told)


def test_a_process_killed_while_it_compiles_leaves_nothing_that_is_loaded(machine):
    machine.add_compiler(first=f'case "$*" in *gemm.c*) touch {machine.root}/at; sleep 5;; esac')
    child = machine.start(RUN, start_new_session=True)
    deadline = time.time() + 120
    while not (machine.root / "at").exists() and time.time() < deadline:
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGKILL)  # and its compilers
    child.communicate()
    assert machine.libraries() == []
    assert list(machine.cache.glob("build-*"))
    machine.add_compiler()
    for left in machine.cache.glob("build-*"):
        os.utime(left, (0, 0))
    assert machine.run()[0] == "on"
    assert list(machine.cache.glob("build-*")) == []


def test_without_a_compiler_it_runs_on_numpy_and_says_so_once(machine):
    if importlib.util.find_spec("ziglang"):
        pytest.skip("ziglang is installed")
    out, error = machine.run()
    assert out.startswith("off: no C compiler")
    assert error.startswith("minitorch: it runs on NumPy alone, without kernels: no C compiler")
    assert error.count("minitorch:") == 1
    assert machine.run() == (out, "")
    machine.add_compiler()
    assert machine.run()[0] == "on"


def test_a_home_that_cannot_be_written_is_no_obstacle(machine):
    machine.add_compiler()
    machine.env["HOME"] = "/proc/nobody"
    del machine.env["MINITORCH_CACHE"]
    out, error = machine.run()
    assert out.startswith("off: ")
    assert "/proc/nobody" in out
    assert error.count("minitorch:") == 1
    assert machine.run() == (out, "")


def obey_permissions() -> None:
    """Take from a child of root what lets it write everywhere."""
    drop_from_bounding_set, dac_override = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override)


@pytest.mark.skipif(sys.platform != "linux", reason="permissions of root")
def test_a_cache_that_may_only_be_read_is_enough(filled):
    filled.cache.chmod(0o555)
    assert filled.run(preexec_fn=obey_permissions) == ("on", "")
    filled.libraries()[0].write_bytes(b"")
    out, error = filled.run(preexec_fn=obey_permissions)
    assert out.startswith("off: ")
    assert "Permission denied" in error
    assert error.count("minitorch:") == 1
    assert filled.run(preexec_fn=obey_permissions) == (out, "")
    filled.cache.chmod(0o755)


def test_a_failure_is_remembered_and_told_by_the_doctor(machine):
    machine.add_compiler(first="echo a spoilt compiler >&2; exit 1")
    out, error = machine.run()
    assert out == "off: the compilation failed"
    assert error.count("\n") == 1
    assert "failed; it runs on NumPy" in error
    assert machine.compiled() == 2  # with -march=native and without
    told, error = machine.run(
        "native.start(); from minitorch.native import doctor; print(doctor.text())"
    )
    assert "a spoilt compiler" in told
    assert error == ""
    assert machine.compiled() == 2
    for path in machine.cache.glob("*.failed"):  # tomorrow
        os.utime(path, (0, 0))
    machine.add_compiler()
    assert machine.run()[0] == "on"


def test_a_compiler_that_is_not_there(machine):
    machine.env["CC"] = "/nowhere/cc"
    out, _ = machine.run()
    assert out == "off: the compilation failed"


def test_a_compiler_that_does_not_know_this_processor(machine):
    machine.add_compiler(first='case "$*" in *=native*) echo unknown option >&2; exit 1;; esac')
    assert machine.run()[0] == "on"


def test_the_next_compiler_is_tried(machine):
    machine.add_compiler()
    (machine.bin / "cc").rename(machine.bin / "clang")
    (machine.bin / "gcc").write_text("#!/bin/sh\nexit 1\n")
    (machine.bin / "gcc").chmod(0o755)
    assert machine.run()[0] == "on"


NO_HEADERS = """
build.include = compiling.include = lambda: None
import numpy as np
from minitorch.native.products import gemm
native.load()
a = np.arange(6000.0).reshape(60, 100)
assert (gemm(a, a.T) == a @ a.T).all()
single = a.astype(np.float32)
assert np.allclose(gemm(single, single.T), a @ a.T)
print(native.status()["called through"])
"""


def test_without_pythons_headers_it_is_called_through_ctypes(filled):
    assert filled.run(NO_HEADERS)[0] == "ctypes"
    assert len(filled.libraries()) == 3  # the module, and two that are none


def test_old_libraries_do_not_pile_up(filled):
    for i in range(10):
        path = filled.cache / f"kernels-{i:016x}.so"
        path.write_bytes(b"")
        Path(f"{path}.sum").write_text("")
        os.utime(path, (1000 + i, 1000 + i))
    newest = max(filled.cache.glob("kernels-*.so"), key=os.path.getmtime)
    newest.unlink()
    assert filled.run()[0] == "on"
    assert newest in filled.libraries()
    assert len(filled.libraries()) == 8
    assert len(list(filled.cache.glob("kernels-*.sum"))) <= 9


def test_turned_off_it_loads_and_writes_nothing(machine):
    machine.add_compiler()
    machine.env["MINITORCH_NATIVE"] = "0"
    child = subprocess.run(
        [sys.executable, "-c", "import sys, minitorch; print(*sys.modules, sep='\\n')"],
        env=machine.env, cwd=machine.root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {m for m in child.stdout.split() if m.startswith("minitorch.native")}
    assert loaded == {"minitorch.native"}
    assert not machine.cache.exists()


def test_the_name_tells_what_it_was_compiled_for(monkeypatch):
    before = build.path()
    monkeypatch.setenv("MINITORCH_CFLAGS", "-O1")
    assert build.path() != before
    assert build.path() != build.path("float64")


def test_the_doctor_tells_what_it_runs_on(capsys):
    from minitorch.__main__ import main

    assert main(["--doctor"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["minitorch"].startswith(f"{minitorch.__version__}, as torch ")
    assert {"python", "numpy", "system", "native", "compiler", "cache"} <= set(lines)
    assert lines["native"] == f"kernels  {native.status()['native kernels']}"


@pytest.mark.nightly
def test_every_row_runs_through_ctypes(tmp_path):
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.native.headerless", "-W",
         "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider",
         str(tests / "test_rows.py"), str(tests / "test_streams.py"),
         str(tests / "test_optimizers.py")],
        cwd=tests.parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
