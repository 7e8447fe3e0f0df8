"""What happens when an operation is called.

An operation is a *row*: a decorated function whose body is the forward on arrays, with one rule
per differentiable input. The decorator returns a plain function that promotes, runs, wraps and
records. Called on arrays it only runs: so one rule serves `backward()` (on arrays), double backward
(on tensors, recorded again) and anything else that hands it operands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import dtypes, errors
from ._tensor import Tensor, edge, result, wrap
from ._views import View
from .backend import enter, xp
from .calls import write_out
from .grad_mode import UNTRACKED, state
from .graph import Node
from .memory import laid_as
from .row import Plan, Row, argument_name, bind, in_float32, named, promote

if TYPE_CHECKING:
    from collections.abc import Callable

_ndarray, _generic = xp.ndarray, xp.generic
_new = object.__new__
_FLOAT32, _FLOAT64 = xp.dtype("float32"), xp.dtype("float64")
_NUMBERS = frozenset((bool, int, float))
_PLAIN = frozenset((int, float, type(None)))  # operands that need no promotion by floats


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
            node = x._node if x._view is None or not row.differentiable else edge(x)
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
            mixed = mixed or type(x) not in _PLAIN
            if mixed and hasattr(x, "__torch_function__"):
                return x.__torch_function__(row.public, (type(x),), inputs, params)
        bit += bit
    if dtype is None:
        return _run_on_arrays(row, inputs, params)
    run = row.run
    if mixed or dtype.kind != "f":
        if row.promote:
            arrays = promote(row, inputs, arrays)
        if row.widens and dtype.kind == "V":
            run = in_float32(row, arrays, params)
    try:
        out = run(xp, *arrays, **params) if params else run(xp, *arrays)
    except Exception as error:
        raise errors.explain(row, arrays, params, error) from None
    if type(out) is tuple:
        return _wrap_several(row, inputs, arrays, params, out, edges, live, bit)
    if type(out) is not _ndarray:
        out = xp.asarray(out)
    elif row.row_major:
        if not out.flags.c_contiguous:
            out = out.copy()
    elif row.follows and type(arrays[0]) is _ndarray and not arrays[0].flags.c_contiguous:
        out = laid_as(out, arrays[0])
    if not live or not state.grad:
        return wrap(out)
    plan = row.plans.get(live + bit) or row.plan(live + bit)
    cell = [0]
    if plan.slots:
        node = record(plan, row, inputs, arrays, params, (out,), edges, (cell,))
    else:
        node = Node(plan, edges, (), (), out.shape, out.dtype)
    return result(out, node, 0, cell)


def pair_operator(row: Row) -> Callable:
    """`apply` for an operator between two tensors of one floating dtype, neither of them a view.

    The same steps without loops, lists and calls: 1.0 us instead of 1.4, and arithmetic on small
    tensors is all overhead. 0-d operands are computed as NumPy scalars: 35 ns where 0-d arrays take
    230.
    """
    plans, double = row.plans, row.differentiable == 3

    def operator(x: Tensor, other: Tensor) -> Tensor:
        a, b = x._array, other._array
        dtype = a.dtype
        if not (
            double
            and (dtype is _FLOAT32 or dtype is _FLOAT64)
            and b.dtype is dtype
            and x._view is None
            and other._view is None
        ):
            return apply(row, (x, other), {})
        try:
            if a.ndim or b.ndim:
                out = row.run(xp, a, b)
                if a.ndim > 1 and not a.flags.c_contiguous:
                    out = laid_as(out, a)
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
        plan = plans.get(live) or row.plan(live)
        if plan.slots:
            made._node = record(plan, row, (x, other), [a, b], {}, (out,), edges, (cell,))
        else:
            made._node = Node(plan, edges, (), (), out.shape, dtype)
        return made

    return operator


def record(
    plan: Plan,
    row: Row,
    inputs: tuple,
    arrays: list,
    params: dict,
    outs: tuple,
    edges: list,
    cells: Any,
) -> Node:
    """The node of one call: saves what the rules of the live inputs named, and nothing else.

    `cells` has the version of each output that the user sees; nobody can write to the others.
    """
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
            versions.append((cells[i], 0) if i < len(cells) else None)
        elif kind == "param":
            saved.append(params[i] if i in params else row.defaults[i])
        elif kind == "shape":
            sizes = [a.shape if type(a) is _ndarray else () for a in arrays]
            saved.append(sizes if row.starred else sizes[i])
        else:
            saved.append(arrays[i].dtype)
    return Node(plan, edges, saved, versions, outs[0].shape, outs[0].dtype)


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
    visible = row.visible if row.outs != ("*",) else len(outs)
    outs = tuple([o if type(o) is _ndarray else xp.asarray(o) for o in outs])
    if row.row_major:
        outs = (*(xp.asarray(o, order="C") for o in outs[:visible]), *outs[visible:])
    node = None
    cells = [[0] for _ in range(visible)]
    if live and outs and state.grad:
        plan = row.plans.get(live + bit) or row.plan(live + bit)
        node = record(plan, row, inputs, arrays, params, outs, edges, cells)
        if visible > 1:
            node.outputs = visible
            node.shape = [o.shape for o in outs[:visible]]
            node.dtype = [o.dtype for o in outs[:visible]]
    made = [
        result(o, node if o.dtype.kind in "fV" else None, nr, cells[nr])
        for nr, o in enumerate(outs[:visible])
    ]
    if visible == 1 and row.outs != ("*",):
        return made[0]
    return row.returns(*made) if row.returns else tuple(made)


def _run_on_arrays(row: Row, inputs: tuple, params: dict[str, Any]) -> Any:
    """A rule calls a row on arrays: nothing is promoted, wrapped or recorded."""
    run = row.run
    for x in inputs:
        if isinstance(x, (_ndarray, _generic)):
            if x.dtype.kind == "V" and row.widens:
                run = in_float32(row, inputs, params)
            break
    else:
        if inputs:
            raise TypeError(
                f"{row.name}(): argument '{argument_name(row, 0)}' (position 1) must be Tensor, "
                f"not {type(inputs[0]).__name__}"
            )
    out = run(xp, *inputs, **params)
    if type(out) is tuple and row.visible == 1 and row.outs != ("*",):
        return out[0]
    return out if inputs or type(out) is tuple else wrap(out)


# ------------------------------------------------------------------ defining a row


def view_of(base: Tensor, out: Tensor, step: tuple, mode: str = "") -> Tensor:
    """Tie `out`, made from `base` by `step` = (function, keyword arguments), to its memory."""
    out._cell = cell = base._cell
    before = base._view
    if cell is UNTRACKED:
        return out
    mode = mode or ("" if state.grad else "no_grad")
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
    public = named(make(row), row.name, row.forward.__doc__)
    public.__module__ = row.forward.__module__
    public.row = row
    return public


def _public_plain(row: Row) -> Callable:
    n, known, numbers = len(row.inputs), frozenset(row.params), row.numbers

    def public(*args: Any, **kwargs: Any) -> Any:
        if len(args) == n and kwargs.keys() <= known:
            if numbers and type(args[0]) in _NUMBERS and type(args[1]) in _NUMBERS:
                args = (wrap(xp.asarray(args[0], dtypes.of_number(args[0]).np)), args[1])
            return apply(row, args, kwargs)
        args, kwargs = bind(row, args, kwargs, n)
        out = kwargs.pop("out", None)
        made = apply(row, args, kwargs)
        return made if out is None else write_out(row.name, made, out)

    return public


def _public_list(row: Row) -> Callable:
    """For a row that takes a list of tensors as its first argument."""

    def public(tensors: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs = bind(row, (tensors, *args), kwargs, 1)[1] if args or kwargs else kwargs
        out = kwargs.pop("out", None)
        made = apply(row, tuple(tensors), kwargs)
        return made if out is None else write_out(row.name, made, out)

    return public


def _public_rest(row: Row) -> Callable:
    """For a row whose last inputs are any number of index arrays."""

    def public(*args: Any, **kwargs: Any) -> Any:
        return apply(row, args, kwargs)

    return public


def _public_view(row: Row) -> Callable:
    """For a row whose result shares the memory of its input."""
    known = frozenset(row.params)

    def public(*args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or not kwargs.keys() <= known:
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


def define(kind: str, **fixed: Any) -> Callable:
    """A decorator for rows of one kind."""

    def decorator(vjp: Any = None, *, joint: Any = None, **options: Any) -> Callable:
        def decorate(forward: Callable) -> Callable:
            row = Row(forward, vjp, joint, {"kind": kind, **fixed, **options})
            row.public = _public(row)
            enter(row)
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
