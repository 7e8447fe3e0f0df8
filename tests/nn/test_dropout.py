"""The dropout family beside torch's: the same elements fall, gradients flow through the rest."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

ENGINES = (minitorch, torch)
SHAPES = {
    "dropout": [(), (1,), (40,), (5, 7), (3, 4, 6)],
    "dropout1d": [(4, 7), (3, 0, 6), (3, 4, 6)],
    "dropout2d": [(3, 4, 5, 2), (1, 17, 1, 1)],
    "dropout3d": [(3, 4, 2, 5, 2), (4, 3, 2, 2)],
    "alpha_dropout": [(), (1,), (40,), (5, 7), (3, 4, 6)],
    "feature_alpha_dropout": [(5, 7), (3, 4, 6), (3, 4, 2, 5, 2)],
}
CHANNELS = ("dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout")
MODULES = {
    "dropout": "Dropout",
    "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d",
    "dropout3d": "Dropout3d",
    "alpha_dropout": "AlphaDropout",
    "feature_alpha_dropout": "FeatureAlphaDropout",
}
CASES = [(name, shape) for name in SHAPES for shape in SHAPES[name]]
SOME = [(name, shapes[-1]) for name, shapes in SHAPES.items()]
LAYOUTS = {
    "whole": lambda t: t[0],
    "permuted": lambda t: t.permute(tuple(reversed(range(t.ndim))))[..., 0],
    "sliced": lambda t: t[:, ..., ::2][0] if t.ndim > 1 else t[0],
    "expanded": lambda t: t[:1].expand(t.shape)[0] if t.ndim == 1 else t[0, :1].expand(t.shape[1:]),
}


def numbers(T: Any, shape: tuple, dtype: str = "float32", layout: str = "whole") -> Any:
    """A tensor of that layout; of a permuted one the shape is turned around."""
    base = np.linspace(-2, 3, 2 * int(np.prod(shape)), dtype=dtype).reshape(2, *shape)
    return LAYOUTS[layout](T.tensor(base))


def function(T: Any, name: str) -> Any:
    return getattr(T.nn.functional, name)


def state(T: Any) -> bytes:
    return T.get_rng_state().numpy().tobytes()


def plain(x: Any) -> tuple:
    array = x.detach().numpy()
    return array.dtype, array.shape, array.tobytes()


def on_both(program: Any) -> Any:
    """What the program returns on each engine from one seed, and the state after it, are equal."""
    found = []
    for T in ENGINES:
        T.manual_seed(3)
        found.append(([plain(x) for x in program(T)], state(T)))
    assert found[0][0] == found[1][0], "values"
    assert found[0][1] == found[1][1], "state"
    return found[0][0]


# Values


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_the_same_elements_fall(name, shape, layout, dtype):
    for p in (0.1, 0.5, 0.9, 1 - 1e-9):
        on_both(lambda T, p=p: [function(T, name)(numbers(T, shape, dtype, layout), p, True)])


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_fall_as_a_whole(name):
    minitorch.manual_seed(0)
    x = minitorch.ones(50, 20, 3) if name == "dropout1d" else minitorch.ones(50, 20, 3, 2, 2)
    x = x[..., 0] if name == "dropout2d" else x
    out = function(minitorch, name)(x, 0.3, True).numpy().reshape(1000, -1)
    assert (out == out[:, :1]).all()
    assert 0.25 < (out[:, 0] != out.max()).mean() < 0.35


def test_dropout_keeps_the_mean():
    minitorch.manual_seed(0)
    out = minitorch.nn.functional.dropout(minitorch.ones(100_000), 0.3).numpy()
    assert set(out.tolist()) == {0.0, float(np.float32(1) / np.float32(0.7))}
    assert abs(out.mean() - 1) < 0.01


@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout"])
def test_alpha_dropout_keeps_mean_and_variance(name):
    minitorch.manual_seed(0)
    x = minitorch.randn(300, 400)
    out = function(minitorch, name)(x, 0.3, True).numpy()
    assert abs(out.mean()) < 0.02
    assert abs(out.var() - 1) < 0.03


# Gradients


@pytest.mark.parametrize("layout", ["whole", "permuted"])
@pytest.mark.parametrize(("name", "shape"), SOME)
def test_gradients_of_both_orders(name, shape, layout):
    def program(T: Any) -> list:
        x = numbers(T, shape, "float64", layout).detach().requires_grad_()
        out = function(T, name)(x * x, 0.4, True)
        seed = np.cos(np.arange(out.numel())).reshape(tuple(out.shape))
        cotangent = T.tensor(seed, requires_grad=True)
        (first,) = T.autograd.grad(out, x, cotangent, create_graph=True)
        second = T.autograd.grad((first * first).sum(), [x, cotangent])
        return [out, first, *second]

    found = on_both(program)
    assert len({bits for *_, bits in found}) == 4


@pytest.mark.parametrize(("name", "shape"), SOME)
def test_derivatives_are_those_of_finite_differences(name, shape):
    x = numbers(minitorch, shape, "float64").detach().requires_grad_()

    def fallen(x: Any) -> Any:
        minitorch.manual_seed(3)
        return function(minitorch, name)(x * x, 0.4, True)

    assert minitorch.autograd.gradcheck(fallen, (x,))
    assert minitorch.autograd.gradgradcheck(fallen, (x,))


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "feature_alpha_dropout"])
def test_no_gradient_of_a_gradient_where_the_input_enters_once(name):
    x = numbers(minitorch, (5, 7)).requires_grad_()
    out = function(minitorch, name)(x, 0.4, True)
    (first,) = minitorch.autograd.grad(out.sum(), x, create_graph=True)
    assert not first.requires_grad


# In place


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_in_place(name, shape):
    def program(T: Any) -> list:
        leaf = numbers(T, shape).requires_grad_()
        x = leaf * 2
        out = function(T, name)(x, 0.5, True, inplace=True)
        assert out is x
        (g,) = T.autograd.grad(out.sum(), leaf)
        return [x, g]

    (_, _, ours), _ = on_both(program)
    minitorch.manual_seed(3)
    apart = function(minitorch, name)(numbers(minitorch, shape) * 2, 0.5, True)
    assert apart.numpy().tobytes() == ours


@pytest.mark.parametrize(("name", "shape"), SOME)
def test_in_place_counts_as_a_write(name, shape):
    for T in ENGINES:
        x = numbers(T, shape).requires_grad_() * 1
        y = x.exp()
        function(T, name)(y, 0.5, True, inplace=True)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


@pytest.mark.parametrize(("name", "shape"), SOME)
def test_in_place_is_refused_for_a_leaf(name, shape):
    for T in ENGINES:
        x = numbers(T, shape).requires_grad_()
        with pytest.raises(RuntimeError, match="leaf"):
            function(T, name)(x, 0.5, True, inplace=True)


# When nothing, or everything, falls


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    "options", [{"training": False}, {"p": 0, "training": True}, {"p": 0.0, "training": True}]
)
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_nothing_falls(name, shape, options, inplace):
    def program(T: Any) -> list:
        before = state(T)
        x = numbers(T, shape)
        out = function(T, name)(x, inplace=inplace, **options)
        assert state(T) == before
        if name in ("dropout", "alpha_dropout", "feature_alpha_dropout"):
            assert out is x
        return [out]

    on_both(program)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_everything_falls(name, shape, dtype, inplace):
    def program(T: Any) -> list:
        before = state(T)
        leaf = numbers(T, shape, dtype).requires_grad_()
        out = function(T, name)(leaf * 1, 1.0, True, inplace)
        assert state(T) == before
        (g,) = T.autograd.grad(out.sum(), leaf)
        return [out, g]

    on_both(program)


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout"])
def test_what_is_infinite_stays_infinite_or_becomes_nan(name):
    for p in (0.5, 1.0):
        for T in ENGINES:
            T.manual_seed(3)
            x = T.full((9,), float("inf"))
            kinds = function(T, name)(x, p, True).isnan().tolist()
            assert any(kinds)
            assert all(kinds) == (p == 1)


@pytest.mark.parametrize(("name", "shape"), SOME)
def test_a_default_call_trains_unless_it_is_an_alpha_dropout(name, shape):
    on_both(lambda T: [function(T, name)(numbers(T, shape))])


@pytest.mark.parametrize("dtype", ["int64", "bool"])
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_integers_pass_where_nothing_is_drawn(dtype, p):
    on_both(lambda T: [function(T, "dropout")(T.ones(3, dtype=getattr(T, dtype)), p)])


# Numbers of dimensions

RANKS = [(name, rank) for name in ("dropout1d", "dropout2d", "dropout3d") for rank in range(7)]


def outcome(T: Any, name: str, rank: int, training: bool) -> tuple:
    T.manual_seed(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result: Any = plain(function(T, name)(T.ones((2,) * rank), 0.5, training))
        except Exception as error:
            result = type(error)
    if T is minitorch:
        assert all(w.filename == __file__ for w in caught)
    return result, [w.category for w in caught]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "rank"), RANKS)
def test_other_numbers_of_dimensions_are_answered_as_in_torch(name, rank, training):
    ours, theirs = (outcome(T, name, rank, training) for T in ENGINES)
    assert ours == theirs


def test_the_tests_see_a_warning_an_error_and_a_result():
    found = {str(outcome(minitorch, name, rank, True)[1:]) for name, rank in RANKS}
    kinds = {type(outcome(minitorch, name, rank, True)[0]) for name, rank in RANKS}
    assert len(found) == 2
    assert kinds == {tuple, type}


# Layers


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(("name", "shape"), SOME)
def test_layer(name, shape, inplace):
    def program(T: Any) -> list:
        layer = getattr(T.nn, MODULES[name])(0.4, inplace)
        x = numbers(T, shape)
        first = layer(x)
        untrained = layer.eval()(numbers(T, shape))
        return [first, x, untrained, layer.train()(numbers(T, shape))]

    first, x, untrained, last = on_both(program)
    assert first != last
    assert untrained == plain(numbers(minitorch, shape))
    alpha = "alpha" in name  # whose layers keep `inplace` and do not look at it
    assert (first == x) == (inplace and not alpha)


@pytest.mark.parametrize("options", [{}, {"p": 0.25}, {"p": 1}, {"p": 0.1, "inplace": True}])
@pytest.mark.parametrize("name", MODULES.values())
def test_layer_is_written_as_in_torch(name, options):
    ours, theirs = (getattr(T.nn, name)(**options) for T in ENGINES)
    assert repr(ours) == repr(theirs)
    assert (ours.p, ours.inplace) == (theirs.p, theirs.inplace)
    assert [*ours.state_dict(), *ours.parameters()] == []


def test_layers_in_a_model_draw_in_turn():
    def program(T: Any) -> list:
        nn = T.nn
        model = nn.Sequential(
            nn.Conv2d(2, 3, 3), nn.Dropout2d(0.5), nn.Flatten(), nn.AlphaDropout(0.2),
            nn.Dropout(0.3, inplace=True), nn.Unflatten(1, (3, 4)), nn.FeatureAlphaDropout(0.4),
            nn.Dropout1d(0.1),
        )  # fmt: skip
        noise = model[1:](T.ones(4, 3, 2, 2))
        return [noise, *model.parameters()]

    on_both(program)
