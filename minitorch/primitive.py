"""What an operation is, and what happens when it is called.

An operation is a *row*: a decorated function whose body is the forward on arrays, with one rule
per differentiable input. The decorator returns a plain function that promotes, runs, wraps and
records. Called on arrays it only runs: so one rule serves `backward()` (on arrays), double backward
(on tensors, recorded again) and anything else that hands it operands.

Note [what a rule may name]. A rule's parameters say what it needs: `g`, the incoming gradient,
first; then any input by name; `out`, or an output by name; `<input>_shape` and `<input>_dtype`; a
static parameter. Named arrays are saved and checked for later writes, the rest keeps nothing alive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import dtypes, errors
from ._tensor import Tensor, View, edge, result, wrap
from .backend import ROWS, xp
from .grad_mode import state
from .graph import Node

if TYPE_CHECKING:
    from collections.abc import Callable

_ndarray, _generic = xp.ndarray, xp.generic
_new = object.__new__
NUMBERS = (int, float, complex, bool)
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
        names = sorted(
            wanted,
            key=lambda n: ("in", "out").index(k) if (k := row.source(n)[0]) in ("in", "out") else 2,
        )
        self.saved_names = tuple(names)
        self.slots = tuple(row.source(n) for n in names)  # arrays first: inputs, then outputs
        self.saves_inputs = tuple(i for kind, i in self.slots if kind == "in")
        self.saves_rest = self.slots[len(self.saves_inputs) :]
        rules = {f"rule{i}": row.rules[i] for i in live} if row.joint is None else {}
        if row.joint is None:
            calls = [f"rule{i}(g{self._picks(row, row.needs(i), names)})" for i in live]
            self.text = f"lambda g, saved: ({', '.join(calls)},)"
        else:
            rules = {"joint": row.joint, "live": live}
            flags = tuple(i in live for i in range(inputs))
            needs = f", needs={flags}" if "needs" in _names(row.joint) else ""
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
        self.floats: bool = options.get("floats", False)
        self.masks: int = options.get("masks", 0)  # leading inputs that keep their dtype
        self.outs: tuple[str, ...] = options.get("outs", ("out",))
        self.visible = sum(not n.startswith("_") for n in self.outs)
        self.like = options.get("like")
        self.domain = options.get("domain")
        title = options.get("torch_name") or "".join(w.capitalize() for w in self.name.split("_"))
        self.node_name = title if title[-1].isdigit() else f"{title}Backward0"
        self.joint = joint
        self.rules = vjp if isinstance(vjp, tuple) else (vjp,) * len(self.inputs)
        if len(self.rules) != len(self.inputs):
            raise TypeError(
                f"{self.name}: {len(self.rules)} rules for {len(self.inputs)} inputs {self.inputs}"
            )
        self.joint_needs = self._check(joint) if joint else ()
        self._needs = tuple(self._check(rule) if rule else () for rule in self.rules)
        rules = [bool(joint or rule) for rule in self.rules]
        self.differentiable = (
            -rules[0]
            if self.starred
            else sum(  # a bit for each input
                1 << i for i, rule in enumerate(rules) if rule
            )
        )
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


# ------------------------------------------------------------------ calling a row


def apply(row: Row, inputs: tuple, params: dict[str, Any]) -> Any:
    """Run `row` on its operands: promote, compute, wrap, record."""
    arrays: list = []
    edges: list = []
    live, bit = 0, 1
    dtype = None
    mixed = False
    for x in inputs:
        if isinstance(x, Tensor):
            array = x._array
            node = x._node if x._view is None else edge(x)
            if node is not None and bit & row.differentiable:
                live += bit
                edges.append((node, x._nr))
            if dtype is None:
                dtype = array.dtype
            elif array.dtype is not dtype:
                mixed = True
            arrays.append(array)
        else:
            arrays.append(x)
            mixed = mixed or type(x) is _ndarray
        bit += bit
    if dtype is None:
        return _run_on_arrays(row, inputs, params)
    if row.promote and (mixed or dtype.kind != "f"):
        arrays = promote(row, inputs, arrays)
    try:
        if params or len(arrays) != 2:
            out = row.run(xp, *arrays, **params)
        else:
            out = row.run(xp, arrays[0], arrays[1])
    except Exception as error:
        raise errors.explain(row, arrays, params, error) from None
    if type(out) is tuple:
        return _wrap_several(row, inputs, arrays, params, out, edges, live, bit)
    if type(out) is not _ndarray:
        out = xp.asarray(out)
    if not live or not state.grad:
        return wrap(out)
    plan = row.plans.get(live + bit) or row.plan(live + bit)
    cell = [0]
    if plan.slots:
        node = record(plan, row, inputs, arrays, params, (out,), edges, cell)
    else:
        node = Node(plan, edges, (), (), out.shape, out.dtype)
    return result(out, node, 0, cell)


def apply_pair(row: Row, x: Tensor, other: Tensor) -> Tensor:
    """`apply` for the operators: two tensors of one floating dtype, neither a view.

    Written out without loops, lists and calls it takes 0.35 us less than `apply` (1.4 us), and
    arithmetic on small tensors is all overhead. 0-d operands are computed as NumPy scalars, which
    takes 35 ns where 0-d arrays take 230.
    """
    a, b = x._array, other._array
    dtype = a.dtype
    if (
        x._view is not None
        or other._view is not None
        or b.dtype is not dtype
        or dtype.kind != "f"
        or row.differentiable != 3
    ):
        return apply(row, (x, other), {})
    try:
        if a.ndim or b.ndim:
            out = row.run(xp, a, b)
        else:
            out = xp.asarray(row.run(xp, a[()], b[()]))
    except Exception as error:
        raise errors.explain(row, [a, b], {}, error) from None
    made = _new(Tensor)
    made._array = out
    made._nr = 0
    made._cell = cell = [0]
    made._view = made._grad = None
    left, right = x._node, other._node
    if (left is None and right is None) or not state.grad:
        made._node = None
        return made
    if right is None:
        live, edges = 5, [(left, x._nr)]
    elif left is None:
        live, edges = 6, [(right, other._nr)]
    else:
        live, edges = 7, [(left, x._nr), (right, other._nr)]
    plan = row.plans.get(live) or row.plan(live)
    if plan.slots:
        made._node = record(plan, row, (x, other), [a, b], {}, (out,), edges, cell)
    else:
        made._node = Node(plan, edges, (), (), out.shape, dtype)
    return made


def record(
    plan: Plan,
    row: Row,
    inputs: tuple,
    arrays: list,
    params: dict,
    outs: tuple,
    edges: list,
    cell: Any,
) -> Node:
    """The node of one call: saves what the rules of the live inputs named, and nothing else."""
    out = outs[0]
    if not plan.slots:
        return Node(plan, edges, (), (), out.shape, out.dtype)
    saved: list = []
    versions: list = []
    for i in plan.saves_inputs:
        array, x = arrays[i], inputs[i]
        if isinstance(x, Tensor) and x._array is array:
            saved.append(array if array.ndim else array[()])  # scalars compute 6 times faster
            cell_of_x = x._cell
            versions.append((cell_of_x, cell_of_x[0]))
        else:
            saved.append(array)
            versions.append(None)
    for kind, i in plan.saves_rest:
        if kind == "out":
            saved.append(outs[i])
            versions.append((cell, 0))
        elif kind == "param":
            saved.append(params[i] if i in params else row.defaults[i])
        elif kind == "shape":
            saved.append(tuple(map(xp.shape, arrays)) if row.starred else xp.shape(arrays[i]))
        else:
            saved.append(arrays[i].dtype)
    return Node(plan, edges, saved, versions, out.shape, out.dtype)


def _wrap_several(
    row: Row,
    inputs: tuple,
    arrays: list,
    params: dict,
    outs: tuple,
    edges: list,
    live: int,
    bit: int,
) -> Any:
    """As the end of `apply`, for a row that returns a tuple: hidden outputs are only saved."""
    outs = tuple(xp.asarray(o) for o in outs)
    visible = row.visible if row.outs != ("*",) else len(outs)
    node = None
    cells = [[0] for _ in range(visible)]
    if live and outs and state.grad:
        plan = row.plans.get(live + bit) or row.plan(live + bit)
        node = record(plan, row, inputs, arrays, params, outs, edges, cells[0])
        if visible > 1:
            node.outputs = visible
            node.shape = [o.shape for o in outs[:visible]]
            node.dtype = [o.dtype for o in outs[:visible]]
    made = tuple(
        result(o, node if o.dtype.kind in "fV" else None, nr, cells[nr])
        for nr, o in enumerate(outs[:visible])
    )
    return made[0] if visible == 1 and row.outs != ("*",) else made


def _run_on_arrays(row: Row, inputs: tuple, params: dict[str, Any]) -> Any:
    """A rule calls a row on arrays: nothing is promoted, wrapped or recorded."""
    for i, x in enumerate(inputs):
        if not (x is None or isinstance(x, (_ndarray, _generic, *NUMBERS))):
            raise TypeError(
                f"{row.name}(): argument '{argument_name(row, i)}' (position {i + 1}) must be "
                f"Tensor, not {type(x).__name__}"
            )
    if inputs and not any(isinstance(x, (_ndarray, _generic)) for x in inputs):
        raise TypeError(
            f"{row.name}(): argument '{argument_name(row, 0)}' (position 1) must be Tensor, "
            f"not {type(inputs[0]).__name__}"
        )
    out = row.run(xp, *inputs, **params)
    if type(out) is tuple and row.visible == 1 and row.outs != ("*",):
        return out[0]
    return out if inputs or type(out) is tuple else wrap(out)


def argument_name(row: Row, i: int) -> str:
    """torch's name of the input at position `i`."""
    if row.starred:
        return "tensors"
    name = row.inputs[i] if i < len(row.inputs) else str(i)
    return _ALIASES.get(name, name)


def promote(row: Row, inputs: tuple, arrays: list) -> list:
    """The operands in their common dtype. Python numbers stay numbers where that is the same."""
    operands = []
    for x, array in list(zip(inputs, arrays))[row.masks :]:
        if isinstance(array, _ndarray):
            rank = 2 if array.ndim else 1
            operands.append((dtypes.from_numpy_dtype(array.dtype), rank))
        elif isinstance(array, _generic):
            operands.append((dtypes.of_number(array.item()), 0))
        elif isinstance(array, NUMBERS):
            operands.append((dtypes.of_number(array), 0))
        elif array is not None:
            raise errors.bad_operand(row, x)
    common = dtypes.result_type_of(operands)
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


# ------------------------------------------------------------------ in place


def overwrite(x: Tensor, out: Tensor, name: str) -> Tensor:
    """Make `x` hold `out`, memory and history: how every in-place operation ends.

    Raises: RuntimeError where torch does: leaves, views that may not be written, shapes that grow,
    dtypes that do not fit.
    """
    node = edge(x)
    tracked = state.grad and (node is not None or out._node is not None)
    if tracked or (x._view is not None and state.grad and edge(x._view.base) is not None):
        errors.check_inplace(x, node, name)
    target, value = x._array, out._array
    if value.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(value.shape)}"
        )
    if value.dtype != target.dtype:
        errors.check_result_fits(value.dtype, target.dtype)
        out = ROWS["to"].public(out, dtype=x.dtype)
    errors.check_overlap(target)
    if tracked and out._node is not None:
        _keep_saved(out._node, x._cell)
    xp.copyto(target, value, casting="unsafe")
    x._cell[0] += 1
    if tracked:
        rebase(x, out)
    return x


def _keep_saved(node: Node, cell: list[int]) -> None:
    """Copy what `node` saved of the memory that is about to be overwritten by its own result."""
    if node.is_leaf or not node.saved:
        return
    for k, version in enumerate(node.versions):
        if version is not None and version[0] is cell:
            node.saved[k] = node.saved[k].copy()
            node.versions[k] = None


def rebase(x: Tensor, out: Tensor) -> None:
    """Give `x` the history of `out`; for a view, let the base flow through what was written."""
    view = x._view
    if view is None:
        x._node, x._nr = out._node, out._nr
        return
    base = view.base
    plan = CopySlices(view, base._node is not None, out._node is not None)
    edges = [(t._node, t._nr) for t in (base, out) if t._node is not None]
    base._node = Node(plan, edges, (), (), base._array.shape, base._array.dtype)
    base._nr = 0  # x's own node is made again from the base when it is next asked for


class CopySlices:
    """The plan of a base after one of its views was written: a gradient for each of the two."""

    name = "CopySlices"
    inputs = 2
    slots = saved_names = ()

    def __init__(self, view: View, to_base: bool, to_value: bool) -> None:
        self.replay = view.replay
        self.live = (0,) * to_base + (1,) * to_value

    def backward(self, g: Any, saved: Any) -> list:
        """(g outside the view, g inside it), for arrays and for tensors alike."""
        base = ROWS["clone"].public(g)
        inside = self.replay(base)
        value = ROWS["clone"].public(inside)
        inside[...] = 0
        return [(base, value)[i] for i in self.live]


def inplace(public: Callable, name: str) -> Callable:
    """The in-place form of an operation: `x.name(...)` computes, then overwrites x."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return overwrite(self, public(self, *args, **kwargs), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{public.__name__}`."
    method.__wrapped__ = public  # type: ignore[attr-defined]
    return method


# ------------------------------------------------------------------ defining a row


def view_of(base: Tensor, out: Tensor, step: tuple, mode: str = "") -> Tensor:
    """Tie `out`, made from `base` by `step` = (function, keyword arguments), to its memory."""
    out._cell = cell = base._cell
    before = base._view
    if not state.grad:
        mode = mode or "no_grad"
    if before is None:
        out._view = View(base, (step,), cell[0], mode)
    else:
        out._view = View(before.base, (*before.chain, step), cell[0], mode or before.mode)
    return out


def _public(row: Row) -> Callable:
    """The function a user calls: binds the arguments, then `apply`."""
    make = (
        _public_list if row.starred
        else _public_rest if row.rest
        else _public_view if row.kind == "view"
        else _public_plain
    )  # fmt: skip
    public = make(row)
    public.__name__ = public.__qualname__ = row.name
    public.__doc__ = row.forward.__doc__
    public.__module__ = row.forward.__module__
    public.row = row  # type: ignore[attr-defined]
    return public


def _public_plain(row: Row) -> Callable:
    n = len(row.inputs)

    def public(*args: Any, **kwargs: Any) -> Any:
        if len(args) != n or kwargs:
            args, kwargs = bind(row, args, kwargs, n)
            out = kwargs.pop("out", None)
            if out is not None:
                return write_out(row, apply(row, args, kwargs), out)
        return apply(row, args, kwargs)

    return public


def _public_list(row: Row) -> Callable:
    """For a row that takes a list of tensors as its first argument."""

    def public(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs = bind(row, (tensors, *args), kwargs, 1)[1] if args or kwargs else kwargs
        out = kwargs.pop("out", None)
        made = apply(row, tuple(tensors), kwargs)
        return made if out is None else write_out(row, made, out)

    return public


def _public_rest(row: Row) -> Callable:
    """For a row whose last inputs are any number of index arrays."""

    def public(*args: Any, **kwargs: Any) -> Any:
        return apply(row, args, kwargs)

    return public


def _public_view(row: Row) -> Callable:
    """For a row whose result shares the memory of its input."""

    def public(*args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs:
            args, kwargs = bind(row, args, kwargs, 1)
        out = apply(row, args, kwargs)
        base = args[0]
        if not isinstance(base, Tensor):
            return out
        if type(out) is not tuple:
            return view_of(base, out, (public, kwargs))
        for i, part in enumerate(out):
            view_of(base, part, (_part, {"of": public, "nr": i, **kwargs}), "multiple")
        return out

    return public


def _part(source: Any, *, of: Callable, nr: int, **params: Any) -> Any:
    return of(source, **params)[nr]


def bind(row: Row, args: tuple, kwargs: dict, n: int) -> tuple[tuple, dict]:
    """Sort a call's arguments into inputs and parameters, as torch accepts them.

    Raises: TypeError for a missing, repeated or unknown argument, naming it.
    """
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


def write_out(row: Row, made: Tensor, out: Tensor) -> Tensor:
    """Put a result where `out=` asks. Raises: RuntimeError where a gradient would be lost."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{row.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if state.grad and (edge(out) is not None or made._node is not None):
        raise RuntimeError(
            f"{row.name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    errors.check_result_fits(made._array.dtype, out._array.dtype)
    if out._array.shape == made._array.shape:
        xp.copyto(out._array, made._array, casting="unsafe")
    else:
        out._array = made._array.astype(out._array.dtype)
    out._cell[0] += 1
    return out


def define(kind: str, **fixed: Any) -> Callable:
    """A decorator for rows of one kind."""

    def decorator(vjp: Any = None, *, joint: Any = None, **options: Any) -> Callable:
        def decorate(forward: Callable) -> Callable:
            row = Row(forward, vjp, joint, {"kind": kind, **fixed, **options})
            if row.name in ROWS:
                raise TypeError(f"there is a row named {row.name!r} already")
            ROWS[row.name] = row
            row.public = _public(row)
            return row.public

        return decorate

    return decorator


elementwise = define("elementwise", promote=True)  # broadcast, one dtype, shape of the broadcast
compare = define("compare", promote=True)  # the same, with a bool result
reduce = define("reduce")  # fewer elements along `dim`
view = define("view")  # the same memory, other sizes
shape = define("shape")  # the same elements, elsewhere
index = define("index")  # elements chosen by index arrays
contract = define("contract")  # sums of products
window = define("window")  # sliding windows
fused = define("fused")  # several operations in one, for speed or stability
random_row = define("random")  # drawn from a generator
