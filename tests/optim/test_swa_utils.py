"""Averaged models against torch's."""

from __future__ import annotations

import copy
import importlib

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike


def swa(t):
    return importlib.import_module(f"{t.__name__}.optim.swa_utils")


def net(t, seed=0):
    model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4), t.nn.Linear(4, 2))
    fill(t, model, seed)
    return model


def fill(t, model, seed):
    rng = np.random.default_rng(seed)
    for x in model.state_dict().values():
        values = 5 + rng.standard_normal(tuple(x.shape)) * 3
        x.copy_(t.from_numpy(np.asarray(values)))


def state(model):
    return {name: x.numpy().copy() for name, x in model.state_dict().items()}


AVERAGES = {
    "mean of all": lambda t: {},
    "mean, by function": lambda t: {"avg_fn": swa(t).get_swa_avg_fn()},
    "mean, by lists": lambda t: {"multi_avg_fn": swa(t).get_swa_multi_avg_fn()},
    "moving": lambda t: {"avg_fn": swa(t).get_ema_avg_fn(0.9), "use_buffers": True},
    "moving, by lists": lambda t: {
        "multi_avg_fn": swa(t).get_ema_multi_avg_fn(0.9),
        "use_buffers": True,
    },
    "own": lambda t: {"avg_fn": lambda mean, p, n: mean + p * n, "use_buffers": True},
}


@pytest.mark.differential
@pytest.mark.parametrize("case", AVERAGES)
def test_same_averages_as_torch(torch, case):
    results = []
    for t in (minitorch, torch):
        model = net(t)
        averaged = swa(t).AveragedModel(model, **AVERAGES[case](t))
        for seed in (1, 2, 3):
            fill(t, model, seed)
            averaged.update_parameters(model)
        results.append(state(averaged))
    ours, theirs = results
    assert list(ours) == list(theirs)
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-6, err_msg=name)


@pytest.mark.differential
def test_state_and_statistics_as_torchs(torch):
    results = []
    for t in (minitorch, torch):
        averaged = swa(t).AveragedModel(net(t))
        averaged.load_state_dict(copy.deepcopy(swa(t).AveragedModel(net(t, 1)).state_dict()))
        rng = np.random.default_rng(0)
        batches = [t.from_numpy(rng.standard_normal((6, 3)).astype("float32")) for _ in range(3)]
        averaged.module[1].momentum = 0.3
        averaged.eval()
        swa(t).update_bn([(x, 0) for x in batches], averaged)
        results.append((averaged(batches[0]).detach().numpy(), averaged.module[1].momentum))
        results[-1] += (averaged.training, averaged.module[1].num_batches_tracked.item())
    (ours, *rest), (theirs, *expected) = results
    assert rest == expected == [0.3, False, 3]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_nothing_to_do_without_batch_normalization():
    def batches():
        pytest.fail("the data is read")
        yield

    swa(minitorch).update_bn(batches(), minitorch.nn.Linear(1, 1))


def test_a_broken_batch_leaves_the_layers_as_they_were():
    model = minitorch.nn.Sequential(minitorch.nn.BatchNorm1d(2, momentum=0.3)).eval()
    with pytest.raises(RuntimeError):
        swa(minitorch).update_bn([minitorch.ones(4, 2), minitorch.ones(4, 3)], model)
    assert model[0].momentum == 0.3
    assert not model.training


@pytest.mark.differential
@pytest.mark.parametrize(
    "options",
    [{}, {"anneal_strategy": "linear", "anneal_epochs": 4}, {"anneal_epochs": 0}],
    ids=str,
)
def test_same_rates_as_torch(torch, options):
    logs = []
    for t in (minitorch, torch):
        groups = [{"params": [t.ones(1)]}, {"params": [t.ones(1)], "lr": 0.02}]
        optimizer = t.optim.SGD(groups, lr=0.05)
        scheduler = swa(t).SWALR(optimizer, [0.5, 0.01], **options)
        logs.append([list(scheduler.get_last_lr()), scheduler.state_dict()])
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            logs[-1].append(list(scheduler.get_last_lr()))
    assert logs[0] == logs[1]


def swalr(t, **options):
    return swa(t).SWALR(t.optim.SGD([t.ones(1)]), **{"swa_lr": 0.1, **options})


ERRORS = {
    "two averages": (
        lambda t: swa(t).AveragedModel(t.nn.Linear(1, 1), avg_fn=abs, multi_avg_fn=abs),
        ["avg_fn", "multi_avg_fn"],
    ),
    "decay": (lambda t: swa(t).get_ema_avg_fn(1.5), ["decay", "1.5"]),
    "decay of lists": (lambda t: swa(t).get_ema_multi_avg_fn(-1), ["decay", "-1"]),
    "strategy": (lambda t: swalr(t, anneal_strategy="x"), ["anneal_strategy", "'x'"]),
    "epochs": (lambda t: swalr(t, anneal_epochs=1.5), ["anneal_epochs", "1.5"]),
    "rates": (lambda t: swalr(t, swa_lr=[0.1, 0.2]), ["swa_lr", "2"]),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    assert_refused_alike(torch, *ERRORS[case])
