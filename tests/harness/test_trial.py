"""Training steps on all witnesses in one process: what is right passes, what is wrong is named."""

from __future__ import annotations

import pytest

from harness import Twin
from harness.backends import MINITORCH, TORCH
from harness.trial import train
from harness.twin import Differs


def build(T, change=lambda T, model: None, optimizer="SGD"):
    """A small network with a kink and a mask."""
    layers = T.nn.Linear(3, 6), T.nn.ReLU(), T.nn.Dropout(0.2), T.nn.Linear(6, 2)
    model = T.nn.Sequential(*layers)
    change(T, model)
    how = getattr(T.optim, optimizer)(model.parameters(), lr=0.05)
    x, y = T.randn(12, 3), T.randint(0, 2, (12,))

    def step():
        how.zero_grad()
        loss = T.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        how.step()
        return loss

    return model, how, step


def only_on_minitorch(change):
    """A build that is spoiled on minitorch alone."""
    return lambda T: build(T, change if T.__name__ == "minitorch" else lambda T, model: None)


@pytest.mark.differential
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_engines_train_alike(optimizer):
    pytest.importorskip("torch")
    made = train(lambda T: build(T, optimizer=optimizer), MINITORCH, TORCH, steps=15)
    assert made.ok, str(made)
    assert made.judge.steps == 15
    assert made.judge.truth_until is None  # float64 drew the same masks
    assert made.worst[0] < 1
    assert str(made).startswith("15 steps, at most 0.")


@pytest.mark.differential
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda T, m: m[3].weight.register_hook(lambda g: g * 1.0001), "step 1  gradient 3.weight"),
        (
            lambda T, m: m[0].bias.data.add_(1e-6),
            "initial parameter 0.bias: relative",
        ),
        (lambda T, m: T.rand(1), "initial random state"),
        (lambda T, m: setattr(m[0], "bias", None), "parameter 0.bias is missing on minitorch"),
        (lambda T, m: m[3].register_forward_hook(_raising), "minitorch raises ValueError at step"),
    ],
)
def test_what_trains_otherwise_is_named(change, said):
    pytest.importorskip("torch")
    made = train(only_on_minitorch(change), MINITORCH, TORCH, steps=3)
    assert not made.ok
    assert said in str(made)


def _raising(*_):
    raise ValueError("no")


@pytest.mark.differential
def test_what_no_replay_shows_is_drift_and_no_fault():
    pytest.importorskip("torch")

    def leaps(T, model):
        weight = model[3].weight
        start = weight.detach().clone()
        weight.register_hook(lambda g: g * 1.01 if bool((weight == start).all()) else g)

    made = train(only_on_minitorch(leaps), MINITORCH, TORCH, steps=2)
    assert made.ok, str(made)
    assert (made.parted.step, made.parted.key) == (1, "gradient 3.weight")
    assert made.worst[0] > 1
    assert str(made).endswith("; gradient 3.weight parted at step 1, as rounding may")


@pytest.mark.differential
def test_what_an_engine_lacks_is_unsupported():
    pytest.importorskip("torch")
    made = train(only_on_minitorch(lambda T, m: T.nothing), MINITORCH, TORCH, steps=1)
    assert (made.ok, made.judge.steps) == (False, 0)
    assert made.unsupported.startswith("AttributeError at step 0")


@pytest.mark.differential
def test_the_call_that_trains_otherwise_is_named_with_its_lines(wrong_relu):
    pytest.importorskip("torch")
    made = train(build, MINITORCH, TORCH, steps=3)
    assert (made.located.direction, made.located.op) == ("backward", "ReLU")
    assert made.located.model_source_text == "loss = T.nn.functional.cross_entropy(model(x), y)"
    assert made.divergence.step == made.located.step == 1


def test_an_error_of_the_test_itself_is_raised():
    with pytest.raises(ZeroDivisionError):
        train(lambda T: 1 / 0, MINITORCH, MINITORCH)


def test_tensors_without_a_module_are_trained():
    def build(T):
        w = T.ones(3, requires_grad=True)

        def step():
            w.grad = None
            loss = (w * T.arange(3)).square().sum()
            loss.backward()
            with T.no_grad():
                w.sub_(0.01 * w.grad)
            return loss

        return {"w": w}, step

    made = train(build, MINITORCH, MINITORCH, steps=2)
    assert made.ok
    assert {"loss", "gradient w", "parameter w"} <= made.judge.series.keys()


@pytest.mark.differential
def test_a_twin_keeps_and_tells_a_training():
    pytest.importorskip("torch")
    twin = Twin(MINITORCH, TORCH, steps=4)
    assert twin.train(build).judge.steps == 4
    spoiled = only_on_minitorch(lambda T, m: m[3].bias.register_hook(lambda g: 1.01 * g))
    with pytest.raises(Differs, match=r"minitorch trains otherwise than torch: step 1  gradient 3"):
        twin.train(spoiled, steps=2)
    right, wrong = twin.records
    assert (right["verdict"], right["steps"]) == ("pass", 4)
    assert right["err_ratio"] < 8
    assert (wrong["verdict"], wrong["file"]) == ("numbers", __file__)
    assert wrong["tensor"].startswith("gradient 3.bias, step")
