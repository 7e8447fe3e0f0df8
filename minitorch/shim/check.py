"""`python -m minitorch --check script.py`: the names of torch that a script uses and we lack.

Nothing of the script is run: its text, and that of the modules beside it that it imports, is read.
A method is known by its name alone, so what is reported of tensors is a guess, marked `Tensor.`.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch.shim import install, installed, uninstall
from minitorch.shim.finder import HOMES, ours
from minitorch.shim.missing import Missing, MissingModule, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TENSOR_NAMES = Path(__file__).with_name("tensor_names.txt")  # what torch's tensors have


class Use(NamedTuple):
    """One name of torch, and where it stands."""

    file: Path
    line: int
    name: str


class Reader(ast.NodeVisitor):
    """Collects the names of torch that one file uses, and the modules it imports."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.bound: dict[str, str] = {}  # what a name of the file is in torch
        self.uses: list[Use] = []
        self.modules: list[tuple[int, str]] = []  # other modules, with the dots before them

    def visit_Import(self, node: ast.Import) -> None:
        """`import torch.nn as nn` binds `nn`; `import torch.nn` binds `torch`."""
        for alias in node.names:
            top = alias.name.partition(".")[0]
            if top not in HOMES:
                self.modules.append((0, alias.name))
                continue
            self._use(node, alias.name)
            self.bound[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """`from torch import nn` binds `nn`."""
        module = node.module or ""
        if node.level or module.partition(".")[0] not in HOMES:
            self.modules.append((node.level, module))
            self.modules += [(node.level, f"{module}.{a.name}".strip(".")) for a in node.names]
            return
        for alias in node.names:
            if alias.name == "*":
                self._use(node, module)
                continue
            name = f"{module}.{alias.name}"
            self._use(node, name)
            self.bound[alias.asname or alias.name] = name

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """A chain of attributes that begins with a bound name, or a method of we know not what."""
        chain = [node.attr]
        inner: Any = node.value
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in self.bound:
            self._use(node, ".".join([self.bound[inner.id], *reversed(chain)]))
            return
        if isinstance(node.ctx, ast.Load):
            self._use(node, f"Tensor.{node.attr}")
        self.visit(node.value)

    def _use(self, node: Any, name: str) -> None:
        self.uses.append(Use(self.file, node.lineno, name))


def read(file: Path) -> Reader:
    """The names that a script or notebook uses. Raises: SyntaxError, OSError."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        cells = [c for c in json.loads(source)["cells"] if c["cell_type"] == "code"]
        lines = "\n".join("".join(c["source"]) for c in cells).splitlines()
        source = "\n".join("" if line.lstrip()[:1] in ("!", "%") else line for line in lines)
    reader = Reader(file)
    tree = ast.parse(source, str(file))
    for node in ast.walk(tree):  # imports first: a function may use what is imported below it
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            reader.visit(node)
    _Uses(reader).visit(tree)
    return reader


class _Uses(ast.NodeVisitor):
    """Visits everything but the imports, and knows where a name is bound to something else."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.reader.visit(node)

    def visit_scope(self, node: Any) -> None:
        """In a function that binds a name itself, it is not the file's."""
        outside = self.reader.bound
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)} | _stored(node)
        self.reader.bound = {n: v for n, v in outside.items() if n not in own}
        self.generic_visit(node)
        self.reader.bound = outside

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_scope

    def visit_For(self, node: Any) -> None:
        """A loop's variable is the loop's from there on."""
        self.visit(node.iter)
        for name in _stored(node.target):
            self.reader.bound.pop(name, None)
        self.generic_visit(node)


def _stored(tree: ast.AST) -> set[str]:
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def closure(script: Path) -> Iterator[Reader]:
    """A script and the modules of its folder that it imports, and theirs."""
    waiting, seen = [script.resolve()], set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        reader = read(file)
        yield reader
        for level, name in reader.modules:
            start = file.parents[level - 1] if level else script.resolve().parent
            path = start.joinpath(*name.split(".")) if name else start
            waiting += [p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()]


def missing(uses: Iterable[Use]) -> list[Use]:
    """The uses whose name minitorch lacks."""
    was_installed = installed()
    install()
    try:
        from minitorch import Tensor

        tensor_names = frozenset(TENSOR_NAMES.read_text(encoding="utf-8").split())
        found: dict[str, bool] = {}
        for use in uses:
            if use.name in found:
                continue
            method = use.name.removeprefix("Tensor.")
            if method != use.name:
                found[use.name] = method not in tensor_names or hasattr(Tensor, method)
            else:
                found[use.name] = has(use.name)
        return [use for use in uses if not found[use.name]]
    finally:
        if not was_installed:
            uninstall()


def has(name: str) -> bool:
    """Whether a dotted name of torch's leads to something, while the shim is installed."""
    try:
        found = importlib.import_module(name.partition(".")[0])
    except ImportError:
        return False
    if not ours(found):
        return True  # a torchvision of their own
    for part in name.split(".")[1:]:
        try:
            found = getattr(found, part)
        except AttributeError:
            return False
        if isinstance(found, (Missing, MissingModule)):
            return False
    return True


def main(paths: list[str]) -> int:
    """Print what each script lacks. 0: nothing; 1: something; 2: a script cannot be read."""
    return max(report(path) for path in paths)


def report(path: str) -> int:
    """Print what one script lacks; the exit code it calls for."""
    try:
        uses = [use for reader in closure(Path(path)) for use in reader.uses]
    except (OSError, SyntaxError, UnicodeError, ValueError, KeyError) as error:
        print(f"{path}: cannot be read: {error}", file=sys.stderr)
        return 2
    absent = sorted(set(missing(uses)))
    for use in absent:
        guess = ", if that is a tensor's" if use.name.startswith("Tensor.") else ""
        print(f"{short(str(use.file))}:{use.line}: minitorch has no {use.name}{guess}")
    of = len({use.name for use in uses if not use.name.startswith("Tensor.")})
    names = len({use.name for use in absent})
    print(f"{path}: {of} names of torch, {names or 'none'} missing")
    return int(bool(absent))
