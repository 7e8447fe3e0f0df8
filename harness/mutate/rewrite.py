"""Functions rewritten: every way to spoil one place in the source of a function.

A function is read as a syntax tree and written again with one mistake: a term, a factor or a sign
dropped, an operation left out, operands exchanged, a comparison or a choice turned around, a number
off by one, one operand in the place of another. `edited` makes one chosen change of the text.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

from harness.mutate.kinds import SMALL, Kind, of_call


class Rewritten:
    """A function with one mistake; what it runs is compiled when it is asked for.

    `text` says which mistake: 'g for g * 2'; the second place where the same is spoiled ends in
    '(2)'. `line` is where it is.
    """

    def __init__(
        self, function: FunctionType, whole: ast.AST, kind: Kind, text: str, change: _Change
    ) -> None:
        self.function, self.kind, self.text = function, kind, text
        self._whole, self._change = whole, change

    @property
    def line(self) -> int:
        """Where the mistake is."""
        old = self._change.old
        return (old.test if isinstance(old, ast.If) else old).lineno

    @cached_property
    def code(self) -> CodeType:
        """What the function runs instead."""
        return _compiled(_with(self._whole, *self._change), self.function)

    @cached_property
    def shown(self) -> tuple[str, str]:
        """The source there, as it stands and with the mistake."""
        return _shown(self.function.__code__.co_filename, *self._change)


class _Change(NamedTuple):
    old: ast.AST
    new: ast.AST


@contextmanager
def rewritten(function: FunctionType, code: CodeType) -> Iterator[None]:
    """`function` runs `code`, wherever it is called from."""
    before = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before


def mutants(function: FunctionType, operands: set[str]) -> Iterator[Rewritten]:
    """`function` with one mistake, in every way; `operands` are its parameters that are arrays."""
    whole = source(function)
    if whole is None:
        return
    shared = sorted(operands & set(parameters(function)))
    body = whole.body if isinstance(whole.body, list) else [whole.body]
    count: Counter[str] = Counter()
    free = function.__code__.co_freevars
    left_alone = {id(n) for part in body for top in ast.walk(part) for n in _left_alone(top)}
    axes = {id(n) for part in body for top in ast.walk(part) for n in _axes(top)}
    for node in (n for part in body for n in ast.walk(part)):
        if id(node) in left_alone:
            continue
        for kind, wrong in _mistakes(node, shared):
            new, old = _short(wrong), _short(node)
            if new == old:
                continue
            text = f"{new} for {old}"
            count[text] += 1
            text = text if count[text] == 1 else f"{text} ({count[text]})"
            kind = "wrong axis" if id(node) in axes and kind == "wrong number" else kind
            found = Rewritten(function, whole, kind, text, _Change(node, wrong))
            if not free or found.code.co_freevars == free:
                yield found


def edited(function: FunctionType, kind: Kind, old: str, new: str) -> Edited:
    """`function` with `new` for the one place where its source says `old`.

    Raises: ValueError where the source does not say `old`, or says it twice.
    """
    whole = source(function)
    path = function.__code__.co_filename
    text = "" if whole is None else ast.get_source_segment(_text(path), whole, padded=True) or ""
    if whole is None or text.count(old) != 1:
        where = f"{function.__module__}.{function.__qualname__}"
        raise ValueError(f"{where} has {text.count(old)} times {old!r}, expected once")
    at = text.index(old)
    first = text.rindex("\n", 0, at) + 1 if "\n" in text[:at] else 0
    last = text.find("\n", at + len(old))
    last = len(text) if last < 0 else last
    before, after = text[first:last], text[first:at] + new + text[at + len(old) : last]
    tree = ast.parse(_flush(text.replace(old, new))).body[0]
    ast.increment_lineno(tree, whole.lineno - 1)
    line = whole.lineno + text[:at].count("\n")
    shown = _flush(before).strip(), _flush(after).strip()
    return Edited(_compiled(tree, function), kind, f"{new} for {old}", line, shown)


class Edited(NamedTuple):
    """A function with a change of its text: see `Rewritten`."""

    code: CodeType
    kind: Kind
    text: str
    line: int
    shown: tuple[str, str]


def helpers(rule: FunctionType) -> list[FunctionType]:
    """The plain functions that a rule calls, and those that they call; no operations."""
    found: dict[FunctionType, None] = {}
    waiting = [rule]
    while waiting:
        caller = waiting.pop()
        for name in caller.__code__.co_names:
            value = caller.__globals__.get(name)
            if isinstance(value, FunctionType) and value not in found and _is_helper(value, rule):
                found[value] = None
                waiting.append(value)
    return list(found)


def _is_helper(function: FunctionType, rule: FunctionType) -> bool:
    """Whether a function was written for rules; what users call has samples of its own."""
    if hasattr(function, "row") or hasattr(function, "__wrapped__"):
        return False
    if function.__name__ in rule.__globals__.get("__all__", ()):
        return False
    package = rule.__module__.partition(".")[0]
    near = function.__module__ == rule.__module__
    return near or (function.__module__.startswith(package) and "g" in parameters(function))


def parameters(function: FunctionType) -> tuple[str, ...]:
    """What a function calls its arguments."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


# ------------------------------------------------------------------ from a function to its source


@cache
def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


@cache
def _definitions(path: str) -> dict[int, list[ast.Lambda | ast.FunctionDef]]:
    """The functions of a file by the line that their code starts in."""
    found: dict[int, list] = {}
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            lines = [node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]
            found.setdefault(min(lines), []).append(node)
    return found


def source(function: FunctionType) -> ast.Lambda | ast.FunctionDef | None:
    """The definition of `function` in its file; None where there is none."""
    code, found = function.__code__, []
    for node in _definitions(code.co_filename).get(code.co_firstlineno, ()):
        a = node.args
        names = tuple(x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs))
        if names == parameters(function):
            found.append(node)
    if len(found) > 1:  # lambdas on one line
        place = _last_place(code)
        found = [n for n in found if _start(n) <= place < (n.end_lineno, n.end_col_offset)]
    return found[0] if found else None


def _start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _last_place(code: CodeType) -> tuple[int, int]:
    """Line and column of the instruction that stands last in the source; (0, 0) in Python 3.10."""
    if not hasattr(code, "co_positions"):
        return 0, 0
    return max((line, col) for line, _, col, _ in code.co_positions() if line and col is not None)


def _compiled(node: ast.AST, like: FunctionType) -> CodeType:
    """The code that `node` defines, among the variables that `like` closes over."""
    around = ast.parse(f"def around({', '.join(like.__code__.co_freevars)}): pass")
    if isinstance(node, ast.FunctionDef):
        node = copy.copy(node)
        node.decorator_list = []
        node.name = "_"  # its own name is global where it calls itself
        around.body[0].body = [node]
    else:
        around.body[0].body = [ast.Expr(node)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        module = compile(ast.fix_missing_locations(around), like.__code__.co_filename, "exec")
    outer = next(c for c in module.co_consts if isinstance(c, CodeType))
    code = next(c for c in outer.co_consts if isinstance(c, CodeType))
    return code.replace(co_name=like.__code__.co_name)


def _flush(text: str) -> str:
    """`text` without the indentation of its first line."""
    lines = text.splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] if line[:indent].isspace() else line for line in lines)


def _shown(path: str, old: ast.AST, new: ast.AST) -> tuple[str, str]:
    """The source lines of `old`, and the same with `new` in its place."""
    if isinstance(old, ast.If):
        old, new = old.test, new.test
    first, last = old.lineno - 1, old.end_lineno
    lines = _text(path).splitlines()[first:last]
    head = lines[0].encode()[: old.col_offset].decode()
    tail = lines[-1].encode()[old.end_col_offset :].decode()
    return "\n".join(lines).strip(), f"{head}{ast.unparse(new)}{tail}".strip()


# ------------------------------------------------------------------ one mistake

_TURNED = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_BORDER = (ast.Lt, ast.LtE), (ast.LtE, ast.Lt), (ast.Gt, ast.GtE), (ast.GtE, ast.Gt)
_OPPOSITE = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_OPPOSITE_CALLS = {
    "add": "subtract", "subtract": "add", "multiply": "divide", "divide": "multiply",
    "maximum": "minimum", "minimum": "maximum", "less": "greater", "greater": "less",
}  # fmt: skip
_CONVERSIONS = {"tuple", "list", "int", "float", "bool"}
_EITHER_WAY = {
    "max", "min", "maximum", "minimum", "hypot", "logaddexp", "dot", "add", "multiply",
}  # fmt: skip

_Mistake = tuple[Kind, ast.AST]


def _mistakes(node: ast.AST, operands: list[str]) -> Iterator[_Mistake]:
    """What may stand in place of `node` by mistake."""
    if isinstance(node, ast.BinOp):
        yield from _wrong_arithmetic(node)
    elif isinstance(node, ast.AugAssign):
        yield from _wrong_update(node)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield "sign" if isinstance(node.op, ast.USub) else "condition", node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _TURNED.get(type(node.ops[0]), ()):
            border = (type(node.ops[0]), other) in _BORDER
            wrong = ast.Compare(node.left, [other()], node.comparators)
            yield "boundary" if border else "condition", wrong
    elif isinstance(node, ast.Call):
        yield from _wrong_call(node)
    elif isinstance(node, ast.IfExp) and not (_is_none(node.body) or _is_none(node.orelse)):
        yield from (("condition", node.body), ("condition", node.orelse))
    elif isinstance(node, ast.If):
        turned = ast.UnaryOp(ast.Not(), node.test)
        yield "condition", ast.If(turned, node.body, node.orelse)
    elif isinstance(node, ast.Constant):
        yield from _wrong_number(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in operands:
        for other in operands:
            if other != node.id:
                yield "wrong operand", ast.Name(other, node.ctx)


def _wrong_arithmetic(node: ast.BinOp) -> Iterator[_Mistake]:
    sums = isinstance(node.op, (ast.Add, ast.Sub))
    small = "eps" in getattr(node.right, "id", "")
    dropped: Kind = "epsilon" if sums and small else "dropped term" if sums else "factor"
    yield dropped, node.left
    if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.MatMult)):
        yield "dropped term" if sums else "factor", node.right
    if type(node.op) in _OPPOSITE:
        wrong = ast.BinOp(node.left, _OPPOSITE[type(node.op)](), node.right)
        yield "sign" if sums else "factor", wrong
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
        yield "swapped operands", ast.BinOp(node.right, node.op, node.left)


def _wrong_update(node: ast.AugAssign) -> Iterator[_Mistake]:
    """x += y written x = y, or x -= y."""
    if not isinstance(node.op, tuple(_OPPOSITE)):
        return
    sums = isinstance(node.op, (ast.Add, ast.Sub))
    yield (
        "assign for accumulate" if sums else "factor",
        ast.Assign([node.target], node.value, lineno=node.lineno),
    )
    opposite = _OPPOSITE[type(node.op)]()
    yield "sign" if sums else "factor", ast.AugAssign(node.target, opposite, node.value)


def _wrong_call(node: ast.Call) -> Iterator[_Mistake]:
    if any(isinstance(a, ast.Starred) for a in node.args):
        return
    name = called(node)
    if node.args and name not in _CONVERSIONS:
        yield of_call(name), node.args[0]  # the operation is left out
    if name in _OPPOSITE_CALLS and isinstance(node.func, ast.Attribute):
        other = ast.Attribute(node.func.value, _OPPOSITE_CALLS[name], ast.Load())
        kind: Kind = "sign" if name in ("add", "subtract") else "factor"
        turned = kind if name in ("add", "subtract", "multiply", "divide") else "condition"
        yield turned, ast.Call(other, node.args, node.keywords)
    if name in _EITHER_WAY:
        return
    for i in range(min(2, len(node.args) - 1)):
        args = node.args.copy()
        args[i], args[i + 1] = args[i + 1], args[i]
        yield "swapped operands", ast.Call(node.func, args, node.keywords)


def called(node: ast.Call) -> str:
    """The name of the function that is called, without its module."""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _wrong_number(node: ast.Constant) -> Iterator[_Mistake]:
    if isinstance(node.value, bool):
        yield "condition", ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield "wrong number", ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        small: Kind = "epsilon" if 0 < abs(node.value) < SMALL else "wrong number"
        yield small, ast.Constant(node.value * 1.01 or 1.0)


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """What is spoiled to no effect or without end: docstrings, errors, loops, what says which
    gradients are needed, and operands of which only the shape is asked."""
    needless = isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "needs"
    if needless or isinstance(node, (ast.Raise, ast.While)):
        yield from ast.walk(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.Attribute) and node.attr in ("shape", "ndim", "dtype"):
        yield from ast.walk(node.value)
    elif isinstance(node, ast.Call) and called(node) == "zero":
        yield from (argument for argument in node.args if isinstance(argument, ast.Name))


_AXES = {"axis", "dim", "dims", "size", "spec"}
_BY_AXIS = {"transpose", "swapaxes", "permute", "unsqueeze", "squeeze", "narrow", "select", "cat"}


def _axes(node: ast.AST) -> Iterator[ast.AST]:
    """The numbers that say along which axis."""
    if isinstance(node, ast.keyword) and node.arg in _AXES:
        yield from ast.walk(node.value)
    elif isinstance(node, ast.Call) and called(node) in _BY_AXIS:
        for argument in node.args[1:]:
            yield from ast.walk(argument)
    elif isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "shape":
        yield from ast.walk(node.slice)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(whole: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """A copy of `whole` in which `new` stands for `old`."""
    return copy.deepcopy(whole, {id(old): copy.deepcopy(new)})


def _short(node: ast.AST) -> str:
    return f"if {ast.unparse(node.test)}:" if isinstance(node, ast.If) else ast.unparse(node)
