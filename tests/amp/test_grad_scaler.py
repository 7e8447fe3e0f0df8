"""GradScaler: what is scaled, which steps are left out, how the scale moves."""

from __future__ import annotations

import pickle

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def setting(T, **how):
    p = T.nn.Parameter(T.ones(2))
    scaler = T.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2, **how)
    return p, T.optim.SGD([p], lr=0.1), scaler


def training(T):
    p, optimizer, scaler = setting(T)
    found = []
    for factor in (1.0, float("inf"), 1.0, 1.0, float("nan"), 1.0, 1.0, 1.0, 1.0):
        optimizer.zero_grad()
        scaler.scale((p * p).sum() * factor).backward()
        found.append(p.grad.clone())
        if len(found) % 2:
            scaler.unscale_(optimizer)
            found.append(p.grad.clone())
        scaler.step(optimizer)
        scaler.update()
        found += [p.detach().clone(), scaler.state_dict()]
    return found


def one_overflow_among_several(T):
    p, optimizer, scaler = setting(T)
    q = T.nn.Parameter(T.ones(1))
    optimizer.add_param_group({"params": [q]})
    scaler.scale(p.sum() + q.sum() * float("inf")).backward()
    scaler.step(optimizer)
    scaler.update()
    return p.detach(), q.detach(), scaler.get_scale()


def two_optimizers(T):
    p, optimizer, scaler = setting(T)
    q = T.nn.Parameter(T.ones(1))
    other = T.optim.SGD([q], lr=0.1)
    scaler.scale((p.sum() + q.sum() * float("inf")) * 1).backward()
    for each in (optimizer, other):
        scaler.step(each)
    scaler.update()
    return p.detach(), q.detach(), scaler.get_scale()


def order_of_calls(T):
    p, optimizer, scaler = setting(T)
    found = [attempt(scaler.update), attempt(scaler.step, optimizer)]
    scaler.scale(p.sum()).backward()
    found += [attempt(scaler.update)]
    for call in (
        lambda: scaler.unscale_(optimizer), lambda: scaler.unscale_(optimizer),
        lambda: scaler.step(optimizer), lambda: scaler.step(optimizer),
        lambda: scaler.unscale_(optimizer), lambda: scaler.step(optimizer, closure=lambda: 1),
        lambda: pickle.dumps(scaler),
    ):  # fmt: skip
        found.append(attempt(call))
    scaler.update()
    optimizer.zero_grad()
    return found, attempt(scaler.step, optimizer)


def what_is_scaled(T):
    scaler = T.amp.GradScaler("cpu", init_scale=2.0)
    return [
        attempt(scaler.scale, x)
        for x in (T.ones(2), [T.ones(1), (T.ones(1),)], (T.ones(1),), 3, [3])
    ] + [list(scaler.scale(x for x in [T.ones(1)]))]


def half_gradients(T):
    q = T.nn.Parameter(T.ones(2, dtype=T.float16))
    q.grad = T.ones(2, dtype=T.float16)
    scaler = T.amp.GradScaler("cpu")
    scaler.scale(T.ones(1))
    return attempt(scaler.unscale_, T.optim.SGD([q], lr=0.1))


def arguments(T):
    calls = [
        lambda: T.amp.GradScaler("cpu", growth_factor=0.5),
        lambda: T.amp.GradScaler("cpu", backoff_factor=1.5),
        lambda: T.amp.GradScaler(), lambda: T.cuda.amp.GradScaler(), lambda: T.cpu.amp.GradScaler(),
    ]  # fmt: skip
    return [attempt(call) for call in calls]


def new_scales(T):
    p, _, scaler = setting(T)
    scaler.scale(p.sum()).backward()
    scaler.update(3.0)
    found = [scaler.get_scale()]
    scaler.update(T.tensor(5.0))
    scaler.set_growth_factor(3.0), scaler.set_backoff_factor(0.1), scaler.set_growth_interval(7)
    return (
        found,
        scaler.state_dict(),
        scaler.get_growth_factor(),
        scaler.get_backoff_factor(),
        (scaler.get_growth_interval()),
    )


def states(T):
    scaler, other = T.amp.GradScaler("cpu"), T.amp.GradScaler("cpu", 8.0)
    found = [scaler.state_dict(), attempt(scaler.load_state_dict, {})]
    other.load_state_dict({**scaler.state_dict(), "scale": 32.0, "_growth_tracker": 5})
    found += [other.state_dict(), other.scale(T.ones(1)), other.state_dict()]
    other.load_state_dict(scaler.state_dict())
    return found, other.get_scale(), pickle.loads(pickle.dumps(other)).state_dict()


def switched_off(T):
    p, optimizer, _ = setting(T)
    scaler = T.amp.GradScaler("cuda", enabled=False)
    x = T.ones(1)
    p.grad = T.ones(2)
    return [
        scaler.is_enabled(), scaler.get_scale(), scaler.state_dict(), scaler.scale(x) is x,
        scaler.unscale_(optimizer), scaler.step(optimizer), scaler.update(), p.detach(),
        scaler.load_state_dict({}),
    ]  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("program", programs_of(globals(), but=setting), ids=lambda f: f.__name__)
def test_scaling_is_torchs(program) -> None:
    same(program)


def test_a_scaler_for_cuda_warns_and_is_off():
    with pytest.warns(UserWarning, match="there is no CUDA"):
        scaler = minitorch.amp.GradScaler()
    assert not scaler.is_enabled()
