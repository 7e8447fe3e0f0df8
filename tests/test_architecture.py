"""The promises about the house itself: what is named, what imports what, how big the core is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE = sorted((ROOT / "minitorch").rglob("*.py"))
HARNESS = sorted((ROOT / "harness").rglob("*.py"))
CORE = ("_tensor.py", "graph.py", "primitive.py", "ops/elementwise.py")
CORE_BUDGET = 900
IMPORT_BUDGET = 0.05  # seconds on top of NumPy
EXTRAS = {"cupy", "ml_dtypes"}
"""What the engine may import where it is installed, and does without where it is not."""


def fresh(code: str) -> str:
    """What `code` prints in a new interpreter."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, anywhere in it, other than its own."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found - {"minitorch"}


def code_lines(path: Path) -> int:
    """Lines of a file without docstrings and blank lines; comments count."""
    source = path.read_text(encoding="utf-8")
    skipped = {n for n, line in enumerate(source.splitlines(), 1) if not line.strip()}
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            value = getattr(statement, "value", None) if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                skipped.update(range(statement.lineno, statement.end_lineno + 1))
    return len(source.splitlines()) - len(skipped)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- what is written down -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ENGINE + HARNESS, ids=relative)
def test_file_is_named_in_architecture(path):
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    name = path.parent.name + "/" if path.name == "__init__.py" else path.name
    assert re.search(rf"(?<!\w){re.escape(name)}", text)


@pytest.mark.parametrize("path", ENGINE + HARNESS, ids=relative)
def test_file_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_core_stays_small_enough_to_read():
    sizes = {name: code_lines(ROOT / "minitorch" / name) for name in CORE}
    assert sum(sizes.values()) < CORE_BUDGET, sizes


@pytest.mark.parametrize("path", ENGINE + HARNESS, ids=relative)
def test_file_stays_small_enough_to_read(path):
    assert code_lines(path) < 400 or path.name == "__init__.py"


# --- what imports what ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_engine_file_imports_numpy_and_the_standard_library_alone(path):
    allowed = sys.stdlib_module_names | EXTRAS | {"numpy"}
    assert imported(path) <= allowed


@pytest.mark.parametrize("path", sorted((ROOT / "minitorch/ops").rglob("*.py")), ids=relative)
def test_rows_are_handed_their_array_namespace(path):
    assert "numpy" not in imported(path)


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
import numpy
start = time.process_time()
import minitorch
print(time.process_time() - start)
"""
    # Compiled by the first run, as an installed package is.
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")
    assert min(float(fresh(code)) for _ in range(5)) < IMPORT_BUDGET


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


def test_public_names_are_sorted_and_exist():
    import minitorch

    assert list(minitorch.__all__) == sorted(set(minitorch.__all__))
    missing = [name for name in minitorch.__all__ if not hasattr(minitorch, name)]
    assert missing == []


def test_everything_public_is_listed():
    import minitorch

    modules = type(sys)
    listed = set(minitorch.__all__)
    unlisted = [
        name
        for name, value in vars(minitorch).items()
        if not name.startswith("_") and not isinstance(value, modules) and name not in listed
    ]
    assert sorted(unlisted) == ["annotations"] * ("annotations" in unlisted)


def test_package_has_no_logic():
    tree = ast.parse((ROOT / "minitorch/__init__.py").read_text(encoding="utf-8"))
    logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.With)
    assert [node for node in tree.body if isinstance(node, logic)] == []


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
