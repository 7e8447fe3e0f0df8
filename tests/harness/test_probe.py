"""The probe hands on what it is told, leaves the step alone, and draws where nobody follows."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import minitorch as torch
from harness import follow
from harness.backends import MINITORCH
from harness.channel import Channel, pair
from harness.follow import Follower, Task
from harness.probe import Drawer, Probe, open_probe


def make_model():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 1)
    )


def train(model, probe, steps=3):
    """Train for a few steps; return the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.manual_seed(1)
    losses = []
    for _ in range(steps):
        loss = (model(torch.randn(4, 3)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        probe.mark("backward")
        optimizer.step()
        probe.step(loss, model, optimizer)
        losses.append(loss.item())
    probe.metrics(score=losses[-1])
    probe.close()
    return losses


@pytest.fixture
def followed(monkeypatch):
    """A function that trains under a task; returns all messages, and what training returned."""

    def run(answers=lambda message: (), steps=3, **task):
        ours, theirs = pair()
        follower = Follower(Task("minitorch", **task), Channel(theirs))
        monkeypatch.setattr(follow, "_current", follower)
        ended = []

        def end():
            ended.append(True)
            follower.channel.close()
            raise SystemExit

        monkeypatch.setattr(follower, "_quit", end)
        messages = []

        def listen():
            while (message := ours.receive()) is not None:
                messages.append(message)
                for kind, arrays, facts in answers(message):
                    ours.send(kind, 0, arrays, **facts)

        thread = threading.Thread(target=listen)
        thread.start()
        model = make_model()
        try:
            losses = train(model, open_probe(torch, model, name="test"), steps)
        except SystemExit:
            losses = None
        if not ended:
            follower.channel.close()
        thread.join(10)
        return messages, losses

    return run


def test_without_a_harness_the_probe_does_nothing(monkeypatch):
    monkeypatch.delenv("HARNESS_PROBE", raising=False)
    probe = open_probe(torch, make_model())
    assert type(probe) is Probe
    assert train(make_model(), probe) == train(make_model(), Probe())


def test_every_step_is_told_and_telling_changes_nothing(followed):
    messages, losses = followed()
    assert [m.kind for m in messages] == ["start", "step", "step", "step", "metrics", "end"]
    start, last = messages[0], messages[3]
    assert start.facts["header"]["name"] == "test"
    assert start.arrays["parameter 0.weight"].shape == (5, 3)
    assert float(last.arrays["loss"]) == losses[-1]
    assert losses == train(make_model(), Probe())
    assert messages[4].facts["values"] == {"score": losses[-1]}


def test_norms_and_projections_may_stand_for_tensors(followed):
    messages, _ = followed(sketch=True)
    assert messages[1].arrays["gradient 0.weight"].shape == (2,)


def test_the_last_step_ends_the_process(monkeypatch):
    ours, theirs = pair()
    follower = Follower(Task("minitorch", steps=2), Channel(theirs))
    monkeypatch.setattr(follow, "_current", follower)
    monkeypatch.setattr(follower, "_quit", lambda: (_ for _ in ()).throw(SystemExit))
    model = make_model()
    with pytest.raises(SystemExit):
        train(model, open_probe(torch, model), steps=9)
    kinds = [ours.receive().kind for _ in range(4)]
    assert kinds == ["start", "step", "step", "end"]


def test_in_lockstep_a_run_takes_over_what_it_is_sent(followed):
    wanted = np.full((5, 3), 0.25, np.float32)

    def answers(message):
        if message.kind == "step":
            yield "sync", {"parameter 0.weight": wanted}, {}

    messages, _ = followed(answers, lockstep=True)
    gradients = [m.arrays["gradient 2.weight"] for m in messages if m.kind == "step"]
    weights = [m.arrays["parameter 0.weight"] for m in messages if m.kind == "step"]
    assert all(abs(w - wanted).max() < 0.2 for w in weights[1:])
    assert not np.array_equal(gradients[1], gradients[2])
    moved, _ = followed(answers, lockstep=True, perturb=1)
    apart = moved[2].arrays["gradient 2.weight"] - messages[2].arrays["gradient 2.weight"]
    assert 0 < abs(apart).max() < 1e-5


def test_a_forced_optimizer_is_given_other_gradients_and_tells_its_own(followed, monkeypatch):
    plain, _ = followed(steps=1)
    ones = {f"gradient {name}": np.ones(p.shape, np.float32)
            for name, p in make_model().named_parameters()}  # fmt: skip

    def answers(message):
        if message.kind == "waiting":
            yield "gradients", ones, {}
        if message.kind == "step":
            yield "sync", {}, {}

    from harness.watch import Watch

    before = torch.optim.Optimizer._watched
    steps = []
    original = Follower.begin

    def begin(self, subject, name="", told=False):
        watch = Watch(self, __file__)
        home = __import__("minitorch.optim.optimizer", fromlist=["x"])
        steps.append(home.register_optimizer_step_pre_hook(watch._before_step))
        steps.append(home.register_optimizer_step_post_hook(watch._after_step))
        original(self, subject, name, told)

    monkeypatch.setattr(Follower, "begin", begin)
    try:
        messages, _ = followed(answers, steps=1, lockstep=True, forced=True)
    finally:
        for handle in steps:
            handle.remove()
        torch.optim.Optimizer._watched = before
    (step,) = (m for m in messages if m.kind == "step")
    start = messages[0].arrays["parameter 0.weight"]
    np.testing.assert_allclose(start - step.arrays["parameter 0.weight"], 0.1, rtol=1e-4)
    np.testing.assert_array_equal(
        step.arrays["gradient 0.weight"], plain[1].arrays["gradient 0.weight"]
    )


def test_a_timer_runs_as_many_steps_as_it_is_told():
    ours, theirs = pair()
    follower = Follower(Task("minitorch", purpose="time"), Channel(theirs))
    ours.send("turn", steps=2)
    ours.send("turn", steps=1)
    follower.begin(None)
    for _ in range(2):
        follower.mark("forward")
        follower.step(None)  # nothing is gathered while time is taken
    answer = ours.receive()
    assert answer.kind == "turn"
    assert 0 < answer.facts["phases"]["forward"] <= answer.facts["seconds"]


def test_without_a_harness_a_run_draws_itself(tmp_path):
    pytest.importorskip("matplotlib")
    train(make_model(), Drawer(MINITORCH, tmp_path))
    for name in ("loss.png", "gradient_flow.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
