"""What a step leaves behind is complete, and can be put back."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch as torch
from harness.backends import MINITORCH
from harness.state import (
    Subject,
    assign,
    assign_gradients,
    describe,
    initial_arrays,
    move_one_ulp,
    sketched,
    step_arrays,
)


def trained(optimizer=torch.optim.SGD, seed=0, **settings):
    """A model after two steps, and its subject."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 1)
    )
    made = optimizer(model.parameters(), **settings)
    for _ in range(2):
        made.zero_grad()
        (model(torch.randn(4, 3)) ** 2).mean().backward()
        made.step()
    return model, Subject.of(model, made)


def test_a_step_leaves_everything_in_order():
    model, subject = trained(torch.optim.Adam, lr=0.1)
    arrays = step_arrays(MINITORCH, subject, np.array(3.0))
    kinds = [key.partition(" ")[0] for key in arrays]
    assert list(dict.fromkeys(kinds)) == [
        "buffer", "loss", "gradient", "parameter", "optimizer", "learning"
    ]  # fmt: skip
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(arrays[f"parameter {name}"], parameter.detach().numpy())
        np.testing.assert_array_equal(arrays[f"gradient {name}"], parameter.grad.numpy())
    assert {"optimizer step 0.weight", "optimizer exp_avg 2.bias"} <= arrays.keys()
    assert arrays["optimizer step 0.weight"] == 2
    assert arrays["learning rate"].tolist() == [0.1]


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.LBFGS])
def test_a_state_can_be_put_into_another_run(optimizer):
    settings = {"momentum": 0.9, "lr": 0.1} if optimizer is torch.optim.SGD else {"lr": 0.1}
    if optimizer is torch.optim.LBFGS:
        _, theirs = trained(torch.optim.Adam, seed=0)
        _, mine = trained(torch.optim.Adam, seed=1)
    else:
        _, theirs = trained(optimizer, seed=0, **settings)
        _, mine = trained(optimizer, seed=1, **settings)
    wanted = step_arrays(MINITORCH, theirs, np.array(0.0))
    wanted = {key: a.copy() for key, a in wanted.items()}
    assign(MINITORCH, mine, wanted)
    assign_gradients(MINITORCH, mine, wanted)
    found = step_arrays(MINITORCH, mine, np.array(0.0))
    assert list(found) == list(wanted)
    for key, array in wanted.items():
        np.testing.assert_array_equal(found[key], array)


def test_a_dict_of_models_and_tensors_gets_prefixed_names():
    models = {"generator": torch.nn.Linear(1, 1), "w": torch.ones(2, requires_grad=True)}
    names = [key for key, _ in Subject.of(models).named()]
    assert names == ["parameter generator.weight", "parameter generator.bias", "parameter w"]


def test_a_header_says_what_is_trained_and_how():
    _, subject = trained(torch.optim.SGD, lr=0.1, momentum=0.9)
    header = describe(MINITORCH, subject)
    assert header["backend"] == "minitorch"
    assert header["tensors"][0] == {
        "key": "parameter 0.weight", "shape": [5, 3], "dtype": "float32", "requires_grad": True,
    }  # fmt: skip
    assert header["optimizers"][0]["class"] == "SGD"
    assert header["optimizers"][0]["groups"][0]["momentum"] == 0.9


def test_every_parameter_moves_by_one_ulp_and_buffers_stay():
    _, subject = trained()
    before = {key: a.copy() for key, a in initial_arrays(MINITORCH, subject).items()}
    move_one_ulp(MINITORCH, subject, np.random.default_rng(0))
    for key, after in initial_arrays(MINITORCH, subject).items():
        if key.startswith("buffer"):
            np.testing.assert_array_equal(before[key], after)
        else:
            # Counted in representable numbers: exactly one, up or down.
            apart = before[key].view(np.int32) - after.view(np.int32)
            assert set(np.abs(apart[before[key] != 0])) == {1}


def test_sketches_tell_how_far_tensors_are_apart():
    draw = np.random.default_rng(0)
    ratios = []
    for size in (50, 1000, 20_000):
        a = draw.standard_normal(size).astype("f")
        b = a + 1e-3 * draw.standard_normal(size).astype("f")
        one, other = (sketched({"x": x})["x"] for x in (a, b))
        assert one.shape == (2,)
        assert one[0] == pytest.approx(np.linalg.norm(a), rel=1e-5)
        ratios.append(abs(one[1] - other[1]) / np.linalg.norm(a - b))
    assert all(0.01 < ratio < 4 for ratio in ratios)
    whole = {"n": np.arange(5), "s": np.ones(1, "f")}
    assert sketched(whole) == whole
