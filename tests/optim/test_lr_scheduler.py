"""Learning rate schedules: torch's numbers to the last bit."""

from __future__ import annotations

import copy
import pickle

import pytest

import minitorch
from tests.raising import assert_refused_alike


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def optimizer_of(t, lr=0.1, **options):
    groups = [{"params": [t.ones(1)]}, {"params": [t.ones(1)], "lr": 0.037}]
    return t.optim.SGD(groups, lr=lr, **options)


def schedule(t, name, *args, **kwargs):
    return getattr(t.optim.lr_scheduler, name)(optimizer_of(t), *args, **kwargs)


def rates(scheduler, steps=200):
    seen = [list(scheduler.get_last_lr())]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        seen.append(list(scheduler.get_last_lr()))
        assert seen[-1] == [g["lr"] for g in scheduler.optimizer.param_groups]
    return seen


class Falling:
    """A schedule that is an object, so that it has a state."""

    def __init__(self):
        self.speed = 0.5

    def __call__(self, epoch):
        return 1 / (1 + self.speed * epoch)


SCHEDULES = {
    "StepLR": ("StepLR", (30,), {}),
    "StepLR, every step": ("StepLR", (1, 0.97), {}),
    "CosineAnnealingLR": ("CosineAnnealingLR", (200,), {}),
    "CosineAnnealingLR, down and up": ("CosineAnnealingLR", (7,), {"eta_min": 0.003}),
    "CosineAnnealingLR, one step": ("CosineAnnealingLR", (1,), {}),
    "LambdaLR": ("LambdaLR", (lambda epoch: 0.95**epoch,), {}),
    "LambdaLR, one each": ("LambdaLR", ([lambda e: 1 / (e + 1), Falling()],), {}),
    "LinearLR": ("LinearLR", (), {}),
    "LinearLR, falling": ("LinearLR", (1.0, 0.1, 50), {}),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", SCHEDULES)
def test_same_rates_as_torch(torch, case):
    name, args, kwargs = SCHEDULES[case]
    assert rates(schedule(minitorch, name, *args, **kwargs)) == rates(
        schedule(torch, name, *args, **kwargs)
    )


def plain(state):
    return {k: v for k, v in state.items() if not callable(v)}


@pytest.mark.differential
@pytest.mark.parametrize("case", SCHEDULES)
def test_state_goes_to_torch_and_back(torch, case):
    name, args, kwargs = SCHEDULES[case]
    ours, theirs = (schedule(t, name, *args, **kwargs) for t in (minitorch, torch))
    rates(ours, 5)
    rates(theirs, 5)
    assert ours.state_dict() == theirs.state_dict()
    theirs.load_state_dict(copy.deepcopy(ours.state_dict()))
    ours.load_state_dict(copy.deepcopy(theirs.state_dict()))
    assert rates(ours, 5) == rates(theirs, 5)


@pytest.mark.differential
@pytest.mark.parametrize("case", [c for c in SCHEDULES if "Lambda" not in c])
def test_resumed_from_an_epoch(torch, case):
    name, args, kwargs = SCHEDULES[case]

    def resumed(t):
        optimizer = optimizer_of(t)
        for group in optimizer.param_groups:
            group["initial_lr"] = 0.2
        scheduler = getattr(t.optim.lr_scheduler, name)(optimizer, *args, last_epoch=4, **kwargs)
        return rates(scheduler, 20)

    assert resumed(minitorch) == resumed(torch)


def steps_to_an_epoch(t, scheduler):
    log = []
    for epoch in (3, 9, 2):
        with pytest.warns(UserWarning, match="epoch parameter"):
            scheduler.step(epoch)
        log.append(scheduler.get_last_lr())
    return log


@pytest.mark.differential
@pytest.mark.parametrize("case", SCHEDULES)
def test_step_to_a_given_epoch(torch, case):
    name, args, kwargs = SCHEDULES[case]
    logs = []
    for t in (minitorch, torch):
        scheduler = schedule(t, name, *args, **kwargs)
        scheduler.optimizer.step()
        logs.append(steps_to_an_epoch(t, scheduler))
    assert logs[0] == logs[1]


def tensor_rates(t):
    optimizer = t.optim.SGD([t.ones(1)], lr=t.tensor(0.5))
    rate = optimizer.param_groups[0]["lr"]
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    return rate.item(), scheduler.get_last_lr()[0].item(), scheduler.base_lrs[0].item()


def users_own_schedule(t):
    class Warmup(t.optim.lr_scheduler._LRScheduler):
        def __init__(self, optimizer, steps, last_epoch=-1):
            self.steps = steps
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            return [base * min(1, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]

    return rates(Warmup(optimizer_of(t), 4), 6)


@pytest.mark.differential
@pytest.mark.parametrize("scenario", [tensor_rates, users_own_schedule], ids=lambda f: f.__name__)
def test_same_as_torch(torch, scenario):
    assert scenario(minitorch) == scenario(torch)


ERRORS = {
    "no optimizer": (lambda t: t.optim.lr_scheduler.StepLR(3, 1), ["int", "Optimizer"]),
    "resumed without initial_lr": (
        lambda t: schedule(t, "StepLR", 1, last_epoch=3),
        ["initial_lr", "param_groups[0]"],
    ),
    "number of functions": (lambda t: schedule(t, "LambdaLR", [abs]), ["2", "1"]),
    "start factor": (lambda t: schedule(t, "LinearLR", 2.0), ["start_factor", "2.0"]),
    "end factor": (lambda t: schedule(t, "LinearLR", 0.5, 2.0), ["end_factor", "2.0"]),
    "unknown argument": (lambda t: schedule(t, "StepLR", 1, verbose=True), ["verbose"]),
    "rates of the base class": (lambda t: schedule(t, "LRScheduler"), []),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    assert_refused_alike(torch, *ERRORS[case])


def test_stepping_before_the_optimizer_warns_once():
    scheduler = schedule(minitorch, "StepLR", 1)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()
    scheduler.step()


def test_a_replaced_step_warns():
    scheduler = schedule(minitorch, "StepLR", 1)
    scheduler.optimizer.step = lambda: None
    scheduler.optimizer.step()
    with pytest.warns(UserWarning, match="replaced"):
        scheduler.step()


def test_asking_for_the_next_rates_warns():
    with pytest.warns(UserWarning, match="get_last_lr"):
        schedule(minitorch, "StepLR", 1).get_lr()


def test_pickled_with_its_optimizer():
    scheduler = schedule(minitorch, "StepLR", 2)
    rates(scheduler, 3)
    again = pickle.loads(pickle.dumps(scheduler))
    assert rates(again, 4)[1:] == rates(scheduler, 4)[1:]
    assert again.optimizer is not scheduler.optimizer
