"""The stub says of the live package what is there, and nothing that is not."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import minitorch
from harness import stubs


def package(**names: Any) -> ModuleType:
    """A package with these public names and a Tensor."""
    made = ModuleType("package")
    vars(made).update({"Tensor": minitorch.Tensor, **names})
    made.__all__ = sorted({"Tensor", *names})
    return made


def written(**names: Any) -> str:
    return stubs.Stub(package(**names)).text()


@pytest.fixture(scope="module")
def live() -> ast.Module:
    """The stub of minitorch itself."""
    return ast.parse(stubs.Stub(minitorch).text())


def members(live: ast.Module) -> set[str]:
    """The names that class Tensor has in the stub."""
    (tensor,) = (n for n in live.body if isinstance(n, ast.ClassDef))
    names = {n.name for n in tensor.body if isinstance(n, ast.FunctionDef)}
    return names | {n.target.id for n in tensor.body if isinstance(n, ast.AnnAssign)}


def test_every_public_member_of_tensor_is_there(live):
    public = {n for n in dir(minitorch.Tensor) if not n.startswith("_")}
    assert public - members(live) == set()


def test_operators_are_there(live):
    assert {"__add__", "__radd__", "__matmul__", "__getitem__", "__len__"} <= members(live)


def test_every_public_name_is_there(live):
    names = {n.name for n in live.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    names |= {n.target.id for n in live.body if isinstance(n, ast.AnnAssign)}
    for node in live.body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname for alias in node.names if alias.asname}
    assert set(minitorch.__all__) - names == set()


def test_row_shows_what_it_takes_and_gives():
    signature = stubs.signature_of(minitorch.mul)
    assert list(signature.parameters)[:2] == ["input", "other"]
    assert signature.return_annotation == "Tensor"


def test_static_parameters_show_their_defaults():
    parameters = stubs.signature_of(minitorch.flatten).parameters
    assert parameters["start_dim"].default == 0
    assert parameters["end_dim"].default == -1


def test_in_place_method_has_no_out_and_returns_a_tensor():
    for method in (minitorch.Tensor.exp_, minitorch.Tensor.add_):
        signature = stubs.signature_of(method)
        assert "out" not in signature.parameters
        assert signature.return_annotation == "Tensor"


def test_names_that_a_dtype_takes_are_not_used_as_types():
    def half(x: int, y: float = 0.5) -> bool:
        """One."""

    text = written(half=half, float=minitorch.float32, dtype=minitorch.dtype)
    assert "float: _dtype" in text
    assert "def half(x: builtins.int, y: builtins.float = 0.5) -> builtins.bool:" in text


def test_unknown_types_become_any():
    def strange(x: Unknown, y: list[Unknown]) -> collections.Counter:  # noqa: F821
        """One."""

    assert "def strange(x: Any, y: builtins.list[Any]) -> Any:" in written(strange=strange)


def test_kinds_of_parameters_are_kept():
    def kinds(a, /, b, *, c=1, **rest):
        """One."""

    def star(*args, c=None):
        """One."""

    text = written(kinds=kinds, star=star)
    assert "def kinds(a: Any, /, b: Any, *, c: Any = 1, **rest: Any) -> Any:" in text
    assert "def star(*args: Any, c: Any = None) -> Any:" in text


def test_long_signatures_are_wrapped():
    names = [f"a_rather_long_argument_{i}" for i in range(9)]
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD

    def long(*args):
        """One."""

    long.__signature__ = inspect.Signature([inspect.Parameter(n, either) for n in names])
    text = written(long=long)
    assert f"def long(\n    {names[0]}: Any,\n" in text
    assert max(map(len, text.splitlines())) <= 130  # docstrings of others may be long


def test_docstring_is_its_first_line():
    def spoken():
        r"""A \ stroke.

        More.
        """

    def silent(): ...

    text = written(spoken=spoken, silent=silent)
    assert 'def spoken() -> Any:\n    r"""A \\ stroke."""\n' in text
    assert "def silent() -> Any: ...\n" in text
    assert "More." not in text


def test_writing_twice_gives_the_same_text():
    assert stubs.Stub(minitorch).text() == stubs.Stub(minitorch).text()


def test_check_says_when_the_stub_is_stale_and_writing_makes_it_fresh(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(minitorch, "__file__", str(tmp_path / "__init__.py"))
    assert stubs.main(["--check"]) == 1
    assert capsys.readouterr().out.strip().endswith("is stale: run `make stubs`")
    assert stubs.main([]) == 0
    assert stubs.main(["--check"]) == 0
    (tmp_path / "__init__.pyi").write_text("# by hand\n", encoding="utf-8")
    assert stubs.main(["--check"]) == 1


def test_writing_the_stub_needs_no_torch():
    code = (
        "import sys; sys.modules['torch'] = None; import harness.stubs, minitorch; "
        "print(len(harness.stubs.Stub(minitorch).text()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1000
