"""Updates in C: the bits of the rules on NumPy, whatever the options, sizes and threads."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from minitorch import backend
from minitorch.native import table
from tests.native.threads import on_each_number

SHAPES = ((70, 301), (3,), (), (130, 150), (1,), (0,), (7, 9))  # in several chunks, and in parts
OPTIONS = {
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1, "maximize": True},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ],
    "Adam": [
        {},
        {"amsgrad": True, "weight_decay": 0.1},
        {"betas": (0.4, 0.8), "maximize": True, "eps": 1e-3},
        {"lr": minitorch.tensor(0.25)},
    ],
    "AdamW": [{}, {"amsgrad": True, "maximize": True}],
    "NAdam": [{}, {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"betas": (0.4, 0.8)}],
    "RAdam": [{}, {"weight_decay": 0.1, "maximize": True}, {"betas": (0.4, 0.8)}],
    "Adamax": [{}, {"betas": (0.3, 0.9), "weight_decay": 0.1, "maximize": True}],
    "RMSprop": [
        {},
        {"momentum": 0.9, "weight_decay": 0.1, "maximize": True},
        {"alpha": 0.4, "centered": True, "eps": 1e-3},
        {"centered": True, "momentum": 0.5, "eps": 1e-3},
    ],
    "Adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1, "maximize": True}],
    "Adadelta": [{}, {"rho": 0.5, "weight_decay": 0.1, "maximize": True}],
    "ASGD": [{}, {"t0": 1, "lambd": 0.1, "weight_decay": 0.1, "maximize": True}],
    "Rprop": [{}, {"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.05), "maximize": True}],
}
CASES = [(name, options) for name, each in OPTIONS.items() for options in each]


def prepared(dtype: str, steps: int) -> list[list[np.ndarray]]:
    """Parameters, then the gradients of each step; some are zero, huge, infinite or NaN."""
    rng = np.random.default_rng(0)
    drawn = [[np.asarray(rng.standard_normal(s), dtype) for s in SHAPES] for _ in range(steps + 1)]
    big = 1e3 if dtype == "float16" else 1e15
    for arrays in drawn:
        arrays[3][:, :5] *= np.asarray([0.0, -0.0, 1e-20, big, 1e-8], dtype)
    drawn[1][0][0, :3] = np.nan, np.inf, -np.inf
    return drawn


def run(name: str, dtype: str = "float32", steps: int = 4, layout=np.array, **options):
    """Parameters and state after some steps, and how often a kernel took what was asked."""
    begin, *gradients = prepared(dtype, steps)
    parameters = [minitorch.nn.Parameter(minitorch.from_numpy(layout(a))) for a in begin]
    optimizer = getattr(minitorch.optim, name)(
        [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.03}], **options
    )
    for step, arrays in enumerate(gradients):
        for i, (p, g) in enumerate(zip(parameters, arrays)):
            p.grad = None if (i, step) == (6, 1) else minitorch.from_numpy(layout(g))
        optimizer.step()
    state = [optimizer.state[p] for p in parameters]
    numbers = [s[k].numpy() for s in state for k in sorted(s)]
    return [p.detach().numpy() for p in parameters] + numbers


@pytest.fixture
def answers(monkeypatch):
    """What every call of a kernel returned, while the test runs."""
    found: list[bool] = []

    def told(kernel):
        def call(rows, constants):
            found.append(kernel(rows, constants))
            return found[-1]

        return call

    for name, kernel in table.UPDATES.items():
        monkeypatch.setitem(backend.UPDATES, name, told(kernel))
    return found


def on_numpy(*args, **options):
    kernels = dict(backend.UPDATES)
    backend.UPDATES.clear()
    try:
        return run(*args, **options)
    finally:
        backend.UPDATES.update(kernels)


def assert_same(found, expected) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.signbit(a), np.signbit(b) | np.isnan(b) & np.signbit(a))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_same_bits_as_the_rule(answers, name, options, dtype):
    found = run(name, dtype, **options)
    assert answers
    assert all(answers)
    assert_same(found, on_numpy(name, dtype, **options))


@pytest.mark.parametrize("name", OPTIONS)
def test_same_bits_with_any_number_of_threads(name):
    results = on_each_number(lambda: run(name))
    assert_same(results[1], results[0])
    assert_same(results[2], results[0])


def scattered(a):
    """`a` in another memory order, where it has one."""
    return np.array(a, order="F")


def test_what_a_kernel_is_not_made_for_goes_the_old_way(answers):
    for options in ({"layout": scattered}, {"dtype": "float16", "steps": 2}):
        answers.clear()
        found = run("Adam", **options)
        assert not all(answers)
        assert_same(found, on_numpy("Adam", **options))


def test_one_strided_gradient_takes_no_other_parameter_along(answers):
    p, q = (minitorch.nn.Parameter(minitorch.ones(3, 4)) for _ in range(2))
    p.grad, q.grad = minitorch.ones(4, 3).T, minitorch.ones(3, 4)
    minitorch.optim.SGD([p, q], lr=0.5).step()
    assert answers == [False, False, True]
    assert (p == 0.5).all()
    assert (q == 0.5).all()


def test_an_expanded_gradient_is_read():
    p = minitorch.nn.Parameter(minitorch.zeros(4, 5))
    p.grad = minitorch.ones(()).expand(4, 5)
    minitorch.optim.SGD([p], lr=0.5).step()
    assert (p == -0.5).all()


def test_a_gradient_may_be_read_only(answers):
    given = np.ones((4, 5), "float32")
    given.flags.writeable = False
    p = minitorch.nn.Parameter(minitorch.zeros(4, 5))
    with pytest.warns(UserWarning, match="writ"):
        p.grad = minitorch.from_numpy(given)
    minitorch.optim.SGD([p], lr=0.5).step()
    assert answers == [True]
    assert (p == -0.5).all()


def test_two_parameters_may_share_memory(answers):
    def trained():
        p = minitorch.nn.Parameter(minitorch.zeros(50_000))
        q = minitorch.nn.Parameter(p.detach())
        p.grad, q.grad = minitorch.full((50_000,), 1.0), minitorch.full((50_000,), 2.0)
        minitorch.optim.SGD([p, q], lr=1.0).step()
        return p

    assert (trained() == -3).all()
    assert answers == [False, True, True]


def test_a_state_of_another_size_is_refused_as_by_the_rule():
    p = minitorch.nn.Parameter(minitorch.zeros(3))
    optimizer = minitorch.optim.SGD([p], lr=0.5, momentum=0.9)
    optimizer.state[p]["momentum_buffer"] = minitorch.zeros(2)
    p.grad = minitorch.ones(3)
    with pytest.raises(ValueError, match="broadcast"):
        optimizer.step()


def test_more_parameters_than_a_call_has_places(answers):
    parameters = [minitorch.nn.Parameter(minitorch.full((i,), 1.0)) for i in range(200)]
    for p in parameters:
        p.grad = minitorch.full(p.shape, 0.5)
    minitorch.optim.Adam(parameters, lr=0.1).step()
    assert answers == [True]
    assert all(((p - 0.9).abs() < 1e-6).all() for p in parameters)


def test_versions_count_the_step():
    p = minitorch.nn.Parameter(minitorch.ones(3))
    p.grad = minitorch.ones(3)
    optimizer = minitorch.optim.Adam([p])
    before = p._version
    optimizer.step()
    assert p._version == before + 1


@pytest.mark.differential
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_as_accurate_as_torch(name):
    torch = pytest.importorskip("torch")
    options = {"momentum": 0.9} if name == "SGD" else {}

    def errors(engine, dtype):
        rng = np.random.default_rng(1)
        p = engine.nn.Parameter(engine.from_numpy(rng.standard_normal(40_000).astype(dtype)))
        optimizer = getattr(engine.optim, name)([p], lr=1e-2, **options)
        for _ in range(10):
            p.grad = engine.from_numpy(rng.standard_normal(40_000).astype("float32").astype(dtype))
            optimizer.step()
        return p.detach().numpy()

    begin = np.random.default_rng(1).standard_normal(40_000)
    exact = errors(torch, "float64") - begin  # the way travelled, apart from how it began
    begin = begin.astype("float32").astype("float64")
    ours, theirs = (
        np.abs(errors(engine, "float32") - begin - exact).max() for engine in (minitorch, torch)
    )
    assert ours <= 2 * theirs
