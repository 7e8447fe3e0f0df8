"""What a trace holds, and that a step that is observed computes the same bits."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.backends import MINITORCH, TORCH, Backend
from harness.locate.observe import observing
from harness.locate.trace import Slot, Trace

ENGINES = [MINITORCH, pytest.param(TORCH, marks=pytest.mark.differential)]


@pytest.fixture(params=ENGINES, ids=lambda b: b.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    return request.param


def step(T: Any) -> list[np.ndarray]:
    """Two steps through much of the vocabulary; every parameter and gradient at the end."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(0)
    lstm, norm, drop = nn.LSTM(4, 5, batch_first=True), nn.LayerNorm(4), nn.Dropout(0.3)
    head = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.GELU(), nn.Linear(6, 3))
    attend = nn.MultiheadAttention(4, 2, batch_first=True)
    parts = nn.ModuleList([lstm, norm, head, attend])
    opt = T.optim.Adam(parts.parameters(), lr=1e-2)
    for _ in range(2):
        x, y = T.randn(6, 3, 4), T.randint(0, 3, (6,))
        h = norm(x) * 2 + x
        h = drop(attend(h, h, h)[0]) + F.scaled_dot_product_attention(h, h, h)
        h = lstm(h)[0][:, -1] * 1.0
        h[0] = 0.5 * h[1]
        h.T.mul_(2)
        with T.no_grad():
            scale = h.abs().max()
        a, b = (h / scale).unbind(0)[:2]
        loss = F.cross_entropy(head(h), y) + (a * b).sum() + sum(p.sum() for p in h)
        opt.zero_grad()
        loss.backward()
        T.nn.utils.clip_grad_norm_(parts.parameters(), 1.0)
        opt.step()
    return [a.detach().numpy().copy() for p in parts.parameters() for a in (p, p.grad)]


def test_an_observed_step_computes_the_same_bits(backend: Backend) -> None:
    T = backend.namespace()
    before = step(T)
    with observing(backend) as trace:
        observed = step(T)
    after = step(T)
    assert len(trace.calls) > 80
    assert len(trace.updates) == 2
    for other in (observed, after):
        assert all(np.array_equal(a, b) for a, b in zip(before, other, strict=True))


@pytest.mark.differential
def test_both_engines_make_the_same_calls_in_the_same_places() -> None:
    def seen(backend: Backend) -> list[tuple]:
        with observing(backend) as trace:
            step(backend.namespace())
        attention = next(c for c in trace.calls if c.name == "torch.nn.MultiheadAttention")
        return [
            (c.name, c.place, c.module, c.random is None, sorted(c.sent), sorted(c.written))
            for c in trace.calls
            if c.arrived
            and c.op not in ("T", "getitem")  # indexing is not seen on torch: see names.py
            and c.place.line != attention.place.line
        ]

    assert seen(MINITORCH) == seen(TORCH)
    assert len(seen(MINITORCH)) > 40


def test_every_name_is_put_back(backend: Backend) -> None:
    T = backend.namespace()
    rooms = [T, T.nn.functional, T.Tensor, T.nn.Module, T.optim.SGD, T.autograd]
    before = [dict(vars(room)) for room in rooms]
    with observing(backend):
        assert dict(vars(T.nn.functional)) != before[1]
    assert [dict(vars(room)) for room in rooms] == before


def traced(backend: Backend, run: Callable[[Any], Any]) -> Trace:
    with observing(backend) as trace:
        run(backend.namespace())
    return trace


def test_a_call_has_values_gradients_and_a_place(backend: Backend) -> None:
    def run(T: Any) -> None:
        x = T.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = T.mul(x, 2.0)
        (y * x).sum().backward()

    trace = traced(backend, run)
    assert [c.name for c in trace.calls] == [
        "torch.tensor", "torch.mul", "torch.Tensor.__mul__", "torch.Tensor.sum",
    ]  # fmt: skip
    _, mul, product, total = trace.calls
    assert mul.arguments == ((Slot(0), 2.0), {}, {})
    assert mul.place.file == __file__
    assert mul.place.line == run.__code__.co_firstlineno + 2
    assert mul.outputs[0].array.tolist() == [2, 4, 6]
    assert product.inputs[0].tensor == mul.outputs[0].tensor
    assert mul.arrived[0].tolist() == [1, 2, 3]
    assert mul.sent[0].tolist() == [2, 4, 6]
    assert product.sent[1].tolist() == [2, 4, 6]
    assert trace.totals[mul.inputs[0].tensor].tolist() == [4, 8, 12]
    assert 0 < total.when < product.when < mul.when


def test_what_a_tensor_given_twice_gets_is_summed(backend: Backend) -> None:
    def run(T: Any) -> None:
        x = T.tensor([3.0], requires_grad=True)
        (x * x).sum().backward()

    assert traced(backend, run).calls[1].sent[0].tolist() == [6]


def test_what_was_broadcast_is_summed(backend: Backend) -> None:
    def run(T: Any) -> None:
        (T.ones(4, 3, requires_grad=True) * T.ones(3, requires_grad=True)).sum().backward()

    sent = traced(backend, run).calls[2].sent
    assert sent[0].shape == (4, 3)
    assert sent[1].tolist() == [4, 4, 4]


def test_a_call_in_place_says_what_it_wrote(backend: Backend) -> None:
    def run(T: Any) -> None:
        x = T.ones(3, requires_grad=True) * 1
        x[0] = 5.0
        x.mul_(2)
        T.add(T.ones(2), 1, out=T.zeros(2))
        x.sum().backward()

    calls = {c.name.rpartition(".")[2]: c for c in traced(backend, run).calls}
    assert calls["__setitem__"].written[0].tolist() == [5, 1, 1]
    assert calls["__setitem__"].inputs[0].array.tolist() == [1, 1, 1]
    assert calls["__setitem__"].sent[0].tolist() == [0, 2, 2]
    assert calls["mul_"].written[0].tolist() == [10, 2, 2]
    assert calls["mul_"].sent[0].tolist() == [2, 2, 2]
    assert calls["add"].written[1].tolist() == [2, 2]


def test_layers_have_parameters_settings_and_inner_calls(backend: Backend) -> None:
    def run(T: Any) -> None:
        class Net(T.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.blocks = T.nn.Sequential(T.nn.Linear(3, 2, bias=False), T.nn.ReLU())

            def forward(self, x: Any) -> Any:
                return self.blocks(x)

        Net()(T.ones(1, 3)).sum().backward()

    trace = traced(backend, run)
    layer = next(c for c in trace.calls if c.name == "torch.nn.Linear")
    inner = next(c for c in trace.calls if c.name == "torch.nn.functional.linear")
    assert layer.module == inner.module == "blocks.0"
    assert trace.calls[inner.inside] is layer
    assert layer.settings == {
        "in_features": 3,
        "out_features": 2,
        "bias": False,
        "training": True,
    } | {k: None for k in ("device", "dtype") if k in layer.settings}
    assert layer.arguments[2] == {"weight": Slot(1)}
    assert layer.sent[1].tolist() == inner.sent[1].tolist()


def test_random_calls_keep_the_state_they_started_from(backend: Backend) -> None:
    def run(T: Any) -> None:
        T.manual_seed(1)
        T.rand(2).add(1)

    draw, add = traced(backend, run).calls
    assert draw.random == backend.namespace().manual_seed(1).get_state().numpy().tobytes()
    assert add.random is None


def test_a_name_that_was_imported_is_observed_too(backend: Backend) -> None:
    T = backend.namespace()
    module = types.ModuleType("somebody's model")
    module.relu = relu = T.nn.functional.relu
    sys.modules[module.__name__] = module
    try:
        trace = traced(backend, lambda T: module.relu(T.ones(2)))
    finally:
        del sys.modules[module.__name__]
    assert trace.calls[-1].name == "torch.nn.functional.relu"
    assert module.relu is relu


def test_a_name_that_a_class_holds_is_observed_too(backend: Backend) -> None:
    T = backend.namespace()

    class Act(T.nn.Module):
        function = staticmethod(T.nn.functional.relu)

        def forward(self, x: Any) -> Any:
            return self.function(x)

    for _ in range(2):
        trace = traced(backend, lambda T: T.nn.Conv2d(1, 1, 1)(Act()(T.ones(1, 1, 2, 2))))
        names = [call.op for call in trace.calls if not call.is_layer]
        assert names[-2:] == ["relu", "conv2d"]


def test_what_hooks_call_is_the_models_and_the_sweep_is_the_engines(backend: Backend) -> None:
    def run(T: Any) -> None:
        x = T.ones(2, requires_grad=True)
        x.register_hook(lambda g: g * 3)
        (x.sin() * x).sum().backward()
        T.autograd.grad(x.exp().sum(), x, create_graph=True)

    names = [c.op for c in traced(backend, run).calls]
    assert names == ["ones", "sin", "mul", "sum", "mul", "exp", "sum", "mul"]


def test_an_update_has_what_it_saw_and_what_it_made(backend: Backend) -> None:
    def run(T: Any) -> None:
        w = T.nn.Parameter(T.ones(2))
        opt = T.optim.SGD([{"params": [w], "lr": 0.5}], lr=0.1, momentum=0.9)
        (w * 2).sum().backward()
        T.nn.utils.clip_grad_value_((p for p in [w]), 1.0)
        opt.step()

    trace = traced(backend, run)
    (update,) = trace.updates
    assert update.name == "torch.optim.SGD"
    assert update.groups[0]["lr"] == 0.5
    assert update.gradients[0].tolist() == [1, 1]
    assert update.parameters[0].array.tolist() == [1, 1]
    assert update.after[0].tolist() == [0.5, 0.5]
    assert update.state == [{}]
    assert update.state_after[0]["momentum_buffer"].tolist() == [1, 1]
    clip = trace.calls[-1]
    assert clip.arguments[2] == {"0.grad": Slot(1)}
    assert clip.inputs[1].array.tolist() == [2, 2]
    assert clip.written[1].tolist() == [1, 1]


def test_nothing_is_recorded_until_it_is_asked_for(backend: Backend) -> None:
    T = backend.namespace()
    with observing(backend, recording=False) as trace:
        T.ones(2).exp()
        assert not trace.calls
        trace.recording = True
        T.ones(2).exp()
    assert [c.op for c in trace.calls] == ["ones", "exp"]


def test_a_trace_can_be_sent(backend: Backend) -> None:
    trace = traced(backend, step)
    again = pickle.loads(pickle.dumps(trace))
    assert [c.name for c in again.calls] == [c.name for c in trace.calls]


def test_a_sparse_tensor_is_told_to_be_there_and_no_more(backend: Backend) -> None:
    def run(T: Any) -> None:
        sparse = T.eye(2).to_sparse()
        T.sparse.mm(sparse, T.ones(2, 2))

    call = traced(backend, run).calls[0]
    assert call.name == "torch.eye"


@pytest.mark.differential
def test_a_number_is_no_sequence_once_an_engine_was_observed():
    torch = pytest.importorskip("torch")
    with observing(TORCH):
        assert torch.tensor([torch.tensor(1.5)]).tolist() == [1.5]
    assert torch.tensor([torch.tensor(1.5)]).tolist() == [1.5]
