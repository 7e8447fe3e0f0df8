"""The promises about the house itself: what is named, what imports what, how big the core is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENGINE = sorted((ROOT / "minitorch").rglob("*.py"))
HARNESS = sorted((ROOT / "harness").rglob("*.py"))
CORE = ("_tensor.py", "graph.py", "primitive.py", "ops/elementwise.py")
CORE_BUDGET, FILE_BUDGET = 900, 400  # lines without docstrings and blank lines
IMPORT_BUDGET = 0.05  # seconds on top of NumPy, ...
IMPORT_SHARE = 0.75  # ... or so much of NumPy's own, on a slow or busy machine
EXTRAS = {"PIL", "cupy", "ml_dtypes"}
"""What the engine may import where it is installed, and does without where it is not."""


def fresh(code: str) -> str:
    """What `code` prints in a new interpreter."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, anywhere in it, other than its own."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found - {"minitorch"}


def code_lines(path: Path) -> int:
    """Lines of a file without docstrings and blank lines; comments count."""
    source = path.read_text(encoding="utf-8")
    skipped = {n for n, line in enumerate(source.splitlines(), 1) if not line.strip()}
    for node in ast.walk(tree(path)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            value = getattr(statement, "value", None) if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                skipped.update(range(statement.lineno, statement.end_lineno + 1))
    return len(source.splitlines()) - len(skipped)


def names(paths: Iterable[Path]) -> list[str]:
    """The files by their path in the repository."""
    return [path.relative_to(ROOT).as_posix() for path in paths]


# --- what is written down -------------------------------------------------------------------------


def test_architecture_names_every_file():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

    def named(path: Path) -> bool:
        name = path.parent.name + "/" if path.name == "__init__.py" else path.name
        return bool(re.search(rf"(?<!\w){re.escape(name)}", text))

    assert names(path for path in ENGINE + HARNESS if not named(path)) == []


def test_every_file_says_what_it_is():
    assert names(path for path in ENGINE + HARNESS if not ast.get_docstring(tree(path))) == []


def test_core_stays_small_enough_to_read():
    sizes = {name: code_lines(ROOT / "minitorch" / name) for name in CORE}
    assert sum(sizes.values()) < CORE_BUDGET, sizes


def test_every_file_stays_small_enough_to_read():
    files = (path for path in ENGINE + HARNESS if path.name != "__init__.py")
    assert names(path for path in files if code_lines(path) >= FILE_BUDGET) == []


# --- what imports what ----------------------------------------------------------------------------


def test_engine_imports_numpy_and_the_standard_library_alone():
    allowed = sys.stdlib_module_names | EXTRAS | {"numpy"}
    assert {p.name: imported(p) - allowed for p in ENGINE if imported(p) - allowed} == {}


def test_rows_are_handed_their_array_namespace():
    rows = [path for path in ENGINE if "ops" in path.relative_to(ROOT).parts]
    assert rows
    assert names(path for path in rows if "numpy" in imported(path)) == []


def test_importing_minitorch_brings_numpy_and_the_standard_library_alone():
    code = """
import sys
import numpy
before = set(sys.modules)
import minitorch
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - sys.stdlib_module_names - {"minitorch", "numpy"}))
"""
    assert fresh(code).strip() == "[]"


def test_importing_minitorch_does_not_load_what_is_slow():
    code = """
import sys
import numpy
before = set(sys.modules)
import minitorch
print(*sorted(set(sys.modules) - before))
"""
    slow = {"numpy.random", "subprocess", "tempfile", "multiprocessing", "unittest", "asyncio"}
    assert not slow & set(fresh(code).split())


def test_importing_minitorch_costs_little(tmp_path, monkeypatch):
    code = """
import time
begin = time.process_time()
import numpy
start = time.process_time()
import minitorch
print(start - begin, time.process_time() - start)
"""
    # Compiled by the first run, as an installed package is.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")
    took = [tuple(map(float, fresh(code).split())) for _ in range(5)]
    assert any(ours < max(IMPORT_BUDGET, IMPORT_SHARE * numpys) for numpys, ours in took), took


def test_harness_is_not_needed_to_train():
    code = """
import sys
import minitorch as torch
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model(torch.randn(3, 2)).sum().backward()
optimizer.step()
print("harness" in sys.modules, "torch" in sys.modules)
"""
    assert fresh(code).split() == ["False", "False"]


# --- what is public -------------------------------------------------------------------------------


def test_public_names_are_listed_once_and_exist():
    import minitorch

    assert len(minitorch.__all__) == len(set(minitorch.__all__))
    missing = [name for name in minitorch.__all__ if not hasattr(minitorch, name)]
    assert missing == []


def test_everything_public_is_listed():
    code = """
import sys
import minitorch
modules = type(sys)
for name, value in vars(minitorch).items():
    if not name.startswith("_") and not isinstance(value, modules):
        print(name)
"""
    import minitorch

    assert set(fresh(code).split()) - set(minitorch.__all__) <= {"annotations"}


def test_package_has_no_logic():
    logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.With)
    assert [n for n in tree(ROOT / "minitorch/__init__.py").body if isinstance(n, logic)] == []


def test_stub_is_fresh():
    done = subprocess.run(
        [sys.executable, "-m", "harness.stubs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_marked_as_shipped():
    assert (ROOT / "minitorch/py.typed").exists()
