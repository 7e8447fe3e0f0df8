"""HIPS autograd under torch's names: a third engine for the harness, in one file.

autograd differentiates functions and knows no tensors. A tensor here holds an array that is traced
twice, a box in a box: the sweep over the outer trace computes with inner boxes, so gradients have
gradients. What is missing counts as unsupported. Source: https://github.com/HIPS/autograd, core.py.
"""

import operator
from types import SimpleNamespace

import autograd.numpy as anp
import autograd.scipy.special as special
import numpy as np
from autograd.core import VJPNode, add_outgrads
from autograd.tracer import isbox, new_box, toposort, trace_stack

from harness import Backend, register_backend

INNER, OUTER = trace_stack.top + 1, trace_stack.top + 2
trace_stack.top = OUTER  # what autograd traces itself lies above


class Tensor:
    """An array or a box; its methods are the words below."""

    def __init__(self, box):
        self.box = box if isbox(box) else np.asarray(box)

    shape = property(lambda self: self.box.shape)
    dtype = property(lambda self: self.box.dtype)
    T = property(lambda self: Tensor(self.box.T))
    requires_grad = property(lambda self: isbox(self.box))

    def __getitem__(self, key):
        return Tensor(self.box[_plain(key)])

    def at(self, level=-1):
        """What the tensor is for one trace: the boxes of those above are taken off."""
        box = self.box
        while isbox(box) and box._trace > level:
            box = box._value
        return box


def _plain(value):
    """Boxes in place of tensors, in lists too."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return value.box if isinstance(value, Tensor) else value


def _word(function):
    """A function of arrays as one of tensors."""
    return lambda *a, **k: Tensor(function(*_plain(a), **dict(zip(k, _plain([*k.values()])))))


def _reduce(f, **more):
    return lambda x, dim=None, keepdim=False: f(x, axis=dim, keepdims=keepdim, **more)


SAME = """abs add broadcast_to cosh cos einsum exp exp2 expm1 kron log log10 log1p log2 logaddexp
matmul maximum minimum multiply outer reciprocal reshape roll sin sinh sqrt square subtract tan tanh
tril triu where acos:arccos asin:arcsin atan:arctan bmm:matmul div:true_divide mm:matmul mv:matmul
mul:multiply neg:negative permute:transpose pow:power sub:subtract t:transpose"""  # torch's:NumPy's
WORDS = {name.partition(":")[0]: getattr(anp, name.split(":")[-1]) for name in SAME.split()} | {
    "amax": _reduce(anp.max), "amin": _reduce(anp.min), "mean": _reduce(anp.mean),
    "prod": _reduce(anp.prod), "sum": _reduce(anp.sum), "var": _reduce(anp.var, ddof=1),
    "logsumexp": _reduce(special.logsumexp), "cumsum": lambda x, dim: anp.cumsum(x, dim),
    "squeeze": lambda x, dim=None: anp.squeeze(x, dim), "erf": special.erf,
    "unsqueeze": lambda x, dim: anp.expand_dims(x, dim), "lgamma": special.gammaln,
    "cat": lambda tensors, dim=0: anp.concatenate(tensors, dim), "digamma": special.psi,
    "stack": lambda tensors, dim=0: anp.stack(tensors, dim),
    "transpose": lambda x, dim0, dim1: anp.swapaxes(x, dim0, dim1),
    "clamp": lambda x, min=-anp.inf, max=anp.inf: anp.clip(x, min, max),
    "relu": lambda x: anp.where(x > 0, x, 0 * x), "sigmoid": lambda x: (anp.tanh(x / 2) + 1) / 2,
    "log_softmax": lambda x, dim: x - special.logsumexp(x, dim, keepdims=True),
    "softmax": lambda x, dim: anp.exp(x - special.logsumexp(x, dim, keepdims=True)),
}  # fmt: skip
WORDS = {name: _word(function) for name, function in WORDS.items()}
LAYERS = {name: WORDS[name] for name in ("relu", "softmax", "log_softmax", "sigmoid", "tanh")}
LAYERS["gelu"] = _word(lambda x: x / 2 * (1 + special.erf(x / 2**0.5)))
LAYERS["linear"] = _word(lambda x, weight, bias=0.0: anp.matmul(x, weight.T) + bias)
FUNCTIONS = SimpleNamespace(functional=SimpleNamespace(**LAYERS))
for name, word in WORDS.items():
    setattr(Tensor, name, word)
for act in map(vars(operator).get, "add sub mul truediv pow matmul neg gt ge lt le".split()):
    setattr(Tensor, f"__{act.__name__}__", _word(act))
    setattr(Tensor, f"__r{act.__name__}__", _word(lambda x, y, act=act: act(y, x)))


@register_backend("hips")
class Hips(Backend):
    """autograd, which writes nothing in place and has no modules."""

    capabilities = frozenset({"double backward", "float64"})

    def namespace(self):
        return SimpleNamespace(**WORDS, Tensor=Tensor, nn=FUNCTIONS)

    def numpy(self, tensor):
        return np.asarray(tensor.at())

    def tensor(self, array, wants_gradient=False):
        box = np.array(array)
        for level in (INNER, OUTER) if wants_gradient else ():
            box = new_box(box, level, VJPNode.new_root())
        return Tensor(box)

    def grad(self, outputs, inputs, cotangents, create_graph=False):
        level = max(output.box._trace for output in outputs)
        parts = [anp.sum(o.box * c.at(level - 1)) for o, c in zip(outputs, cotangents)]
        root = sum(parts[1:], parts[0])._node
        sums = {root: (np.float32(1), False)}
        for node in toposort(root):
            for parent, part in zip(node.parents, node.vjp(sums[node][0])):
                sums[parent] = add_outgrads(sums.get(parent), part)
        leaves = [x.at(level) for x in inputs]
        found = [sums.get(box._node) if isbox(box) else None for box in leaves]
        made = [pair and Tensor(pair[0].astype(x.dtype)) for pair, x in zip(found, leaves)]
        return made if create_graph else [g and Tensor(g.at()) for g in made]
