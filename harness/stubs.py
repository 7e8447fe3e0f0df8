"""`python -m harness.stubs`: write minitorch/__init__.pyi, what an editor sees; `--check` compares.

The public names are made by binding a table of operations, which an editor cannot follow. So the
live package is asked what it has, and the answer is written down, signature by signature.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

WIDTH = 100
HEADER = '''\
"""What an editor and a type checker see. Written by `make stubs` from the live package."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
'''
TYPING = {"Any", "Callable", "Iterable", "Iterator", "Literal", "Mapping", "Sequence", "None"}
ALIASED = {"dtype": "_dtype", "device": "_device", "Size": "_Size"}
"""Classes whose names a property or a constant takes too, where they stand as annotations."""

_empty = inspect.Parameter.empty


class _Names(ast.NodeTransformer):
    """An annotation in the stub's words: builtins by module, classes by name, the rest `Any`."""

    def __init__(self, classes: set[str]) -> None:
        self.classes = classes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.parse(self._known(node.id), mode="eval").body

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        whole = ast.unparse(node)
        return ast.parse(whole if whole.startswith("np.") else self._known(node.attr)).body[0].value

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            return self.visit(ast.parse(node.value, mode="eval").body)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if ast.unparse(node.value).endswith("Literal"):
            return node
        return self.generic_visit(node)

    def _known(self, name: str) -> str:
        if name in ALIASED:
            return ALIASED[name]
        if name in self.classes or name in TYPING:
            return name
        return f"builtins.{name}" if isinstance(getattr(builtins, name, None), type) else "Any"


class Stub:
    """The text of the stub of one package, from what the package has now."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package
        self.names = sorted(package.__all__)
        classes = {n for n in self.names if inspect.isclass(getattr(package, n))}
        self.types = _Names(classes)
        self.tensor = package.Tensor

    def text(self) -> str:
        """The whole file."""
        values = [(name, getattr(self.package, name)) for name in self.names]
        lines = [HEADER]
        lines += sorted(self._imports(values))
        lines += ["", *(self._constant(name, v) for name, v in values if self._plain(v))]
        lines += ["", "class Tensor:", f'    """{_summary(self.tensor)}"""', ""]
        lines += [f"    {line}".rstrip() for line in self._members()]
        for name, value in values:
            if inspect.isroutine(value):
                lines += ["", *self._function(name, value)]
        return "\n".join(lines) + "\n"

    def _imports(self, values: Sequence[tuple[str, Any]]) -> Iterator[str]:
        for name, value in values:
            if isinstance(value, ModuleType):
                yield f"from {self.package.__name__} import {name} as {name}"
            elif inspect.isclass(value) and value is not self.tensor:
                yield f"from {value.__module__} import {value.__name__} as {name}"
                if name in ALIASED:
                    yield f"from {value.__module__} import {value.__name__} as {ALIASED[name]}"

    def _plain(self, value: Any) -> bool:
        return not (isinstance(value, ModuleType) or inspect.isclass(value) or callable(value))

    def _constant(self, name: str, value: Any) -> str:
        return f"{name}: {self._annotation(type(value).__name__)}"

    # --- the members of Tensor ---

    def _members(self) -> Iterator[str]:
        """Attributes first, then methods, then what Python's own syntax calls."""
        found: dict[str, Any] = {}
        for cls in reversed(self.tensor.__mro__[:-1]):
            found.update(vars(cls))
        shown = {n: v for n, v in found.items() if _shown(n, v)}
        for name in sorted(shown, key=lambda n: (_group(n, shown[n]), n)):
            value = shown[name]
            if isinstance(value, property):
                yield from self._property(name, value)
            elif isinstance(value, (staticmethod, classmethod)):
                yield f"@{type(value).__name__}"
                yield from self._function(name, value.__func__)
            elif name == "__hash__":
                yield "def __hash__(self) -> builtins.int: ..."
            else:
                yield from self._function(name, value, method=True)

    def _property(self, name: str, value: property) -> Iterator[str]:
        returns = inspect.signature(value.fget).return_annotation
        kind = self._annotation(returns)
        if value.fset is None:
            yield "@property"
            yield from _documented(f"def {name}(self) -> {kind}:", value)
        else:
            yield f"{name}: {kind}"
            yield f'"""{_summary(value)}"""'

    # --- functions ---

    def _function(self, name: str, function: Callable, method: bool = False) -> Iterator[str]:
        signature = signature_of(function)
        parameters = list(signature.parameters.values())
        written = [self._parameter(p) for p in parameters]
        if method and parameters:
            written[0] = "self"
        written = _with_marks(parameters, written)
        returns = self._annotation(signature.return_annotation)
        width = WIDTH - 4 * method
        *lines, last = _wrapped(f"def {name}(", written, f") -> {returns}:", width)
        yield from lines
        *rest, end = _documented(last, function)
        if name in ("__eq__", "__ne__"):  # element by element, where Python's own give one bool
            end += "  # type: ignore[override]"
        yield from (*rest, end)

    def _parameter(self, parameter: inspect.Parameter) -> str:
        stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        text = stars.get(parameter.kind, "") + parameter.name
        text += f": {self._annotation(parameter.annotation)}"
        return text if parameter.default is _empty else f"{text} = {_default(parameter.default)}"

    def _annotation(self, annotation: Any) -> str:
        if annotation is _empty:
            return "Any"
        text = annotation if isinstance(annotation, str) else _type_name(annotation)
        return ast.unparse(self.types.visit(ast.parse(text, mode="eval").body))


def signature_of(function: Callable) -> inspect.Signature:
    """The signature of a function; that of a row says what the row takes and gives."""
    within = inspect.unwrap(function)
    row = getattr(within, "row", None)
    if row is None or hasattr(function, "__signature__"):
        signature = inspect.signature(function)
    else:
        signature = _row_signature(row)
    if function is within:
        return signature
    # The in-place form of an operation: it writes to its first argument, and returns that.
    kept = [p for p in signature.parameters.values() if p.name != "out"]
    returns = function.__annotations__.get("return", signature.return_annotation)
    return signature.replace(parameters=kept, return_annotation=returns)


def _row_signature(row: Any) -> inspect.Signature:
    from minitorch.primitive import argument_name

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    number = " | float" if row.kind in ("elementwise", "compare") else ""
    if row.starred:
        inputs = [inspect.Parameter("tensors", either, annotation="Sequence[Tensor]")]
    else:
        inputs = [
            inspect.Parameter(
                argument_name(row, i),
                either,
                annotation="Tensor" + number * (i > 0) + " | None" * optional,
                default=None if optional else _empty,
            )
            for i, optional in enumerate(_optional(row))
        ]
    parameters = [
        inspect.Parameter(
            name, either, default=row.defaults.get(name, _empty), annotation=_guess(row, name)
        )
        for name in row.params
    ]
    if row.kind != "view":
        only = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter("out", only, default=None, annotation="Tensor | None"))
    returns = "Tensor" if row.visible == 1 and row.outs != ("*",) else "tuple[Tensor, ...]"
    return inspect.Signature([*inputs, *parameters], return_annotation=returns)


def _optional(row: Any) -> list[bool]:
    count = len(row.inputs)
    return [i >= count - row.optional for i in range(count)]


def _guess(row: Any, name: str) -> str:
    """The type of a static parameter, from its default; bool, int, float and str tell it."""
    kind = type(row.defaults.get(name))
    return kind.__name__ if kind in (bool, int, float, str) else "Any"


def _type_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _shown(name: str, value: Any) -> bool:
    """Whether a member of Tensor is for the user."""
    if name in ("__hash__", "_version"):
        return True
    if name.startswith("_") and not name.startswith("__"):
        return False
    return isinstance(value, (FunctionType, property, staticmethod, classmethod))


def _group(name: str, value: Any) -> int:
    return 0 if isinstance(value, property) else 2 if name.startswith("_") else 1


def _with_marks(parameters: Sequence[inspect.Parameter], written: list[str]) -> list[str]:
    """Put the bare `*` before the first keyword-only parameter, and `/` after positional ones."""
    kinds = [parameter.kind for parameter in parameters]
    marked = written[:]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        marked.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    positional = kinds.count(inspect.Parameter.POSITIONAL_ONLY)
    if positional:
        marked.insert(positional, "/")
    return marked


def _wrapped(head: str, parts: Sequence[str], tail: str, width: int) -> Iterator[str]:
    """One line where it fits, else one line for the arguments, else one line for each of them."""
    joined = ", ".join(parts)
    if len(head) + len(joined) + len(tail) <= width:
        yield f"{head}{joined}{tail}"
        return
    yield head
    if len(joined) + 4 <= width:
        yield f"    {joined}"
    else:
        yield from (f"    {part}," for part in parts)
    yield tail


def _documented(last: str, value: Any) -> Iterator[str]:
    """The last line of a signature, and the first line of the docstring under it."""
    summary = _summary(value)
    if summary:
        yield last
        yield f'    {"r" if chr(92) in summary else ""}"""{summary}"""'
    else:
        yield f"{last} ..."


def _summary(value: Any) -> str:
    """The first line of a docstring."""
    return inspect.cleandoc(value.__doc__ or "").partition("\n")[0]


def _default(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float, str)):
        text = repr(value)
        return text if text not in ("inf", "-inf", "nan") else "..."
    return "()" if value == () else "..."


def main(argv: Sequence[str]) -> int:
    """Write the stub, or with `--check` say whether it is the one that would be written."""
    parser = argparse.ArgumentParser(prog="python -m harness.stubs", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(argv)
    import minitorch
    import minitorch.native

    minitorch.native.disable()  # what stands in for a function has no signature
    path = Path(minitorch.__file__).with_suffix(".pyi")
    text = Stub(minitorch).text()
    if not options.check:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        print(f"{path.parent.name}/{path.name} is stale: run `make stubs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
