"""Learning rate schedules: torch's numbers to the last bit."""

from __future__ import annotations

import copy
import pickle
from contextlib import nullcontext

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
    if callable(name):
        return name(t, optimizer_of(t))
    return getattr(t.optim.lr_scheduler, name)(optimizer_of(t), *args, **kwargs)


def rates(scheduler, steps=60):
    seen = [list(scheduler.get_last_lr())]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        seen.append(list(scheduler.get_last_lr()))
        assert seen[-1] == [g["lr"] for g in scheduler.optimizer.param_groups]
        seen.append([g["momentum"] for g in scheduler.optimizer.param_groups])
    return seen


def sequence(t, optimizer):
    s = t.optim.lr_scheduler
    parts = [
        s.LinearLR(optimizer, 0.1, 1.0, 5),
        s.OneCycleLR(optimizer, 0.2, 9),
        s.CosineAnnealingWarmRestarts(optimizer, 4),
        s.StepLR(optimizer, 3),
    ]
    return s.SequentialLR(optimizer, parts, [5, 12, 30])


def chain(t, optimizer):
    s = t.optim.lr_scheduler
    return s.ChainedScheduler([s.ConstantLR(optimizer, 0.5, 3), s.ExponentialLR(optimizer, 0.9)])


def chain_first(t, optimizer):
    s = t.optim.lr_scheduler
    optimizer._opt_called = True  # or torch warns, as the chain steps before the optimizer
    return s.SequentialLR(optimizer, [chain(t, optimizer), s.StepLR(optimizer, 2)], [4])


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
    "LinearLR, falling": ("LinearLR", (1.0, 0.1, 40), {}),
    "MultiplicativeLR": ("MultiplicativeLR", (lambda epoch: 1 - 0.001 * epoch,), {}),
    "MultiStepLR": ("MultiStepLR", ([5, 2, 5, 50], 0.3), {}),
    "ConstantLR": ("ConstantLR", (), {}),
    "ConstantLR, long": ("ConstantLR", (0.7, 40), {}),
    "ExponentialLR": ("ExponentialLR", (0.97,), {}),
    "PolynomialLR": ("PolynomialLR", (50, 0.7), {}),
    "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts", (7,), {}),
    "CosineAnnealingWarmRestarts, longer": ("CosineAnnealingWarmRestarts", (3, 2, 0.01), {}),
    "CyclicLR": ("CyclicLR", (0.01, [0.1, 0.3], 7), {}),
    "CyclicLR, halved": (
        "CyclicLR",
        (0.01, 0.1, 5, 8, "triangular2"),
        {"base_momentum": 0.7, "max_momentum": 0.95},
    ),
    "CyclicLR, decaying": ("CyclicLR", (0.01, 0.1, 9, None, "exp_range", 0.99), {}),
    "CyclicLR, own scale": (
        "CyclicLR",
        (0.01, 0.1, 9),
        {"scale_fn": Falling(), "scale_mode": "iterations", "cycle_momentum": False},
    ),
    "OneCycleLR": ("OneCycleLR", (0.3, 61), {}),
    "OneCycleLR, linear": (
        "OneCycleLR",
        ([0.3, 0.1],),
        {"epochs": 9, "steps_per_epoch": 7, "anneal_strategy": "linear", "pct_start": 0.37},
    ),
    "OneCycleLR, three phases": (
        "OneCycleLR",
        (0.3, 70),
        {"three_phase": True, "div_factor": 7.0, "final_div_factor": 99.0, "cycle_momentum": False},
    ),
    "SequentialLR": (sequence, (), {}),
    "ChainedScheduler": (chain, (), {}),
    "ChainedScheduler in SequentialLR": (chain_first, (), {}),
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
@pytest.mark.parametrize(
    "case", [c for c, (name, _, _) in SCHEDULES.items() if "Lambda" not in c and not callable(name)]
)
def test_resumed_from_an_epoch(torch, case):
    name, args, kwargs = SCHEDULES[case]

    def resumed(t):
        optimizer = optimizer_of(t)
        for group in optimizer.param_groups:
            group.update(initial_lr=0.2, max_lr=0.3, min_lr=0.01)
            group.update(base_momentum=0.85, max_momentum=0.95)
        scheduler = getattr(t.optim.lr_scheduler, name)(optimizer, *args, last_epoch=4, **kwargs)
        return rates(scheduler, 20)

    assert resumed(minitorch) == resumed(torch)


def steps_to_an_epoch(t, scheduler):
    log = []
    restarts = "Restarts" in type(scheduler).__name__  # there it is no deprecated use
    for epoch in (3.5, 9, 2, 30.25) if restarts else (3, 9, 2):
        with nullcontext() if restarts else pytest.warns(UserWarning, match="epoch parameter"):
            scheduler.step(epoch)
        log.append(scheduler.get_last_lr())
    return log


@pytest.mark.differential
@pytest.mark.parametrize("case", [c for c, (name, _, _) in SCHEDULES.items() if not callable(name)])
def test_step_to_a_given_epoch(torch, case):
    name, args, kwargs = SCHEDULES[case]
    logs = []
    for t in (minitorch, torch):
        scheduler = schedule(t, name, *args, **kwargs)
        scheduler.optimizer.step()
        logs.append(steps_to_an_epoch(t, scheduler))
    assert logs[0] == logs[1]


METRICS = [1, 0.9, 0.8, 0.8, 0.8, 0.79, 0.8, 0.81, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.4, 0.4, 0.4, 0.4]


@pytest.mark.differential
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"mode": "max", "factor": 0.5, "patience": 0, "min_lr": [0.01, 0.02]},
        {"patience": 1, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 2, "min_lr": 1e-3},
        {"mode": "max", "patience": 1, "threshold": 0.05, "threshold_mode": "abs", "eps": 0.02},
    ],
    ids=str,
)
def test_plateaus_are_seen_as_by_torch(torch, options):
    logs = []
    for t in (minitorch, torch):
        scheduler = schedule(t, "ReduceLROnPlateau", **options)
        logs.append([])
        for i, metric in enumerate(METRICS):
            scheduler.step(t.tensor(metric, dtype=t.float64) if i % 2 else metric)
            logs[-1].append((list(scheduler.get_last_lr()), scheduler.in_cooldown))
        again = schedule(t, "ReduceLROnPlateau")
        again.load_state_dict(scheduler.state_dict())
        logs[-1].append(again.state_dict())
    assert logs[0] == logs[1]


def tensor_rates(t):
    optimizer = t.optim.SGD([t.ones(1)], lr=t.tensor(0.5))
    rate = optimizer.param_groups[0]["lr"]
    scheduler = t.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    cyclic = t.optim.lr_scheduler.CyclicLR(optimizer, 0.25, 0.75, 2, cycle_momentum=False)
    for _ in range(3):
        cyclic.step()
    return rate.item(), scheduler.get_last_lr()[0].item(), scheduler.base_lrs[0].item()


def momentum_of_adam(t):
    s = t.optim.lr_scheduler
    log = []
    for make in (lambda o: s.OneCycleLR(o, 0.1, 9), lambda o: s.CyclicLR(o, 0.1, 0.2, 3)):
        optimizer = t.optim.Adam([t.ones(1)], betas=(0.8, 0.99))
        scheduler = make(optimizer)
        for _ in range(8):
            log.append(optimizer.param_groups[0]["betas"])
            optimizer.step()
            scheduler.step()
    return log


def a_group_is_added(t):
    optimizer = optimizer_of(t)
    scheduler = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.001)
    optimizer.add_param_group({"params": [t.ones(1)], "lr": 0.5})
    for _ in range(3):
        scheduler.step(1.0)
    return scheduler.get_last_lr()


def users_own_schedule(t):
    class Warmup(t.optim.lr_scheduler._LRScheduler):
        def __init__(self, optimizer, steps, last_epoch=-1):
            self.steps = steps
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            return [base * min(1, (self.last_epoch + 1) / self.steps) for base in self.base_lrs]

    return rates(Warmup(optimizer_of(t), 4), 6)


@pytest.mark.differential
@pytest.mark.parametrize(
    "scenario",
    [tensor_rates, users_own_schedule, momentum_of_adam, a_group_is_added],
    ids=lambda f: f.__name__,
)
def test_same_as_torch(torch, scenario):
    assert scenario(minitorch) == scenario(torch)


def in_sequence(t, second=None, milestones=(1,)):
    optimizer = optimizer_of(t)
    first = t.optim.lr_scheduler.StepLR(optimizer, 1)
    parts = [first, first if second is None else second]
    return t.optim.lr_scheduler.SequentialLR(optimizer, parts, list(milestones))


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
    "constant factor": (lambda t: schedule(t, "ConstantLR", 1.5), ["factor", "1.5"]),
    "plateau, factor": (lambda t: schedule(t, "ReduceLROnPlateau", factor=1.0), ["factor", "1.0"]),
    "plateau, mode": (lambda t: schedule(t, "ReduceLROnPlateau", "least"), ["mode", "'least'"]),
    "plateau, threshold_mode": (
        lambda t: schedule(t, "ReduceLROnPlateau", threshold_mode="x"),
        ["threshold_mode", "'x'"],
    ),
    "plateau, min_lr": (lambda t: schedule(t, "ReduceLROnPlateau", min_lr=[1]), ["min_lr", "1"]),
    "plateau, no optimizer": (lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(3), ["int"]),
    "restarts, T_0": (lambda t: schedule(t, "CosineAnnealingWarmRestarts", 0), ["T_0", "0"]),
    "restarts, T_mult": (
        lambda t: schedule(t, "CosineAnnealingWarmRestarts", 1, 1.5),
        ["T_mult", "1.5"],
    ),
    "restarts, eta_min": (
        lambda t: schedule(t, "CosineAnnealingWarmRestarts", 1, eta_min="a"),
        ["eta_min", "'a'"],
    ),
    "restarts, epoch": (
        lambda t: schedule(t, "CosineAnnealingWarmRestarts", 1).step(-1),
        ["epoch", "-1"],
    ),
    "cyclic, mode": (lambda t: schedule(t, "CyclicLR", 1, 2, mode="x"), ["mode", "'x'"]),
    "cyclic, rates": (lambda t: schedule(t, "CyclicLR", 1, [1, 2, 3]), ["max_lr", "2", "3"]),
    "cyclic, no momentum": (
        lambda t: t.optim.lr_scheduler.CyclicLR(t.optim.Adagrad([t.ones(1)]), 0.1, 0.2),
        ["momentum", "Adagrad"],
    ),
    "one cycle, no steps": (lambda t: schedule(t, "OneCycleLR", 1), ["total_steps", "epochs"]),
    "one cycle, steps": (lambda t: schedule(t, "OneCycleLR", 1, -3), ["total_steps", "-3"]),
    "one cycle, epochs": (
        lambda t: schedule(t, "OneCycleLR", 1, epochs=0, steps_per_epoch=1),
        ["epochs", "0"],
    ),
    "one cycle, start": (
        lambda t: schedule(t, "OneCycleLR", 1, 5, pct_start=1.5),
        ["pct_start", "1.5"],
    ),
    "one cycle, strategy": (
        lambda t: schedule(t, "OneCycleLR", 1, 5, anneal_strategy="x"),
        ["anneal_strategy", "'x'"],
    ),
    "one cycle, too far": (lambda t: rates(schedule(t, "OneCycleLR", 1.0, 5), 6), ["5", "6"]),
    "no schedules in sequence": (
        lambda t: t.optim.lr_scheduler.SequentialLR(optimizer_of(t), [], []),
        ["SequentialLR", "none"],
    ),
    "no schedules at once": (
        lambda t: t.optim.lr_scheduler.ChainedScheduler([]),
        ["ChainedScheduler", "none"],
    ),
    "milestones": (lambda t: in_sequence(t, milestones=[1, 2]), ["1 milestones", "got 2"]),
    "sequence of numbers": (lambda t: in_sequence(t, 3), ["int", "1"]),
    "sequence of several optimizers": (
        lambda t: in_sequence(t, schedule(t, "StepLR", 1)),
        ["one optimizer", "1"],
    ),
    "sequence with a plateau": (
        lambda t: in_sequence(t, schedule(t, "ReduceLROnPlateau")),
        ["ReduceLROnPlateau"],
    ),
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
