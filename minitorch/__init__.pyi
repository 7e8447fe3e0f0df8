"""What an editor and a type checker see. Written by `make stubs` from the live package."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from minitorch import autograd as autograd
from minitorch import linalg as linalg
from minitorch import nn as nn
from minitorch import optim as optim
from minitorch import random as random
from minitorch import signal as signal
from minitorch import special as special
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
from minitorch.grad_mode import no_grad as no_grad
from minitorch.grad_mode import set_grad_enabled as set_grad_enabled
from minitorch.inference import inference_mode as inference_mode
from minitorch.memory import layout as layout
from minitorch.memory import memory_format as memory_format
from minitorch.random import Generator as Generator
from minitorch.storage import TypedStorage as TypedStorage
from minitorch.storage import UntypedStorage as UntypedStorage

bfloat16: _dtype
bool: _dtype
cdouble: _dtype
cfloat: _dtype
channels_last: memory_format
channels_last_3d: memory_format
complex128: _dtype
complex64: _dtype
contiguous_format: memory_format
default_generator: Generator
double: _dtype
e: builtins.float
float: _dtype
float16: _dtype
float32: _dtype
float64: _dtype
half: _dtype
inf: builtins.float
int: _dtype
int16: _dtype
int32: _dtype
int64: _dtype
int8: _dtype
long: _dtype
nan: builtins.float
newaxis: Any
pi: builtins.float
preserve_format: memory_format
short: _dtype
sparse_bsc: layout
sparse_bsr: layout
sparse_coo: layout
sparse_csc: layout
sparse_csr: layout
strided: layout
uint8: _dtype

class Tensor:
    """An array that remembers how it was computed."""

    @property
    def H(self) -> Tensor:
        """A matrix transposed, a view. Raises: RuntimeError for what is no matrix."""
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
    def imag(self) -> Tensor:
        """Raises: RuntimeError, as the numbers are real."""
    @property
    def is_cpu(self) -> builtins.bool:
        """Whether the memory is this machine's: always."""
    @property
    def is_cuda(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_leaf(self) -> builtins.bool:
        """Whether it was made by the user rather than computed from what requires a gradient."""
    @property
    def is_meta(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_mkldnn(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_mps(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_nested(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_quantized(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_sparse(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_sparse_csr(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def is_xpu(self) -> builtins.bool:
        """Whether the memory is a GPU's: never."""
    @property
    def itemsize(self) -> builtins.int:
        """Bytes per element."""
    @property
    def layout(self) -> layout:
        """How the elements lie: always with strides."""
    @property
    def mH(self) -> Tensor:
        """As mT: there are no complex numbers to conjugate."""
    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged, a view. Raises: RuntimeError for a vector."""
    @property
    def nbytes(self) -> builtins.int:
        """Bytes of all the elements."""
    @property
    def ndim(self) -> builtins.int:
        """The number of dimensions."""
    @property
    def output_nr(self) -> builtins.int:
        """Which output of its `grad_fn` it is."""
    @property
    def real(self) -> Tensor:
        """The tensor itself: the numbers are real."""
    requires_grad: builtins.bool
    """Whether a gradient flows here. Settable on leaves."""
    @property
    def retains_grad(self) -> builtins.bool:
        """Whether a result was told to keep its gradient, by `retain_grad`."""
    @property
    def shape(self) -> _Size:
        """The sizes of the dimensions."""
    @property
    def volatile(self) -> builtins.bool:
        """Gone from torch since 0.4: False, and a warning."""
    def abs(self, *, out: Tensor | None = None) -> Tensor:
        """|x|; the derivative at 0 is 0."""
    def abs_(self) -> Tensor:
        """In-place form of `abs`."""
    def absolute(self, *, out: Tensor | None = None) -> Tensor:
        """|x|; the derivative at 0 is 0."""
    def absolute_(self) -> Tensor:
        """In-place form of `abs`."""
    def acos(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse cosine, in radians."""
    def acos_(self) -> Tensor:
        """In-place form of `acos`."""
    def acosh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic cosine."""
    def acosh_(self) -> Tensor:
        """In-place form of `acosh`."""
    def add(self, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
        """input + alpha other."""
    def add_(self, other: Any, *old: Any, alpha: Any = 1) -> Tensor:
        """In-place form of `add`."""
    def addbmm(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (the sum over the batch of batch1 @ batch2): (n, m), (b, n, k), (b, k, m)."""
    def addbmm_(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """In-place form of `addbmm`."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """In-place form of `addcdiv`."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """input + value tensor1 tensor2; value is truncated where all are integers."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
        """In-place form of `addcmul`."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (mat1 @ mat2)."""
    def addmm_(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """In-place form of `addmm`."""
    def addmv(self, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (mat @ vec): (n), (n, k), (k) -> (n)."""
    def addmv_(self, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """In-place form of `addmv`."""
    def addr(self, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (vec1 outer vec2): (n, m), (n), (m) -> (n, m)."""
    def addr_(self, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """In-place form of `addr`."""
    def adjoint(self) -> Tensor:
        """The last two axes exchanged, a view; a 0-d tensor as it is."""
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
    def aminmax(self, *, dim: Any = None, keepdim: Any = False) -> Any:
        """(the smallest, the largest), of all or along `dim`; equal ones share the gradient."""
    def angle(self, *, out: Tensor | None = None) -> Tensor:
        """0 for numbers from 0 on, pi for negative ones."""
    def any(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Whether some element is not 0."""
    def arccos(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse cosine, in radians."""
    def arccos_(self) -> Tensor:
        """In-place form of `acos`."""
    def arccosh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic cosine."""
    def arccosh_(self) -> Tensor:
        """In-place form of `acosh`."""
    def arcsin(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse sine, in radians."""
    def arcsin_(self) -> Tensor:
        """In-place form of `asin`."""
    def arcsinh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic sine."""
    def arcsinh_(self) -> Tensor:
        """In-place form of `asinh`."""
    def arctan(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse tangent, in radians."""
    def arctan2(self, other: Tensor | builtins.float) -> Any:
        """The angle of the point (y, x) seen from the origin, in (-pi, pi]; its slope there is 0."""
    def arctan2_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `atan2`."""
    def arctan_(self) -> Tensor:
        """In-place form of `atan`."""
    def arctanh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic tangent."""
    def arctanh_(self) -> Tensor:
        """In-place form of `atanh`."""
    def argmax(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Where the largest is, as int64; in the flattened tensor when `dim` is None."""
    def argmin(
        self, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """Where the smallest is, as int64; in the flattened tensor when `dim` is None."""
    def argsort(self, dim: Any = -1, descending: Any = False, *, stable: Any = False) -> Tensor:
        """The positions that sort along `dim`."""
    def argwhere(self) -> Tensor:
        """The positions of the elements that are not 0, as rows of a matrix."""
    def as_strided(self, size: Any, stride: Any, storage_offset: Any = None) -> Tensor:
        """The memory of `input` seen with `size` and `stride`, from element `storage_offset` on."""
    def as_strided_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `as_strided`: the same memory with other sizes."""
    def as_strided_scatter(
        self, src: Any, size: Any, stride: Any, storage_offset: Any = None
    ) -> Tensor:
        """`input` with `src` where `as_strided` would look."""
    def as_subclass(self, cls: builtins.type) -> Any:
        """This tensor, memory and history, as one of class `cls`."""
    def asin(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse sine, in radians."""
    def asin_(self) -> Tensor:
        """In-place form of `asin`."""
    def asinh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic sine."""
    def asinh_(self) -> Tensor:
        """In-place form of `asinh`."""
    def atan(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse tangent, in radians."""
    def atan2(self, other: Tensor | builtins.float) -> Any:
        """The angle of the point (y, x) seen from the origin, in (-pi, pi]; its slope there is 0."""
    def atan2_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `atan2`."""
    def atan_(self) -> Tensor:
        """In-place form of `atan`."""
    def atanh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse hyperbolic tangent."""
    def atanh_(self) -> Tensor:
        """In-place form of `atanh`."""
    def backward(
        self,
        gradient: Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Any = None,
    ) -> None:
        """Add to the `.grad` of every leaf the gradient of this tensor."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta input + alpha (batch1 @ batch2), matrix by matrix."""
    def baddbmm_(self, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """In-place form of `baddbmm`."""
    def bernoulli(
        self, p: builtins.float | None = None, *, generator: Any = None, out: Any = None
    ) -> Tensor:
        """1 with the probability each element of `input` gives (or `p`), else 0."""
    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """1 with probability `p`, a number or a tensor that broadcasts, else 0; in place."""
    def bfloat16(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.bfloat16."""
    def bincount(
        self,
        weights: Tensor | None = None,
        minlength: builtins.int = 0,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """How often each whole number from 0 is in `x`, or the sum of the weights that stand there."""
    def bitwise_and(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x & y, for integers and bools."""
    def bitwise_and_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_and`."""
    def bitwise_left_shift(
        self, other: Tensor | builtins.float, *, out: Tensor | None = None
    ) -> Tensor:
        """x 2 ** y, for integers; 0 where y is negative or at least the number of bits."""
    def bitwise_left_shift_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_left_shift`."""
    def bitwise_not(self, *, out: Tensor | None = None) -> Tensor:
        """~x, for integers and bools."""
    def bitwise_not_(self) -> Tensor:
        """In-place form of `bitwise_not`."""
    def bitwise_or(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x | y, for integers and bools."""
    def bitwise_or_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_or`."""
    def bitwise_right_shift(
        self, other: Tensor | builtins.float, *, out: Tensor | None = None
    ) -> Tensor:
        """x 2 ** -y rounded down, for integers; its sign where y is negative or large."""
    def bitwise_right_shift_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_right_shift`."""
    def bitwise_xor(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x ^ y, for integers and bools."""
    def bitwise_xor_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `bitwise_xor`."""
    def bmm(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of matrices, pair by pair: (b, n, k), (b, k, m) -> (b, n, m)."""
    def bool(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.bool."""
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""
    def byte(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.uint8."""
    def cauchy_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.cauchy_."""
    def ceil(self, *, out: Tensor | None = None) -> Tensor:
        """The smallest whole number not below x."""
    def ceil_(self) -> Tensor:
        """In-place form of `ceil`."""
    def char(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.int8."""
    def cholesky(self, upper: Any = False) -> Any:
        """As linalg.cholesky."""
    def cholesky_inverse(self, upper: Any = False) -> Any:
        """The inverse of L L^T, or of L^T L if `upper`."""
    def cholesky_solve(self, L: Any, upper: Any = False) -> Any:
        """X with A X = input, where A = L L^T, or L^T L if `upper`."""
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
    def clip_(self, min: Any = None, max: Any = None) -> Tensor:
        """In-place form of `clamp`."""
    def clone(self, memory_format: Any = None, *, out: Tensor | None = None) -> Tensor:
        """A copy, in the order the memory has or in that of `memory_format`."""
    def conj(self) -> Any:
        """`input` itself: real numbers are their own conjugates."""
    def conj_physical(self) -> Any:
        """`input` itself: real numbers are their own conjugates."""
    def conj_physical_(self) -> Tensor:
        """In-place form of `conj_physical`."""
    def contiguous(self, memory_format: Any = ...) -> Tensor:
        """`input` itself where its memory is in row-major order (or `memory_format`), else a copy."""
    def copy_(self, src: Tensor, non_blocking: builtins.bool = False) -> Tensor:
        """Write the elements of `src`, broadcast and cast, into this tensor."""
    def copysign(self, other: Tensor | builtins.float) -> Any:
        """|x| with the sign of y; the derivative at 0 is 0."""
    def copysign_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `copysign`."""
    def corrcoef(self) -> Tensor:
        """The correlations of the rows of `input`, from -1 to 1."""
    def cos(self, *, out: Tensor | None = None) -> Tensor:
        """The cosine; x in radians."""
    def cos_(self) -> Tensor:
        """In-place form of `cos`."""
    def cosh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic cosine."""
    def cosh_(self) -> Tensor:
        """In-place form of `cosh`."""
    def count_nonzero(self, dim: Any = None) -> Tensor:
        """How many elements are not 0."""
    def cov(self, *, correction: Any = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
        """The covariances of the rows of `input`, whose columns are observations."""
    def cpu(self, memory_format: Any = None) -> Tensor:
        """The tensor itself, or a copy in another order of memory."""
    def cross(self, other: Any, dim: Any = None) -> Tensor:
        """The vector product along `dim`, by default the first dimension of size 3."""
    def cuda(self, device: Any = None, *args: Any, **how: Any) -> Tensor:
        """Raises: AssertionError, as there is no GPU here."""
    def cummax(self, dim: Any, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
        """The largest up to here along `dim` and where it is, the last of equal ones; NaN stays."""
    def cummin(self, dim: Any, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
        """The smallest up to here along `dim` and where it is, the last of equal ones; NaN stays."""
    def cumprod(self, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
        """The product of the elements up to here along `dim`; integers in int64."""
    def cumprod_(self, dim: Any, dtype: Any = None) -> Tensor:
        """In-place form of `cumprod`."""
    def cumsum(self, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
        """The sum of the elements up to here along `dim`; integers in int64."""
    def cumsum_(self, dim: Any, dtype: Any = None) -> Tensor:
        """In-place form of `cumsum`."""
    def data_ptr(self) -> builtins.int:
        """The address of the first element; 0 where there is none."""
    def deg2rad(self, *, out: Tensor | None = None) -> Tensor:
        """Degrees as radians."""
    def deg2rad_(self) -> Tensor:
        """In-place form of `deg2rad`."""
    def det(self) -> Any:
        """The determinant: (*, n, n) -> (*)."""
    def detach(self) -> Tensor:
        """The same memory and version, without history."""
    def detach_(self) -> Tensor:
        """Forget the history of this tensor. Raises: RuntimeError for a view."""
    def diag(self, diagonal: Any = 0) -> Tensor:
        """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""
    def diag_embed(self, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
        """The last axis as the diagonal of two new axes `dim1` and `dim2`, zeros beside it."""
    def diagflat(self, offset: Any = 0) -> Tensor:
        """The matrix with the elements of `input` on its diagonal."""
    def diagonal(
        self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
    ) -> Tensor:
        """The diagonal of axes `dim1`, `dim2`, as a last axis."""
    def diagonal_scatter(self, src: Any, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
        """`input` with `src` on the diagonal of axes `dim1` and `dim2`."""
    def diff(self, n: Any = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> Tensor:
        """The differences of neighbours along `dim`, `n` times; of bools whether they differ."""
    def digamma(self, *, out: Tensor | None = None) -> Tensor:
        """The derivative of lgamma."""
    def digamma_(self) -> Tensor:
        """In-place form of `digamma`."""
    def dim(self) -> builtins.int:
        """The number of dimensions."""
    def dim_order(
        self, *, ambiguity_check: builtins.bool = False
    ) -> builtins.tuple[builtins.int, ...]:
        """The dimensions from the outermost in memory to the innermost."""
    def dist(self, other: Any, p: Any = 2) -> Tensor:
        """The p-norm of input - other."""
    def div(self, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
        """input / other; rounded down with 'floor', towards 0 with 'trunc'."""
    def div_(self, other: Any, *, rounding_mode: Any = None) -> Tensor:
        """In-place form of `div`."""
    def divide(self, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
        """input / other; rounded down with 'floor', towards 0 with 'trunc'."""
    def divide_(self, other: Any, *, rounding_mode: Any = None) -> Tensor:
        """In-place form of `div`."""
    def dot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The sum of the products of two vectors: (n), (n) -> ()."""
    def double(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.float64."""
    def dsplit(
        self, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
    ) -> Any:
        """Views along axis 2: so many of equal size, or cut before each index."""
    def element_size(self) -> builtins.int:
        """Bytes per element."""
    def eq(self, other: Tensor | builtins.float) -> Any:
        """x == y."""
    def eq_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `eq`."""
    def equal(self, other: Any) -> builtins.bool:
        """Whether shapes and all elements are the same, as a bool."""
    def erf(self, *, out: Tensor | None = None) -> Tensor:
        """2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""
    def erf_(self) -> Tensor:
        """In-place form of `erf`."""
    def erfc(self, *, out: Tensor | None = None) -> Tensor:
        """1 - erf(x), to full precision however small."""
    def erfc_(self) -> Tensor:
        """In-place form of `erfc`."""
    def erfinv(self, *, out: Tensor | None = None) -> Tensor:
        """The y with erf(y) = x, for |x| <= 1."""
    def erfinv_(self) -> Tensor:
        """In-place form of `erfinv`."""
    def exp(self, *, out: Tensor | None = None) -> Tensor:
        """e ** x."""
    def exp2(self, *, out: Tensor | None = None) -> Tensor:
        """2 ** x."""
    def exp2_(self) -> Tensor:
        """In-place form of `exp2`."""
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
    def fill_diagonal_(self, fill_value: Any, wrap: builtins.bool = False) -> Tensor:
        """`fill_value` on the main diagonal; `wrap` begins again below it where a matrix is tall."""
    def fix(self, *, out: Tensor | None = None) -> Tensor:
        """The whole part, towards 0."""
    def fix_(self) -> Tensor:
        """In-place form of `trunc`."""
    def flatten(self, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
        """The axes from start_dim to end_dim as one: a view where possible."""
    def flip(self, *axes: Any, dims: Any = None) -> Tensor:
        """The axes `dims` in reverse order, a copy."""
    def fliplr(self) -> Tensor:
        """The columns in reverse order, a copy."""
    def flipud(self) -> Tensor:
        """The rows in reverse order, a copy."""
    def float(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.float32."""
    def float_power(self, exponent: Any) -> Tensor:
        """input ** exponent in float64."""
    def float_power_(self, exponent: Any) -> Tensor:
        """self ** exponent in place, for float64 alone: in that dtype it is computed."""
    def floor(self, *, out: Tensor | None = None) -> Tensor:
        """The largest whole number not above x."""
    def floor_(self) -> Tensor:
        """In-place form of `floor`."""
    def floor_divide(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """The largest whole number not above x / y."""
    def floor_divide_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `floor_divide`."""
    def fmax(self, other: Tensor | builtins.float) -> Any:
        """The larger; the number where one is NaN; a tie gives the gradient to x."""
    def fmin(self, other: Tensor | builtins.float) -> Any:
        """The smaller; the number where one is NaN; a tie gives the gradient to x."""
    def fmod(self, other: Tensor | builtins.float) -> Any:
        """x - y trunc(x / y): has the sign of x."""
    def fmod_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `fmod`."""
    def frac(self, *, out: Tensor | None = None) -> Tensor:
        """x - trunc(x): what follows the point, with the sign of x."""
    def frac_(self) -> Tensor:
        """In-place form of `frac`."""
    def frexp(self, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
        """(mantissa, exponent) with x = mantissa 2 ** exponent and 1/2 <= |mantissa| < 1."""
    def gather(self, dim: Any, index: Any, *, sparse_grad: Any = False) -> Tensor:
        """The elements at `index` along `dim`. Differs: the gradient is dense, whatever sparse_grad."""
    def gcd(self, other: Tensor | builtins.float) -> Any:
        """The greatest common divisor, at least 0; that of 0 and 0 is 0."""
    def gcd_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `gcd`."""
    def ge(self, other: Tensor | builtins.float) -> Any:
        """x >= y."""
    def ge_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ge`."""
    def geometric_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.geometric_."""
    def ger(self, vec2: Any) -> Tensor:
        """As outer."""
    def get_device(self) -> builtins.int:
        """The number of the GPU: -1, there is none."""
    def greater(self, other: Tensor | builtins.float) -> Any:
        """x > y."""
    def greater_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `gt`."""
    def greater_equal(self, other: Tensor | builtins.float) -> Any:
        """x >= y."""
    def greater_equal_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ge`."""
    def gt(self, other: Tensor | builtins.float) -> Any:
        """x > y."""
    def gt_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `gt`."""
    def half(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.float16."""
    def hardshrink(self, lambd: builtins.float = 0.5, *, out: Tensor | None = None) -> Tensor:
        """x where |x| > lambd, else 0."""
    def heaviside(self, other: Tensor | builtins.float) -> Any:
        """y where x = 0, 1 where x > 0, else 0."""
    def heaviside_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `heaviside`."""
    def histc(
        self,
        bins: builtins.int = 100,
        min: builtins.int = 0,
        max: builtins.int = 0,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """How many elements are in each of `bins` equal parts of [min, max]; by default of their own."""
    def histogram(
        self, bins: Any = 100, *, range: Any = None, weight: Any = None, density: Any = False
    ) -> Any:
        """(hist, bin_edges): counts, or sums of weights, in `bins` equal parts or between given edges."""
    def hsplit(
        self, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
    ) -> Any:
        """Views along axis 1: so many of equal size, or cut before each index."""
    def hypot(self, other: Tensor | builtins.float) -> Any:
        """sqrt(x ** 2 + y ** 2), without overflow."""
    def hypot_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `hypot`."""
    def i0(self, *, out: Tensor | None = None) -> Tensor:
        """The modified Bessel function of order 0."""
    def i0_(self) -> Tensor:
        """In-place form of `i0`."""
    def igamma(self, input: Tensor | builtins.float) -> Any:
        """The share of the gamma integral of a that lies below x, P(a, x)."""
    def igamma_(self, input: Tensor | builtins.float) -> Tensor:
        """In-place form of `igamma`."""
    def igammac(self, input: Tensor | builtins.float) -> Any:
        """The share of the gamma integral of a that lies above x, 1 - P(a, x)."""
    def igammac_(self, input: Tensor | builtins.float) -> Tensor:
        """In-place form of `igammac`."""
    def index_add(self, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
        """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""
    def index_add_(self, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
        """In-place form of `index_add`."""
    def index_copy(self, dim: Any, index: Any, source: Any) -> Tensor:
        """`input` with the slices of `source` at `index` along `dim`."""
    def index_copy_(self, dim: Any, index: Any, source: Any) -> Tensor:
        """In-place form of `index_copy`."""
    def index_fill(self, dim: Any, index: Any, value: Any) -> Tensor:
        """A copy of `input` with `value`, a number or 0-d, at `index` along `dim`."""
    def index_fill_(self, dim: Any, index: Any, value: Any) -> Tensor:
        """In-place form of `index_fill`."""
    def index_put(self, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
        """A copy of `input` with `values` put (or added) at the index tensors `indices`."""
    def index_put_(self, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
        """In-place form of `index_put`."""
    def index_reduce(
        self, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = True
    ) -> Tensor:
        """A copy of `input` where the slices of `source` are reduced at `index` along `dim`."""
    def index_reduce_(
        self, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = True
    ) -> Tensor:
        """In-place form of `index_reduce`."""
    def index_select(self, dim: Any, index: Any) -> Tensor:
        """The slices of `input` along `dim` at the 1-D tensor `index`."""
    def inner(self, other: Any) -> Tensor:
        """The sum of products over the last dimensions: (*a, k), (*b, k) -> (*a, *b)."""
    def int(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.int32."""
    def inverse(self) -> Any:
        """The inverse of square matrices; as linalg.inv."""
    def is_complex(self) -> builtins.bool:
        """Whether the elements are complex numbers: never."""
    def is_contiguous(self, memory_format: Any = None) -> builtins.bool:
        """Whether the elements lie in row-major order (or in `memory_format`) without gaps."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the elements are floating-point numbers."""
    def is_inference(self) -> builtins.bool:
        """Whether it was made in `inference_mode`, for inference alone."""
    def is_nonzero(self) -> builtins.bool:
        """Whether the one element is not 0. Raises: RuntimeError unless there is just one."""
    def is_pinned(self, device: Any = None) -> builtins.bool:
        """Whether the memory is locked for a GPU: never."""
    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether both have one shape."""
    def is_set_to(self, tensor: Tensor) -> builtins.bool:
        """Whether both show the same memory with the same sizes and strides."""
    def is_shared(self) -> builtins.bool:
        """Whether other processes see this memory: never."""
    def is_signed(self) -> builtins.bool:
        """Whether the dtype holds negative numbers."""
    def isclose(
        self, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
    ) -> Tensor:
        """|input - other| <= atol + rtol |other|."""
    def isfinite(self, *, out: Tensor | None = None) -> Tensor:
        """x is neither NaN nor infinite."""
    def isinf(self, *, out: Tensor | None = None) -> Tensor:
        """x is infinite."""
    def isnan(self, *, out: Tensor | None = None) -> Tensor:
        """x is not a number."""
    def isneginf(self, *, out: Tensor | None = None) -> Tensor:
        """x is minus infinity."""
    def isposinf(self, *, out: Tensor | None = None) -> Tensor:
        """x is infinity."""
    def isreal(self, *, out: Tensor | None = None) -> Tensor:
        """True: there are no complex numbers here."""
    def item(self) -> Any:
        """The one element as a Python number. Raises: RuntimeError unless there is just one."""
    def kron(self, other: Any) -> Tensor:
        """The Kronecker product: each element of `input` times all of `other`, in blocks."""
    def kthvalue(self, k: Any, dim: builtins.int = -1, keepdim: builtins.bool = False) -> Any:
        """The k-th smallest along `dim`, counted from 1, and where it is; NaN is the largest."""
    def lcm(self, other: Tensor | builtins.float) -> Any:
        """The least common multiple, at least 0; that of 0 and anything is 0."""
    def lcm_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `lcm`."""
    def ldexp(self, other: Any) -> Tensor:
        """input 2 ** other."""
    def ldexp_(self, other: Any) -> Tensor:
        """In-place form of `ldexp`."""
    def le(self, other: Tensor | builtins.float) -> Any:
        """x <= y."""
    def le_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `le`."""
    def lerp(self, end: Any, weight: Any) -> Tensor:
        """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""
    def lerp_(self, end: Any, weight: Any) -> Tensor:
        """In-place form of `lerp`."""
    def less(self, other: Tensor | builtins.float) -> Any:
        """x < y."""
    def less_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `lt`."""
    def less_equal(self, other: Tensor | builtins.float) -> Any:
        """x <= y."""
    def less_equal_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `le`."""
    def lgamma(self, *, out: Tensor | None = None) -> Tensor:
        """log|gamma(x)|."""
    def lgamma_(self) -> Tensor:
        """In-place form of `lgamma`."""
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
    def logaddexp(self, other: Tensor | builtins.float) -> Any:
        """log(e ** x + e ** y), without overflow."""
    def logaddexp2(self, other: Tensor | builtins.float) -> Any:
        """log2(2 ** x + 2 ** y), without overflow."""
    def logcumsumexp(self, dim: Any, *, out: Tensor | None = None) -> Tensor:
        """log of the sum of e ** x up to here along `dim`, without overflow."""
    def logdet(self) -> Any:
        """The logarithm of the determinant: -inf where it is 0, NaN where it is negative."""
    def logical_and(self, other: Tensor | builtins.float) -> Any:
        """Both are not 0."""
    def logical_and_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `logical_and`."""
    def logical_not(self, *, out: Tensor | None = None) -> Tensor:
        """x is 0."""
    def logical_not_(self) -> Tensor:
        """In-place form of `logical_not`."""
    def logical_or(self, other: Tensor | builtins.float) -> Any:
        """One at least is not 0."""
    def logical_or_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `logical_or`."""
    def logical_xor(self, other: Tensor | builtins.float) -> Any:
        """Just one is not 0."""
    def logical_xor_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `logical_xor`."""
    def logit(self, eps: Any = None, *, out: Tensor | None = None) -> Tensor:
        """log(x / (1 - x)), x first limited to [eps, 1 - eps] if eps is given."""
    def logit_(self, eps: Any = None) -> Tensor:
        """In-place form of `logit`."""
    def logsumexp(
        self, dim: Any, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        """log(sum(e ** x)), without overflow."""
    def long(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.int64."""
    def lt(self, other: Tensor | builtins.float) -> Any:
        """x < y."""
    def lt_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `lt`."""
    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """`value`, a number or 0-d, where the mask holds."""
    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """In-place form of `masked_fill`."""
    def masked_scatter(self, mask: Any, source: Any) -> Tensor:
        """`input` with the elements of `source`, one after another, where the mask holds."""
    def masked_scatter_(self, mask: Any, source: Any) -> Tensor:
        """In-place form of `masked_scatter`."""
    def masked_select(self, mask: Any) -> Tensor:
        """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""
    def matmul(self, other: Any, *, out: Any = None) -> Tensor:
        """The matrix product, by the number of dimensions: dot, mv, mm, or broadcast over a batch."""
    def matrix_exp(self) -> Any:
        """The exponential of square matrices; as linalg.matrix_exp."""
    def matrix_power(self, n: Any) -> Tensor:
        """`input` multiplied n times with itself; its inverse -n times for negative n."""
    def max(self, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
        """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""
    def maximum(self, other: Tensor | builtins.float) -> Any:
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
    def median(self, dim: Any = None, keepdim: Any = False) -> Any:
        """The lower median of all elements; with `dim`, (values, indices) along it."""
    def min(self, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
        """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""
    def minimum(self, other: Tensor | builtins.float) -> Any:
        """The smaller; NaN where one is NaN; a tie shares the gradient."""
    def mm(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The product of two matrices: (n, k), (k, m) -> (n, m)."""
    def mode(
        self, dim: builtins.int = -1, keepdim: builtins.bool = False, *, out: Tensor | None = None
    ) -> builtins.tuple[Tensor, ...]:
        """The most frequent along `dim`, the smallest of several, and where one of it is."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Axes `source` moved to the places `destination`, a view."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """Axes `source` moved to the places `destination`, a view."""
    def msort(self) -> Tensor:
        """The elements in order along the first dimension."""
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
    def multiply_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `mul`."""
    def mv(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """A matrix times a vector: (n, k), (k) -> (n)."""
    def mvlgamma(self, p: Any) -> Tensor:
        """The log of the p-dimensional gamma function."""
    def mvlgamma_(self, p: Any) -> Tensor:
        """In-place form of `mvlgamma`."""
    def nan_to_num(
        self, nan: Any = None, posinf: Any = None, neginf: Any = None, *, out: Tensor | None = None
    ) -> Tensor:
        """x with NaN as 0, infinities as the largest numbers, or as the parameters say."""
    def nan_to_num_(self, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
        """In-place form of `nan_to_num`."""
    def nanmean(self, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Tensor:
        """The mean of what is not NaN; NaN where there is nothing else."""
    def nanmedian(self, dim: Any = None, keepdim: Any = False) -> Any:
        """As median, of what is not NaN; NaN where there is nothing else."""
    def nanquantile(
        self, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: Any = 'linear'
    ) -> Tensor:
        """As quantile, of what is not NaN; NaN where there is nothing else."""
    def nansum(self, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Tensor:
        """The sum of what is not NaN; integers in int64."""
    def narrow(self, dim: Any, start: Any, length: Any) -> Tensor:
        """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""
    def narrow_copy(self, out: Any = None, **kwargs: Any) -> Any:
        """As `narrow`, but a copy."""
    def ndimension(self) -> builtins.int:
        """The number of dimensions."""
    def ne(self, other: Tensor | builtins.float) -> Any:
        """x != y."""
    def ne_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ne`."""
    def neg(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    def neg_(self) -> Tensor:
        """In-place form of `neg`."""
    def negative(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    def negative_(self) -> Tensor:
        """In-place form of `neg`."""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new(self, *data: Any, device: Any = None) -> Tensor:
        """`new(2, 3)`: memory of these sizes; `new([1, 2])`: these numbers; in this tensor's dtype."""
    def new_empty(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        """As `empty`, in this tensor's dtype."""
    def new_empty_strided(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        """As `empty_strided`, in this tensor's dtype."""
    def new_full(self, size: Any, fill_value: Any, dtype: Any = None, **how: Any) -> Tensor:
        """`fill_value` in sizes `size`, in the dtype of this tensor."""
    def new_ones(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        """As `ones`, in this tensor's dtype."""
    def new_tensor(self, data: Any, dtype: Any = None, **how: Any) -> Tensor:
        """A copy of `data` in the dtype of this tensor."""
    def new_zeros(self, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        """As `zeros`, in this tensor's dtype."""
    def nextafter(self, other: Tensor | builtins.float) -> Any:
        """The next number after x towards y."""
    def nextafter_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `nextafter`."""
    def nonzero(self, *, as_tuple: Any = False) -> Any:
        """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""
    def nonzero_static(self, *, size: Any, fill_value: Any = -1) -> Tensor:
        """As nonzero, cut or filled up with `fill_value` to `size` rows."""
    def norm(
        self, p: Any = 'fro', dim: Any = None, keepdim: Any = False, dtype: Any = None
    ) -> Tensor:
        """(sum(|x| ** p)) ** (1 / p) along `dim`, or of all elements; p may be 'fro', 'nuc', inf."""
    def normal_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.normal_."""
    def not_equal(self, other: Tensor | builtins.float) -> Any:
        """x != y."""
    def not_equal_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `ne`."""
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
    def pinverse(self, rcond: Any = 1e-15) -> Any:
        """linalg.pinv with rtol=rcond."""
    def polygamma(self, n: builtins.int) -> Tensor:
        """The n-th derivative of digamma."""
    def polygamma_(self, n: builtins.int) -> Tensor:
        """In-place form of `polygamma`."""
    def positive(self) -> Any:
        """`input` itself. Raises: RuntimeError for bools."""
    def pow(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x ** y; d/dx is 0 where y = 0, d/dy is 0 where x = 0 and y >= 0."""
    def pow_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `pow`."""
    def prelu(self, weight: Any) -> Tensor:
        """input where it is positive, else weight input, with a weight for all or for each channel."""
    def prod(
        self,
        dim: Any = None,
        keepdim: builtins.bool = False,
        dtype: Any = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The product; integers in int64."""
    def put(self, index: Any, source: Any, accumulate: Any = False) -> Tensor:
        """A copy of `input` with `source` put (or added) at places of its flattened form."""
    def put_(self, index: Any, source: Any, accumulate: Any = False) -> Tensor:
        """In-place form of `put`."""
    def qr(self, some: Any = True) -> Any:
        """(Q, R): linalg.qr, reduced if `some`, else complete."""
    def quantile(
        self, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: Any = 'linear'
    ) -> Tensor:
        """The value below which the part `q`, from 0 to 1, of the elements lies; NaN if there is one."""
    def rad2deg(self, *, out: Tensor | None = None) -> Tensor:
        """Radians as degrees."""
    def rad2deg_(self) -> Tensor:
        """In-place form of `rad2deg`."""
    def random_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Whole numbers from `from` (0) up to, not including, `to`; in place."""
    def ravel(self) -> Tensor:
        """All elements as one axis: a view where they lie in row-major order, else a copy."""
    def reciprocal(self, *, out: Tensor | None = None) -> Tensor:
        """1 / x."""
    def reciprocal_(self) -> Tensor:
        """In-place form of `reciprocal`."""
    def record_stream(self, stream: Any) -> None:
        """Raises: RuntimeError: only memory of an accelerator is used on streams."""
    def register_hook(self, hook: Any) -> Any:
        """Call `hook(gradient)` when the gradient of this tensor is complete; may return another."""
    def register_post_accumulate_grad_hook(self, hook: Any) -> Any:
        """Call `hook(self)` after a gradient was added to this leaf's `.grad`."""
    def reinforce(self, *args: Any) -> None:
        """Gone from torch since 0.4. Raises: RuntimeError that names what is used today."""
    def relu(self, *, out: Tensor | None = None) -> Tensor:
        """max(x, 0); the derivative at 0 is 0."""
    def relu_(self) -> Tensor:
        """In-place form of `relu`."""
    def remainder(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x - y floor(x / y): has the sign of y."""
    def remainder_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `remainder`."""
    def renorm(self, p: Any, dim: Any, maxnorm: Any) -> Tensor:
        """The slices along `dim` whose p-norm is above `maxnorm` made that long, others as they are."""
    def renorm_(self, p: Any, dim: Any, maxnorm: Any) -> Tensor:
        """In-place form of `renorm`."""
    def repeat(self, *counts: Any, repeats: Any = None) -> Tensor:
        """Laid side by side, so many times along each axis."""
    def repeat_interleave(
        self, repeats: Any = ..., dim: Any = ..., *, output_size: Any = None
    ) -> Tensor:
        """Each slice along `dim` `repeats` times, one number or one for each; flattened without `dim`."""
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Set `requires_grad` and return this tensor."""
    def reshape(self, *shape: Any) -> Tensor:
        """`input` with sizes `shape`: a view where the strides allow it, else a copy."""
    def reshape_as(self, other: Any) -> Tensor:
        """`input` reshaped to the shape of `other`."""
    def resize_(self, *sizes: Any, size: Any = None, memory_format: Any = None) -> Tensor:
        """The first elements of this tensor's memory in sizes `size`; more memory where it is short."""
    def resize_as_(self, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
        """`resize_` to the sizes of `the_template`; with preserve_format, to its order too."""
    def resolve_conj(self) -> Any:
        """`input` itself: no conjugation is ever pending."""
    def resolve_neg(self) -> Any:
        """`input` itself: no change of sign is ever pending."""
    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad`. Raises: RuntimeError where none flows."""
    def roll(self, shifts: Any, dims: Any = ()) -> Tensor:
        """The elements moved along `dims`; without `dims`, along the flattened tensor."""
    def rot90(self, k: Any = 1, dims: Any = ...) -> Tensor:
        """Turned `k` times by 90 degrees in the plane of two axes, from the first towards the second."""
    def round(self, decimals: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
        """The nearest number of that many decimals, halves to even."""
    def round_(self, decimals: builtins.int = 0) -> Tensor:
        """In-place form of `round`."""
    def rsqrt(self, *, out: Tensor | None = None) -> Tensor:
        """1 / sqrt(x)."""
    def rsqrt_(self) -> Tensor:
        """In-place form of `rsqrt`."""
    def scatter(
        self, dim: Any, index: Any, src: Any = None, value: Any = None, *, reduce: Any = None
    ) -> Tensor:
        """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""
    def scatter_(
        self, dim: Any, index: Any, src: Any = None, value: Any = None, *, reduce: Any = None
    ) -> Tensor:
        """In-place form of `scatter`."""
    def scatter_add(self, dim: Any, index: Any, src: Any) -> Tensor:
        """A copy of `input` with `src` added at `index` along `dim`."""
    def scatter_add_(self, dim: Any, index: Any, src: Any) -> Tensor:
        """In-place form of `scatter_add`."""
    def scatter_reduce(
        self, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = True
    ) -> Tensor:
        """A copy of `input` where `src` is reduced into the place that `index` names along `dim`."""
    def scatter_reduce_(
        self, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = True
    ) -> Tensor:
        """In-place form of `scatter_reduce`."""
    def select(self, dim: Any, index: Any) -> Tensor:
        """The slice at `index` of axis `dim`."""
    def select_scatter(self, src: Any, dim: Any, index: Any) -> Tensor:
        """`input` with `src` as the slice at `index` of axis `dim`."""
    def set_(
        self,
        source: Any = None,
        storage_offset: builtins.int = 0,
        size: Any = None,
        stride: Any = None,
    ) -> Tensor:
        """Show the memory of `source`, a tensor or a storage: all of it, or the part that is said."""
    def sgn(self, *, out: Tensor | None = None) -> Tensor:
        """-1, 0 or 1; 0 where x is NaN."""
    def sgn_(self) -> Tensor:
        """In-place form of `sign`."""
    def share_memory_(self) -> Tensor:
        """The tensor itself. Differs: other processes get a copy."""
    def short(self, memory_format: Any = None) -> Tensor:
        """This tensor as torch.int16."""
    def sigmoid(self, *, out: Tensor | None = None) -> Tensor:
        """1 / (1 + e ** -x)."""
    def sigmoid_(self) -> Tensor:
        """In-place form of `sigmoid`."""
    def sign(self, *, out: Tensor | None = None) -> Tensor:
        """-1, 0 or 1; 0 where x is NaN."""
    def sign_(self) -> Tensor:
        """In-place form of `sign`."""
    def signbit(self, *, out: Tensor | None = None) -> Tensor:
        """x is negative, -0.0 included."""
    def sin(self, *, out: Tensor | None = None) -> Tensor:
        """The sine; x in radians."""
    def sin_(self) -> Tensor:
        """In-place form of `sin`."""
    def sinc(self, *, out: Tensor | None = None) -> Tensor:
        """sin(pi x) / (pi x), 1 at 0."""
    def sinc_(self) -> Tensor:
        """In-place form of `sinc`."""
    def sinh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic sine."""
    def sinh_(self) -> Tensor:
        """In-place form of `sinh`."""
    def size(self, dim: builtins.int | None = None) -> Any:
        """The shape, or the size of one dimension."""
    def slice_scatter(
        self, src: Any, dim: Any = 0, start: Any = None, end: Any = None, step: Any = 1
    ) -> Tensor:
        """`input` with `src` as the slice start:end:step of axis `dim`."""
    def slogdet(self) -> Any:
        """(sign, logabsdet) of the determinant."""
    def softmax(self, dim: Any, dtype: Any = None) -> Tensor:
        """e ** input over its sum along `dim`, computed in `dtype` if one is given."""
    def sort(
        self,
        dim: builtins.int = -1,
        descending: builtins.bool = False,
        stable: builtins.bool = False,
        *,
        out: Tensor | None = None,
    ) -> builtins.tuple[Tensor, ...]:
        """The elements along `dim` in order, NaN as the largest, and where they were."""
    def split(self, split_size_or_sections: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
        """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""
    def split_with_sizes(
        self, split_sizes: Any, dim: builtins.int = 0
    ) -> builtins.tuple[Tensor, ...]:
        """Consecutive pieces of sizes `split_sizes` along axis `dim`, views."""
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
    def storage(self) -> TypedStorage:
        """The block of memory this tensor is a part of, as elements of its dtype."""
    def storage_offset(self) -> builtins.int:
        """How many elements of the storage stand before the first of this tensor."""
    def stride(self, dim: builtins.int | None = None) -> Any:
        """How many elements apart neighbours along each dimension are in memory."""
    def sub(self, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
        """input - alpha other."""
    def sub_(self, other: Any, *old: Any, alpha: Any = 1) -> Tensor:
        """In-place form of `sub`."""
    def subtract(self, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
        """input - alpha other."""
    def subtract_(self, other: Any, *old: Any, alpha: Any = 1) -> Tensor:
        """In-place form of `sub`."""
    def sum(
        self,
        dim: Any = None,
        keepdim: builtins.bool = False,
        dtype: Any = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum; integers in int64."""
    def sum_to_size(self, *size: Any) -> Tensor:
        """The sum over the axes along which `size` would broadcast to the shape of `input`."""
    def svd(self, some: Any = True, compute_uv: Any = True) -> Any:
        """(U, S, V) with input = U diag(S) V.mT; without `compute_uv`, U and V are zeros."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """Axes `dim0` and `dim1` exchanged."""
    def swapaxes_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `transpose`: the same memory with other sizes."""
    def swapdims(self, dim0: Any, dim1: Any) -> Tensor:
        """Axes `dim0` and `dim1` exchanged."""
    def swapdims_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `transpose`: the same memory with other sizes."""
    def t(self) -> Tensor:
        """A matrix transposed; fewer dimensions as they are."""
    def t_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `t`: the same memory with other sizes."""
    def take(self, index: Any) -> Tensor:
        """The elements of the flattened `input` at `index`."""
    def take_along_dim(self, indices: Any, dim: Any = None) -> Tensor:
        """The elements at `indices` along `dim`, other sizes broadcast; without it of the flattened."""
    def tan(self, *, out: Tensor | None = None) -> Tensor:
        """The tangent; x in radians."""
    def tan_(self) -> Tensor:
        """In-place form of `tan`."""
    def tanh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic tangent."""
    def tanh_(self) -> Tensor:
        """In-place form of `tanh`."""
    def tensor_split(
        self,
        indices_or_sections: Any = None,
        dim: Any = 0,
        *,
        indices: Any = None,
        sections: Any = None,
    ) -> builtins.tuple[Tensor, ...]:
        """Views along `dim`: so many of nearly equal sizes, or cut before each of the indices."""
    def tile(self, *counts: Any, dims: Any = None) -> Tensor:
        """As repeat, with missing leading counts taken as 1."""
    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """This tensor in another dtype or order of memory; itself where nothing changes, unless `copy`."""
    def to_sparse(self, sparse_dim: builtins.int | None = None, *, layout: Any = None) -> Any:
        """The elements that are not 0, by their coordinates: a `sparse.SparseTensor`."""
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; a number for a 0-d tensor."""
    def topk(
        self,
        k: Any,
        dim: builtins.int = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
        *,
        out: Tensor | None = None,
    ) -> builtins.tuple[Tensor, ...]:
        """The `k` largest (or smallest) along `dim` and where they were; NaN is the largest."""
    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix. Raises: RuntimeError for what is no matrix."""
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
    def true_divide_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `div`."""
    def trunc(self, *, out: Tensor | None = None) -> Tensor:
        """The whole part, towards 0."""
    def trunc_(self) -> Tensor:
        """In-place form of `trunc`."""
    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """The name of this tensor's legacy type; with `dtype`, the tensor cast to it."""
    def type_as(self, other: Tensor) -> Tensor:
        """This tensor in the dtype of `other`."""
    def unbind(self, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """The slices along axis `dim`, each without that axis."""
    def unflatten(self, dim: Any, sizes: Any) -> Tensor:
        """Axis `dim` as several axes of the given sizes, one of which may be -1."""
    def unfold(self, dimension: Any, size: Any, step: Any) -> Tensor:
        """Windows of `size` along an axis, `step` apart: the axis counts them, a last one holds each."""
    def uniform_(self, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
        """Fill this tensor in place; see torch.Tensor.uniform_."""
    def unique(
        self,
        sorted: Any = True,
        return_inverse: Any = False,
        return_counts: Any = False,
        dim: Any = None,
    ) -> Any:
        """The different elements, or slices along `dim`, in order; each NaN is another."""
    def unique_consecutive(
        self, return_inverse: Any = False, return_counts: Any = False, dim: Any = None
    ) -> Any:
        """As unique, for runs of equal elements or slices, in the order they stand."""
    def unsafe_chunk(self, chunks: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
        """As chunk, but the pieces are tensors of their own that share the memory."""
    def unsafe_split(self, split_size: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
        """As split, but the pieces are tensors of their own that share the memory."""
    def unsafe_split_with_sizes(
        self, split_sizes: Any, dim: builtins.int = 0, *, out: Tensor | None = None
    ) -> builtins.tuple[Tensor, ...]:
        """As split_with_sizes, but the pieces are tensors of their own that share the memory."""
    def unsqueeze(self, dim: Any) -> Tensor:
        """With an axis of size 1 before axis `dim`."""
    def unsqueeze_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `unsqueeze`: the same memory with other sizes."""
    def untyped_storage(self) -> UntypedStorage:
        """The block of memory this tensor is a part of, as bytes."""
    def var(
        self, dim: Any = None, unbiased: Any = None, keepdim: Any = False, *, correction: Any = None
    ) -> Tensor:
        """The variance, over n - correction elements."""
    def vdot(self, other: Any) -> Tensor:
        """The sum of the products of two vectors."""
    def view(self, *size: Any, dtype: Any = None) -> Tensor:
        """The same memory with other sizes, or read as another dtype of the same width."""
    def view_as(self, other: Any) -> Tensor:
        """`input` viewed in the shape of `other`."""
    def vsplit(
        self, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
    ) -> Any:
        """Views along axis 0: so many of equal size, or cut before each index."""
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """The elements where the condition holds, else those of `other`."""
    def xlogy(self, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
        """x log(y), and 0 where x = 0 unless y is NaN."""
    def xlogy_(self, other: Tensor | builtins.float) -> Tensor:
        """In-place form of `xlogy`."""
    def xpu(self, device: Any = None, *args: Any, **how: Any) -> Tensor:
        """Raises: AssertionError, as there is no such device here."""
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
    def __div__(self, other: Any) -> Tensor: ...
    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: builtins.bool | None = None,
    ) -> Any:
        """The memory as a capsule for another library, shared."""
    def __dlpack_device__(self) -> builtins.tuple[builtins.int, builtins.int]:
        """(1, 0): the CPU, as DLPack counts devices."""
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
    def __idiv__(self, other: Any) -> Tensor: ...
    def __ifloordiv__(self, other: Any) -> Tensor: ...
    def __ilshift__(self, other: Any) -> Tensor: ...
    def __imod__(self, other: Any) -> Tensor: ...
    def __imul__(self, other: Any) -> Tensor: ...
    def __index__(self) -> builtins.int: ...
    @classmethod
    def __init_subclass__(cls: builtins.type, **kwargs: Any) -> None: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor:
        """~self, for integers and bools. Raises: TypeError for floats."""
    def __ior__(self, other: Any) -> Tensor: ...
    def __ipow__(self, other: Any) -> Tensor: ...
    def __irshift__(self, other: Any) -> Tensor: ...
    def __isub__(self, other: Any) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]:
        """The slices along the first dimension, one after another."""
    def __itruediv__(self, other: Any) -> Tensor: ...
    def __ixor__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __len__(self) -> builtins.int: ...
    def __lshift__(self, other: Any) -> Tensor: ...
    def __lt__(self, other: Any) -> Tensor: ...
    def __matmul__(self, other: Any) -> Tensor: ...
    def __mod__(self, other: Any) -> Tensor: ...
    def __mul__(self, other: Any) -> Tensor: ...
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __neg__(self, *, out: Tensor | None = None) -> Tensor:
        """-x."""
    @staticmethod
    def __new__(cls: builtins.type, *data: Any, device: Any = None) -> Tensor:
        """`Tensor(2, 3)`: memory of these sizes; `Tensor([1, 2])`: these numbers, as floats."""
    def __or__(self, other: Any) -> Tensor: ...
    def __pos__(self) -> Any:
        """`input` itself. Raises: RuntimeError for bools."""
    def __pow__(self, other: Any) -> Tensor: ...
    def __radd__(self, other: Any) -> Tensor: ...
    def __rand__(self, other: Any) -> Tensor: ...
    def __rdiv__(self, other: Any) -> Tensor: ...
    def __reduce_ex__(self, protocol: Any) -> builtins.tuple: ...
    def __repr__(self, *, tensor_contents: builtins.str | None = None) -> builtins.str:
        """`tensor([1., 2.], grad_fn=<MulBackward0>)`: the numbers and what is not evident from them."""
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __rlshift__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __rmul__(self, other: Any) -> Tensor: ...
    def __ror__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __rrshift__(self, other: Any) -> Tensor: ...
    def __rshift__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __rxor__(self, other: Any) -> Tensor: ...
    def __setitem__(self, key: Any, value: Any) -> None:
        """self[key] = value, recorded where a gradient flows in or out."""
    def __sub__(self, other: Any) -> Tensor: ...
    @classmethod
    def __torch_function__(
        cls: builtins.type, func: Any, types: Any, args: builtins.tuple = (), kwargs: Any = None
    ) -> Any:
        """What a method of a subclass asks: `func(*args)`, new Tensors in its result as `cls`."""
    def __truediv__(self, other: Any) -> Tensor: ...
    def __xor__(self, other: Any) -> Tensor: ...

def _dirichlet_grad(
    input: Tensor, concentration: Tensor, total: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """What the shares x move by when their concentrations do, over 1 - x."""

def _sample_dirichlet(self: Tensor, generator: Any = None) -> Tensor:
    """For each vector of concentrations along the last dimension shares that sum to 1."""

def _standard_gamma(self: Tensor, generator: Any = None) -> Tensor:
    """For each element a number of the gamma distribution with that shape and scale 1."""

def _standard_gamma_grad(shape: Tensor, sample: Tensor, *, out: Tensor | None = None) -> Tensor:
    """What gamma numbers move by when their shape parameters do."""

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """|x|; the derivative at 0 is 0."""

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """|x|; the derivative at 0 is 0."""

def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse cosine, in radians."""

def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic cosine."""

def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` windows that cover the input. Shape: (N, C, L) -> (N, C, l)"""

def adaptive_max_pool1d(input: Tensor, output_size: Any) -> builtins.tuple[Tensor, Tensor]:
    """The largest of `output_size` windows that cover the input, and their positions."""

def add(input: Any, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
    """input + alpha other."""

def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (the sum over the batch of batch1 @ batch2): (n, m), (b, n, k), (b, k, m)."""

def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""

def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """input + value tensor1 tensor2; value is truncated where all are integers."""

def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (mat1 @ mat2)."""

def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (mat @ vec): (n), (n, k), (k) -> (n)."""

def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (vec1 outer vec2): (n, m), (n), (m) -> (n, m)."""

def adjoint(input: Any) -> Tensor:
    """The last two axes exchanged, a view; a 0-d tensor as it is."""

def affine_grid_generator(theta: Any, size: Any, align_corners: Any) -> Tensor:
    """The grid that takes each place p of an image of `size` (N, C, H, W) from theta (p, 1)."""

def alias_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `alias`, but a copy."""

def all(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Whether no element is 0."""

def allclose(
    input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> builtins.bool:
    """Whether all elements are close, as a bool."""

def alpha_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Dropout for SELU networks: mean and variance stay."""

def alpha_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Dropout for SELU networks: mean and variance stay."""

def amax(
    input: Tensor, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The largest; NaN where there is one."""

def amin(
    input: Tensor, dim: Any = (), keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The smallest; NaN where there is one."""

def aminmax(input: Any, *, dim: Any = None, keepdim: Any = False) -> Any:
    """(the smallest, the largest), of all or along `dim`; equal ones share the gradient."""

def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0 for numbers from 0 on, pi for negative ones."""

def any(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Whether some element is not 0."""

def arange(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """start, start + step, ... below end; `arange(end)` starts at 0."""

def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse cosine, in radians."""

def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic cosine."""

def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse sine, in radians."""

def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic sine."""

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse tangent, in radians."""

def arctan2(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The angle of the point (y, x) seen from the origin, in (-pi, pi]; its slope there is 0."""

def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic tangent."""

def argmax(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Where the largest is, as int64; in the flattened tensor when `dim` is None."""

def argmin(
    input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Where the smallest is, as int64; in the flattened tensor when `dim` is None."""

def argsort(input: Any, dim: Any = -1, descending: Any = False, *, stable: Any = False) -> Tensor:
    """The positions that sort along `dim`."""

def argwhere(input: Any) -> Tensor:
    """The positions of the elements that are not 0, as rows of a matrix."""

def as_strided(input: Any, size: Any, stride: Any, storage_offset: Any = None) -> Tensor:
    """The memory of `input` seen with `size` and `stride`, from element `storage_offset` on."""

def as_strided_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `as_strided`, but a copy."""

def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: Any = None
) -> Tensor:
    """`input` with `src` where `as_strided` would look."""

def as_tensor(data: Any, *, dtype: _dtype | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where it is a tensor or an array of that dtype."""

def asarray(
    obj: Any,
    *,
    dtype: _dtype | None = None,
    device: Any = None,
    copy: builtins.bool | None = None,
    requires_grad: builtins.bool | None = None,
) -> Tensor:
    """`obj` as a tensor, sharing memory with a tensor, an array or a buffer where it can."""

def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse sine, in radians."""

def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic sine."""

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse tangent, in radians."""

def atan2(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The angle of the point (y, x) seen from the origin, in (-pi, pi]; its slope there is 0."""

def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse hyperbolic tangent."""

def atleast_1d(*tensors: Any) -> Any:
    """`tensors`, one or several, with a 0-d one as a vector of one element."""

def atleast_2d(*tensors: Any) -> Any:
    """`tensors`, one or several, with vectors as rows of a matrix."""

def atleast_3d(*tensors: Any) -> Any:
    """`tensors`, one or several, with (n,) as (1, n, 1) and (n, m) as (n, m, 1)."""

def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: builtins.bool = False,
    count_include_pad: builtins.bool = True,
) -> Tensor:
    """The mean of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha (batch1 @ batch2), matrix by matrix."""

def bartlett_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    *parameters: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    **by_name: Any,
) -> Tensor:
    """1 - |2n / last - 1|, a triangle."""

def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any,
    eps: Any,
    cudnn_enabled: Any,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per channel, times weight, plus bias."""

def bernoulli(
    input: Tensor, p: builtins.float | None = None, *, generator: Any = None, out: Any = None
) -> Tensor:
    """1 with the probability each element of `input` gives (or `p`), else 0."""

def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """input1 weight_k input2 + bias_k for each k."""

def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: Any = 1
) -> Tensor:
    """Cross-entropy of sigmoid(input) against target in [0, 1], without overflow."""

def bincount(
    input: Tensor,
    weights: Tensor | None = None,
    minlength: builtins.int = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """How often each whole number from 0 is in `x`, or the sum of the weights that stand there."""

def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """For each element the successes in `count` trials that succeed with chance `prob`."""

def bitwise_and(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x & y, for integers and bools."""

def bitwise_left_shift(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x 2 ** y, for integers; 0 where y is negative or at least the number of bits."""

def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """~x, for integers and bools."""

def bitwise_or(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x | y, for integers and bools."""

def bitwise_right_shift(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x 2 ** -y rounded down, for integers; its sign where y is negative or large."""

def bitwise_xor(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x ^ y, for integers and bools."""

def blackman_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    *parameters: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    **by_name: Any,
) -> Tensor:
    """0.42 - 0.5 cos t + 0.08 cos 2t."""

def block_diag(*tensors: Any) -> Tensor:
    """A matrix of zeros with the tensors, of two dimensions at most, along its diagonal."""

def bmm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of matrices, pair by pair: (b, n, k), (b, k, m) -> (b, n, m)."""

def broadcast_shapes(*shapes: Any) -> _Size:
    """The shape that all `shapes`, ints or sequences of them, broadcast to."""

def broadcast_tensors(*tensors: Any) -> builtins.tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""

def broadcast_to(input: Any, *sizes: Any, size: Any = None) -> Tensor:
    """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""

def bucketize(input: Any, boundaries: Any, *, out_int32: Any = False, right: Any = False) -> Tensor:
    """Which of the intervals between `boundaries`, a sorted vector, each of `input` is in."""

def can_cast(from_: _dtype, to: _dtype) -> builtins.bool:
    """Whether an in-place result of dtype `from_` may be stored in a tensor of `to`."""

def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of one element of each vector, as rows."""

def cat(tensors: Any = None, dim: Any = 0, *, axis: Any = None, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def cdist(
    x1: Any, x2: Any, p: Any = 2.0, compute_mode: Any = 'use_mm_for_euclid_dist_if_necessary'
) -> Tensor:
    """The p-norm distances of all pairs of rows: (*, n, k), (*, m, k) -> (*, n, m)."""

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest whole number not below x."""

def celu(input: Tensor, alpha: builtins.float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """x where it is positive, else alpha (e ** (x / alpha) - 1)."""

def celu_(input: Tensor, alpha: builtins.float = 1.0) -> Tensor:
    """In-place form of `celu`."""

def chain_matmul(*matrices: Any) -> Tensor:
    """The product of matrices in the cheapest order."""

def channel_shuffle(input: Tensor, groups: Any, *, out: Tensor | None = None) -> Tensor:
    """The channels of `groups` groups taken in turns: the first of each, the second, and so on."""

def cholesky(input: Any, upper: Any = False) -> Any:
    """As linalg.cholesky."""

def cholesky_inverse(L: Any, upper: Any = False) -> Any:
    """The inverse of L L^T, or of L^T L if `upper`."""

def cholesky_solve(input: Any, L: Any, upper: Any = False) -> Any:
    """X with A X = input, where A = L L^T, or L^T L if `upper`."""

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

def clone(input: Tensor, memory_format: Any = None, *, out: Tensor | None = None) -> Tensor:
    """A copy, in the order the memory has or in that of `memory_format`."""

def column_stack(tensors: Any) -> Tensor:
    """Side by side, vectors as columns. Raises: RuntimeError for none."""

def combinations(input: Any, r: Any = 2, with_replacement: Any = False) -> Tensor:
    """All choices of `r` elements of a vector, in order, as rows."""

def concat(tensors: Any = None, dim: Any = 0, *, axis: Any = None, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def concatenate(tensors: Any = None, dim: Any = 0, *, axis: Any = None, out: Any = None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""

def conj(input: Any) -> Any:
    """`input` itself: real numbers are their own conjugates."""

def conj_physical(input: Any) -> Any:
    """`input` itself: real numbers are their own conjugates."""

def constant_pad_nd(input: Any, pad: Any, value: Any = 0) -> Tensor:
    """`value` around the last axes: pad = (left, right, top, bottom, ...); negative numbers crop."""

def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: builtins.int = 1,
) -> Tensor:
    """The cross-correlation of signals with kernels, plus bias."""

def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: builtins.int = 1,
) -> Tensor:
    """The cross-correlation of images with kernels, plus bias; see conv1d."""

def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: builtins.int = 1,
) -> Tensor:
    """The cross-correlation of volumes with kernels, plus bias; see conv1d."""

def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: builtins.int = 0) -> Tensor:
    """conv1d of signals whose order is time, batch, channel."""

def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: builtins.int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv1d: each element adds its multiple of the kernel to the result."""

def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: builtins.int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv2d; see conv_transpose1d."""

def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: builtins.int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv3d; see conv_transpose1d."""

def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: builtins.bool,
    output_padding: Any,
    groups: builtins.int,
) -> Tensor:
    """A convolution, or a transposed one, over as many axes as the weight has beyond two."""

def copysign(input: Tensor, other: Tensor | builtins.float) -> Any:
    """|x| with the sign of y; the derivative at 0 is 0."""

def corrcoef(input: Any) -> Tensor:
    """The correlations of the rows of `input`, from -1 to 1."""

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The cosine; x in radians."""

def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic cosine."""

def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: Any = 1
) -> Tensor:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1."""

def cosine_similarity(x1: Any, x2: Any, dim: Any = 1, eps: Any = 1e-08) -> Tensor:
    """x1 x2 / (max(|x1|, eps) max(|x2|, eps)), summed along `dim`."""

def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """How many elements are not 0."""

def cov(input: Any, *, correction: Any = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariances of the rows of `input`, whose columns are observations."""

def cross(input: Any, other: Any, dim: Any = None) -> Tensor:
    """The vector product along `dim`, by default the first dimension of size 3."""

def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: Any = 0,
    reduction: Any = 1,
    zero_infinity: Any = False,
) -> Tensor:
    """-log of the probability that log-probabilities spell the targets, in any alignment."""

def cummax(input: Tensor, dim: Any, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
    """The largest up to here along `dim` and where it is, the last of equal ones; NaN stays."""

def cummin(input: Tensor, dim: Any, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
    """The smallest up to here along `dim` and where it is, the last of equal ones; NaN stays."""

def cumprod(input: Tensor, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The product of the elements up to here along `dim`; integers in int64."""

def cumsum(input: Tensor, dim: Any, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The sum of the elements up to here along `dim`; integers in int64."""

def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> Tensor:
    """The area below `y` up to each point along `dim`; see trapezoid."""

def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees as radians."""

def det(input: Any) -> Any:
    """The determinant: (*, n, n) -> (*)."""

def detach(input: Any) -> Tensor:
    """The same memory and version, without history."""

def detach_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `detach`, but a copy."""

def diag(input: Any, diagonal: Any = 0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""

def diag_embed(input: Any, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Tensor:
    """The last axis as the diagonal of two new axes `dim1` and `dim2`, zeros beside it."""

def diagflat(input: Any, offset: Any = 0) -> Tensor:
    """The matrix with the elements of `input` on its diagonal."""

def diagonal(
    input: Tensor, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
) -> Tensor:
    """The diagonal of axes `dim1`, `dim2`, as a last axis."""

def diagonal_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `diagonal`, but a copy."""

def diagonal_scatter(input: Any, src: Any, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Tensor:
    """`input` with `src` on the diagonal of axes `dim1` and `dim2`."""

def diff(input: Any, n: Any = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """The differences of neighbours along `dim`, `n` times; of bools whether they differ."""

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The derivative of lgamma."""

def dist(input: Any, other: Any, p: Any = 2) -> Tensor:
    """The p-norm of input - other."""

def div(input: Any, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'."""

def divide(input: Any, other: Any, *, rounding_mode: Any = None, out: Any = None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'."""

def dot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products of two vectors: (n), (n) -> ()."""

def dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Each element 0 with probability p, else over 1 - p."""

def dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """Each element 0 with probability p, else over 1 - p."""

def dsplit(
    input: Any, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> Any:
    """Views along axis 2: so many of equal size, or cut before each index."""

def dstack(tensors: Any) -> Tensor:
    """One behind the other: along axis 2. Raises: RuntimeError for none."""

def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products that `equation` names: 'ij,jk->ik'; '...' stands for batch axes."""

def embedding(
    weight: Any,
    indices: Any,
    padding_idx: Any = -1,
    scale_grad_by_freq: Any = False,
    sparse: Any = False,
) -> Tensor:
    """The rows of `weight` at `indices`; the row `padding_idx` gets no gradient."""

def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: Any = False,
    mode: Any = 0,
    sparse: Any = False,
    per_sample_weights: Any = None,
    include_last_offset: Any = False,
    padding_idx: Any = None,
) -> builtins.tuple[Tensor, Tensor, Tensor, Tensor]:
    """(sums, means or maxima of the rows of each bag, bags, sizes of bags, where maxima are)."""

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

def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """Memory of the given sizes, the dimensions in the order `physical_layout` from outermost in."""

def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """Memory of the given sizes and strides with whatever it holds."""

def eq(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x == y."""

def equal(input: Any, other: Any) -> builtins.bool:
    """Whether shapes and all elements are the same, as a bool."""

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 - erf(x), to full precision however small."""

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The y with erf(y) = x, for |x| <= 1."""

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e ** x."""

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 ** x."""

def expand_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `expand`, but a copy."""

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e ** x - 1, exact near 0."""

def eye(
    n: builtins.int,
    m: builtins.int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """The identity matrix (n, n), or its first m columns."""

def feature_alpha_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """`alpha_dropout` of whole channels."""

def feature_alpha_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """`alpha_dropout` of whole channels."""

def feature_dropout(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """`dropout` of whole channels of (N, C, ...)."""

def feature_dropout_(input: Tensor, p: builtins.float, train: builtins.bool) -> Tensor:
    """`dropout` of whole channels of (N, C, ...)."""

def fill(input: Tensor, value: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`value`, a number or 0-d, everywhere in the shape and dtype of `x`."""

def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-d tensor."""

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The whole part, towards 0."""

def flatten(input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    """The axes from start_dim to end_dim as one: a view where possible."""

def flip(input: Any, *axes: Any, dims: Any = None) -> Tensor:
    """The axes `dims` in reverse order, a copy."""

def fliplr(input: Any) -> Tensor:
    """The columns in reverse order, a copy."""

def flipud(input: Any) -> Tensor:
    """The rows in reverse order, a copy."""

def float_power(input: Any, exponent: Any) -> Tensor:
    """input ** exponent in float64."""

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest whole number not above x."""

def floor_divide(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """The largest whole number not above x / y."""

def fmax(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The larger; the number where one is NaN; a tie gives the gradient to x."""

def fmin(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The smaller; the number where one is NaN; a tie gives the gradient to x."""

def fmod(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x - y trunc(x / y): has the sign of x."""

def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x - trunc(x): what follows the point, with the sign of x."""

def frexp(input: Tensor, *, out: Tensor | None = None) -> builtins.tuple[Tensor, ...]:
    """(mantissa, exponent) with x = mantissa 2 ** exponent and 1/2 <= |mantissa| < 1."""

def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array."""

def frombuffer(
    buffer: Any,
    *,
    dtype: _dtype,
    count: builtins.int = -1,
    offset: builtins.int = 0,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """A tensor over the memory of a buffer: `count` numbers from byte `offset` on, -1 for all."""

def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """`fill_value` everywhere; its type gives the dtype unless one is given."""

def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`fill_value` in the shape, dtype and order of `input`."""

def gather(input: Any, dim: Any, index: Any, *, sparse_grad: Any = False) -> Tensor:
    """The elements at `index` along `dim`. Differs: the gradient is dense, whatever sparse_grad."""

def gcd(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The greatest common divisor, at least 0; that of 0 and 0 is 0."""

def ge(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x >= y."""

def ger(input: Any, vec2: Any) -> Tensor:
    """As outer."""

def get_default_dtype() -> _dtype:
    """The dtype that Python floats become: float32 unless it was changed."""

def get_device(input: Tensor) -> builtins.int:
    """The number of the GPU: -1, there is none."""

def get_num_threads() -> builtins.int:
    """How many threads kernels and matrix products use."""

def get_rng_state() -> Tensor:
    """The state of the default generator, a uint8 tensor of 5,056 bytes."""

def gradient(
    input: Any, *, spacing: Any = None, dim: Any = None, edge_order: Any = 1
) -> builtins.tuple[Tensor, ...]:
    """The derivative along each dimension, by central differences; one-sided at the edges."""

def greater(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x > y."""

def greater_equal(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x >= y."""

def grid_sampler(
    input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any
) -> Tensor:
    """The images at the places of `grid`; mode and padding by number, as in MODES and PADDINGS."""

def grid_sampler_2d(
    input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any
) -> Tensor:
    """As grid_sampler, for images (N, C, H, W)."""

def grid_sampler_3d(
    input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any
) -> Tensor:
    """As grid_sampler, for volumes (N, C, D, H, W)."""

def group_norm(
    input: Any,
    num_groups: Any,
    weight: Any = None,
    bias: Any = None,
    eps: Any = 1e-05,
    cudnn_enabled: Any = True,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over groups of channels, times weight, plus bias."""

def gt(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x > y."""

def hamming_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    *parameters: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    **by_name: Any,
) -> Tensor:
    """alpha - beta cos t."""

def hann_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    *parameters: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    **by_name: Any,
) -> Tensor:
    """(1 - cos t) / 2."""

def hardshrink(input: Tensor, lambd: builtins.float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x where |x| > lambd, else 0."""

def heaviside(input: Tensor, other: Tensor | builtins.float) -> Any:
    """y where x = 0, 1 where x > 0, else 0."""

def hinge_embedding_loss(input: Any, target: Any, margin: Any = 1.0, reduction: Any = 1) -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1."""

def histc(
    input: Tensor,
    bins: builtins.int = 100,
    min: builtins.int = 0,
    max: builtins.int = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """How many elements are in each of `bins` equal parts of [min, max]; by default of their own."""

def histogram(
    input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: Any = False
) -> Any:
    """(hist, bin_edges): counts, or sums of weights, in `bins` equal parts or between given edges."""

def hsplit(
    input: Any, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> Any:
    """Views along axis 1: so many of equal size, or cut before each index."""

def hstack(tensors: Any) -> Tensor:
    """Side by side: along axis 1, or 0 for vectors. Raises: RuntimeError for none."""

def hypot(input: Tensor, other: Tensor | builtins.float) -> Any:
    """sqrt(x ** 2 + y ** 2), without overflow."""

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of order 0."""

def igamma(a: Tensor, input: Tensor | builtins.float) -> Any:
    """The share of the gamma integral of a that lies below x, P(a, x)."""

def igammac(a: Tensor, input: Tensor | builtins.float) -> Any:
    """The share of the gamma integral of a that lies above x, 1 - P(a, x)."""

def index_add(input: Any, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """`input` with the slices of `source`, times `alpha`, added at `index` along `dim`."""

def index_copy(input: Any, dim: Any, index: Any, source: Any) -> Tensor:
    """`input` with the slices of `source` at `index` along `dim`."""

def index_fill(input: Any, dim: Any, index: Any, value: Any) -> Tensor:
    """A copy of `input` with `value`, a number or 0-d, at `index` along `dim`."""

def index_put(input: Any, indices: Any, values: Any, accumulate: Any = False) -> Tensor:
    """A copy of `input` with `values` put (or added) at the index tensors `indices`."""

def index_reduce(
    input: Any, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = True
) -> Tensor:
    """A copy of `input` where the slices of `source` are reduced at `index` along `dim`."""

def index_select(input: Any, dim: Any, index: Any) -> Tensor:
    """The slices of `input` along `dim` at the 1-D tensor `index`."""

def initial_seed() -> builtins.int:
    """The seed the default generator was last started from."""

def inner(input: Any, other: Any) -> Tensor:
    """The sum of products over the last dimensions: (*a, k), (*b, k) -> (*a, *b)."""

def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: Any,
    momentum: Any,
    eps: Any,
    cudnn_enabled: Any,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per image and channel, times weight, plus bias."""

def inverse(input: Any) -> Any:
    """The inverse of square matrices; as linalg.inv."""

def is_complex(input: Tensor) -> builtins.bool:
    """Whether the elements are complex numbers: never."""

def is_floating_point(input: Any) -> builtins.bool:
    """Whether the elements are floating-point numbers."""

def is_grad_enabled() -> builtins.bool:
    """Whether operations on tensors that require a gradient are recorded in this thread."""

def is_inference(input: Tensor) -> builtins.bool:
    """Whether it was made in `inference_mode`, for inference alone."""

def is_inference_mode_enabled() -> builtins.bool:
    """Whether this thread is inside `inference_mode`."""

def is_nonzero(input: Tensor) -> builtins.bool:
    """Whether the one element is not 0. Raises: RuntimeError unless there is just one."""

def is_same_size(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether both have one shape."""

def is_signed(input: Tensor) -> builtins.bool:
    """Whether the dtype holds negative numbers."""

def is_storage(obj: Any) -> builtins.bool:
    """Whether `obj` is the memory of a tensor."""

def is_tensor(obj: Any) -> builtins.bool:
    """Whether `obj` is a Tensor."""

def isclose(
    input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False
) -> Tensor:
    """|input - other| <= atol + rtol |other|."""

def isfinite(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is neither NaN nor infinite."""

def isin(
    input: Tensor,
    other: Tensor | builtins.float,
    assume_unique: builtins.bool = False,
    invert: builtins.bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether each element of `x` is one of `y`, or (invert) is none."""

def isinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is infinite."""

def isnan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is not a number."""

def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is minus infinity."""

def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is infinity."""

def isreal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """True: there are no complex numbers here."""

def kaiser_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    *parameters: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
    **by_name: Any,
) -> Tensor:
    """I0(beta sqrt(1 - (2n / last - 1)**2)) / I0(beta)."""

def kl_div(input: Any, target: Any, reduction: Any = 1, *, log_target: Any = False) -> Tensor:
    """target (log(target) - input) for log-probabilities `input`: Kullback-Leibler's divergence."""

def kron(input: Any, other: Any) -> Tensor:
    """The Kronecker product: each element of `input` times all of `other`, in blocks."""

def kthvalue(input: Tensor, k: Any, dim: builtins.int = -1, keepdim: builtins.bool = False) -> Any:
    """The k-th smallest along `dim`, counted from 1, and where it is; NaN is the largest."""

def layer_norm(
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: Any = 1e-05,
    cudnn_enable: Any = True,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, times weight, plus bias."""

def lcm(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The least common multiple, at least 0; that of 0 and anything is 0."""

def ldexp(input: Any, other: Any) -> Tensor:
    """input 2 ** other."""

def le(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x <= y."""

def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""

def less(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x < y."""

def less_equal(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x <= y."""

def lgamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log|gamma(x)|."""

def linspace(
    start: Any,
    end: Any,
    steps: builtins.int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
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

def logaddexp(input: Tensor, other: Tensor | builtins.float) -> Any:
    """log(e ** x + e ** y), without overflow."""

def logaddexp2(input: Tensor, other: Tensor | builtins.float) -> Any:
    """log2(2 ** x + 2 ** y), without overflow."""

def logcumsumexp(input: Tensor, dim: Any, *, out: Tensor | None = None) -> Tensor:
    """log of the sum of e ** x up to here along `dim`, without overflow."""

def logdet(input: Any) -> Any:
    """The logarithm of the determinant: -inf where it is 0, NaN where it is negative."""

def logical_and(input: Tensor, other: Tensor | builtins.float) -> Any:
    """Both are not 0."""

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is 0."""

def logical_or(input: Tensor, other: Tensor | builtins.float) -> Any:
    """One at least is not 0."""

def logical_xor(input: Tensor, other: Tensor | builtins.float) -> Any:
    """Just one is not 0."""

def logit(input: Tensor, eps: Any = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), x first limited to [eps, 1 - eps] if eps is given."""

def logspace(
    start: Any,
    end: Any,
    steps: builtins.int,
    base: builtins.float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """`steps` numbers from base**start to base**end, each the same factor apart."""

def logsumexp(
    input: Tensor, dim: Any, keepdim: builtins.bool = False, *, out: Tensor | None = None
) -> Tensor:
    """log(sum(e ** x)), without overflow."""

def lt(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x < y."""

def manual_seed(seed: Any) -> Generator:
    """Start the default generator over from int(seed) and return it."""

def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: Any = 1
) -> Tensor:
    """max(0, -target (input1 - input2) + margin)."""

def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """`value`, a number or 0-d, where the mask holds."""

def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """`input` with the elements of `source`, one after another, where the mask holds."""

def masked_select(input: Any, mask: Any) -> Tensor:
    """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""

def matmul(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """The matrix product, by the number of dimensions: dot, mv, mm, or broadcast over a batch."""

def matrix_exp(input: Any) -> Any:
    """The exponential of square matrices; as linalg.matrix_exp."""

def matrix_power(input: Any, n: Any) -> Tensor:
    """`input` multiplied n times with itself; its inverse -n times for negative n."""

def max(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
    """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""

def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: builtins.bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: builtins.bool = False,
) -> builtins.tuple[Tensor, Tensor]:
    """The largest of each window and its position. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: builtins.bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: builtins.bool = False,
) -> Tensor:
    """The largest of each window. Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)"""

def maximum(input: Tensor, other: Tensor | builtins.float) -> Any:
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

def median(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
    """The lower median of all elements; with `dim`, (values, indices) along it."""

def meshgrid(*tensors: Any, indexing: Any = None) -> builtins.tuple[Tensor, ...]:
    """Each vector along an axis of its own, expanded to the sizes of all: the points of a grid."""

def min(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""

def minimum(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The smaller; NaN where one is NaN; a tie shares the gradient."""

def mm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices: (n, k), (k, m) -> (n, m)."""

def mode(
    input: Tensor,
    dim: builtins.int = -1,
    keepdim: builtins.bool = False,
    *,
    out: Tensor | None = None,
) -> builtins.tuple[Tensor, ...]:
    """The most frequent along `dim`, the smallest of several, and where one of it is."""

def moveaxis(input: Any, source: Any, destination: Any) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""

def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""

def msort(input: Any) -> Tensor:
    """The elements in order along the first dimension."""

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

def mvlgamma(input: Any, p: Any) -> Tensor:
    """The log of the p-dimensional gamma function."""

def nan_to_num(
    input: Tensor,
    nan: Any = None,
    posinf: Any = None,
    neginf: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """x with NaN as 0, infinities as the largest numbers, or as the parameters say."""

def nanmean(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Tensor:
    """The mean of what is not NaN; NaN where there is nothing else."""

def nanmedian(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
    """As median, of what is not NaN; NaN where there is nothing else."""

def nanquantile(
    input: Any, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: Any = 'linear'
) -> Tensor:
    """As quantile, of what is not NaN; NaN where there is nothing else."""

def nansum(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> Tensor:
    """The sum of what is not NaN; integers in int64."""

def narrow(input: Any, dim: Any, start: Any, length: Any) -> Tensor:
    """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""

def narrow_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `narrow`, but a copy."""

def native_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any,
    eps: Any,
) -> builtins.tuple[Tensor, ...]:
    """batch_norm, and the mean and 1 / sqrt(variance + eps) of the batch; empty in evaluation."""

def native_channel_shuffle(input: Tensor, groups: Any, *, out: Tensor | None = None) -> Tensor:
    """The channels of `groups` groups taken in turns: the first of each, the second, and so on."""

def native_dropout(
    input: Tensor, p: builtins.float, train: builtins.bool | None
) -> builtins.tuple[Tensor, Tensor]:
    """(input with each element 0 with probability p, else over 1 - p; where it is kept)."""

def native_group_norm(
    input: Any, weight: Any, bias: Any, N: Any, C: Any, HxW: Any, group: Any, eps: Any
) -> builtins.tuple[Tensor, ...]:
    """group_norm of N images of C channels and HxW places, with the mean and 1 / sqrt(variance +"""

def native_layer_norm(
    input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: Any
) -> builtins.tuple[Tensor, ...]:
    """layer_norm, and the mean and 1 / sqrt(variance + eps) that it used."""

def ne(input: Tensor, other: Tensor | builtins.float) -> Any:
    """x != y."""

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x."""

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-x."""

def nextafter(input: Tensor, other: Tensor | builtins.float) -> Any:
    """The next number after x towards y."""

def nonzero(input: Any, *, as_tuple: Any = False) -> Any:
    """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""

def nonzero_static(input: Any, *, size: Any, fill_value: Any = -1) -> Tensor:
    """As nonzero, cut or filled up with `fill_value` to `size` rows."""

def norm(
    input: Any, p: Any = 'fro', dim: Any = None, keepdim: Any = False, dtype: Any = None
) -> Tensor:
    """(sum(|x| ** p)) ** (1 / p) along `dim`, or of all elements; p may be 'fro', 'nuc', inf."""

def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Normal numbers: mean and std numbers, then `size`, or tensors that broadcast."""

def not_equal(input: Tensor, other: Tensor | builtins.float) -> Any:
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
    """Ones in the shape, dtype and order of `input`."""

def outer(input: Any, vec2: Any) -> Tensor:
    """out[i, j] = input[i] vec2[j]."""

def pairwise_distance(
    x1: Any, x2: Any, p: Any = 2.0, eps: Any = 1e-06, keepdim: Any = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension."""

def pdist(input: Any, p: Any = 2.0) -> Tensor:
    """The p-norm distances of all pairs of rows, in the order (0, 1), (0, 2), ..., (1, 2), ..."""

def permute(input: Any, *order: Any, dims: Any = None) -> Tensor:
    """The axes in another order, a view."""

def permute_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `permute`, but a copy."""

def pinverse(input: Any, rcond: Any = 1e-15) -> Any:
    """linalg.pinv with rtol=rcond."""

def pixel_shuffle(input: Tensor, upscale_factor: Any, *, out: Tensor | None = None) -> Tensor:
    """Channels laid out as pixels: r r of them become a square."""

def pixel_unshuffle(input: Tensor, downscale_factor: Any, *, out: Tensor | None = None) -> Tensor:
    """Squares of r r pixels as channels: the inverse of pixel_shuffle."""

def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each element a whole number of the Poisson distribution with that rate."""

def poisson_nll_loss(
    input: Any, target: Any, log_input: Any, full: Any, eps: Any, reduction: Any
) -> Tensor:
    """e ** input - target input; input - target log(input + eps) unless `log_input`."""

def polygamma(n: Any, input: Any) -> Tensor:
    """The n-th derivative of digamma. Raises: RuntimeError for n < 0."""

def positive(input: Any) -> Any:
    """`input` itself. Raises: RuntimeError for bools."""

def pow(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x ** y; d/dx is 0 where y = 0, d/dy is 0 where x = 0 and y >= 0."""

def prelu(input: Any, weight: Any) -> Tensor:
    """input where it is positive, else weight input, with a weight for all or for each channel."""

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

def put(input: Any, index: Any, source: Any, accumulate: Any = False) -> Tensor:
    """A copy of `input` with `source` put (or added) at places of its flattened form."""

def qr(input: Any, some: Any = True) -> Any:
    """(Q, R): linalg.qr, reduced if `some`, else complete."""

def quantile(
    input: Any, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: Any = 'linear'
) -> Tensor:
    """The value below which the part `q`, from 0 to 1, of the elements lies; NaN if there is one."""

def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians as degrees."""

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
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
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
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""

def range(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """start, start + step, ... up to and including end: deprecated, see `arange`."""

def ravel(input: Any) -> Tensor:
    """All elements as one axis: a view where they lie in row-major order, else a copy."""

def real(input: Any) -> Any:
    """`input` itself: there are no complex numbers here."""

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / x."""

def relu(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """max(x, 0); the derivative at 0 is 0."""

def relu_(input: Tensor) -> Tensor:
    """In-place form of `relu`."""

def remainder(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x - y floor(x / y): has the sign of y."""

def renorm(input: Any, p: Any, dim: Any, maxnorm: Any) -> Tensor:
    """The slices along `dim` whose p-norm is above `maxnorm` made that long, others as they are."""

def repeat_interleave(
    input: Any = None, repeats: Any = ..., dim: Any = ..., *, output_size: Any = None
) -> Tensor:
    """Each slice along `dim` `repeats` times, one number or one for each; flattened without `dim`."""

def reshape(input: Any, *shape: Any) -> Tensor:
    """`input` with sizes `shape`: a view where the strides allow it, else a copy."""

def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the sizes of `the_template`; with preserve_format, to its order too."""

def resolve_conj(input: Any) -> Any:
    """`input` itself: no conjugation is ever pending."""

def resolve_neg(input: Any) -> Any:
    """`input` itself: no change of sign is ever pending."""

def result_type(*operands: Any) -> _dtype:
    """The dtype an operation on `operands` (tensors and numbers) computes in."""

def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: Any = None) -> Tensor:
    """x / sqrt(mean of x ** 2 + eps) over the last axes, times weight; eps: that of the dtype."""

def roll(input: Any, shifts: Any, dims: Any = ()) -> Tensor:
    """The elements moved along `dims`; without `dims`, along the flattened tensor."""

def rot90(input: Any, k: Any = 1, dims: Any = ...) -> Tensor:
    """Turned `k` times by 90 degrees in the plane of two axes, from the first towards the second."""

def round(input: Tensor, decimals: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The nearest number of that many decimals, halves to even."""

def row_stack(tensors: Any) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""

def rrelu(
    input: Tensor,
    lower: builtins.float = 0.125,
    upper: builtins.float = 0.3333333333333333,
    training: builtins.bool = False,
    generator: Any = None,
) -> Tensor:
    """input where it is positive, else a slope times it: one of [lower, upper), drawn in training."""

def rrelu_(
    input: Tensor,
    lower: builtins.float = 0.125,
    upper: builtins.float = 0.3333333333333333,
    training: builtins.bool = False,
    generator: Any = None,
) -> Tensor:
    """In-place form of `rrelu`."""

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / sqrt(x)."""

def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """other - alpha input."""

def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """A 0-d tensor of the default dtype."""

def scatter(
    input: Any, dim: Any, index: Any, src: Any = None, value: Any = None, *, reduce: Any = None
) -> Tensor:
    """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""

def scatter_add(input: Any, dim: Any, index: Any, src: Any) -> Tensor:
    """A copy of `input` with `src` added at `index` along `dim`."""

def scatter_reduce(
    input: Any, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = True
) -> Tensor:
    """A copy of `input` where `src` is reduced into the place that `index` names along `dim`."""

def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: Any = False,
    right: Any = False,
    side: Any = None,
    sorter: Any = None,
) -> Tensor:
    """Where `input` would go in `sorted_sequence`, whose last axis is sorted, to keep it sorted."""

def seed() -> builtins.int:
    """Start the default generator over from a seed of the operating system's and return it."""

def select(input: Tensor, dim: Any, index: Any) -> Tensor:
    """The slice at `index` of axis `dim`."""

def select_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `select`, but a copy."""

def select_scatter(input: Any, src: Any, dim: Any, index: Any) -> Tensor:
    """`input` with `src` as the slice at `index` of axis `dim`."""

def selu(input: Any) -> Tensor:
    """1.0507 input where it is positive, else 1.7581 (e ** input - 1)."""

def selu_(input: Any) -> Tensor:
    """In-place form of `selu`."""

def set_default_dtype(d: _dtype) -> None:
    """Make `d` the dtype that Python floats become. Raises: TypeError unless `d` is floating."""

def set_num_threads(n: builtins.int) -> None:
    """Use `n` threads for native kernels, or for NumPy's matrix products where there are none."""

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

def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 where x is NaN."""

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """1 / (1 + e ** -x)."""

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1; 0 where x is NaN."""

def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x is negative, -0.0 included."""

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sine; x in radians."""

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""

def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic sine."""

def slice_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `slice`, but a copy."""

def slice_scatter(
    input: Any, src: Any, dim: Any = 0, start: Any = None, end: Any = None, step: Any = 1
) -> Tensor:
    """`input` with `src` as the slice start:end:step of axis `dim`."""

def slogdet(input: Any) -> Any:
    """(sign, logabsdet) of the determinant."""

def softmax(input: Any, dim: Any, dtype: Any = None) -> Tensor:
    """e ** input over its sum along `dim`, computed in `dtype` if one is given."""

def sort(
    input: Tensor,
    dim: builtins.int = -1,
    descending: builtins.bool = False,
    stable: builtins.bool = False,
    *,
    out: Tensor | None = None,
) -> builtins.tuple[Tensor, ...]:
    """The elements along `dim` in order, NaN as the largest, and where they were."""

def split(tensor: Any, split_size_or_sections: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
    """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""

def split_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `split`, but a copy."""

def split_with_sizes(
    input: Tensor, split_sizes: Any, dim: builtins.int = 0
) -> builtins.tuple[Tensor, ...]:
    """Consecutive pieces of sizes `split_sizes` along axis `dim`, views."""

def split_with_sizes_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `split_with_sizes`, but a copy."""

def spmm(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices: (n, k), (k, m) -> (n, m)."""

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square root."""

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x ** 2."""

def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the axes of size 1, or without those that `dim` names."""

def squeeze_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `squeeze`, but a copy."""

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

def sub(input: Any, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
    """input - alpha other."""

def subtract(input: Any, other: Any, *old: Any, alpha: Any = 1, out: Any = None) -> Tensor:
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

def svd(input: Any, some: Any = True, compute_uv: Any = True) -> Any:
    """(U, S, V) with input = U diag(S) V.mT; without `compute_uv`, U and V are zeros."""

def swapaxes(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def swapdims(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def t(input: Tensor) -> Tensor:
    """A matrix transposed; fewer dimensions as they are."""

def t_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `t`, but a copy."""

def take(input: Any, index: Any) -> Tensor:
    """The elements of the flattened `input` at `index`."""

def take_along_dim(input: Any, indices: Any, dim: Any = None) -> Tensor:
    """The elements at `indices` along `dim`, other sizes broadcast; without it of the flattened."""

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

def tensor_split(
    input: Any,
    indices_or_sections: Any = None,
    dim: Any = 0,
    *,
    indices: Any = None,
    sections: Any = None,
) -> builtins.tuple[Tensor, ...]:
    """Views along `dim`: so many of nearly equal sizes, or cut before each of the indices."""

def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """The sum of products over `dims`: their number (the last of a, the first of b), or two lists."""

def threshold(input: Any, threshold: Any, value: Any) -> Tensor:
    """input where it is above the threshold, else `value`."""

def threshold_(input: Any, threshold: Any, value: Any) -> Tensor:
    """In-place form of `threshold`."""

def tile(input: Any, *counts: Any, dims: Any = None) -> Tensor:
    """As repeat, with missing leading counts taken as 1."""

def topk(
    input: Tensor,
    k: Any,
    dim: builtins.int = -1,
    largest: builtins.bool = True,
    sorted: builtins.bool = True,
    *,
    out: Tensor | None = None,
) -> builtins.tuple[Tensor, ...]:
    """The `k` largest (or smallest) along `dim` and where they were; NaN is the largest."""

def trace(input: Any) -> Tensor:
    """The sum of the diagonal of a matrix. Raises: RuntimeError for what is no matrix."""

def transpose(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Axes `dim0` and `dim1` exchanged."""

def transpose_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `transpose`, but a copy."""

def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> Tensor:
    """The area below `y` along `dim`, by trapezoids `dx` (1) wide or between the points `x`."""

def trapz(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> Tensor:
    """As trapezoid."""

def tril(input: Tensor, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The lower triangle of each matrix, zeros above `diagonal`."""

def tril_indices(
    row: builtins.int,
    col: builtins.int,
    offset: builtins.int = 0,
    *,
    dtype: Any = ...,
    device: Any = None,
    layout: Any = None,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """Rows and columns of the lower triangle, row by row."""

def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: Any = 1.0,
    p: Any = 2.0,
    eps: Any = 1e-06,
    swap: Any = False,
    reduction: Any = 1,
) -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), d the p-norm distance."""

def triu(input: Tensor, diagonal: builtins.int = 0, *, out: Tensor | None = None) -> Tensor:
    """The upper triangle of each matrix, zeros below `diagonal`."""

def triu_indices(
    row: builtins.int,
    col: builtins.int,
    offset: builtins.int = 0,
    *,
    dtype: Any = ...,
    device: Any = None,
    layout: Any = None,
    pin_memory: builtins.bool = False,
) -> Tensor:
    """Rows and columns of the upper triangle, row by row."""

def true_divide(
    input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None
) -> Tensor:
    """x / y, integers as floats."""

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The whole part, towards 0."""

def unbind(input: Tensor, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """The slices along axis `dim`, each without that axis."""

def unbind_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `unbind`, but a copy."""

def unflatten(input: Any, dim: Any, sizes: Any) -> Tensor:
    """Axis `dim` as several axes of the given sizes, one of which may be -1."""

def unfold_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `unfold`, but a copy."""

def unique(
    input: Any,
    sorted: Any = True,
    return_inverse: Any = False,
    return_counts: Any = False,
    dim: Any = None,
) -> Any:
    """The different elements, or slices along `dim`, in order; each NaN is another."""

def unique_consecutive(
    input: Any, return_inverse: Any = False, return_counts: Any = False, dim: Any = None
) -> Any:
    """As unique, for runs of equal elements or slices, in the order they stand."""

def unravel_index(indices: Any, shape: Any) -> builtins.tuple[Tensor, ...]:
    """The coordinates, in a tensor of sizes `shape`, of places in its flattened form."""

def unsafe_chunk(input: Any, chunks: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
    """As chunk, but the pieces are tensors of their own that share the memory."""

def unsafe_split(input: Any, split_size: Any, dim: Any = 0) -> builtins.tuple[Tensor, ...]:
    """As split, but the pieces are tensors of their own that share the memory."""

def unsafe_split_with_sizes(
    input: Tensor, split_sizes: Any, dim: builtins.int = 0, *, out: Tensor | None = None
) -> builtins.tuple[Tensor, ...]:
    """As split_with_sizes, but the pieces are tensors of their own that share the memory."""

def unsqueeze(input: Tensor, dim: Any) -> Tensor:
    """With an axis of size 1 before axis `dim`."""

def unsqueeze_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `unsqueeze`, but a copy."""

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

def vdot(input: Any, other: Any) -> Tensor:
    """The sum of the products of two vectors."""

def view_copy(*args: Any, out: Any = None, **kwargs: Any) -> Any:
    """As `view`, but a copy."""

def vsplit(
    input: Any, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> Any:
    """Views along axis 0: so many of equal size, or cut before each index."""

def vstack(tensors: Any) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""

def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, else other; with the condition alone, its positions."""

def xlogy(input: Tensor, other: Tensor | builtins.float, *, out: Tensor | None = None) -> Tensor:
    """x log(y), and 0 where x = 0 unless y is NaN."""

def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""

def zeros(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: builtins.bool = False,
    requires_grad: builtins.bool = False,
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
    """Zeros in the shape, dtype and order of `input`."""
