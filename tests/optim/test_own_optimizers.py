"""Optimizers as users write them, of older torch and of today's, on both engines."""

from __future__ import annotations

import copy
import importlib
import math
import pickle

import numpy as np
import pytest

import minitorch
from minitorch import calls
from tests.raising import assert_refused_alike


def optimizer_module(t):
    return importlib.import_module(f"{t.__name__}.optim.optimizer")


def old_sgd(t):
    base = optimizer_module(t)

    class OldSGD(base.Optimizer):
        def __init__(self, params, lr=base.required, momentum=0, weight_decay=0):
            super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

        def __setstate__(self, state):
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("nesterov", False)

        def step(self, closure=None):
            loss = None if closure is None else closure()
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    d_p = p.grad.data
                    if group["weight_decay"] != 0:
                        d_p.add_(group["weight_decay"], p.data)
                    state = self.state[p]
                    if "momentum_buffer" not in state:
                        state["momentum_buffer"] = t.clone(d_p).detach()
                    else:
                        state["momentum_buffer"].mul_(group["momentum"]).add_(1, d_p)
                    p.data.add_(-group["lr"], state["momentum_buffer"])
            return loss

    return lambda params: OldSGD(params, lr=0.1, momentum=0.9, weight_decay=0.01)


def old_adam(t):
    class OldAdam(t.optim.Optimizer):
        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
            super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.data
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = t.zeros_like(p.data)
                        state["exp_avg_sq"] = t.zeros_like(p.data)
                    exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
                    beta1, beta2 = group["betas"]
                    state["step"] += 1
                    exp_avg.mul_(beta1).add_(1 - beta1, grad)
                    exp_avg_sq.mul_(beta2).addcmul_(1 - beta2, grad, grad)
                    denom = exp_avg_sq.sqrt().add_(group["eps"])
                    unbias = math.sqrt(1 - beta2 ** state["step"]) / (1 - beta1 ** state["step"])
                    p.data.addcdiv_(-group["lr"] * unbias, exp_avg, denom)

    return lambda params: OldAdam(params, lr=0.05)


def lion(t):
    class Lion(t.optim.Optimizer):
        def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
            super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

        @t.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with t.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for p in filter(lambda p: p.grad is not None, group["params"]):
                    state = self.state[p]
                    if len(state) == 0:
                        state["exp_avg"] = t.zeros_like(p, memory_format=t.preserve_format)
                    mean, (beta1, beta2) = state["exp_avg"], group["betas"]
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    update = mean.clone().mul_(beta1).add(p.grad, alpha=1 - beta1).sign_()
                    p.add_(update, alpha=-group["lr"])
                    mean.lerp_(p.grad, 1 - beta2)
            return loss

    return lambda params: Lion(params, lr=0.02, weight_decay=0.1)


def sharpness_aware(t):
    class SAM(t.optim.Optimizer):
        def __init__(self, params, base_optimizer, rho=0.05, **kwargs):
            super().__init__(params, dict(rho=rho, **kwargs))
            self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
            self.param_groups = self.base_optimizer.param_groups
            self.defaults.update(self.base_optimizer.defaults)

        @t.no_grad()
        def step(self, closure=None):
            norms = [
                p.grad.norm(p=2)
                for g in self.param_groups
                for p in g["params"]
                if p.grad is not None
            ]
            norm = t.norm(t.stack(norms), p=2)
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["old"] = p.data.clone()
                    p.add_(p.grad * (group["rho"] / (norm + 1e-12)).to(p))
            self.zero_grad()
            t.enable_grad()(closure)()
            for group in self.param_groups:
                for p in group["params"]:
                    p.data = self.state[p]["old"]
            self.base_optimizer.step()

        def load_state_dict(self, state_dict):
            super().load_state_dict(state_dict)
            self.base_optimizer.param_groups = self.param_groups

    return lambda params: SAM(params, t.optim.SGD, lr=0.1, momentum=0.9)


def lookahead(t):
    class Lookahead(t.optim.Optimizer):
        def __init__(self, base, k=3, alpha=0.5):  # the base class is not asked
            self.base, self.k, self.alpha, self.count = base, k, alpha, 0
            self.param_groups, self.defaults = base.param_groups, base.defaults
            self.state = base.state

        def step(self, closure=None):
            loss = self.base.step(closure)
            self.count += 1
            if self.count % self.k == 0:
                for group in self.param_groups:
                    for p in group["params"]:
                        slow = self.state[p].setdefault("slow", p.data.clone())
                        slow += self.alpha * (p.data - slow)
                        p.data.copy_(slow)
            return loss

    return lambda params: Lookahead(t.optim.RMSprop(params, lr=0.01))


def todays(t):
    base = optimizer_module(t)

    class Todays(base.Optimizer):
        def __init__(self, params: base.ParamsT, lr=0.1, differentiable=False):
            super().__init__(params, {"lr": lr, "differentiable": differentiable})

        @base._use_grad_for_differentiable
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    step = self.state[p].setdefault("step", t.tensor(0.0))
                    step += 1
                    p.sub_(p.grad * (group["lr"] / base._get_value(step)))

    return Todays


@pytest.fixture(autouse=True)
def _warned(monkeypatch):
    monkeypatch.setattr(calls, "_warned_of_factors", True)


def trained(t, make, steps=6):
    rng = np.random.default_rng(0)
    x, y = (t.from_numpy(rng.standard_normal(s).astype("float32")) for s in ((16, 5), (16, 2)))
    model = t.nn.Linear(5, 2)
    for p in model.parameters():
        p.data.copy_(t.from_numpy(rng.standard_normal(tuple(p.shape)).astype("float32")))
    optimizer = make(t)(model.parameters())
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 3)

    def closure():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        closure()
        optimizer.step(closure)
        scheduler.step()
    return model, optimizer


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:This overload")
@pytest.mark.parametrize(
    "make",
    [old_sgd, old_adam, lion, sharpness_aware, lookahead, todays],
    ids=lambda f: f.__name__,
)
def test_users_optimizer_trains_as_with_torch(torch, make):
    (ours, opt), (theirs, opt_of_torch) = (trained(t, make) for t in (minitorch, torch))
    for p, q in zip(ours.parameters(), theirs.parameters()):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-5, atol=1e-6)
    groups = [[{k: str(v) for k, v in g.items() if k != "params"} for g in o.param_groups]
              for o in (opt, opt_of_torch)]  # fmt: skip
    assert groups[0] == groups[1]
    keys = [[list(entries) for entries in o.state.values()] for o in (opt, opt_of_torch)]
    assert keys[0] == keys[1]


def test_users_optimizer_goes_on_from_its_state():
    _, optimizer = trained(minitorch, old_sgd)
    state = copy.deepcopy(optimizer.state_dict())
    del state["param_groups"][0]["momentum"]
    _, other = trained(minitorch, old_sgd, steps=1)
    other.load_state_dict(pickle.loads(pickle.dumps(state)))
    assert other.param_groups[0]["nesterov"] is False
    assert other.param_groups[0]["momentum"] == 0.9  # from the defaults
    buffers = [next(iter(o.state.values()))["momentum_buffer"] for o in (optimizer, other)]
    assert (buffers[0] == buffers[1]).all()


def hooks_of_all_optimizers(t):
    base, log = optimizer_module(t), []
    before = base.register_optimizer_step_pre_hook(lambda o, args, kwargs: log.append("before all"))
    after = base.register_optimizer_step_post_hook(lambda o, args, kwargs: log.append("after all"))
    optimizer = t.optim.SGD([t.ones(1)])
    optimizer.register_step_pre_hook(lambda *a: log.append("before"))
    optimizer.register_step_post_hook(lambda *a: log.append("after"))
    optimizer.step()
    before.remove()
    after.remove()
    optimizer.step()
    t.optim.Adam([t.ones(1)]).step()
    return log


@pytest.mark.differential
def test_hooks_of_all_optimizers_as_torch(torch):
    assert hooks_of_all_optimizers(minitorch) == hooks_of_all_optimizers(torch)


@pytest.mark.differential
def test_names_are_at_torchs_places(torch):
    for module in ("sgd", "adam", "adamw", "rmsprop", "lbfgs", "lr_scheduler", "optimizer"):
        ours, theirs = (importlib.import_module(f"{t.__name__}.optim.{module}")
                        for t in (minitorch, torch))  # fmt: skip
        public = [name for name, value in vars(theirs).items()
                  if isinstance(value, type) and value.__module__ == theirs.__name__
                  and not name.startswith("_")]  # fmt: skip
        assert public == [name for name in public if hasattr(ours, name)]
    missing = set(torch.optim.__all__) - set(dir(minitorch.optim))
    assert not missing
    assert [n for n in minitorch.optim.__all__ if not hasattr(minitorch.optim, n)] == []


def other_parameters_for_a_while(t):
    p, q = t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(3))
    optimizer = t.optim.Adam([{"params": [p]}, {"params": [q], "lr": 0.5}])
    p.grad, q.grad = t.ones(2), t.ones(3)
    optimizer.step()
    state = copy.deepcopy(optimizer.state_dict())
    state["param_groups"][0]["lr"] = 0.25
    given = {"p": t.full((2,), 3.0), "q": t.full((3,), 4.0)}
    for x in given.values():
        x.grad = t.ones_like(x)
    with t.optim.swap_in_optimizer_params_and_state(optimizer, given, state):
        optimizer.step()
    steps = [float(s[n]["step"]) for s, n in ((state["state"], 0), (optimizer.state, p))]
    return steps, [x.tolist() for x in given.values()], optimizer.param_groups[0]["lr"]


def swapping(t, with_state=True, parameters=1, change=None):
    p = t.nn.Parameter(t.ones(2))
    optimizer = t.optim.Adam([p])
    p.grad = t.ones(2)
    if with_state:
        optimizer.step()
    state = {**optimizer.state_dict(), **(change or {})}
    given = {str(i): t.ones(2) for i in range(parameters)}
    with t.optim.swap_in_optimizer_params_and_state(optimizer, given, state):
        optimizer.step()


@pytest.mark.differential
def test_other_parameters_for_a_while_as_torch(torch):
    assert other_parameters_for_a_while(minitorch) == other_parameters_for_a_while(torch)


@pytest.mark.differential
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"with_state": False}, ["without"]),
        ({"parameters": 0}, ["1 parameters", "got 0"]),
        ({"change": {"state": None}}, ["'state'"]),
        ({"change": {"param_groups": []}}, ["1 parameter groups", "got 0"]),
    ],
)
def test_what_cannot_be_swapped_in(torch, options, words):
    assert_refused_alike(torch, lambda t: swapping(t, **options), words)
