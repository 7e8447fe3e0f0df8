"""torch's functions, from all the rooms of the table, and their second names."""

from minitorch import creation, facts, noise, sampling
from minitorch.creation import *
from minitorch.facts import *
from minitorch.noise import *
from minitorch.ops import (
    activation,
    adaptive,
    arithmetic,
    bags,
    choose,
    compare,
    composite,
    contract,
    convolve,
    ctc,
    decompose,
    elementwise,
    folding,
    grid,
    index,
    least_squares,
    linalg,
    loss,
    normalize,
    norms,
    order,
    pieces,
    pooling,
    products,
    rearrange,
    reduce,
    resample,
    scan,
    scattering,
    shape,
    similarity,
    special,
    statistics,
    strides,
)
from minitorch.ops.activation import *
from minitorch.ops.adaptive import *
from minitorch.ops.arithmetic import *
from minitorch.ops.bags import *
from minitorch.ops.choose import *
from minitorch.ops.compare import *
from minitorch.ops.composite import *
from minitorch.ops.contract import *
from minitorch.ops.convolve import *
from minitorch.ops.ctc import *
from minitorch.ops.decompose import *
from minitorch.ops.elementwise import *
from minitorch.ops.folding import *
from minitorch.ops.grid import *
from minitorch.ops.index import *
from minitorch.ops.least_squares import *
from minitorch.ops.linalg import *
from minitorch.ops.loss import *
from minitorch.ops.normalize import *
from minitorch.ops.norms import *
from minitorch.ops.order import *
from minitorch.ops.pieces import *
from minitorch.ops.pooling import *
from minitorch.ops.products import *
from minitorch.ops.rearrange import *
from minitorch.ops.reduce import *
from minitorch.ops.resample import *
from minitorch.ops.scan import *
from minitorch.ops.scattering import *
from minitorch.ops.shape import *
from minitorch.ops.similarity import *
from minitorch.ops.special import *
from minitorch.ops.statistics import *
from minitorch.ops.strides import *
from minitorch.sampling import *

absolute = elementwise.abs
arctan = elementwise.atan
arctan2 = arithmetic.atan2
broadcast_to = rearrange.expand
clip = composite.clamp
concat = pieces.cat
concatenate = pieces.cat
divide = composite.div
fix = elementwise.trunc
greater = compare.gt
greater_equal = compare.ge
less = compare.lt
less_equal = compare.le
moveaxis = rearrange.movedim
multiply = elementwise.mul
negative = elementwise.neg
not_equal = compare.ne
row_stack = pieces.vstack
spmm = contract.mm
subtract = composite.sub
swapaxes = shape.transpose
swapdims = shape.transpose
true_divide = elementwise.div

__all__ = [  # noqa: PLE0604
    *creation.__all__,
    *facts.__all__,
    *noise.__all__,
    *sampling.__all__,
    *activation.__all__,
    *adaptive.__all__,
    *arithmetic.__all__,
    *bags.__all__,
    *choose.__all__,
    *compare.__all__,
    *composite.__all__,
    *contract.__all__,
    *decompose.__all__,
    *convolve.__all__,
    *ctc.__all__,
    *elementwise.__all__,
    *folding.__all__,
    *grid.__all__,
    *index.__all__,
    *least_squares.__all__,
    *linalg.__all__,
    *loss.__all__,
    *normalize.__all__,
    *norms.__all__,
    *order.__all__,
    *pieces.__all__,
    *pooling.__all__,
    *products.__all__,
    *rearrange.__all__,
    *reduce.__all__,
    *resample.__all__,
    *scan.__all__,
    *scattering.__all__,
    *shape.__all__,
    *similarity.__all__,
    *special.__all__,
    *statistics.__all__,
    *strides.__all__,
    "absolute",
    "arctan",
    "arctan2",
    "broadcast_to",
    "clip",
    "concat",
    "concatenate",
    "divide",
    "fix",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "moveaxis",
    "multiply",
    "negative",
    "not_equal",
    "row_stack",
    "spmm",
    "subtract",
    "swapaxes",
    "swapdims",
    "true_divide",
]
