"""The probe writes what a step leaves behind, and leaves the step alone."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

import minitorch as torch
from harness.backends import MINITORCH
from harness.probe import (
    Comparer,
    Drawer,
    Probe,
    Recorder,
    Timer,
    _move_one_ulp,
    _named_state,
    open_probe,
    read_comparison,
)
from harness.record import Record


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
        optimizer.step()
        probe.step(loss, model, optimizer)
        losses.append(loss.item())
    probe.metrics(score=losses[-1])
    probe.close()
    return losses


def recorded(folder, steps=None):
    """A recorded run of three steps, and its model."""
    model = make_model()
    train(model, Recorder(MINITORCH, folder, steps, model, {"name": "test", "threads": 1}))
    return Record(folder), model


def test_without_a_harness_the_probe_does_nothing(monkeypatch):
    monkeypatch.delenv("HARNESS_PROBE", raising=False)
    probe = open_probe(torch, make_model())
    assert type(probe) is Probe
    assert train(make_model(), probe) == train(make_model(), Probe())


def test_a_record_holds_what_the_step_left_behind(tmp_path):
    record, model = recorded(tmp_path)
    assert len(record) == 3
    assert record.header["backend"] == "minitorch"
    assert record.header["tensors"][0] == {
        "key": "parameter 0.weight",
        "shape": [5, 3],
        "dtype": "float32",
        "requires_grad": True,
    }
    last = record.arrays(3)
    for name, parameter in model.named_parameters():
        np.testing.assert_array_equal(last[f"parameter {name}"], parameter.detach().numpy())
        np.testing.assert_array_equal(last[f"gradient {name}"], parameter.grad.numpy())
    np.testing.assert_array_equal(last["buffer 1.running_mean"], model[1].running_mean.numpy())
    assert last["learning rate"].tolist() == [0.1]
    assert record.random_state(3) == MINITORCH.random_state()
    assert record.metrics["score"] == [(3, float(last["loss"]))]


def test_recording_changes_nothing(tmp_path):
    record, _ = recorded(tmp_path)
    assert record.losses.tolist() == train(make_model(), Probe())


def test_step_0_is_the_state_before_training(tmp_path):
    record, _ = recorded(tmp_path)
    for key, tensor in _named_state(make_model()):
        np.testing.assert_array_equal(record.array(0, key), tensor.detach().numpy())


def test_the_script_ends_after_the_steps_that_were_asked_for(tmp_path):
    with pytest.raises(SystemExit) as end:
        recorded(tmp_path, steps=2)
    assert end.value.code == 0
    assert len(Record(tmp_path)) == 2


def test_a_dict_of_models_gets_prefixed_names():
    models = {"generator": torch.nn.Linear(1, 1), "critic": torch.nn.Linear(1, 1)}
    names = [key for key, _ in _named_state(models)]
    assert names[0] == "parameter generator.weight"
    assert names[-1] == "parameter critic.bias"


def test_every_parameter_moves_by_one_ulp_and_buffers_stay():
    model, moved = make_model(), make_model()
    _move_one_ulp(MINITORCH, moved, np.random.default_rng(0))
    for (key, before), (_, after) in zip(_named_state(model), _named_state(moved)):
        a, b = before.detach().numpy(), after.detach().numpy()
        if key.startswith("buffer") or not a.any():
            np.testing.assert_array_equal(a, b)
        else:
            # Counted in representable numbers: exactly one, up or down.
            assert set(np.abs(a.view(np.int32) - b.view(np.int32)).ravel()) == {1}


def test_a_comparison_with_the_same_run_finds_no_difference(tmp_path):
    reference, _ = recorded(tmp_path / "reference")
    train(make_model(), Comparer(MINITORCH, tmp_path / "again", None, reference, None))
    distances, metrics = read_comparison(tmp_path / "again")
    assert len(distances) == 3
    assert all(apart == (0, 0, 0) for step in distances for apart in step.values())
    assert metrics == {"score": reference.metrics["score"][-1][1]}


def test_lockstep_keeps_a_run_beside_its_reference(tmp_path):
    reference, _ = recorded(tmp_path / "reference")

    def last_distance(lockstep, folder):
        model = make_model()
        with torch.no_grad():
            model[0].weight.mul_(1.5)  # a run that starts elsewhere
        probe = Comparer(MINITORCH, tmp_path / folder, None, reference, lockstep)
        train(model, probe)
        return read_comparison(tmp_path / folder)[0][-1]["gradient 2.weight"].relative

    assert last_distance(None, "free") > 1e-2
    assert last_distance(np.random.default_rng(0), "locked") < 1e-5


def test_a_timer_runs_as_many_steps_as_it_is_told(monkeypatch):
    monkeypatch.setattr(Timer, "turn", io.StringIO("2\n1\n"), raising=False)
    monkeypatch.setattr(Timer, "answer", io.StringIO(), raising=False)
    timer = Timer()
    for _ in range(2):
        timer.mark("forward")
        timer.step(None, None)
    timer.mark("forward")
    with pytest.raises(SystemExit):  # no third turn is given
        timer.step(None, None)
    answers = [json.loads(line) for line in Timer.answer.getvalue().splitlines()]
    assert len(answers) == 2
    assert all(0 < a["phases"]["forward"] <= a["seconds"] for a in answers)


def test_without_a_harness_a_run_draws_itself(tmp_path):
    pytest.importorskip("matplotlib")
    train(make_model(), Drawer(MINITORCH, tmp_path))
    for name in ("loss.png", "gradient_flow.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
