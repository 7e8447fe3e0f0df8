"""Each planted fault shows in its own column; torch against itself shows none."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest

from harness import backends
from harness.__main__ import main
from harness.opinfo import layers, operations, optimizers, schedules
from harness.opinfo.engines import REFERENCE, Engines
from harness.opinfo.found import Entry

pytestmark = pytest.mark.differential


class Planted(backends.Backend):
    """minitorch with some of its functions replaced; None takes one away."""

    def __init__(self, **names) -> None:
        super().__init__("planted", "minitorch")
        self.names = names

    def namespace(self):
        engine = super().namespace()
        copy = types.ModuleType("planted")
        copy.__dict__.update(engine.__dict__)
        for name, made in self.names.items():
            if made is None:
                del copy.__dict__[name]
            else:
                copy.__dict__[name] = lambda *a, made=made, name=name, **k: made(
                    getattr(engine, name), *a, **k
                )
        return copy


def found(engine: backends.Backend, name: str, samples: int = 2) -> Entry:
    """The entry of op_db called `name`."""
    jobs = dict(operations.jobs(f"^{name}$"))
    return jobs[name](Engines(engine, REFERENCE, samples, 1))


def refuses(function, *args, **kwargs):
    """A function that is not written yet."""
    raise NotImplementedError("later")


FAULTS = {
    "a dropped gradient": ("tanh", lambda f, x: f(x.detach()), "gradient"),
    "a wrong gradient": ("tanh", lambda f, x: f(x) * 1.001 - f(x).detach() * 0.001, "gradient"),
    "a wrong second gradient": (
        "exp",
        lambda f, x: f(x.detach()) * (1 + x - x.detach()),
        "second gradient",
    ),
    "a wrong value": ("tanh", lambda f, x: f(x) + 1e-5, "value"),
    "a wrong dtype": ("tanh", lambda f, x: f(x).double(), "result"),
    "a wrong shape": ("tanh", lambda f, x: f(x).unsqueeze(0), "result"),
    "an integer that overflows": ("square", lambda f, x: f(x.float()).to(x.dtype), "dtypes"),
    "out= that is ignored": ("tanh", lambda f, x, out=None: f(x), "out="),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_wrong_in_its_column(fault):
    pytest.importorskip("torch")
    name, made, column = FAULTS[fault]
    entry = found(Planted(**{name: made}), name)
    assert entry.status == "wrong"
    assert column in entry.wrong
    assert set(entry.wrong) <= {column, "second gradient", "dtypes", "out="}


def test_what_is_missing_is_absent_and_what_is_refused_unsupported():
    pytest.importorskip("torch")
    gone = found(Planted(tanh=None), "tanh")
    assert (gone.status, gone.reasons) == ("absent", ["there is no tanh"])
    later = found(Planted(tanh=refuses), "tanh")
    assert later.status == "unsupported"
    assert "value: NotImplementedError in forward: later" in later.reasons


def test_an_exception_of_another_type_is_named_and_no_wrong_number():
    pytest.importorskip("torch")

    def gather(f, *args, **kwargs):
        try:
            return f(*args, **kwargs)
        except RuntimeError as error:
            raise KeyError("no") from error

    entry = found(Planted(gather=gather), "gather")
    assert entry.status == "supported"
    assert [r for r in entry.reasons if r.startswith("errors: KeyError")]


@pytest.mark.parametrize("name", ["softmax", "nn.functional.dropout", "sort", "linalg.svd", "cat"])
def test_torch_against_itself_is_complete(name):
    pytest.importorskip("torch")
    assert found(backends.TORCH, name).status == "complete"


def test_an_engine_that_is_no_torch_is_told_what_it_lacks_and_what_it_has_right():
    pytest.importorskip("torch")
    pytest.importorskip("autograd")
    hips = backends.find(f"{Path(__file__).parent / 'engines' / 'hips.py'}:hips")
    entry = found(hips, "tanh")
    for column in ("value", "gradient", "second gradient", "result", "method"):
        assert entry.cells[column].full, entry.reasons
    assert entry.cells["in place"].counts["unsupported"] == 1
    assert any("bfloat16: AttributeError" in reason for reason in entry.reasons)
    assert found(hips, "acosh").absent == "acosh"


SUBSET = (
    "^(add|cat|norm.nuc|linalg.eigh|as_strided_scatter|nn.functional.(layer_norm|dropout)|"
    "nn.BatchNorm1d|LBFGS|ReduceLROnPlateau)$"
)


def test_a_subset_of_every_database_is_complete_on_minitorch(tmp_path, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("pandas")
    assert main(["opinfo", "--quick", "--only", SUBSET, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "minitorch: 7 of 7 operations, 1 of 1 modules, 1 of 1 optimizers, 1 of 1 schedulers\n"
        "complete, every dtype, form and exception included: 10 of 10\n"
    )
    assert "as_strided_scatter: torch is the odd one out" in said


def test_the_report_says_what_is_lacking_and_the_exit_code_what_is_wrong(tmp_path, capsys):
    pytest.importorskip("torch")
    pytest.importorskip("pandas")
    options = ["--db", "op", "--quick", "--out", str(tmp_path)]
    assert main(["opinfo", "--only", "^(tanh|exp)$", *options]) == 0
    assert capsys.readouterr().out.startswith("minitorch: 2 of 2 operations\n")
    made = json.loads((tmp_path / "opinfo" / "opinfo.json").read_text())
    assert made["schema"] == "harness.opinfo/1"
    assert [e["name"] for e in made["entries"]] == ["exp", "tanh"]
    assert made["entries"][0]["columns"]["value"]["right"] == 2
    assert "`tanh`" in (tmp_path / "opinfo" / "opinfo.md").read_text()
    assert (tmp_path / "opinfo" / "opinfo.csv").read_text().count("\n") > 10


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--only", "no such thing"], "no such entry"),
        (["--only", "("], "--only (:"),
        (["--backend", "nobody"], "unknown backend 'nobody'"),
        (["--samples", "0"], "at least 1"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_3(argv, said, capsys):
    pytest.importorskip("torch")
    with pytest.raises(SystemExit) as stop:
        main(["opinfo", *argv])
    assert stop.value.code == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


# --- layers, optimizers, schedulers ---------------------------------------------------------------


class Replaced(backends.Backend):
    """minitorch with another class in `nn`, `optim` or `optim.lr_scheduler`; None takes it away."""

    def __init__(self, path: str, change) -> None:
        super().__init__("replaced", "minitorch")
        self.path, self.change = path, change

    def namespace(self):
        return replaced(super().namespace(), self.path.split("."), self.change)


def replaced(module, path: list[str], change):
    """A copy of a module in which what `path` names is changed."""
    name, *rest = path
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(module.__dict__)
    old = getattr(module, name)
    new = replaced(old, rest, change) if rest else change and change(old)
    if new is None:
        for gone in {name, "__getattr__", "__path__"} & copy.__dict__.keys():
            del copy.__dict__[gone]
    else:
        copy.__dict__[name] = new
    return copy


def derived(**methods):
    """A change of a class: methods that are given the old class first."""

    def change(old):
        new = {
            name: lambda self, *a, made=made, **k: made(old, self, *a, **k)
            for name, made in methods.items()
        }
        return type(old.__name__, (old,), new)

    return change


def steps_too_far(old, self, *closure):
    out = old.step(self, *closure)
    for group in self.param_groups:
        for p in group["params"]:
            p.data.mul_(1.0001)
    return out


def starts_at_one(old, self, *args, **kwargs):
    old.__init__(self, *args, **kwargs)
    self.bias.data.fill_(1.0)


def forgets(old, self, state):
    old.load_state_dict(self, {"state": {}, "param_groups": state["param_groups"]})


CHANGED = {
    "a layer's value": ("nn.Linear", derived(forward=lambda c, m, x: c.forward(m, x) * 1.001),
                        "value"),
    "a layer's gradient": ("nn.Linear", derived(
        forward=lambda c, m, x: c.forward(m, x).detach() + 0 * m.weight.sum()), "gradient"),
    "a layer's start": ("nn.Linear", derived(__init__=starts_at_one), "start"),
    "a layer's mode": ("nn.Linear", derived(eval=lambda c, m: m), "state"),
    "a layer's text": ("nn.Linear", derived(__repr__=lambda c, m: "Linear"), "repr"),
    "an optimizer's step": ("optim.Adam", derived(step=steps_too_far), "steps"),
    "an optimizer's memory": ("optim.Adam", derived(load_state_dict=forgets), "reload"),
    "an optimizer's checks": (
        "optim.Adam", lambda c: lambda params, lr=1e-3, betas=(0.9, 0.999), **k: c(
            params, lr if isinstance(lr, float) else 1e-3,
            tuple(b if 0 <= b < 1 else 0.9 for b in betas), **k), "errors"),
    "a schedule": ("optim.lr_scheduler.StepLR", derived(
        get_lr=lambda c, m: [r * 0.999 for r in c.get_lr(m)]), "rates"),
}  # fmt: skip
DATABASE = {"nn": layers, "optim": optimizers}


def examined(engine: backends.Backend, path: str, samples: int = 2) -> Entry:
    """The entry of the class that `path` names."""
    home = schedules if "scheduler" in path else DATABASE[path.partition(".")[0]]
    name = path.rpartition(".")[2]
    jobs = dict(home.jobs(f"{name}$"))
    return jobs.get(name, jobs.get(f"nn.{name}"))(Engines(engine, REFERENCE, samples, 1))


@pytest.mark.parametrize("fault", CHANGED)
def test_a_changed_class_shows_in_its_column(fault):
    pytest.importorskip("torch")
    path, change, column = CHANGED[fault]
    entry = examined(Replaced(path, change), path)
    assert entry.status == ("supported" if column in ("errors", "repr") else "wrong")
    assert not entry.cells[column].full
    assert entry.cells[column].reasons


@pytest.mark.parametrize("path", sorted({path for path, _, _ in CHANGED.values()}))
def test_both_engines_classes_are_complete_and_a_missing_one_is_absent(path):
    pytest.importorskip("torch")
    assert examined(backends.TORCH, path).status == "complete"
    assert examined(backends.MINITORCH, path).status == "complete"
    assert examined(Replaced(path, None), path).absent == path


def test_an_interrupted_run_leaves_what_it_found(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    examine = schedules.examine

    def interrupt(name, tier, engines):
        if name == "StepLR":
            raise KeyboardInterrupt
        return examine(name, tier, engines)

    monkeypatch.setattr(schedules, "examine", interrupt)
    options = ["--db", "optim", "--only", "^(LambdaLR|StepLR|LinearLR)$", "--out", str(tmp_path)]
    assert main(["opinfo", *options]) == 3
    assert "interrupted: what came later was not asked" in capsys.readouterr().out
    made = json.loads((tmp_path / "opinfo" / "opinfo.json").read_text())
    assert (made["complete"], [e["name"] for e in made["entries"]]) == (False, ["LambdaLR"])
