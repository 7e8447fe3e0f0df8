"""Gives Tensor its vocabulary: operators, named methods, in-place forms. One explicit list."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from . import creation, dtypes, errors, printing, sampling
from ._tensor import AccumulateGrad, Tensor, edge, leaf
from .backend import require, xp
from .facts import Facts
from .grad_mode import state
from .hooks import RemovableHandle, register_tensor_hook
from .inplace import inplace, overwrite
from .ops import compare, composite, contract, elementwise, index, reduce, shape
from .primitive import apply, pair_operator
from .row import named

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERANDS = (Tensor, int, float, xp.ndarray, xp.generic)
_NONE: dict = {}

# ------------------------------------------------------------------ operators


def _operator(public: Any, reflected: bool = False) -> Any:
    row = public.row
    pair = pair_operator(row)

    def operator(self: Tensor, other: Any) -> Tensor:
        if isinstance(other, Tensor):
            return pair(other, self) if reflected else pair(self, other)
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return apply(row, (other, self) if reflected else (self, other), _NONE)

    return operator


def _inplace_operator(method: Any) -> Any:
    def operator(self: Tensor, other: Any) -> Tensor:
        return method(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    return operator


_OPERATORS = {
    "add": elementwise.add,
    "sub": elementwise.sub,
    "mul": elementwise.mul,
    "truediv": elementwise.div,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder,
    "pow": elementwise.pow,
    "and": compare.bitwise_and,
    "or": compare.bitwise_or,
    "xor": compare.bitwise_xor,
}
_COMPARISONS = {
    "eq": compare.eq,
    "ne": compare.ne,
    "lt": compare.lt,
    "le": compare.le,
    "gt": compare.gt,
    "ge": compare.ge,
}


def _bind_operators() -> None:
    for name, public in _OPERATORS.items():
        setattr(Tensor, f"__{name}__", _operator(public))
        setattr(Tensor, f"__r{name}__", _operator(public, reflected=True))
        changed = inplace(public, f"__i{name}__")
        setattr(Tensor, f"__i{name}__", _inplace_operator(changed))
    for name, public in _COMPARISONS.items():
        setattr(Tensor, f"__{name}__", _operator(public))


def _matmul(self: Tensor, other: Any) -> Tensor:
    return contract.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _rmatmul(self: Tensor, other: Any) -> Tensor:
    if isinstance(other, xp.ndarray):
        other = leaf(other)
    return contract.matmul(other, self) if isinstance(other, Tensor) else NotImplemented


# ------------------------------------------------------------------ methods with no function


def setitem(self: Tensor, key: Any, value: Any) -> None:
    """self[key] = value, recorded where a gradient flows in or out."""
    if not isinstance(value, Tensor):
        value = _to_store(value, self._array.dtype)
    at, spec, arrays = index.parse(key, self.ndim)
    target = shape.basic_index(self, at=at)
    if arrays:
        overwrite(target, index.index_put(target, value, *arrays, spec=spec), "index_put_")
        return
    if value.ndim > target.ndim:  # leading axes of size 1 are ignored
        if any(n != 1 for n in value.shape[: value.ndim - target.ndim]):
            raise RuntimeError(
                f"__setitem__: expected a value that broadcasts to {list(target.shape)}, got "
                f"{list(value.shape)}"
            )
        value = shape.reshape(value, value.shape[value.ndim - target.ndim :])
    overwrite(target, shape.copy(target, value), "__setitem__")


def _to_store(value: Any, dtype: Any) -> Tensor:
    """A number, or an array, as a tensor of NumPy dtype `dtype`.

    Raises: TypeError for what is neither, RuntimeError for an integer that does not fit.
    """
    if not isinstance(value, _OPERANDS):
        raise TypeError(f"__setitem__: expected Tensor or a number, got {type(value).__name__}")
    try:
        return leaf(xp.asarray(value, dtype))
    except OverflowError:
        raise RuntimeError(
            f"__setitem__: expected an integer that fits torch.{dtype}, got {value}"
        ) from None


def delitem(self: Tensor, key: Any) -> None:
    """Elements cannot be taken out. Raises: TypeError."""
    raise TypeError("__delitem__: elements of a Tensor cannot be deleted")


def contains(self: Tensor, element: Any) -> bool:
    """Whether some element equals `element`. Raises: RuntimeError unless it is a number."""
    if not isinstance(element, _OPERANDS):
        raise RuntimeError(f"in: expected Tensor or a number, got {type(element).__name__}")
    return builtins.bool((self == element).any())


def invert(self: Tensor) -> Tensor:
    """~self, for integers and bools. Raises: TypeError for floats."""
    if self._array.dtype.kind not in "iub":
        raise TypeError(f"~: expected integers or bools, got {self.dtype}")
    return apply(compare.bitwise_not.row, (self,), _NONE)


def matrix_transpose(self: Tensor) -> Tensor:
    """The last two dimensions exchanged. Raises: RuntimeError where there are fewer."""
    if self.ndim < 2:
        raise RuntimeError(f"mT: expected at least two dimensions, got shape {list(self.shape)}")
    return shape.transpose(self, dim0=-2, dim1=-1)


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src`, broadcast and cast, into this tensor."""
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_(): argument 'other' must be Tensor, not {type(src).__name__}")
    return overwrite(self, shape.copy(self, src), "copy_")


def to(
    self: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    copy: bool = False,
    non_blocking: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """This tensor in another dtype (or a tensor's); itself where nothing changes, unless `copy`."""
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif type(a) is dtypes.dtype:
            dtype = a
        elif not isinstance(a, bool):
            device = a
    require(device)
    if dtype is None or dtypes.to_numpy(dtype) == self._array.dtype:
        return shape.clone(self) if copy else self
    return shape.to(self if dtype.is_floating_point else self.detach(), dtype=dtype)


def _cast(name: str) -> Any:
    target = next(t for t in dtypes.ALL if name in (t.name, t.alias))

    def method(self: Tensor) -> Tensor:
        return to(self, dtype=target)

    return named(method, name, f"This tensor as {target!r}.")


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in the dtype of `other`."""
    return to(self, dtype=other.dtype)


def type_(self: Tensor, dtype: Any = None) -> Any:
    """The name of this tensor's legacy type; with `dtype`, the tensor cast to it."""
    if dtype is None:
        return f"torch.{self.dtype.title}Tensor"
    if isinstance(dtype, str):
        title = dtype.rpartition(".")[2].removesuffix("Tensor")
        dtype = next((t for t in dtypes._SUPPORTED if t.title == title), None)
        if dtype is None:
            raise ValueError(f"type: expected the name of a tensor type, got {title!r}")
    return to(self, dtype=dtype)


def size(self: Tensor, dim: int | None = None) -> Any:
    """The shape, or the size of one dimension."""
    if dim is None:
        return self.shape
    return self._array.shape[errors.wrap_dim(dim, self.ndim)]


def stride(self: Tensor, dim: int | None = None) -> Any:
    """How many elements apart neighbours along each dimension are in memory."""
    steps = tuple(s // self._array.itemsize for s in self._array.strides)
    return steps if dim is None else steps[errors.wrap_dim(dim, self.ndim)]


def _new(make: Any) -> Any:
    def method(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        return make(*size, dtype=dtype or self.dtype, **options)

    return method


def where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The elements where the condition holds, else those of `other`."""
    return composite.where(condition, self, other)


def new_full(self: Tensor, size: Any, fill_value: Any, dtype: Any = None, **how: Any) -> Tensor:
    """`fill_value` in sizes `size`, in the dtype of this tensor."""
    return creation.full(size, fill_value, dtype=dtype or self.dtype, **how)


def new_tensor(self: Tensor, data: Any, dtype: Any = None, **how: Any) -> Tensor:
    """A copy of `data` in the dtype of this tensor."""
    return creation.tensor(data, dtype=dtype or self.dtype, **how)


def positive(self: Tensor) -> Tensor:
    """+x: the tensor itself."""
    return self


def iterate(self: Tensor) -> Iterator[Tensor]:
    """The slices along the first dimension, one after another."""
    if not self.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(shape.unbind(self, dim=0))


def requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """Set `requires_grad` and return this tensor."""
    if requires_grad and self._array.dtype.kind not in "fV":
        raise RuntimeError(f"requires_grad_: expected a floating-point dtype, got {self.dtype}")
    self.requires_grad = requires_grad
    return self


def detach_(self: Tensor) -> Tensor:
    """Forget the history of this tensor. Raises: RuntimeError for a view."""
    if self._view is not None and self.requires_grad:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    self._node, self._nr = None, 0
    return self


def register_hook(self: Tensor, hook: Any) -> RemovableHandle:
    """Call `hook(gradient)` when the gradient of this tensor is complete; may return another.

    Raises: RuntimeError where no gradient flows.
    """
    node = edge(self)
    if node is None:
        raise RuntimeError(
            f"register_hook: expected a tensor that requires grad, got one of shape "
            f"{list(self.shape)} that does not"
        )
    return register_tensor_hook(node, self._nr, hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Any) -> RemovableHandle:
    """Call `hook(self)` after a gradient was added to this leaf's `.grad`."""
    node = edge(self)
    if not isinstance(node, AccumulateGrad):
        raise RuntimeError(
            "register_post_accumulate_grad_hook: expected a leaf that requires grad, got "
            + ("a result" if node is not None else "a tensor that does not")
        )
    if node.post_hooks is None:
        node.post_hooks = {}
    return RemovableHandle(node.post_hooks, hook)


def retain_grad(self: Tensor) -> None:
    """Keep the gradient of this result in `.grad`. Raises: RuntimeError where none flows."""
    node = edge(self)
    if node is None:
        raise RuntimeError(
            f"retain_grad: expected a tensor that requires grad, got one of shape "
            f"{list(self.shape)} that does not"
        )
    if node.is_leaf or self.retains_grad:
        return
    import weakref

    reference = weakref.ref(self)

    def keep(g: Tensor) -> None:
        tensor = reference()
        if tensor is not None:
            before = tensor._grad
            tensor._grad = g.clone() if before is None else before + g

    self.__dict__["_retains_grad"] = True
    register_tensor_hook(node, self._nr, keep, last=True)


# ------------------------------------------------------------------ the list

_METHODS: dict[str, Any] = {
    # arithmetic
    "add": composite.add, "sub": composite.sub, "subtract": composite.sub, "mul": elementwise.mul,
    "multiply": elementwise.mul, "div": composite.div, "divide": composite.div,
    "true_divide": elementwise.div, "floor_divide": elementwise.floor_divide,
    "remainder": elementwise.remainder, "fmod": elementwise.fmod, "pow": elementwise.pow,
    "neg": elementwise.neg, "negative": elementwise.neg, "reciprocal": elementwise.reciprocal,
    "square": elementwise.square, "addcmul": composite.addcmul, "addcdiv": composite.addcdiv,
    "lerp": composite.lerp,
    # functions
    "exp": elementwise.exp, "expm1": elementwise.expm1, "exp2": elementwise.exp2,
    "log": elementwise.log, "log2": elementwise.log2, "log10": elementwise.log10,
    "log1p": elementwise.log1p, "sqrt": elementwise.sqrt, "rsqrt": elementwise.rsqrt,
    "sin": elementwise.sin, "cos": elementwise.cos, "tan": elementwise.tan,
    "atan": elementwise.atan, "arctan": elementwise.atan, "tanh": elementwise.tanh,
    "sigmoid": elementwise.sigmoid, "erf": elementwise.erf, "abs": elementwise.abs,
    "absolute": elementwise.abs, "sign": elementwise.sign, "floor": elementwise.floor,
    "ceil": elementwise.ceil, "trunc": elementwise.trunc, "fix": elementwise.trunc,
    "round": elementwise.round, "relu": elementwise.relu,
    "softmax": composite.softmax, "log_softmax": composite.log_softmax,
    # choosing
    "maximum": elementwise.maximum, "minimum": elementwise.minimum, "clamp": composite.clamp,
    "clip": composite.clamp, "clamp_min": composite.clamp_min, "clamp_max": composite.clamp_max,
    "masked_fill": composite.masked_fill, "masked_select": composite.masked_select,
    # comparisons and bits
    "eq": compare.eq, "ne": compare.ne, "not_equal": compare.ne, "lt": compare.lt,
    "less": compare.lt, "le": compare.le, "less_equal": compare.le,
    "gt": compare.gt, "greater": compare.gt, "ge": compare.ge,
    "greater_equal": compare.ge, "logical_and": compare.logical_and,
    "logical_or": compare.logical_or, "logical_xor": compare.logical_xor,
    "logical_not": compare.logical_not, "isnan": compare.isnan, "isinf": compare.isinf,
    "isfinite": compare.isfinite, "isclose": composite.isclose, "allclose": composite.allclose,
    "equal": composite.equal, "bitwise_and": compare.bitwise_and,
    "bitwise_or": compare.bitwise_or, "bitwise_xor": compare.bitwise_xor,
    "bitwise_not": compare.bitwise_not,
    # reductions
    "sum": reduce.sum, "mean": reduce.mean, "prod": reduce.prod, "amax": reduce.amax,
    "amin": reduce.amin, "max": composite.max, "min": composite.min, "argmax": reduce.argmax,
    "argmin": reduce.argmin, "all": reduce.all, "any": reduce.any, "var": composite.var,
    "std": composite.std, "logsumexp": reduce.logsumexp, "cumsum": reduce.cumsum,
    "norm": reduce.norm, "count_nonzero": composite.count_nonzero,
    # shapes
    "reshape": shape.reshape, "reshape_as": composite.reshape_as, "view": composite.view,
    "view_as": composite.view_as, "flatten": composite.flatten, "unflatten": composite.unflatten,
    "permute": composite.permute, "transpose": shape.transpose, "swapaxes": shape.transpose,
    "swapdims": shape.transpose, "t": shape.t, "expand": composite.expand,
    "expand_as": composite.expand_as, "broadcast_to": composite.expand, "squeeze": shape.squeeze,
    "unsqueeze": shape.unsqueeze, "select": shape.select, "diagonal": shape.diagonal,
    "unbind": shape.unbind, "split": composite.split, "chunk": composite.chunk,
    "split_with_sizes": shape.split_with_sizes, "narrow": composite.narrow,
    "clone": composite.clone, "contiguous": composite.contiguous, "flip": composite.flip,
    "tril": shape.tril, "triu": shape.triu, "roll": composite.roll, "repeat": composite.repeat,
    "tile": composite.tile, "movedim": composite.movedim, "moveaxis": composite.movedim,
    "diag": composite.diag,
    # indexing
    "gather": composite.gather, "scatter": composite.scatter, "scatter_add": index.scatter_add,
    "index_select": index.index_select, "index_add": index.index_add,
    "index_put": composite.index_put, "index_fill": composite.index_fill,
    "take_along_dim": composite.take_along_dim, "sort": composite.sort,
    "argsort": composite.argsort, "topk": composite.topk, "nonzero": composite.nonzero,
    # products
    "matmul": contract.matmul, "mm": contract.mm, "bmm": contract.bmm, "mv": contract.mv,
    "dot": contract.dot, "outer": contract.outer, "addmm": contract.addmm,
    "baddbmm": contract.baddbmm,
}  # fmt: skip

_INPLACE = (
    "add sub mul div pow neg reciprocal square remainder fmod floor_divide exp expm1 log log2 "
    "log10 log1p sqrt rsqrt sin cos tan tanh sigmoid erf abs sign floor ceil trunc round relu "
    "clamp clamp_min clamp_max masked_fill addcmul addcdiv lerp scatter scatter_add index_add "
    "index_put index_fill tril triu cumsum eq ne lt le gt ge logical_and logical_or logical_not "
    "bitwise_and bitwise_or"
).split()

_ALONE: dict[str, Any] = {
    "to": to, "type_as": type_as, "type": type_, "size": size, "stride": stride, "copy_": copy_,
    "requires_grad_": requires_grad_, "detach_": detach_, "register_hook": register_hook,
    "register_post_accumulate_grad_hook": register_post_accumulate_grad_hook,
    "retain_grad": retain_grad, "where": where,
    **sampling.FILLS,
    "multinomial": sampling.multinomial,
}  # fmt: skip


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    return overwrite(self, elementwise.zero(self), "zero_")


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-d tensor."""
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"fill_: expected a number or a 0-d tensor, got shape {list(value.shape)}"
        )
    return overwrite(self, shape.fill(self, value), "fill_")


def _reshaping(name: str, public: Any) -> Any:
    """In-place forms that change the shape and not the elements (on tensors without history)."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        made = public(self, *args, **kwargs)
        node = edge(self)
        if node is not None and state.grad:
            errors.check_inplace(self, node, name)
        self._array, self._node, self._nr = made._array, made._node, made._nr
        if self._view is not None:
            self._view = made._view
        self._cell[0] += 1
        if self._view is not None:
            self._view.version = self._cell[0]
        return self

    return named(
        method, name, f"In-place form of `{public.__name__}`: the same memory with other sizes."
    )


def bind() -> None:
    """Put everything on Tensor; called once, when the package is imported."""
    _bind_operators()
    for name, function in {**_METHODS, **_ALONE, "zero_": zero_, "fill_": fill_}.items():
        setattr(Tensor, name, function)
    for name in _INPLACE:
        setattr(Tensor, f"{name}_", inplace(_METHODS[name], f"{name}_"))
    for name in ("squeeze", "unsqueeze", "transpose", "t"):
        setattr(Tensor, f"{name}_", _reshaping(f"{name}_", _METHODS[name]))
    for name in ("double", "float", "half", "bfloat16", "long", "int", "short", "bool"):
        setattr(Tensor, name, _cast(name))
    _bind_rest()


def _bind_rest() -> None:
    T: Any = Tensor
    T.__new__ = staticmethod(creation.construct)
    T.__matmul__, T.__rmatmul__ = _matmul, _rmatmul
    T.__neg__, T.__abs__, T.__pos__ = elementwise.neg, elementwise.abs, positive
    T.__invert__, T.__delitem__, T.__contains__ = invert, delitem, contains
    T.__getitem__, T.__setitem__, T.__iter__ = index.getitem, setitem, iterate
    T.__repr__ = printing.tensor_repr
    T.numel = T.nelement = composite.numel
    T.new_zeros, T.new_ones = _new(creation.zeros), _new(creation.ones)
    T.new_empty, T.new_full, T.new_tensor = _new(creation.empty), new_full, new_tensor
    T.bernoulli = sampling.bernoulli
    T.mT = property(matrix_transpose)
    T.is_floating_point = composite.is_floating_point
    for name, fact in vars(Facts).items():
        if not name.startswith("__"):
            setattr(T, name, fact)


__all__ = ["bind"]
