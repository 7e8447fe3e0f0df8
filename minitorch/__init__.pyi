"""What an editor and a type checker see. Written by `make stubs` from the live package."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from minitorch import autograd as autograd
from minitorch import nn as nn
from minitorch import optim as optim
from minitorch import random as random
from minitorch import utils as utils
from minitorch.backend import device as _device
from minitorch.backend import device as device
from minitorch.dtypes import Size as Size
from minitorch.dtypes import Size as _Size
from minitorch.dtypes import dtype as _dtype
from minitorch.dtypes import dtype as dtype
from minitorch.dtypes import finfo as finfo
from minitorch.dtypes import iinfo as iinfo
from minitorch.grad_mode import enable_grad as enable_grad
from minitorch.grad_mode import inference_mode as inference_mode
from minitorch.grad_mode import no_grad as no_grad
from minitorch.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.random import Generator as Generator

bfloat16: _dtype
bool: _dtype
cdouble: _dtype
cfloat: _dtype
complex128: _dtype
complex64: _dtype
default_generator: Generator
double: _dtype
float: _dtype
float16: _dtype
float32: _dtype
float64: _dtype
half: _dtype
int: _dtype
int16: _dtype
int32: _dtype
int64: _dtype
int8: _dtype
long: _dtype
short: _dtype
uint8: _dtype

class Tensor:
    """An array that remembers how it was computed."""

    @property
    def T(self) -> Tensor:
        """The axes in reverse order, a view."""
    @property
    def _version(self) -> builtins.int:
        """How often this memory was written in place, through whichever view."""
    data: Tensor
    """The same memory without history; writing to it is not seen by the version check."""
    @property
    def device(self) -> _device:
        """Where the memory is: always the CPU."""
    @property
    def dtype(self) -> _dtype:
        """The type of the elements."""
    grad: Tensor | None
    """The gradient that `backward` accumulated. Settable: None or a tensor like this one."""
    @property
    def grad_fn(self) -> Any:
        """The node that computed it, None for a leaf."""
    @property
    def is_cuda(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_leaf(self) -> builtins.bool:
        """Whether it was made by the user rather than computed from what requires a gradient."""
    @property
    def is_quantized(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_sparse(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def itemsize(self) -> builtins.int:
        """Bytes per element."""
    @property
    def layout(self) -> builtins.str:
        """How the elements lie: always with strides."""
    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged. Raises: RuntimeError where there are fewer."""
    @property
    def nbytes(self) -> builtins.int:
        """Bytes of all the elements."""
    @property
    def ndim(self) -> builtins.int:
        """The number of dimensions."""
    @property
    def output_nr(self) -> builtins.int:
        """Which output of its `grad_fn` it is."""
    requires_grad: builtins.bool
    """Whether a gradient flows here. Settable on leaves."""
    @property
    def retains_grad(self) -> builtins.bool:
        """Whether a result was told to keep its gradient, by `retain_grad`."""
    @property
    def shape(self) -> _Size:
        """The sizes of the dimensions."""
    def abs(self, *, out: Tensor | None = None) -> Tensor:
        """|x|; the derivative at 0 is 0."""
    def abs_(self) -> Tensor:
        """In-place form of `abs`."""
    def absolute(self, *, out: Tensor | None = None) -> Tensor:
        """|x|; the derivative at 0 is 0."""
    def add(self, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
        """input + alpha other."""
    def add_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """In-place form of `add`."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """In-place form of `addcdiv`."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """input + value tensor1 tensor2."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """In-place form of `addcmul`."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (mat1 @ mat2)."""
    def all(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Whether no element is 0."""
    def allclose(
        self, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
    ) -> builtins.bool:
        """Whether all elements are close, as a bool."""
    def amax(
        self, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """The largest; NaN where there is one."""
    def amin(
        self, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """The smallest; NaN where there is one."""
    def any(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Whether some element is not 0."""
    def arctan(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse tangent, in radians."""
    def argmax(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Where the largest is, as int64; in the flattened tensor when `dim` is None."""
    def argmin(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Where the smallest is, as int64; in the flattened tensor when `dim` is None."""
    def argsort(self, dim: Any = -1, descending: Any = False, stable: Any = False) -> Tensor:
        """The positions that sort along `dim`."""
    def atan(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse tangent, in radians."""
    def backward(
        self,
        gradient: Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Any = None,
    ) -> None:
        """Add to the `.grad` of every leaf the gradient of `tensors`."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (batch1 @ batch2), matrix by matrix."""
    def bernoulli(self, p: builtins.float | None = None, *, generator: Any = None) -> Tensor:
        """1 with the probability each element of `input` gives (or `p`), else 0."""
    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """1 with probability `p`, a number or a tensor that broadcasts, else 0; in place."""
    def bfloat16(self) -> Tensor:
        """This tensor as torch.bfloat16."""
    def bitwise_and(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x & y, for integers and bools."""
    def bitwise_and_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_and`."""
    def bitwise_not(self, *, out: Tensor | None = None) -> Tensor:
        """~x, for integers and bools."""
    def bitwise_or(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x | y, for integers and bools."""
    def bitwise_or_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_or`."""
    def bitwise_xor(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x ^ y, for integers and bools."""
    def bmm(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of matrices, pair by pair: (b, n, k), (b, k, m) -> (b, n, m)."""
    def bool(self) -> Tensor:
        """This tensor as torch.bool."""
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""
    def cauchy_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.cauchy_."""
    def ceil(self, *, out: Tensor | None = None) -> Tensor:
        """The smallest whole number not below x."""
    def ceil_(self) -> Tensor:
        """In-place form of `ceil`."""
    def chunk(self, chunks: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
        """At most `chunks` views of equal size along `dim`, the last may be smaller."""
    def clamp(self, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
        """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input."""
    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """In-place form of `clamp`."""
    def clamp_max(self, max: Any) -> Tensor:
        """min(input, max)."""
    def clamp_max_(self, max: Any) -> Tensor:
        """In-place form of `clamp_max`."""
    def clamp_min(self, min: Any) -> Tensor:
        """max(input, min)."""
    def clamp_min_(self, min: Any) -> Tensor:
        """In-place form of `clamp_min`."""
    def clip(self, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
        """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input."""
    def clone(self, *, memory_format: Any = None) -> Tensor:
        """A copy with history."""
    def contiguous(self, memory_format: Any = None) -> Tensor:
        """`input` itself where its memory is in row-major order, else a copy that is."""
    def copy_(self, src: Tensor, non_blocking: builtins.bool = False) -> Tensor:
        """Write the elements of `src`, broadcast and cast, into this tensor."""
    def cos(self, *, out: Tensor | None = None) -> Tensor:
        """The cosine; x in radians."""
    def cos_(self) -> Tensor:
        """In-place form of `cos`."""
    def count_nonzero(self, dim: Any = None) -> Tensor:
        """How many elements are not 0."""
    def cpu(self, memory_format: Any = None) -> Tensor:
        """The tensor itself."""
    def cuda(self, device: Any = None, *args: Any) -> Tensor:
        """Raises: AssertionError, as there is no GPU here."""
    def cumsum(self, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
        """The sum of the elements up to here along `dim`; integers in int64."""
    def cumsum_(self, dim: Any, dtype: Any = None) -> Tensor:
        """In-place form of `cumsum`."""
    def data_ptr(self) -> builtins.int:
        """The address of the first element."""
    def detach(self) -> Tensor:
        """The same memory and version, without history."""
    def detach_(self) -> Tensor:
        """Forget the history of this tensor. Raises: RuntimeError for a view."""
    def diag(self, diagonal: Any = 0) -> Tensor:
        """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""
    def diagonal(
        self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
    ) -> Tensor:
        """The diagonal of axes `dim1`, `dim2`, as a last axis."""
    def dim(self) -> builtins.int:
        """The number of dimensions."""
    def div(self, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
        """input / other; rounded down with 'floor', towards 0 with 'trunc'."""
    def div_(self, other: Any, *, rounding_mode: Any = None) -> Tensor:
        """In-place form of `div`."""
    def divide(self, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
        """input / other; rounded down with 'floor', towards 0 with 'trunc'."""
    def dot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The sum of the products of two vectors: (n), (n) -> ()."""
    def double(self) -> Tensor:
        """This tensor as torch.float64."""
    def element_size(self) -> builtins.int:
        """Bytes per element."""
    def eq(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x == y."""
    def eq_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `eq`."""
    def equal(self, other: Any) -> builtins.bool:
        """Whether shapes and all elements are the same, as a bool."""
    def erf(self, *, out: Tensor | None = None) -> Tensor:
        """2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""
    def erf_(self) -> Tensor:
        """In-place form of `erf`."""
    def exp(self, *, out: Tensor | None = None) -> Tensor:
        """e ** x."""
    def exp2(self, *, out: Tensor | None = None) -> Tensor:
        """2 ** x."""
    def exp_(self) -> Tensor:
        """In-place form of `exp`."""
    def expand(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""
    def expand_as(self, other: Any) -> Tensor:
        """`input` expanded to the shape of `other`."""
    def expm1(self, *, out: Tensor | None = None) -> Tensor:
        """e ** x - 1, exact near 0."""
    def expm1_(self) -> Tensor:
        """In-place form of `expm1`."""
    def exponential_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.exponential_."""
    def fill_(self, value: Any) -> Tensor:
        """Set every element to `value`, a number or a 0-d tensor."""
    def fix(self, *, out: Tensor | None = None) -> Tensor:
        """The whole part, towards 0."""
    def flatten(self, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
        """The axes from start_dim to end_dim as one: a view where possible."""
    def flip(self, *axes: Any, dims: Any = None) -> Tensor:
        """The axes `dims` in reverse order, a copy."""
    def float(self) -> Tensor:
        """This tensor as torch.float32."""
    def floor(self, *, out: Tensor | None = None) -> Tensor:
        """The largest whole number not above x."""
    def floor_(self) -> Tensor:
        """In-place form of `floor`."""
    def floor_divide(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """The largest whole number not above x / y."""
    def floor_divide_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `floor_divide`."""
    def fmod(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x - y trunc(x / y): has the sign of x."""
    def fmod_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `fmod`."""
    def gather(
        self, dim: Any, index_: Any = None, *, index: Any = None, sparse_grad: Any = False
    ) -> Tensor:
        """The elements at `index` along `dim`."""
    def ge(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x >= y."""
    def ge_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ge`."""
    def geometric_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.geometric_."""
    def greater(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x > y."""
    def greater_equal(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x >= y."""
    def gt(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x > y."""
    def gt_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `gt`."""
    def half(self) -> Tensor:
        """This tensor as torch.float16."""
    def index_add(self, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
        """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""
    def index_add_(self, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
        """In-place form of `index_add`."""
    def index_fill(self, dim: Any, index_: Any, value: Any) -> Tensor:
        """A copy of `input` with `value` at `index` along `dim`."""
    def index_fill_(self, dim: Any, index_: Any, value: Any) -> Tensor:
        """In-place form of `index_fill`."""
    def index_put(self, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
        """A copy of `input` with `values` put (or added) at the index tensors `indices`."""
    def index_put_(self, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
        """In-place form of `index_put`."""
    def index_select(self, dim: Any, index: Any) -> Tensor:
        """The slices of `input` along `dim` at the 1-D tensor `index`."""
    def int(self) -> Tensor:
        """This tensor as torch.int32."""
    def is_complex(self) -> builtins.bool:
        """Whether the elements are complex numbers: never."""
    def is_contiguous(self, memory_format: Any = None) -> builtins.bool:
        """Whether the elements lie in row-major order without gaps."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the elements are floating-point numbers."""
    def is_inference(self) -> builtins.bool:
        """Whether it was made for inference alone: never."""
    def isclose(
        self, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
    ) -> Tensor:
        """|input - other| <= atol + rtol |other|. Raises: RuntimeError where the dtypes differ."""
    def isfinite(self, *, out: Tensor | None = None) -> Tensor:
        """x is neither NaN nor infinite."""
    def isinf(self, *, out: Tensor | None = None) -> Tensor:
        """x is infinite."""
    def isnan(self, *, out: Tensor | None = None) -> Tensor:
        """x is not a number."""
    def item(self) -> Any:
        """The one element as a Python number. Raises: RuntimeError unless there is just one."""
    def le(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x <= y."""
    def le_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `le`."""
    def lerp(self, end: Any, weight: Any) -> Tensor:
        """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""
    def lerp_(self, end: Any, weight: Any) -> Tensor:
        """In-place form of `lerp`."""
    def less(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x < y."""
    def less_equal(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x <= y."""
    def log(self, *, out: Tensor | None = None) -> Tensor:
        """The natural logarithm."""
    def log10(self, *, out: Tensor | None = None) -> Tensor:
        """The logarithm to base 10."""
    def log10_(self) -> Tensor:
        """In-place form of `log10`."""
    def log1p(self, *, out: Tensor | None = None) -> Tensor:
        """log(1 + x), exact near 0."""
    def log1p_(self) -> Tensor:
        """In-place form of `log1p`."""
    def log2(self, *, out: Tensor | None = None) -> Tensor:
        """The logarithm to base 2."""
    def log2_(self) -> Tensor:
        """In-place form of `log2`."""
    def log_(self) -> Tensor:
        """In-place form of `log`."""
    def log_normal_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.log_normal_."""
    def log_softmax(self, dim: Any, dtype: Any = None) -> Tensor:
        """The logarithm of softmax, computed stably, in `dtype` if one is given."""
    def logical_and(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """Both are not 0."""
    def logical_and_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `logical_and`."""
    def logical_not(self, *, out: Tensor | None = None) -> Tensor:
        """x is 0."""
    def logical_not_(self) -> Tensor:
        """In-place form of `logical_not`."""
    def logical_or(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """One at least is not 0."""
    def logical_or_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `logical_or`."""
    def logical_xor(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """Just one is not 0."""
    def logsumexp(
        self, dim: Any, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """log(sum(e ** x)), without overflow."""
    def long(self) -> Tensor:
        """This tensor as torch.int64."""
    def lt(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x < y."""
    def lt_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `lt`."""
    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """`value`, a number or 0-d, where the mask holds."""
    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """In-place form of `masked_fill`."""
    def masked_select(self, mask: Any) -> Tensor:
        """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""
    def matmul(self, other: Any) -> Tensor:
        """The matrix product, by the number of dimensions: dot, mv, mm, or broadcast over a batch."""
    def max(self, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
        """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""
    def maximum(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """The larger; NaN where one is NaN; a tie shares the gradient."""
    def mean(
        self,
        dim: Any = None,
        keepdim: builtins.bool = False,
        dtype: Any = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum over the number of elements."""
    def min(self, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
        """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""
    def minimum(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """The smaller; NaN where one is NaN; a tie shares the gradient."""
    def mm(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The product of two matrices: (n, k), (k, m) -> (n, m)."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Axes `source` moved to the places `destination`, a view."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """Axes `source` moved to the places `destination`, a view."""
    def mul(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x y."""
    def mul_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `mul`."""
    def multinomial(
        self,
        num_samples: builtins.int,
        replacement: builtins.bool = False,
        *,
        generator: Any = None,
        out: Any = None,
    ) -> Tensor:
        """`num_samples` indices for each row of weights `input`, of shape (n,) or (rows, n)."""
    def multiply(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x y."""
    def mv(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """A matrix times a vector: (n, k), (k) -> (n)."""
    def narrow(self, dim: Any, start: Any, length: Any) -> Tensor:
        """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""
    def ndimension(self) -> builtins.int:
        """The number of dimensions."""
    def ne(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x != y."""
    def ne_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ne`."""
    def neg(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    def neg_(self) -> Tensor:
        """In-place form of `neg`."""
    def negative(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new_empty(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor: ...
    def new_full(self, size: Any, fill_value: Any, dtype: Any = None, **how: Any) -> Tensor:
        """`fill_value` in sizes `size`, in the dtype of this tensor."""
    def new_ones(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor: ...
    def new_tensor(self, data: Any, dtype: Any = None, **how: Any) -> Tensor:
        """A copy of `data` in the dtype of this tensor."""
    def new_zeros(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor: ...
    def nonzero(self, *, as_tuple: Any = False) -> Any:
        """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""
    def norm(self, p: Any = 2, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Tensor:
        """(sum(|x| ** p)) ** (1 / p); p may be 'fro', inf or -inf."""
    def normal_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.normal_."""
    def not_equal(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x != y."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def numpy(self, *, force: builtins.bool = False) -> np.ndarray:
        """The memory as a NumPy array, shared."""
    def outer(self, vec2: Any) -> Tensor:
        """out[i, j] = input[i] vec2[j]."""
    def permute(self, *order: Any, dims: Any = None) -> Tensor:
        """The axes in another order, a view."""
    def pin_memory(self, *args: Any) -> Tensor:
        """The tensor itself."""
    def pow(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x ** y; d/dx is 0 where y = 0, d/dy is 0 where x = 0 and y >= 0."""
    def pow_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `pow`."""
    def prod(
        self,
        dim: Any = None,
        keepdim: builtins.bool = False,
        dtype: Any = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The product; integers in int64."""
    def random_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Whole numbers from `from` (0) up to, not including, `to`; in place."""
    def reciprocal(self, *, out: Tensor | None = None) -> Tensor:
        """1 / x."""
    def reciprocal_(self) -> Tensor:
        """In-place form of `reciprocal`."""
    def register_hook(self, hook: Any) -> Any:
        """Call `hook(gradient)` when the gradient of this tensor is complete; may return another."""
    def register_post_accumulate_grad_hook(self, hook: Any) -> Any:
        """Call `hook(self)` after a gradient was added to this leaf's `.grad`."""
    def relu(self, *, out: Tensor | None = None) -> Tensor:
        """max(x, 0); the derivative at 0 is 0."""
    def relu_(self) -> Tensor:
        """In-place form of `relu`."""
    def remainder(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x - y floor(x / y): has the sign of y."""
    def remainder_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `remainder`."""
    def repeat(self, *counts: Any, repeats: Any = None) -> Tensor:
        """Laid side by side, so many times along each axis."""
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Set `requires_grad` and return this tensor."""
    def reshape(self, *shape: Any) -> Tensor:
        """`input` with sizes `shape`: a view where the strides allow it, else a copy."""
    def reshape_as(self, other: Any) -> Tensor:
        """`input` reshaped to the shape of `other`."""
    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad`. Raises: RuntimeError where none flows."""
    def roll(self, shifts: Any, dims: Any = None) -> Tensor:
        """The elements moved along `dims`; without `dims`, along the flattened tensor."""
    def round(self, decimals: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
        """The nearest number of that many decimals, halves to even."""
    def round_(self, decimals: builtins.int = 0) -> Tensor:
        """In-place form of `round`."""
    def rsqrt(self, *, out: Tensor | None = None) -> Tensor:
        """1 / sqrt(x)."""
    def rsqrt_(self) -> Tensor:
        """In-place form of `rsqrt`."""
    def scatter(
        self, dim: Any, index_: Any = None, src: Any = None, *, index: Any = None, value: Any = None
    ) -> Tensor:
        """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""
    def scatter_(
        self, dim: Any, index_: Any = None, src: Any = None, *, index: Any = None, value: Any = None
    ) -> Tensor:
        """In-place form of `scatter`."""
    def scatter_add(self, dim: Any, index: Any, src: Any) -> Tensor:
        """`input` with `src` added at `index` along `dim`."""
    def scatter_add_(self, dim: Any, index: Any, src: Any) -> Tensor:
        """In-place form of `scatter_add`."""
    def select(self, dim: Any, index: Any) -> Tensor:
        """The slice at `index` of axis `dim`."""
    def share_memory_(self) -> Tensor:
        """The tensor itself. Differs: other processes get a copy."""
    def short(self) -> Tensor:
        """This tensor as torch.int16."""
    def sigmoid(self, *, out: Tensor | None = None) -> Tensor:
        """1 / (1 + e ** -x)."""
    def sigmoid_(self) -> Tensor:
        """In-place form of `sigmoid`."""
    def sign(self, *, out: Tensor | None = None) -> Tensor:
        """-1, 0 or 1; 0 where x is NaN."""
    def sign_(self) -> Tensor:
        """In-place form of `sign`."""
    def sin(self, *, out: Tensor | None = None) -> Tensor:
        """The sine; x in radians."""
    def sin_(self) -> Tensor:
        """In-place form of `sin`."""
    def size(self, dim: builtins.int | None = None) -> Any:
        """The shape, or the size of one dimension."""
    def softmax(self, dim: Any, dtype: Any = None) -> Tensor:
        """e ** input over its sum along `dim`, computed in `dtype` if one is given."""
    def sort(self, dim: Any = -1, descending: Any = False, stable: Any = False) -> Any:
        """(values, indices) in order along `dim`; equal elements keep their order."""
    def split(self, split_size_or_sections: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
        """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""
    def split_with_sizes(self, sections: Any, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """Consecutive pieces of sizes `sections` along axis `dim`."""
    def sqrt(self, *, out: Tensor | None = None) -> Tensor:
        """The square root."""
    def sqrt_(self) -> Tensor:
        """In-place form of `sqrt`."""
    def square(self, *, out: Tensor | None = None) -> Tensor:
        """x ** 2."""
    def square_(self) -> Tensor:
        """In-place form of `square`."""
    def squeeze(self, dim: Any = None) -> Tensor:
        """Without the axes of size 1, or without those that `dim` names."""
    def squeeze_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `squeeze`: the same memory with other sizes."""
    def std(
        self, dim: Any = None, unbiased: Any = None, keepdim: Any = False, *, correction: Any = None
    ) -> Tensor:
        """The standard deviation, over n - correction elements."""
    def stride(self, dim: builtins.int | None = None) -> Any:
        """How many elements apart neighbours along each dimension are in memory."""
    def sub(self, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
        """input - alpha other."""
    def sub_(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """In-place form of `sub`."""
    def subtract(self, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
        """input - alpha other."""
    def sum(
        self,
        dim: Any = None,
        keepdim: builtins.bool = False,
        dtype: Any = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum; integers in int64."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """Axes `dim0` and `dim1` exchanged."""
    def swapdims(self, dim0: Any, dim1: Any) -> Tensor:
        """Axes `dim0` and `dim1` exchanged."""
    def t(self) -> Tensor:
        """A matrix transposed; fewer dimensions as they are."""
    def t_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `t`: the same memory with other sizes."""
    def take_along_dim(self, indices: Any, dim: Any = None) -> Tensor:
        """The elements at `indices` along `dim`; of the flattened tensor without it."""
    def tan(self, *, out: Tensor | None = None) -> Tensor:
        """The tangent; x in radians."""
    def tan_(self) -> Tensor:
        """In-place form of `tan`."""
    def tanh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic tangent."""
    def tanh_(self) -> Tensor:
        """In-place form of `tanh`."""
    def tile(self, *counts: Any, dims: Any = None) -> Tensor:
        """As repeat, with missing leading counts taken as 1."""
    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        copy: builtins.bool = False,
        non_blocking: builtins.bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """This tensor in another dtype (or a tensor's); itself where nothing changes, unless `copy`."""
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; a number for a 0-d tensor."""
    def topk(self, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> Any:
        """(values, indices) of the k largest along `dim`, the largest first."""
    def transpose(self, dim0: Any, dim1: Any) -> Tensor:
        """Axes `dim0` and `dim1` exchanged."""
    def transpose_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `transpose`: the same memory with other sizes."""
    def tril(self, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
        """The lower triangle of each matrix, zeros above `diagonal`."""
    def tril_(self, diagonal: builtins.int = 0) -> Tensor:
        """In-place form of `tril`."""
    def triu(self, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
        """The upper triangle of each matrix, zeros below `diagonal`."""
    def triu_(self, diagonal: builtins.int = 0) -> Tensor:
        """In-place form of `triu`."""
    def true_divide(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x / y, integers as floats."""
    def trunc(self, *, out: Tensor | None = None) -> Tensor:
        """The whole part, towards 0."""
    def trunc_(self) -> Tensor:
        """In-place form of `trunc`."""
    def type(self, dtype: Any = None) -> Any:
        """The name of this tensor's legacy type; with `dtype`, the tensor cast to it."""
    def type_as(self, other: Tensor) -> Tensor:
        """This tensor in the dtype of `other`."""
    def unbind(self, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """The slices along axis `dim`, each without that axis."""
    def unflatten(self, dim: Any, sizes: Any) -> Tensor:
        """Axis `dim` as several axes of the given sizes, one of which may be -1."""
    def uniform_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.uniform_."""
    def unsqueeze(self, dim: Any) -> Tensor:
        """With an axis of size 1 before axis `dim`."""
    def unsqueeze_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `unsqueeze`: the same memory with other sizes."""
    def var(
        self, dim: Any = None, unbiased: Any = None, keepdim: Any = False, *, correction: Any = None
    ) -> Tensor:
        """The variance, over n - correction elements."""
    def view(self, *size: Any) -> Tensor:
        """The same memory with other sizes, or read as another dtype of the same width."""
    def view_as(self, other: Any) -> Tensor:
        """`input` viewed in the shape of `other`."""
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """The elements where the condition holds, else those of `other`."""
    def zero_(self) -> Tensor:
        """Set every element to 0."""
    def __abs__(self, *, out: Tensor | None = None) -> Tensor:
        """|x|; the derivative at 0 is 0."""
    def __add__(self, other: Any) -> Tensor: ...
    def __and__(self, other: Any) -> Tensor: ...
    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray: ...
    def __array_wrap__(
        self, array: Any, context: Any = None, return_scalar: builtins.bool = False
    ) -> Any: ...
    def __bool__(self) -> builtins.bool: ...
    def __contains__(self, element: Any) -> builtins.bool:
        """Whether some element equals `element`. Raises: RuntimeError unless it is a number."""
    def __deepcopy__(self, memo: builtins.dict) -> Tensor: ...
    def __delitem__(self, key: Any) -> None:
        """Elements cannot be taken out. Raises: TypeError."""
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __float__(self) -> builtins.float: ...
    def __floordiv__(self, other: Any) -> Tensor: ...
    def __format__(self, spec: builtins.str) -> builtins.str: ...
    def __ge__(self, other: Any) -> Tensor: ...
    def __getitem__(self, key: Any) -> Tensor:
        """x[key]: a view for numbers, slices, None and Ellipsis; a copy where index arrays are."""
    def __gt__(self, other: Any) -> Tensor: ...
    def __hash__(self) -> builtins.int: ...
    def __iadd__(self, other: Any) -> Tensor: ...
    def __iand__(self, other: Any) -> Tensor: ...
    def __ifloordiv__(self, other: Any) -> Tensor: ...
    def __imod__(self, other: Any) -> Tensor: ...
    def __imul__(self, other: Any) -> Tensor: ...
    def __index__(self) -> builtins.int: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor:
        """~self, for integers and bools. Raises: TypeError for floats."""
    def __ior__(self, other: Any) -> Tensor: ...
    def __ipow__(self, other: Any) -> Tensor: ...
    def __isub__(self, other: Any) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]:
        """The slices along the first dimension, one after another."""
    def __itruediv__(self, other: Any) -> Tensor: ...
    def __ixor__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __len__(self) -> builtins.int: ...
    def __lt__(self, other: Any) -> Tensor: ...
    def __matmul__(self, other: Any) -> Tensor: ...
    def __mod__(self, other: Any) -> Tensor: ...
    def __mul__(self, other: Any) -> Tensor: ...
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __neg__(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    @staticmethod
    def __new__(cls: builtins.type, *data: Any, device: Any = None) -> Tensor:
        """`Tensor(2, 3)`: memory of these sizes; `Tensor([1, 2])`: these numbers; as floats."""
    def __or__(self, other: Any) -> Tensor: ...
    def __pos__(self) -> Tensor:
        """+x: the tensor itself."""
    def __pow__(self, other: Any) -> Tensor: ...
    def __radd__(self, other: Any) -> Tensor: ...
    def __rand__(self, other: Any) -> Tensor: ...
    def __reduce_ex__(self, protocol: Any) -> builtins.tuple: ...
    def __repr__(self, *, tensor_contents: builtins.str | None = None) -> builtins.str:
        """`tensor([1., 2.], grad_fn=<MulBackward0>)`: the numbers and what is not evident from them."""
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __rmul__(self, other: Any) -> Tensor: ...
    def __ror__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __rxor__(self, other: Any) -> Tensor: ...
    def __setitem__(self, key: Any, value: Any) -> None:
        """self[key] = value, recorded where a gradient flows in or out."""
    def __sub__(self, other: Any) -> Tensor: ...
    def __truediv__(self, other: Any) -> Tensor: ...
    def __xor__(self, other: Any) -> Tensor: ...

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """|x|; the derivative at 0 is 0."""

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """|x|; the derivative at 0 is 0."""

def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
    """input + alpha other."""

def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""

def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value tensor1 tensor2."""

def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (mat1 @ mat2)."""

def all(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Whether no element is 0."""

def allclose(
    input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> builtins.bool:
    """Whether all elements are close, as a bool."""

def amax(
    input: Tensor, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The largest; NaN where there is one."""

def amin(
    input: Tensor, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The smallest; NaN where there is one."""

def any(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Whether some element is not 0."""

def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """start, start + step, ... below end; `arange(end)` starts at 0."""

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse tangent, in radians."""

def argmax(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Where the largest is, as int64; in the flattened tensor when `dim` is None."""

def argmin(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Where the smallest is, as int64; in the flattened tensor when `dim` is None."""

def argsort(input: Any, dim: Any = -1, descending: Any = False, stable: Any = False) -> Tensor:
    """The positions that sort along `dim`."""

def as_tensor(data: Any, *, dtype: _dtype | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where it is a tensor or an array of that dtype."""

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse tangent, in radians."""

def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (batch1 @ batch2), matrix by matrix."""

def bernoulli(input: Tensor, p: builtins.float | None = None, *, generator: Any = None) -> Tensor:
    """1 with the probability each element of `input` gives (or `p`), else 0."""

def bitwise_and(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x & y, for integers and bools."""

def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """~x, for integers and bools."""

def bitwise_or(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x | y, for integers and bools."""

def bitwise_xor(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x ^ y, for integers and bools."""

def bmm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of matrices, pair by pair: (b, n, k), (b, k, m) -> (b, n, m)."""

def broadcast_tensors(*tensors: Any) -> builtins.tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""

def broadcast_to(input: Any, *sizes: Any, size: Any = None) -> Tensor:
    """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""

def cat(tensors: Any, dim: Any = 0, *, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest whole number not below x."""

def chunk(input: Any, chunks: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`, the last may be smaller."""

def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input."""

def clamp_max(input: Any, max: Any) -> Tensor:
    """min(input, max)."""

def clamp_min(input: Any, min: Any) -> Tensor:
    """max(input, min)."""

def clip(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input."""

def clone(input: Any, *, memory_format: Any = None) -> Tensor:
    """A copy with history."""

def concat(tensors: Any, dim: Any = 0, *, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def concatenate(tensors: Any, dim: Any = 0, *, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The cosine; x in radians."""

def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """How many elements are not 0."""

def cumsum(input: Tensor, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The sum of the elements up to here along `dim`; integers in int64."""

def diag(input: Any, diagonal: Any = 0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""

def diagonal(
    input: Tensor, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
) -> Tensor:
    """The diagonal of axes `dim1`, `dim2`, as a last axis."""

def div(input: Any, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'."""

def divide(input: Any, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'."""

def dot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products of two vectors: (n), (n) -> ()."""

def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products that `equation` names: 'ij,jk->ik'; '...' stands for batch axes."""

def empty(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Memory of the given sizes with whatever it holds."""

def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Memory in the shape, dtype and order of `input`, as it is."""

def eq(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x == y."""

def equal(input: Any, other: Any) -> builtins.bool:
    """Whether shapes and all elements are the same, as a bool."""

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e ** x."""

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 ** x."""

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e ** x - 1, exact near 0."""

def eye(
    n: builtins.int,
    m: builtins.int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """The identity matrix (n, n), or its first m columns."""

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The whole part, towards 0."""

def flatten(input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    """The axes from start_dim to end_dim as one: a view where possible."""

def flip(input: Any, *axes: Any, dims: Any = None) -> Tensor:
    """The axes `dims` in reverse order, a copy."""

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest whole number not above x."""

def floor_divide(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """The largest whole number not above x / y."""

def fmod(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x - y trunc(x / y): has the sign of x."""

def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array."""

def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """`fill_value` everywhere; its type gives the dtype unless one is given."""

def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`fill_value` in the shape and dtype of `input`."""

def gather(
    input: Any, dim: Any, index_: Any = None, *, index: Any = None, sparse_grad: Any = False
) -> Tensor:
    """The elements at `index` along `dim`."""

def ge(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x >= y."""

def get_default_dtype() -> _dtype:
    """The dtype that Python floats become: float32 unless it was changed."""

def get_num_threads() -> builtins.int:
    """How many threads matrix products use."""

def get_rng_state() -> Tensor:
    """The state of the default generator, a uint8 tensor of 5,056 bytes."""

def greater(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x > y."""

def greater_equal(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x >= y."""

def gt(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x > y."""

def hstack(tensors: Any) -> Tensor:
    """Side by side: along axis 1, or 0 for vectors. Raises: RuntimeError for none."""

def index_add(input: Any, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""

def index_fill(input: Any, dim: Any, index_: Any, value: Any) -> Tensor:
    """A copy of `input` with `value` at `index` along `dim`."""

def index_put(input: Any, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
    """A copy of `input` with `values` put (or added) at the index tensors `indices`."""

def index_select(input: Any, dim: Any, index: Any) -> Tensor:
    """The slices of `input` along `dim` at the 1-D tensor `index`."""

def initial_seed() -> builtins.int:
    """The seed the default generator was last started from."""

def is_floating_point(input: Any) -> builtins.bool:
    """Whether the elements are floating-point numbers."""

def is_grad_enabled() -> builtins.bool:
    """Whether operations on tensors that require a gradient are recorded in this thread."""

def is_inference_mode_enabled() -> builtins.bool:
    """Whether this thread is inside `inference_mode`."""

def is_tensor(obj: Any) -> builtins.bool:
    """Whether `obj` is a Tensor."""

def isclose(
    input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> Tensor:
    """|input - other| <= atol + rtol |other|. Raises: RuntimeError where the dtypes differ."""

def isfinite(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is neither NaN nor infinite."""

def isinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is infinite."""

def isnan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is not a number."""

def le(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x <= y."""

def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""

def less(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x < y."""

def less_equal(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x <= y."""

def linspace(
    start: Any,
    end: Any,
    steps: builtins.int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included."""

def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The natural logarithm."""

def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 10."""

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 + x), exact near 0."""

def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 2."""

def log_softmax(input: Any, dim: Any, dtype: Any = None) -> Tensor:
    """The logarithm of softmax, computed stably, in `dtype` if one is given."""

def logaddexp(input: Any, other: Any) -> Tensor:
    """log(e ** input + e ** other), without overflow."""

def logical_and(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """Both are not 0."""

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is 0."""

def logical_or(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """One at least is not 0."""

def logical_xor(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """Just one is not 0."""

def logsumexp(
    input: Tensor, dim: Any, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """log(sum(e ** x)), without overflow."""

def lt(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x < y."""

def manual_seed(seed: Any) -> Generator:
    """Start the default generator over from int(seed) and return it."""

def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """`value`, a number or 0-d, where the mask holds."""

def masked_select(input: Any, mask: Any) -> Tensor:
    """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""

def matmul(input: Any, other: Any) -> Tensor:
    """The matrix product, by the number of dimensions: dot, mv, mm, or broadcast over a batch."""

def max(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
    """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""

def maximum(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """The larger; NaN where one is NaN; a tie shares the gradient."""

def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: builtins.bool = False,
    dtype: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The sum over the number of elements."""

def min(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""

def minimum(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """The smaller; NaN where one is NaN; a tie shares the gradient."""

def mm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices: (n, k), (k, m) -> (n, m)."""

def moveaxis(input: Any, source: Any, destination: Any) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""

def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""

def mul(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x y."""

def multinomial(
    input: Tensor,
    num_samples: builtins.int,
    replacement: builtins.bool = False,
    *,
    generator: Any = None,
    out: Any = None,
) -> Tensor:
    """`num_samples` indices for each row of weights `input`, of shape (n,) or (rows, n)."""

def multiply(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x y."""

def mv(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A matrix times a vector: (n, k), (k) -> (n)."""

def narrow(input: Any, dim: Any, start: Any, length: Any) -> Tensor:
    """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""

def ne(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x != y."""

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x."""

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x."""

def nonzero(input: Any, *, as_tuple: Any = False) -> Any:
    """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""

def norm(
    input: Any, p: Any = 2, dim: Any = None, keepdim: Any = False, dtype: Any = None
) -> Tensor:
    """(sum(|x| ** p)) ** (1 / p); p may be 'fro', inf or -inf."""

def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Normal numbers: mean and std numbers, then `size`, or tensors that broadcast."""

def not_equal(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x != y."""

def numel(input: Any) -> builtins.int:
    """The number of elements."""

def ones(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones of the given sizes."""

def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones in the shape and dtype of `input`."""

def outer(input: Any, vec2: Any) -> Tensor:
    """out[i, j] = input[i] vec2[j]."""

def permute(input: Any, *order: Any, dims: Any = None) -> Tensor:
    """The axes in another order, a view."""

def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each element a whole number of the Poisson distribution with that rate."""

def pow(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x ** y; d/dx is 0 where y = 0, d/dy is 0 where x = 0 and y >= 0."""

def prod(
    input: Tensor,
    dim: Any = None,
    keepdim: builtins.bool = False,
    dtype: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The product; integers in int64."""

def promote_types(a: _dtype, b: _dtype) -> _dtype:
    """The smallest dtype that holds both: a higher category wins whole, its width unchanged."""

def rand(
    *sizes: Any,
    size: Any = None,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Uniform numbers in [0, 1)."""

def rand_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of `input`."""

def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Whole numbers in [low, high); `randint(high, size)` starts at 0."""

def randint_like(
    input: Tensor,
    low: Any = None,
    high: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Whole numbers in [low, high) in the shape and dtype of `input`; with one bound, in [0, it)."""

def randn(
    *sizes: Any,
    size: Any = None,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Normal numbers of mean 0, variance 1."""

def randn_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Normal numbers in the shape and dtype of `input`."""

def randperm(
    n: builtins.int,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / x."""

def relu(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """max(x, 0); the derivative at 0 is 0."""

def remainder(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x - y floor(x / y): has the sign of y."""

def reshape(input: Any, *shape: Any) -> Tensor:
    """`input` with sizes `shape`: a view where the strides allow it, else a copy."""

def result_type(*operands: Any) -> _dtype:
    """The dtype an operation on `operands` (tensors and numbers) computes in."""

def roll(input: Any, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along `dims`; without `dims`, along the flattened tensor."""

def round(input: Tensor, decimals: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The nearest number of that many decimals, halves to even."""

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / sqrt(x)."""

def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """other - alpha input."""

def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A 0-d tensor of the default dtype."""

def scatter(
    input: Any,
    dim: Any,
    index_: Any = None,
    src: Any = None,
    *,
    index: Any = None,
    value: Any = None,
) -> Tensor:
    """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""

def scatter_add(input: Any, dim: Any, index: Any, src: Any) -> Tensor:
    """`input` with `src` added at `index` along `dim`."""

def seed() -> builtins.int:
    """Start the default generator over from a seed of the operating system's and return it."""

def select(input: Tensor, dim: Any, index: Any) -> Tensor:
    """The slice at `index` of axis `dim`."""

def set_default_dtype(d: _dtype) -> None:
    """Make `d` the dtype that Python floats become. Raises: TypeError unless `d` is floating."""

def set_num_threads(n: builtins.int) -> None:
    """Use `n` threads for matrix products; the rest of the NumPy kernels use one."""

def set_printoptions(
    precision: builtins.int | None = None,
    threshold: builtins.float | None = None,
    edgeitems: builtins.int | None = None,
    linewidth: builtins.int | None = None,
    profile: builtins.str | None = None,
    sci_mode: builtins.bool | None = None,
) -> None:
    """Choose how tensors are written from now on; what is None stays as it is."""

def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator from a state that `get_rng_state` returned."""

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + e ** -x)."""

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 where x is NaN."""

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sine; x in radians."""

def softmax(input: Any, dim: Any, dtype: Any = None) -> Tensor:
    """e ** input over its sum along `dim`, computed in `dtype` if one is given."""

def sort(input: Any, dim: Any = -1, descending: Any = False, stable: Any = False) -> Any:
    """(values, indices) in order along `dim`; equal elements keep their order."""

def split(tensor: Any, split_size_or_sections: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
    """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""

def split_with_sizes(
    input: Tensor, sections: Any, dim: builtins.int = 0
) -> builtins.tuple[Tensor, ...]:
    """Consecutive pieces of sizes `sections` along axis `dim`."""

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square root."""

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x ** 2."""

def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the axes of size 1, or without those that `dim` names."""

def stack(tensors: Sequence[Tensor], dim: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors side by side along a new axis `dim`."""

def std(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: Any = False,
    *,
    correction: Any = None,
) -> Tensor:
    """The standard deviation, over n - correction elements."""

def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: Any = False,
    *,
    correction: Any = None,
) -> builtins.tuple[Tensor, Tensor]:
    """(standard deviation, mean)."""

def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
    """input - alpha other."""

def subtract(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Tensor:
    """input - alpha other."""

def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: builtins.bool = False,
    dtype: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The sum; integers in int64."""

def swapaxes(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def swapdims(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def t(input: Tensor) -> Tensor:
    """A matrix transposed; fewer dimensions as they are."""

def take_along_dim(input: Any, indices: Any, dim: Any = None) -> Tensor:
    """The elements at `indices` along `dim`; of the flattened tensor without it."""

def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The tangent; x in radians."""

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent."""

def tensor(
    data: Any,
    *,
    dtype: _dtype | None = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """A new leaf that holds a copy of `data`: a number, nested sequences, an array or a tensor."""

def tile(input: Any, *counts: Any, dims: Any = None) -> Tensor:
    """As repeat, with missing leading counts taken as 1."""

def topk(input: Any, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> Any:
    """(values, indices) of the k largest along `dim`, the largest first."""

def transpose(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def tril(input: Tensor, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The lower triangle of each matrix, zeros above `diagonal`."""

def triu(input: Tensor, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The upper triangle of each matrix, zeros below `diagonal`."""

def true_divide(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x / y, integers as floats."""

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The whole part, towards 0."""

def unbind(input: Tensor, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """The slices along axis `dim`, each without that axis."""

def unflatten(input: Any, dim: Any, sizes: Any) -> Tensor:
    """Axis `dim` as several axes of the given sizes, one of which may be -1."""

def unsqueeze(input: Tensor, dim: Any) -> Tensor:
    """With an axis of size 1 before axis `dim`."""

def var(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: Any = False,
    *,
    correction: Any = None,
) -> Tensor:
    """The variance, over n - correction elements."""

def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: Any = False,
    *,
    correction: Any = None,
) -> builtins.tuple[Tensor, Tensor]:
    """(variance, mean)."""

def vstack(tensors: Any) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""

def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, else other; with the condition alone, its positions."""

def zeros(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros of the given sizes."""

def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros in the shape and dtype of `input`."""
