"""What an operation says of itself: a Row; and what it does backwards: a Plan.

Note [what a rule may name]. A rule's parameters say what it needs: `g`, the incoming gradient,
first; then any input by name; `out`, or an output by name; `<input>_shape` and `<input>_dtype`; a
static parameter. Named arrays are saved and checked for later writes, the rest keeps nothing alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import dtypes, errors
from .backend import xp

if TYPE_CHECKING:
    from collections.abc import Callable

_ndarray, _generic = xp.ndarray, xp.generic
_FLOAT32 = xp.dtype("float32")
_NUMBERS = (int, float, complex, bool)
_COMPUTES = frozenset(("elementwise", "reduce", "contract", "window", "fused"))
_BROADCASTS = frozenset(("elementwise", "compare"))  # laid out in memory as their first operand
_ROW_MAJOR = frozenset(("reduce", "fused"))  # in row-major order, as torch's, whatever comes
_ALIASES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "y": "other"}


class Plan:
    """What a row saves and does backwards, for one choice of inputs that require a gradient.

    `backward` is a function of (g, saved) put together from the rules; for `mul` with both inputs
    live it is `lambda g, saved: (rule0(g, saved[0]), rule1(g, saved[1]))`. Written out as text it
    costs one call less per rule than a closure over the rules would.
    """

    __slots__ = (
        "backward",
        "complete",
        "inputs",
        "live",
        "name",
        "saved_names",
        "saves_inputs",
        "saves_rest",
        "slots",
        "text",
    )

    def __init__(self, row: Row, live: tuple[int, ...], inputs: int) -> None:
        self.live, self.inputs, self.name = live, inputs, row.node_name
        self.complete = row.outs == ("*",)  # its rule wants a gradient for every output
        wanted = {n: None for i in live for n in row.expanded(i, inputs)}
        rank = {"in": 0, "out": 1}  # arrays first: inputs, then outputs
        names = sorted(wanted, key=lambda n: rank.get(row.source(n)[0], 2))
        self.saved_names = tuple(names)
        self.slots = tuple(row.source(n) for n in names)
        self.saves_inputs = tuple(i for kind, i in self.slots if kind == "in")
        self.saves_rest = self.slots[len(self.saves_inputs) :]
        rules = {f"rule{i}": row.rules[i] for i in live} if row.joint is None else {}
        if row.joint is None:
            calls = [f"rule{i}(g{self._picks(row, row.needs(i), names)})" for i in live]
            self.text = f"lambda g, saved: ({', '.join(calls)},)"
        else:
            rules = {"joint": row.joint, "live": live}
            flags = tuple(i in live for i in range(inputs))
            needs = f", needs={flags}" if row.joint_tells else ""
            call = f"joint(g{self._picks(row, row.joint_needs, names)}{needs})"
            self.text = f"lambda g, saved: [*map({call}.__getitem__, live)]"
        self.backward = eval(self.text, rules)  # the text is ours: names and numbers only
        if self.complete:  # the gradient of a single output comes bare
            several = self.backward
            self.backward = lambda g, saved: several(g if type(g) is list else [g], saved)

    def _picks(self, row: Row, wanted: tuple[str, ...], names: list[str]) -> str:
        """The arguments of a rule as places among the saved values."""
        text = ""
        for n in wanted:
            if row.rest and n == row.rest:
                first = names.index(f"{n}:{len(row.inputs)}")
                text += f", saved[{first}:{first + self.inputs - len(row.inputs)}]"
            else:
                text += f", saved[{names.index(n)}]"
        return text


def _names(function: Callable) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


class Row:
    """One line of the table of operations."""

    def __init__(self, forward: Callable, vjp: Any, joint: Any, options: dict[str, Any]) -> None:
        code = forward.__code__
        self.forward = self.run = forward
        self.name = forward.__name__.rstrip("_")
        positional = code.co_varnames[1 : code.co_argcount]
        total = code.co_argcount + code.co_kwonlyargcount
        variadic = (code.co_varnames[total],) if code.co_flags & 4 else ()
        self.starred = bool(variadic) and not positional  # a list of tensors, as cat takes
        self.rest = variadic[0] if variadic and positional else ""  # index arrays, no gradient
        self.inputs = positional or variadic
        self.optional = len(forward.__defaults__ or ())
        self.params = code.co_varnames[code.co_argcount : total]
        self.defaults = forward.__kwdefaults__ or {}
        self.kind: str = options["kind"]
        self.promote: bool = options.get("promote", False)
        self.row_major: bool = options.get("row_major", self.kind in _ROW_MAJOR)
        self.follows: bool = (
            self.kind in _BROADCASTS and not self.row_major and len(self.inputs) > 1
        )
        self.widens: bool = self.kind in _COMPUTES
        self.floats: bool = options.get("floats", False)
        self.numbers: bool = options.get("numbers", False)  # all operands may be Python numbers
        self.bools: Any = options.get("bools", True)  # operands may be: None, but not all of them
        self.masks: int = options.get("masks", 0)  # leading inputs that keep their dtype
        self.outs: tuple[str, ...] = options.get("outs", ("out",))
        self.returns = options.get("returns")  # the named tuple of several outputs
        self.visible = sum(not n.startswith("_") for n in self.outs)
        self.like = options.get("like")
        words = "".join(w.capitalize() for w in self.name.split("_"))
        # torch's name of a recorded operation, or a function of the node that finds it
        self.node_name = options.get("torch_name") or f"{words}Backward0"
        self.joint = joint
        self.rules = vjp if isinstance(vjp, tuple) else (vjp,) * len(self.inputs)
        if len(self.rules) != len(self.inputs):
            raise TypeError(
                f"{self.name}: {len(self.rules)} rules for {len(self.inputs)} inputs {self.inputs}"
            )
        self.joint_needs = self._check(joint) if joint else ()
        self.joint_tells = bool(joint) and "needs" in _names(joint)  # it asks which are wanted
        self._needs = tuple(self._check(rule) if rule else () for rule in self.rules)
        live = [1 << i for i, rule in enumerate(self.rules) if joint or rule]
        self.differentiable = -len(live) if self.starred else sum(live)  # a bit for each input
        self.plans: dict[int, Plan] = {}
        self.public: Any = None

    def _check(self, rule: Callable) -> tuple[str, ...]:
        names = [n for n in _names(rule) if n != "needs"]
        if not names or names[0] != "g":
            raise TypeError(f"{self.name}: the first parameter of a rule is g, not {names[:1]}")
        for n in names[1:]:
            self.source(n)
        return tuple(names[1:])

    def needs(self, i: int) -> tuple[str, ...]:
        """The names that the rule of input `i` uses."""
        return self.joint_needs or (() if self.starred else self._needs[i])

    def expanded(self, i: int, inputs: int) -> list[str]:
        """`needs(i)` with the name of variadic index arrays replaced by one name for each."""
        names: list[str] = []
        for n in self.needs(i):
            one_each = [f"{n}:{k}" for k in range(len(self.inputs), inputs)]
            names += one_each if self.rest and n == self.rest else [n]
        return names

    def source(self, name: str) -> tuple[str, Any]:
        """Where a name used by a rule comes from. Raises: TypeError, listing what is allowed."""
        if name in self.inputs:
            return "in", self.inputs.index(name)
        if self.rest and name.partition(":")[0] == self.rest:
            return "in", int(name.partition(":")[2] or len(self.inputs))
        if name in self.outs:
            return "out", self.outs.index(name)
        if name in self.params:
            return "param", name
        base, _, what = name.rpartition("_")
        if what in ("shape", "dtype") and base in self.inputs:
            return what, self.inputs.index(base)
        raise TypeError(
            f"{self.name}: a rule names {name!r}; it may name g, {', '.join(self.inputs)} (each "
            f"also with _shape, _dtype), {', '.join((*self.outs, *self.params))}"
        )

    def plan(self, key: int) -> Plan:
        """The plan for one choice of live inputs, bit i of `key` for input i; made on first use.

        The highest bit stands one place after the last input, so that it tells their number.
        """
        inputs = key.bit_length() - 1
        plan = Plan(self, tuple(i for i in range(inputs) if key >> i & 1), inputs)
        self.plans[key] = plan
        return plan

    def __repr__(self) -> str:
        return f"<row {self.name}>"


def named(function: Any, name: str, doc: str | None) -> Any:
    """`function` under the name its users call it by."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


# ------------------------------------------------------------------ arguments of a call


def argument_name(row: Row, i: int) -> str:
    """torch's name of the input at position `i`."""
    if row.starred:
        return "tensors"
    name = row.inputs[i] if i < len(row.inputs) else str(i)
    return _ALIASES.get(name, name)


def bind(row: Row, args: tuple, kwargs: dict, n: int) -> tuple[tuple, dict]:
    """Sort a call's arguments into inputs and parameters, as torch accepts them.

    Raises: TypeError for a missing, repeated or unknown argument, naming it.
    """
    if not kwargs and n <= len(args) <= n + len(row.params):
        return args[:n], dict(zip(row.params, args[n:]))
    params = {k: v for k, v in kwargs.items() if k in row.params}
    if len(params) != len(kwargs):
        args = _bind_names(row, args, kwargs, params, n)
    if len(args) > n:
        extra = args[n:]
        if len(extra) > len(row.params):
            raise TypeError(
                f"{row.name}() takes at most {n + len(row.params)} positional arguments, "
                f"got {len(args)}"
            )
        params.update(zip(row.params, extra))
        args = args[:n]
    elif len(args) < n:
        if n - len(args) > row.optional:
            raise TypeError(
                f"{row.name}() missing required argument '{argument_name(row, len(args))}' "
                f"(position {len(args) + 1})"
            )
        args += (None,) * (n - len(args))
    return args, params


def _bind_names(row: Row, args: tuple, kwargs: dict, params: dict, n: int) -> tuple:
    given = list(args)
    for name, value in kwargs.items():
        names = [argument_name(row, i) for i in range(n)]
        if name in row.params:
            continue
        if _ALIASES.get(name) in row.params:
            params[_ALIASES[name]] = value
        elif name == "out":
            params["out"] = value
        elif name in names or name in row.inputs:
            i = names.index(name) if name in names else row.inputs.index(name)
            given += [None] * (i + 1 - len(given))
            given[i] = value
        else:
            raise TypeError(f"{row.name}() got an unexpected keyword argument '{name}'")
    return tuple(given)


def in_float32(row: Row, operands: Any, params: dict[str, Any]) -> Callable:
    """How `row` computes on bfloat16: in float32, rounded once at the end, as torch does.

    Hidden outputs, which only its own backward sees, stay as they are.
    """
    kinds = {x.dtype for x in operands if hasattr(x, "dtype") and x.dtype.kind in "fV"}
    if row.kind == "fused":  # a normalization may have its parameters in float32
        kinds.discard(_FLOAT32)
    if len(kinds) > 1 or params.get("dtype") is not None:
        return row.run
    (narrow,) = kinds

    def rounded(x: Any) -> Any:
        return x.astype(narrow) if getattr(x, "dtype", None) == _FLOAT32 else x

    def run(xp: Any, *operands: Any, **params: Any) -> Any:
        wide = (x.astype(_FLOAT32) if getattr(x, "dtype", None) == narrow else x for x in operands)
        out = row.run(xp, *wide, **params)
        if type(out) is not tuple:
            return rounded(out)
        return (*map(rounded, out[: row.visible]), *out[row.visible :])

    return run


def promote(row: Row, inputs: tuple, arrays: list) -> list:
    """The operands in their common dtype. Python numbers stay numbers where that is the same."""
    operands = []
    for x, array in list(zip(inputs, arrays))[row.masks :]:
        if isinstance(array, _ndarray):
            rank = 2 if array.ndim else 1
            operands.append((dtypes.from_numpy_dtype(array.dtype), rank))
        elif isinstance(array, _generic):
            operands.append((dtypes.of_number(array.item()), 0))
        elif isinstance(array, _NUMBERS):
            operands.append((dtypes.of_number(array), 0))
        elif array is not None:
            raise errors.bad_operand(row, x)
    if row.bools is False and any(t is dtypes.bool_ for t, _ in operands):
        raise errors.no_bools(row.name)
    common = dtypes.result_type_of(operands)
    if row.bools is None and common is dtypes.bool_:
        raise NotImplementedError(f"{row.name}: not implemented for torch.bool")
    if row.floats and common.category != dtypes.FLOAT:
        common = dtypes.get_default_dtype()
    to = common.np
    return arrays[: row.masks] + [
        a if a is None or (isinstance(a, _ndarray) and a.dtype == to) else _cast(a, to)
        for a in arrays[row.masks :]
    ]


def _cast(a: Any, to: Any) -> Any:
    if isinstance(a, _ndarray):
        return a.astype(to)
    if isinstance(a, _generic):
        a = a.item()
    if to.kind == "f":
        return a
    if isinstance(a, int) and to.kind in "iu":
        a = xp.int64(a) if -(2**63) <= a < 2**63 else errors.overflow(a, to)
    return xp.asarray(a).astype(to)[()]
