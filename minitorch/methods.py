"""Gives Tensor its vocabulary: operators, named methods, in-place forms. One explicit list."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from . import creation, errors, functions, memory, printing, sampling
from ._tensor import AccumulateGrad, Tensor, edge, leaf
from .backend import xp
from .casting import CASTS, NEW, to, type_, type_as
from .facts import Facts
from .hooks import RemovableHandle, register_tensor_hook
from .inplace import inplace, overwrite
from .ops import compare, composite, contract, elementwise, index, rearrange, shape, strides
from .primitive import apply, pair_operator
from .resizing import RESIZING

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
    "lshift": compare.bitwise_left_shift,
    "rshift": compare.bitwise_right_shift,
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
    for name in ("", "r", "i"):  # as Python 2 called division
        setattr(Tensor, f"__{name}div__", getattr(Tensor, f"__{name}truediv__"))
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
    if key is False:
        return  # as in torch, whatever the value
    if not isinstance(value, Tensor):
        value = _to_store(value, self._array.dtype)
    at, spec, arrays = index.split(key, self.ndim)
    target = shape.basic_index(self, at=at)
    lead = next((i for i, n in enumerate(value.shape) if n != 1), value.ndim)
    if lead:  # leading axes of size 1 are ignored
        value = shape.reshape(value, value.shape[lead:])
    if arrays:
        overwrite(target, index.index_put(target, value, *arrays, spec=spec), "index_put_")
    else:
        overwrite(target, shape.copy(target, value), "__setitem__")


def _to_store(value: Any, dtype: Any) -> Tensor:
    """A number, or an array, as a tensor of NumPy dtype `dtype`.

    Raises: TypeError for what is neither, RuntimeError for a number that does not fit.
    """
    if not isinstance(value, _OPERANDS):
        raise TypeError(f"__setitem__: expected Tensor or a number, got {type(value).__name__}")
    if not isinstance(value, (xp.ndarray, xp.generic)):
        if isinstance(value, int):
            if not -(2**63) <= value < 2**63:
                raise ValueError(f"__setitem__: expected a number that fits int64, got {value}")
            value = value % 256 if dtype == "uint8" and -256 < value < 0 else value
        errors.check_fits(value, dtype, "__setitem__")
    return leaf(xp.asarray(value).astype(dtype))


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


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src`, broadcast and cast, into this tensor."""
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_(): argument 'other' must be Tensor, not {type(src).__name__}")
    return overwrite(self, shape.copy(self, src), "copy_")


def where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The elements where the condition holds, else those of `other`."""
    return composite.where(condition, self, other)


def polygamma(self: Tensor, n: int) -> Tensor:
    """The n-th derivative of digamma."""
    return functions.polygamma(n, self)


def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """self ** exponent in place, for float64 alone: in that dtype it is computed."""
    if self.dtype.name != "float64":
        raise RuntimeError(f"float_power_: expected torch.float64, got {self.dtype}")
    return overwrite(self, functions.float_power(self, exponent), "float_power_")


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
    if self._view is not None:
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

    def keep(g: Tensor | None) -> None:
        tensor = reference()
        if tensor is not None and g is not None:
            before = tensor._grad
            tensor._grad = g.clone() if before is None else before + g

    self.__dict__["_retains_grad"] = True
    register_tensor_hook(node, self._nr, keep, last=True)


def to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> Any:
    """The elements that are not 0, by their coordinates: a `sparse.SparseTensor`.

    Raises: NotImplementedError for another layout, and for values that are tensors themselves.
    """
    if layout not in (None, memory.sparse_coo) or sparse_dim not in (None, self.ndim):
        raise NotImplementedError("to_sparse: there are coordinates (sparse_coo) of all dimensions")
    from . import sparse

    return sparse.from_dense(self)


# ------------------------------------------------------------------ the list

# Methods that are torch's function of the same name, and those of them with an in-place form.
_METHODS = (
    "abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr adjoint all allclose "
    "amax amin aminmax angle any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax "
    "argmin argsort argwhere as_strided as_strided_scatter asin asinh atan atan2 atanh baddbmm "
    "bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift "
    "bitwise_xor bmm broadcast_to ceil cholesky cholesky_inverse cholesky_solve chunk clamp "
    "clamp_max clamp_min clip clone conj "
    "conj_physical copysign corrcoef cos cosh count_nonzero cov cross cummax cummin cumprod "
    "cumsum deg2rad det diag diag_embed diagflat diagonal diagonal_scatter diff digamma dist "
    "div divide dot dsplit eq equal erf erfc erfinv exp exp2 expm1 fix flatten flip fliplr "
    "flipud float_power floor floor_divide fmax fmin fmod frac frexp gather gcd ge ger greater "
    "greater_equal gt hardshrink heaviside histc histogram hsplit hypot i0 igamma igammac "
    "index_add index_copy index_fill index_put index_reduce index_select inner inverse isclose "
    "isfinite isinf isnan "
    "isneginf isposinf isreal kron kthvalue lcm ldexp le lerp less less_equal lgamma log log10 "
    "log1p log2 log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not "
    "logical_or logical_xor logit logsumexp lt masked_fill masked_scatter masked_select matmul "
    "matrix_exp matrix_power max maximum mean median min minimum mm mode moveaxis movedim msort "
    "mul multinomial multiply mv nan_to_num nanmean nanmedian nanquantile nansum narrow "
    "narrow_copy ne neg negative nextafter nonzero nonzero_static norm not_equal outer permute "
    "pinverse polygamma positive pow prelu prod put qr quantile rad2deg ravel reciprocal relu "
    "remainder renorm repeat_interleave reshape resolve_conj resolve_neg roll rot90 round rsqrt "
    "scatter scatter_add scatter_reduce select select_scatter sgn sigmoid sign signbit sin sinc "
    "sinh slice_scatter slogdet softmax sort split split_with_sizes sqrt square squeeze std sub "
    "subtract sum svd swapaxes swapdims t take take_along_dim tan tanh tensor_split tile topk "
    "trace transpose tril triu true_divide trunc unbind unflatten unique unique_consecutive "
    "unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze var vdot vsplit xlogy "
    "mvlgamma "
).split()

_INPLACE = (
    "abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin "
    "arcsinh arctan2 arctan arctanh asin asinh atan2 atan atanh baddbmm bitwise_and "
    "bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp "
    "clamp_max clamp_min clip conj_physical copysign cos cosh cumprod cumsum deg2rad digamma "
    "div divide eq erf erfc erfinv exp2 exp expm1 fix floor floor_divide fmod frac "
    "gcd ge greater greater_equal gt heaviside hypot i0 igamma igammac "
    "index_add index_copy index_fill index_put index_reduce lcm ldexp le lerp less less_equal "
    "lgamma log10 log1p log2 log "
    "logical_and logical_not logical_or logical_xor logit lt masked_fill masked_scatter mul "
    "multiply nan_to_num ne neg negative nextafter not_equal pow put rad2deg "
    "reciprocal relu remainder renorm round rsqrt scatter scatter_add scatter_reduce sgn "
    "sigmoid sign sin sinc sinh sqrt square sub subtract tan tanh tril triu true_divide trunc "
    "xlogy mvlgamma "
).split()

# Methods of other rooms that torch has no function for.
_ONLY_METHODS: dict[str, Any] = {
    "contiguous": rearrange.contiguous, "expand": rearrange.expand,
    "expand_as": rearrange.expand_as, "repeat": rearrange.repeat,
    "reshape_as": rearrange.reshape_as, "view": rearrange.view, "view_as": rearrange.view_as,
    "sum_to_size": rearrange.sum_to_size, "unfold": strides.unfold,
}  # fmt: skip

_ALONE: dict[str, Any] = {
    **CASTS, **NEW, **RESIZING, "to": to, "type_as": type_as, "type": type_, "copy_": copy_,
    "requires_grad_": requires_grad_, "detach_": detach_, "register_hook": register_hook,
    "register_post_accumulate_grad_hook": register_post_accumulate_grad_hook,
    "retain_grad": retain_grad, "to_sparse": to_sparse, "where": where, "polygamma": polygamma,
    "polygamma_": inplace(polygamma, "polygamma_"), "float_power_": float_power_,
    **sampling.FILLS,
}  # fmt: skip


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    return overwrite(self, elementwise.zero(self), "zero_")


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-d tensor."""
    return overwrite(self, shape.fill(self, value), "fill_")


# Subclasses of Tensor are rare: their room is loaded by the first.


def _subclassed(cls: type, **kwargs: Any) -> None:
    super(Tensor, cls).__init_subclass__(**kwargs)
    from .subclass import adopt

    adopt(cls)


def _torch_function(cls: type, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
    """What a method of a subclass asks: `func(*args)`, new Tensors in its result as `cls`."""
    from .subclass import default

    return default(cls, func, types, args, kwargs)


def _make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Any:
    """A leaf of class `cls` over the memory of `data`."""
    from .subclass import make_subclass

    return make_subclass(cls, data, require_grad)


def as_subclass(self: Tensor, cls: type) -> Any:
    """This tensor, memory and history, as one of class `cls`."""
    from . import subclass

    return subclass.as_subclass(self, cls)


def bind() -> None:
    """Put everything on Tensor; called once, when the package is imported."""
    _bind_operators()
    for name in _METHODS:
        setattr(Tensor, name, getattr(functions, name))
    for name, function in {**_ONLY_METHODS, **_ALONE, "zero_": zero_, "fill_": fill_}.items():
        setattr(Tensor, name, function)
    for name in _INPLACE:
        setattr(Tensor, f"{name}_", inplace(getattr(functions, name), f"{name}_"))
    _bind_rest()


def _bind_rest() -> None:
    T: Any = Tensor
    T.__new__ = staticmethod(creation.construct)
    T.__matmul__, T.__rmatmul__ = _matmul, _rmatmul
    T.__neg__, T.__abs__, T.__pos__ = elementwise.neg, elementwise.abs, functions.positive
    T.__invert__, T.__delitem__, T.__contains__ = invert, delitem, contains
    T.__getitem__, T.__setitem__, T.__iter__ = index.getitem, setitem, iterate
    T.__repr__ = printing.tensor_repr
    T.__init_subclass__ = classmethod(_subclassed)
    T.__torch_function__ = classmethod(_torch_function)
    T._make_subclass, T.as_subclass = staticmethod(_make_subclass), as_subclass
    T.numel = T.nelement = composite.numel
    T.bernoulli = sampling.bernoulli
    T.is_floating_point = composite.is_floating_point
    for name, fact in vars(Facts).items():
        if not name.startswith("__"):
            setattr(T, name, fact)


__all__ = ["bind"]
