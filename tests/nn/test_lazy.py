"""Modules that get their shapes from the first batch: when, what they become, what they save."""

from __future__ import annotations

import copy
import pickle

import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

LAYERS = {
    "LazyLinear(3)": (2, 5),
    "LazyLinear(3, bias=False)": (5,),
    "LazyConv1d(4, 2, padding=1)": (2, 3, 6),
    "LazyConv2d(4, 3, groups=2, bias=False)": (2, 4, 6, 6),
    "LazyConv3d(2, 2)": (3, 4, 4, 4),
    "LazyConvTranspose1d(4, 2, stride=2)": (2, 3, 6),
    "LazyConvTranspose2d(4, 3, groups=2)": (2, 4, 6, 6),
    "LazyConvTranspose3d(2, 2)": (3, 4, 4, 4),
    "LazyBatchNorm1d()": (2, 3, 4),
    "LazyBatchNorm2d(momentum=None, bias=False)": (2, 3, 4, 4),
    "LazyBatchNorm3d(affine=False)": (2, 3, 2, 2, 2),
    "LazyBatchNorm1d(track_running_stats=False)": (2, 3),
    "LazyInstanceNorm1d()": (2, 3, 4),
    "LazyInstanceNorm2d(affine=False, track_running_stats=True)": (2, 3, 4, 4),
    "LazyInstanceNorm3d(track_running_stats=False)": (2, 3, 2, 2, 2),
}


def first_batch(T, text, size):
    T.manual_seed(2)
    layer = eval(f"T.nn.{text}", {"T": T})
    log = [repr(layer), type(layer).__name__, layer.has_uninitialized_params()]
    log += [str(type(t)).rpartition(".")[2] for t in layer.state_dict().values()]
    out = layer(T.linspace(-1, 1, T.ones(size).numel()).reshape(size))
    log += [repr(layer), type(layer).__name__, tuple(out.shape), len(layer._forward_pre_hooks)]
    log += [p.requires_grad for p in layer.parameters()]
    return log, {k: v.numpy().tobytes() for k, v in layer.state_dict().items()}


@pytest.mark.parametrize("text", LAYERS)
def test_the_first_batch_gives_the_shape(text):
    ours, theirs = (first_batch(T, text, LAYERS[text]) for T in (minitorch, torch))
    assert ours[0] == theirs[0]
    assert ours[1].keys() == theirs[1].keys()
    if "Norm" not in text:  # a norm's first batch has moved its statistics already, by rounding
        assert ours[1] == theirs[1]


def test_gradients_arrive_and_an_optimizer_made_before_works():
    model = minitorch.nn.Sequential(minitorch.nn.LazyLinear(3), minitorch.nn.LazyLinear(1))
    weights = [p for p in model.parameters() if True]
    model(minitorch.ones(2, 4)).sum().backward()
    assert [w is p for w, p in zip(weights, model.parameters())] == [True] * 4
    assert [tuple(p.grad.shape) for p in weights] == [(3, 4), (3,), (1, 3), (1,)]


def saved_and_loaded(T):
    nn, log = T.nn, []
    full, lazy = nn.Linear(4, 3), nn.LazyLinear(3)
    log.append(repr(lazy.load_state_dict(full.state_dict())))
    log += [repr(lazy), lazy.has_uninitialized_params(), T.equal(lazy.weight, full.weight)]
    lazy(T.ones(1, 4))
    log += [repr(lazy), T.equal(lazy.weight, full.weight)]
    other = nn.LazyBatchNorm1d()
    log.append(repr(other.load_state_dict(nn.LazyBatchNorm1d().state_dict())))
    log += [repr(other.weight), repr(other.running_var), repr(other.state_dict())]
    other.load_state_dict(nn.BatchNorm1d(3).state_dict())
    log += [other.has_uninitialized_params(), repr(other), tuple(other.running_var.shape)]
    return log


def converted(T):
    nn, log = T.nn, []
    layer = nn.LazyLinear(2).double()
    log += [str(layer.weight.dtype), repr(layer)]
    log.append(str(layer(T.ones(1, 3).double()).dtype))
    norm = nn.LazyBatchNorm1d().half()
    log += [str(norm.running_mean.dtype), str(norm.num_batches_tracked.dtype)]
    for again in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        lazy = again(nn.LazyConv1d(2, 2))
        log += [repr(lazy), tuple(lazy(T.ones(1, 3, 4)).shape), repr(lazy)]
    return log


def ones_own(T):
    nn, log = T.nn, []

    class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.UninitializedParameter()

        def initialize_parameters(self, x, times=1):
            self.factor.materialize(x.shape)
            nn.init.constant_(self.factor, times)

        def forward(self, x, times=1):
            return x * self.factor

    class Unready(Scale):
        def initialize_parameters(self, x):
            self.seen = tuple(x.shape)

    class Silent(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def forward(self, x):
            return x

    scale = Scale()
    log += [scale(T.ones(2), times=3).tolist(), type(scale).__name__, repr(scale)]
    for wrong in (Unready, Silent):
        with pytest.raises(Exception) as caught:
            wrong()(T.ones(2))
        log.append(type(caught.value).__name__)
    buffer = nn.UninitializedBuffer()
    log += [isinstance(buffer, nn.Buffer), nn.parameter.is_lazy(buffer), buffer.requires_grad]
    buffer.materialize((2, 3), dtype=T.float64)
    return [*log, tuple(buffer.shape), str(buffer.dtype), type(buffer) is T.Tensor]


def started_by_hand(T):
    layer = T.nn.LazyLinear(2)
    log = [tuple(layer.weight.data.normal_(0, 0.01).shape), layer.bias.data.fill_(3).tolist()]
    log += [type(layer.weight.data) is T.Tensor, repr(layer.weight)]
    T.manual_seed(0)
    return [*log, layer(T.ones(1, 3)).shape, layer.weight.tolist()]


@pytest.mark.parametrize("scenario", [saved_and_loaded, converted, ones_own, started_by_hand])
def test_same_as_torch(scenario):
    assert scenario(minitorch) == scenario(torch)


def test_a_refused_state_leaves_a_lazy_module_lazy():
    lazy = minitorch.nn.LazyLinear(3)
    with pytest.raises(RuntimeError, match="surplus"):
        lazy.load_state_dict(
            {**minitorch.nn.Linear(4, 3).state_dict(), "surplus": minitorch.ones(1)}
        )
    assert lazy.has_uninitialized_params()
