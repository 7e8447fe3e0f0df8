"""One wording for every shape, dtype, gradient and index error.

A row raises whatever NumPy raises; `explain` says afterwards, in torch's exception type, what was
called, what was expected and what came. Only what NumPy would accept and torch refuses is checked.
"""

from __future__ import annotations

from typing import Any

from . import dtypes

ONLY_FLOATS = "{} Tensors of floating point and complex dtype can require gradients"
ONE_ELEMENT = "only one element tensors can be converted to Python scalars"
RELEASED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). What an operation saved is freed by backward() and "
    "autograd.grad(); say retain_graph=True there if you need it again."
)


def title(np_dtype: Any) -> str:
    """torch's word for a NumPy dtype: 'Float', 'Long'."""
    return dtypes.from_numpy_dtype(np_dtype).title


def alias(np_dtype: Any) -> str:
    """torch's other word for a NumPy dtype: 'float', 'long'."""
    return dtypes.from_numpy_dtype(np_dtype).alias


def modified(node: Any, array: Any, found: int, expected: int) -> str:
    """The text for a saved array that was written after it was saved."""
    kind = f"torch.{title(array.dtype)}Tensor {list(array.shape)}"
    return (
        f"one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{kind}], saved by {node.name()}, is at version {found}; expected version "
        f"{expected} instead. Write to a clone, or write before the operation that needs it."
    )


def explain(row: Any, arrays: Any, params: dict, error: Exception) -> Exception:
    """`error`, raised by the forward of `row`, in torch's type and words."""
    np_axis = type(error).__name__ == "AxisError"
    if isinstance(error, (RuntimeError, IndexError, NotImplementedError)) and not np_axis:
        return error
    if np_axis:
        ndim = max(getattr(arrays[0], "ndim", 0), 1) if arrays else 1
        dim = params.get("dim")
        wrong = dim if isinstance(dim, int) else getattr(error, "axis", None)
        return dim_error(wrong if wrong is not None else dim, ndim)
    if row.kind in ("elementwise", "compare") and isinstance(error, ValueError):
        found = broadcast_error([getattr(a, "shape", ()) for a in arrays])
        return error if found is None else RuntimeError(found)
    if isinstance(error, (TypeError, AttributeError)):
        for i, a in enumerate(arrays):
            if not (a is None or hasattr(a, "dtype") or isinstance(a, (int, float))):
                return TypeError(
                    f"{row.name}(): argument {i + 1} must be Tensor, not {type(a).__name__}"
                )
        for a in arrays:
            if hasattr(a, "dtype") and "ufunc" in str(error):
                return NotImplementedError(f'"{row.name}_cpu" not implemented for \'{title(a.dtype)}\'')
    return error


def broadcast_error(shapes: list) -> str | None:
    """torch's sentence for the first two sizes that do not broadcast, None where all do."""
    seen: tuple = ()
    for shape in shapes:
        width = max(len(seen), len(shape))
        a = (1,) * (width - len(seen)) + tuple(seen)
        b = (1,) * (width - len(shape)) + tuple(shape)
        for dim in reversed(range(width)):
            if a[dim] != b[dim] and 1 not in (a[dim], b[dim]):
                return (
                    f"The size of tensor a ({a[dim]}) must match the size of tensor b ({b[dim]}) "
                    f"at non-singleton dimension {dim}: shapes {list(seen)} and {list(shape)}"
                )
        seen = tuple(m if n == 1 else n for m, n in zip(a, b))
    return None


def broadcast_shapes(*shapes: Any) -> tuple:
    """The shape that all `shapes` broadcast to. Raises: RuntimeError naming the sizes that clash."""
    problem = broadcast_error(list(shapes))
    if problem is not None:
        raise RuntimeError(problem)
    width = max(map(len, shapes), default=0)
    columns = zip(*((1,) * (width - len(s)) + tuple(s) for s in shapes))
    return tuple(next((n for n in column if n != 1), 1) for column in columns)


def dim_error(dim: Any, ndim: int) -> IndexError:
    """The error for a dimension that is not there."""
    ndim = max(ndim, 1)
    return IndexError(
        f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})"
    )


def wrap_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front. Raises: IndexError when there is no such dimension."""
    bound = max(ndim, 1)
    try:
        if -bound <= dim < bound:
            return dim + bound if dim < 0 else dim
    except TypeError:
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}") from None
    raise dim_error(dim, ndim)


def bad_operand(row: Any, x: Any) -> Exception:
    """The error for an operand that is neither tensor, array nor number."""
    return TypeError(f"{row.name}(): operands must be Tensor or number, not {type(x).__name__}")


def overflow(a: int, to: Any) -> Any:
    """Raise for a Python int that no integer tensor can hold."""
    raise RuntimeError(f"value {a} cannot be converted to type {to} without overflow")


def check_result_fits(found: Any, target: Any) -> None:
    """Refuse to store a result of NumPy dtype `found` in memory of dtype `target`."""
    if found is target or found == target:
        return
    a, b = dtypes.from_numpy_dtype(found), dtypes.from_numpy_dtype(target)
    if a.category > b.category:
        raise RuntimeError(
            f"result type {a.title} can't be cast to the desired output type {b.title}"
        )


def check_inplace(x: Any, node: Any, name: str) -> None:
    """Refuse to write to a leaf, to a view of one, or to a view whose history is ambiguous."""
    if x._view is None:
        if node is not None and node.is_leaf:
            raise RuntimeError(
                f"a leaf Variable that requires grad is being used in an in-place operation: "
                f"{name} on a tensor of shape {list(x._array.shape)}. Use no_grad() or detach()."
            )
        return
    base = x._view.base
    if base._node is not None and base._node.is_leaf:
        raise RuntimeError(
            f"a view of a leaf Variable that requires grad is being used in an in-place operation: "
            f"{name} on a view of shape {list(x._array.shape)}. Use no_grad() or detach()."
        )
    if x._view.mode == "no_grad":
        raise RuntimeError(
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            f"enabled ({name}): move both inside the no_grad block, or both outside."
        )
    if x._view.mode == "multiple":
        maker = node.name() if node is not None else "a function"
        raise RuntimeError(
            f"Output {x._nr} of {maker} is a view and is being modified inplace. It is one of "
            "several views made by one function; use the out-of-place operation instead."
        )


def check_overlap(array: Any) -> None:
    """Refuse to write to memory where one number stands for several elements."""
    if 0 in array.strides and array.size > 1:
        if any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape)):
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location. Please clone() the tensor before performing the "
                "operation."
            )


def check_assigned_grad(x: Any, g: Any) -> None:
    """Refuse a gradient that does not fit the tensor it is assigned to."""
    if not hasattr(g, "_array"):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(g).__name__}"
        )
    if g is x:
        raise RuntimeError("can't assign Variable as its own grad")
    if g._array.shape != x._array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(g._array.shape)}' to a tensor of size "
            f"'{list(x._array.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )
    if g._array.dtype != x._array.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{g.dtype.alias}' to a tensor with dtype "
            f"'{x.dtype.alias}'. The gradient must match the tensor's dtype."
        )


def check_hook_result(hook: Any, value: Any, changed: Any) -> None:
    """Refuse what a tensor hook returned unless it can stand for the gradient it was given."""
    name = getattr(hook, "__name__", repr(hook))
    if not hasattr(changed, "_array"):
        raise TypeError(f"hook '{name}' returned {type(changed).__name__}, expected Tensor or None")
    if changed._array.shape != value._array.shape:
        raise RuntimeError(
            f"hook '{name}' has changed the size of value: {list(value._array.shape)} became "
            f"{list(changed._array.shape)}"
        )
    if changed._array.dtype != value._array.dtype:
        raise RuntimeError(f"hook '{name}' has changed the type of value")


def check_divisor(x: Any, y: Any) -> None:
    """Refuse a whole-number division by 0."""
    if getattr(x, "dtype", None) is None or x.dtype.kind in "iub":
        kind = getattr(getattr(y, "dtype", None), "kind", "f" if isinstance(y, float) else "i")
        if kind in "iub" and (y == 0 if isinstance(y, int) else (y == 0).any()):
            raise RuntimeError("ZeroDivisionError: integer division or modulo by zero")


def check_condition(c: Any) -> None:
    """Refuse a condition that is not boolean."""
    if c.dtype.kind != "b" and c.dtype != "uint8":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{title(c.dtype)}"
        )
