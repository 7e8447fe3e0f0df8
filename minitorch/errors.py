"""One wording for every shape, dtype, gradient and index error.

A row raises whatever NumPy raises; `explain` says afterwards, in torch's exception type, what was
called, what was expected and what came. Only what NumPy would accept and torch refuses is checked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from . import dtypes

ONLY_FLOATS = "requires_grad: {} floating-point tensors can require a gradient"
ONE_ELEMENT = "only a tensor of one element can become a Python number"
_NO_OPERANDS = (str, bytes, list, tuple, dict, set)
UNTRACKED = (
    "a tensor made in inference_mode keeps no version: outside of the mode it cannot be saved for "
    "backward, nor be written in place, nor require a gradient. Take its clone(): an ordinary one"
)
RELEASED = (
    "backward: expected what the graph saved, but it is freed: backward() and autograd.grad() free "
    "it when they have used it. Say retain_graph=True in the first call to go through it a second "
    "time."
)


class SampleBySample(RuntimeError):
    """A function cannot be run on a batch of samples; `again` runs it on one after another."""

    def again(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """The result of `function` nevertheless."""
        raise self


def name_of(np_dtype: Any) -> str:
    """How a NumPy dtype is called here: 'torch.float32'."""
    return repr(dtypes.from_numpy_dtype(np_dtype))


def modified(node: Any, array: Any, found: int, expected: int) -> str:
    """The text for a saved array that was written after it was saved."""
    return (
        f"{node.name()}: a tensor needed for its gradient was modified by an inplace operation: "
        f"{name_of(array.dtype)} of shape {list(array.shape)}, expected at version {expected}, got "
        f"version {found}. Write to a clone, or before the operation that saves it."
    )


def explain(row: Any, arrays: Any, params: dict, error: Exception) -> Exception:
    """`error`, raised by the forward of `row`, in torch's type and words."""
    if isinstance(error, IndexError) and hasattr(error, "axis"):  # NumPy's AxisError
        return dim_error(error.axis, getattr(error, "ndim", 0))
    if isinstance(error, (RuntimeError, IndexError)):
        return error if row.kind == "elementwise" else _tensor_for_int(row, params) or error
    source = getattr(error, "obj", error)  # of an AttributeError: what lacks the attribute
    for i, a in enumerate(arrays):
        lacks = a is source or not (hasattr(a, "dtype") or isinstance(a, (int, float)))
        if lacks and not (a is None and _may_lack(row, i)):
            name = row.inputs[min(i, len(row.inputs) - 1)]
            return TypeError(
                f"{row.name}(): argument '{name}' (position {i + 1}) must be Tensor, not "
                f"{type(a).__name__}"
            )
    if isinstance(error, AttributeError):
        return not_a_tensor(row.name, params.items(), error, "torch.dtype")
    if row.kind == "elementwise":
        for name, value in params.items():
            several = hasattr(value, "_array") and value.ndim
            if (several or isinstance(value, _NO_OPERANDS)) and not isinstance(
                row.defaults.get(name), str
            ):
                return TypeError(
                    f"{row.name}(): argument '{name}' must be Tensor or a number, not "
                    f"{type(value).__name__}"
                )
    if "broadcast" in str(error) or "ufunc" in str(error):
        found = broadcast_error([getattr(a, "shape", ()) for a in (*arrays, *params.values())])
        if found is not None:
            return RuntimeError(f"{row.name}: {found}")
    if isinstance(error, OverflowError):
        return RuntimeError(f"{row.name}: a value cannot be converted without overflow: {error}")
    return _unsupported(row, arrays, error) if isinstance(error, TypeError) else error


def _tensor_for_int(row: Any, params: dict) -> Exception | None:
    """The error for a tensor where `row` takes an int, None where there is no such parameter."""
    for name, value in params.items():
        if hasattr(value, "_array") and value.ndim:
            return TypeError(f"{row.name}(): argument '{name}' must be int, not Tensor")
    return None


def _may_lack(row: Any, i: int) -> bool:
    """Whether input `i` of `row` may be None."""
    return not row.starred and i >= len(row.inputs) - row.optional


def _unsupported(row: Any, arrays: Any, error: TypeError) -> Exception:
    """The error for a TypeError of NumPy's where it has no kernel for these dtypes."""
    kinds = [name_of(a.dtype) for a in arrays if hasattr(a, "dtype")]
    if row.name == "neg" and "torch.bool" in kinds:
        return no_bools(row.name)
    if kinds and "ufunc" in str(error):
        return NotImplementedError(f"{row.name}: not implemented for {', '.join(kinds)}")
    return error


def no_bools(name: str) -> RuntimeError:
    """The error for bools where numbers are subtracted."""
    instead = "~ or logical_not()" if name == "neg" else "^ or logical_xor()"
    return RuntimeError(f"{name}: expected numbers, got torch.bool: use {instead}")


def not_a_tensor(
    function: str, given: Any, error: AttributeError, expected: str = "Tensor"
) -> Exception:
    """`error` as a TypeError that names the argument of `function` it comes from, if any."""
    for name, value in given:
        if value is error.obj:
            return TypeError(
                f"{function}(): argument '{name}' must be {expected}, not {type(value).__name__}"
            )
        if isinstance(value, (list, tuple)):
            for i, element in enumerate(value):
                if element is error.obj:
                    return TypeError(
                        f"{function}(): element {i} of argument '{name}' must be {expected}, not "
                        f"{type(element).__name__}"
                    )
    return error


def broadcast_error(shapes: list) -> str | None:
    """What is wrong with the first two sizes that do not broadcast, None where all do."""
    seen: tuple = ()
    for shape in shapes:
        width = max(len(seen), len(shape))
        a = (1,) * (width - len(seen)) + tuple(seen)
        b = (1,) * (width - len(shape)) + tuple(shape)
        for dim in reversed(range(width)):
            if a[dim] != b[dim] and 1 not in (a[dim], b[dim]):
                return (
                    f"expected sizes that broadcast, got {list(seen)} and {list(shape)}: at "
                    f"dimension {dim}, {a[dim]} and {b[dim]} differ and neither is 1"
                )
        seen = tuple(m if n == 1 else n for m, n in zip(a, b))
    return None


def broadcast_shapes(*shapes: Any) -> tuple:
    """The shape that all `shapes` broadcast to. Raises: RuntimeError naming sizes that clash."""
    if shapes and shapes.count(shapes[0]) == len(shapes):
        return tuple(shapes[0])
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
        f"dimension out of range: expected a dim from {-ndim} to {ndim - 1}, got {dim}"
    )


def wrap_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front. Raises: IndexError when there is no such dimension."""
    bound = max(ndim, 1)
    try:
        if -bound <= dim < bound:
            return dim + bound if dim < 0 else dim
    except (TypeError, RuntimeError):  # of what has no order, or of a tensor of several elements
        pass
    if not hasattr(dim, "__index__") or hasattr(dim, "_array"):
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
    raise dim_error(dim, ndim)


def bad_operand(row: Any, x: Any) -> Exception:
    """The error for an operand that is neither tensor, array nor number."""
    return TypeError(f"{row.name}(): operands must be Tensor or a number, not {type(x).__name__}")


def overflow(a: int, to: Any) -> Any:
    """Raise for a Python int that no integer tensor can hold."""
    raise OverflowError(f"expected an integer that fits torch.{to}, got {a}")


def check_result_fits(found: Any, target: Any) -> None:
    """Refuse to store a result of NumPy dtype `found` in memory of dtype `target`."""
    if found is target or found == target:
        return
    a, b = dtypes.from_numpy_dtype(found), dtypes.from_numpy_dtype(target)
    if a.category > b.category:
        raise RuntimeError(f"expected a result that can be stored as {b!r}, got {a!r}")


def check_fits(number: Any, dtype: Any, name: str) -> None:
    """Refuse a Python number that NumPy dtype `dtype` cannot hold."""
    low, high = _limits(dtype)
    if not low <= number <= high and (dtype.kind != "f" or abs(number) < float("inf")):
        raise RuntimeError(f"{name}: expected a number that fits torch.{dtype}, got {number}")


@lru_cache
def _limits(dtype: Any) -> tuple:
    if dtype.kind in "bV" or dtype == "float16":  # what is too large for half is infinite
        return -float("inf"), float("inf")
    if dtype.kind == "f":
        largest = dtypes.finfo(dtypes.from_numpy_dtype(dtype)).max
        return -largest, largest
    found = dtypes.iinfo(dtypes.from_numpy_dtype(dtype))
    return found.min, found.max


def check_inplace(x: Any, node: Any, name: str) -> None:
    """Refuse to write to a leaf, to a view of one, or to a view whose history is ambiguous."""
    if x._view is None:
        if node is not None and node.is_leaf:
            raise RuntimeError(
                f"{name}: a leaf that requires grad cannot be used in an in-place operation: a "
                f"tensor of shape {list(x._array.shape)}. Use no_grad() or detach()."
            )
        return
    base = x._view.base
    if any(n is not None and n.is_leaf for n in (base._node, node)):  # node: it became one itself
        raise RuntimeError(
            f"{name}: a view of a leaf that requires grad cannot be used in an in-place operation: "
            f"a view of shape {list(x._array.shape)}. Use no_grad() or detach()."
        )
    if x._view.mode == "no_grad":
        raise RuntimeError(
            f"{name}: a view made under no_grad cannot be modified inplace while grad mode is "
            "enabled: move both inside the no_grad block, or both outside."
        )
    if x._view.mode == "multiple":
        maker = node.name() if node is not None else "a function"
        raise RuntimeError(
            f"{name}: Output {x._nr} of {maker} cannot be modified inplace, being one of several "
            "views made by one call. Use the out-of-place operation."
        )


def stale_view(x: Any, mode: str) -> str:
    """The text for a view that cannot follow the write to its base."""
    made = "under no_grad" if mode == "no_grad" else "with others by one call"
    return (
        f"a view of shape {list(x._array.shape)} that was made {made} has no history any more: its "
        "base, or another view of it, has been modified inplace. Write out of place, or take the "
        "view afterwards."
    )


def check_overlap(array: Any) -> None:
    """Refuse to write to memory where one number stands for several elements."""
    if 0 not in array.strides or array.size < 2:  # nearly always
        return
    if any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape)):
        raise RuntimeError(
            f"expected memory with a place for each element, got shape {list(array.shape)} with "
            f"strides {list(array.strides)}, where more than one element is at one place: clone() "
            "the tensor before writing to it"
        )


def check_assigned_grad(x: Any, g: Any) -> None:
    """Refuse a gradient that does not fit the tensor it is assigned to."""
    if not hasattr(g, "_array"):
        raise TypeError(f"grad: expected Tensor or None, got {type(g).__name__}")
    if g is x:
        raise RuntimeError("grad: expected another tensor, got the tensor itself")
    if g._array.shape != x._array.shape:
        raise RuntimeError(
            f"grad: expected the size of the tensor, {list(x._array.shape)}, got "
            f"{list(g._array.shape)}"
        )
    if g._array.dtype != x._array.dtype:
        raise RuntimeError(f"grad: expected the dtype of the tensor, {x.dtype}, got {g.dtype}")


def check_hook_result(hook: Any, value: Any, changed: Any) -> None:
    """Refuse what a tensor hook returned unless it can stand for the gradient it was given."""
    name = getattr(hook, "__name__", repr(hook))
    if value is None:
        raise RuntimeError(f"hook '{name}': there is no gradient, and no other can stand for it")
    if not hasattr(changed, "_array"):
        raise TypeError(f"hook '{name}': expected Tensor or None, got {type(changed).__name__}")
    if changed._array.shape != value._array.shape:
        raise RuntimeError(
            f"hook '{name}': expected a gradient of size {list(value._array.shape)}, got "
            f"{list(changed._array.shape)}"
        )
    if changed._array.dtype != value._array.dtype:
        raise RuntimeError(
            f"hook '{name}': expected a gradient of {value.dtype}, got {changed.dtype}"
        )


def check_divisor(x: Any, y: Any, name: str) -> None:
    """Refuse a whole-number division by 0, and one of bools."""
    kind = "i" if getattr(x, "dtype", None) is None else x.dtype.kind
    if kind in "iub":
        other = getattr(getattr(y, "dtype", None), "kind", "f" if isinstance(y, float) else "i")
        if kind == other == "b":
            refuse_bool(x, name)
        if other in "iub" and (y == 0 if isinstance(y, int) else (y == 0).any()):
            raise RuntimeError(f"{name}: expected an integer divisor that is not 0, got 0")


def check_condition(c: Any, name: str = "where") -> None:
    """Refuse a condition that is not boolean."""
    if c.dtype.kind != "b" and c.dtype != "uint8":
        raise RuntimeError(f"{name}: expected a torch.bool condition, got {name_of(c.dtype)}")


def refuse_bool(x: Any, name: str) -> None:
    """Refuse bools where NumPy would compute with them."""
    if x.dtype.kind == "b":
        raise NotImplementedError(f"{name}: not implemented for torch.bool")


def check_floating(x: Any, name: str, error: type = NotImplementedError) -> None:
    """Refuse integers and bools where a function is of real numbers."""
    if x.dtype.kind in "iub":
        raise error(f"{name}: expected a floating-point dtype, got {name_of(x.dtype)}")


def check_index_dtype(indices: Any, name: str) -> None:
    """Refuse indices that are no integers."""
    if indices.dtype.kind not in "iu":
        raise RuntimeError(
            f"{name}: expected indices of torch.int64 or torch.int32, got {name_of(indices.dtype)}"
        )


def check_tensor(x: Any, function: str, name: str, position: int = 1) -> None:
    """Refuse what is no tensor as an argument of `function`."""
    if not hasattr(x, "_array"):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Tensor, not "
            f"{type(x).__name__}"
        )


def check_number(x: Any, function: str, name: str) -> None:
    """Refuse what is no number as an argument of `function`; a tensor without dimensions is one."""
    if not isinstance(x, (int, float)) and getattr(x, "ndim", 1) != 0:
        raise TypeError(f"{function}(): argument '{name}' must be a number, not {type(x).__name__}")
