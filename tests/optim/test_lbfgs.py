"""L-BFGS against torch's, on a function with a curved valley and on a quadratic."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike


def rosenbrock(x, y):
    return ((1 - x) ** 2 + 100 * (y - x**2) ** 2).sum()


def without_a_value(x, y):
    return (x * float("nan")).sum() + y.sum()


def quadratic(x, y):
    return ((x - 1) ** 2).sum() + 3 * (y + x).pow(2).sum()


def minimized(t, f, dtype, steps=5, reload_at=None, **options):
    """Losses, counts and the last point of some steps of L-BFGS."""
    start = [np.asarray(a, dtype) for a in ([[-1.2, 0.5], [2.0, -0.3]], [[1.0, 1.5], [0.2, 0.1]])]
    params = [t.nn.Parameter(t.from_numpy(a)) for a in start]
    unused = t.nn.Parameter(t.ones(3, dtype=params[0].dtype))
    optimizer = t.optim.LBFGS([*params, unused], **options)

    def closure():
        optimizer.zero_grad()
        loss = f(*params)
        loss.backward()
        return loss

    losses = []
    for i in range(steps):
        if i == reload_at:
            state = copy.deepcopy(optimizer.state_dict())
            optimizer = t.optim.LBFGS([*params, unused], **options)
            optimizer.load_state_dict(state)
        losses.append(optimizer.step(closure).item())
    state = optimizer.state[params[0]]
    counts = [list(state), state["func_evals"], state["n_iter"], len(state.get("old_dirs", ()))]
    return losses, counts, np.stack([p.detach().numpy() for p in params])


OPTIONS = [
    {"lr": 0.1, "max_iter": 6},
    {"lr": 0.1, "max_iter": 1},
    {"lr": 1e-6, "max_iter": 4, "tolerance_change": 0.0},
    {"lr": 1, "max_iter": 6, "line_search_fn": "strong_wolfe"},
    {"max_iter": 8, "history_size": 3, "line_search_fn": "strong_wolfe"},
    {"max_iter": 30, "max_eval": 7, "line_search_fn": "strong_wolfe"},
    {"lr": 100.0, "max_iter": 5, "line_search_fn": "strong_wolfe"},
    {"lr": 1e-4, "max_iter": 5, "line_search_fn": "strong_wolfe"},
    {"lr": 1e-60, "max_iter": 26, "line_search_fn": "strong_wolfe", "steps": 1},
    {"steps": 2, "max_iter": 30, "tolerance_grad": 20.0, "line_search_fn": "strong_wolfe"},
    {"max_iter": 30, "tolerance_change": 0.1, "line_search_fn": "strong_wolfe"},
]


@pytest.mark.differential
@pytest.mark.parametrize("f", [rosenbrock, quadratic], ids=lambda f: f.__name__)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_same_steps_as_torch(torch, f, options):
    ours, theirs = (minimized(t, f, "float64", **options) for t in (minitorch, torch))
    assert ours[1] == theirs[1]
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-6, atol=1e-9)


@pytest.mark.differential
@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_goes_on_as_torch_where_there_is_no_gradient(torch, line_search_fn):
    options = {"max_iter": 3, "steps": 2, "line_search_fn": line_search_fn}
    ours, theirs = (minimized(t, without_a_value, "float64", **options) for t in (minitorch, torch))
    assert ours[1] == theirs[1]
    assert np.isnan(ours[2]).tolist() == np.isnan(theirs[2]).tolist()


@pytest.mark.differential
def test_same_first_steps_in_single_precision(torch):
    options = {"max_iter": 4, "line_search_fn": "strong_wolfe", "steps": 2}
    ours, theirs = (minimized(t, rosenbrock, "float32", **options) for t in (minitorch, torch))
    assert ours[1] == theirs[1]
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-3)


@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[2]], ids=str)
def test_goes_on_from_its_state(options):
    through = minimized(minitorch, rosenbrock, "float64", **options)
    resumed = minimized(minitorch, rosenbrock, "float64", reload_at=2, **options)
    assert through[:2] == resumed[:2]
    assert (through[2] == resumed[2]).all()


@pytest.mark.parametrize("line_search_fn", [None, "strong_wolfe"])
def test_finds_the_minimum(line_search_fn):
    options = {"lr": 0.5 if line_search_fn is None else 1, "max_iter": 40}
    losses, _, point = minimized(
        minitorch, quadratic, "float64", line_search_fn=line_search_fn, **options
    )
    assert losses[-1] < 1e-8
    assert point == pytest.approx(np.stack([np.ones((2, 2)), -np.ones((2, 2))]), abs=1e-3)


def test_a_copy_goes_on_by_itself():
    p = minitorch.nn.Parameter(minitorch.ones(2))
    copied = copy.deepcopy(minitorch.optim.LBFGS([p], lr=0.5, max_iter=1))
    (q,) = copied.param_groups[0]["params"]

    def closure():
        q.grad = minitorch.full((2,), 0.25)
        return minitorch.tensor(1.0)

    copied.step(closure)
    assert q.tolist() == [0.875, 0.875]
    assert p.tolist() == [1.0, 1.0]


def one_step(t, **options):
    p = t.nn.Parameter(t.ones(2))
    optimizer = t.optim.LBFGS([p], **options)

    def closure():
        p.grad = t.ones(2)
        return t.tensor(1.0)

    optimizer.step(closure)


ERRORS = {
    "negative lr": (lambda t: one_step(t, lr=-1.0), ["lr", "-1.0"]),
    "two groups": (
        lambda t: t.optim.LBFGS([{"params": [t.ones(1)]}, {"params": [t.ones(1)]}]),
        ["one parameter group", "2"],
    ),
    "line search": (lambda t: one_step(t, line_search_fn="x"), ["strong_wolfe", "'x'"]),
    "no closure": (lambda t: t.optim.LBFGS([t.ones(1)]).step(), ["closure"]),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    assert_refused_alike(torch, *ERRORS[case])
