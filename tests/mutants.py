"""Rules rewritten: every way to spoil one place in the source of a rule.

A rule is read as a syntax tree and written again with one mistake: a term, a factor or a sign
dropped, an operation left out, operands exchanged, a comparison or a choice turned around, a number
off by one, one operand in the place of another. Helpers of a rule are rewritten likewise.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

from minitorch.primitive import Row


class Mutant(NamedTuple):
    """The code of a function with one mistake.

    `text` says which: 'g for g * 2'; the second place where the same is spoiled ends in '(2)'.
    """

    text: str
    code: CodeType


@contextmanager
def rewritten(function: FunctionType, code: CodeType) -> Iterator[None]:
    """`function` runs `code`, wherever it is called from."""
    before = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = before


def mutants(function: FunctionType, operands: set[str]) -> Iterator[Mutant]:
    """`function` with one mistake, in every way; `operands` are its parameters that are arrays."""
    whole = source(function)
    if whole is None:
        return
    shared = sorted(operands & set(_parameters(function)))
    body = whole.body if isinstance(whole.body, list) else [whole.body]
    count: Counter[str] = Counter()
    left_alone = {id(n) for part in body for top in ast.walk(part) for n in _left_alone(top)}
    for node in (n for part in body for n in ast.walk(part)):
        if id(node) in left_alone:
            continue
        for wrong in _mistakes(node, shared):
            code = _compiled(_with(whole, node, wrong), function)
            if code.co_freevars == function.__code__.co_freevars:
                text = f"{_short(wrong)} for {_short(node)}"
                count[text] += 1
                yield Mutant(text if count[text] == 1 else f"{text} ({count[text]})", code)


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
    near = function.__module__ == rule.__module__
    return near or (function.__module__.startswith("minitorch") and "g" in _parameters(function))


def operands_of(row: Row) -> set[str]:
    """What the rules of a row call their arrays."""
    return {"g", "out", *row.inputs, *row.outs}


# ------------------------------------------------------------------ from a function to its source


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _parameters(function: FunctionType) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def source(function: FunctionType) -> ast.Lambda | ast.FunctionDef | None:
    """The definition of `function` in its file; None where there is none."""
    code, found = function.__code__, []
    for node in ast.walk(_tree(code.co_filename)):
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            a = node.args
            names = tuple(x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs))
            if line == code.co_firstlineno and names == _parameters(function):
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
        around.body[0].body = [node]
    else:
        around.body[0].body = [ast.Expr(node)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        module = compile(ast.fix_missing_locations(around), like.__code__.co_filename, "exec")
    outer = next(c for c in module.co_consts if isinstance(c, CodeType))
    return next(c for c in outer.co_consts if isinstance(c, CodeType))


# ------------------------------------------------------------------ one mistake

_TURNED = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_OPPOSITE = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_CONVERSIONS = {"tuple", "list", "int", "float", "bool"}
_EITHER_WAY = {"max", "min", "maximum", "minimum", "hypot", "logaddexp", "dot"}


def _mistakes(node: ast.AST, operands: list[str]) -> Iterator[ast.AST]:
    """What may stand in place of `node` by mistake."""
    if isinstance(node, ast.BinOp):
        yield from _wrong_arithmetic(node)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _TURNED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Call):
        yield from _wrong_call(node)
    elif isinstance(node, ast.IfExp) and not (_is_none(node.body) or _is_none(node.orelse)):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Constant):
        yield from _wrong_number(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in operands:
        yield from (ast.Name(other, node.ctx) for other in operands if other != node.id)


def _wrong_arithmetic(node: ast.BinOp) -> Iterator[ast.expr]:
    yield node.left
    if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.MatMult)):
        yield node.right
    if type(node.op) in _OPPOSITE:
        yield ast.BinOp(node.left, _OPPOSITE[type(node.op)](), node.right)
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
        yield ast.BinOp(node.right, node.op, node.left)


def _wrong_call(node: ast.Call) -> Iterator[ast.expr]:
    if any(isinstance(a, ast.Starred) for a in node.args):
        return
    if node.args and _called(node) not in _CONVERSIONS:
        yield node.args[0]  # the operation is left out
    if _called(node) in _EITHER_WAY:
        return
    for i in range(min(2, len(node.args) - 1)):
        args = node.args.copy()
        args[i], args[i + 1] = args[i + 1], args[i]
        yield ast.Call(node.func, args, node.keywords)


def _called(node: ast.Call) -> str:
    """The name of the function that is called, without its module."""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _wrong_number(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 1.01 or 1.0)


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
    elif isinstance(node, ast.Call) and _called(node) == "zero":
        yield from (argument for argument in node.args if isinstance(argument, ast.Name))


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(whole: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """A copy of `whole` in which `new` stands for `old`."""
    return copy.deepcopy(whole, {id(old): copy.deepcopy(new)})


def _short(node: ast.AST) -> str:
    return f"if {ast.unparse(node.test)}:" if isinstance(node, ast.If) else ast.unparse(node)
