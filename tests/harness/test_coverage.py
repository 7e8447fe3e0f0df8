"""The table of supported names says what is missing, refused or not differentiable."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

import minitorch
from harness import coverage

TIERS = json.loads(coverage.TIERS.read_text(encoding="utf-8"))
FACTS = {n: facts for tier in TIERS["tiers"].values() for n, facts in tier["operations"].items()}


def engine(**names: Any) -> ModuleType:
    """minitorch with some names replaced, or left out where they are None."""
    made = ModuleType("engine")
    vars(made).update(vars(minitorch), **names)
    for name in [n for n, value in names.items() if value is None]:
        delattr(made, name)
    return made


def examined(name: str, **names: Any) -> coverage.Found:
    return coverage.examine(engine(**names), name, FACTS[name])


def written(*operations: str, **names: Any) -> str:
    tier = {"means": "some", "operations": {n: FACTS[n] for n in operations}}
    tiers = {"tiers": {"T1": {**tier, "layers": ["nn.Linear", "nn.Nothing"], "optimizers": [],
                              "schedulers": ["StepLR"]}}}  # fmt: skip
    whole = coverage.Whole(7, 10, ["torch.nothing"])
    return coverage.text(coverage.look(engine(**names), tiers), 0.5, whole)


# --- one name -------------------------------------------------------------------------------------


def test_row_and_composition_are_told_apart():
    assert examined("exp").kind == "row"
    assert examined("hstack").kind == "composition"


def test_every_form_is_looked_up():
    found = examined("softmax")
    assert set(found.forms) == {"f", "m", "F"}
    assert found.complete


def test_missing_form_is_seen():
    found = coverage.examine(minitorch, "exp", {**FACTS["exp"], "forms": "fmiF"})
    assert found.present
    assert not found.complete


def test_derivatives_are_counted_by_differentiating():
    flat = examined("exp", exp=lambda x: x.detach())
    assert (flat.derivatives, flat.complete) == (0, False)
    assert examined("exp").derivatives == 2


def test_second_derivative_that_fails_is_not_counted():
    class Once(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.detach().exp()

        @staticmethod
        def backward(ctx, g):
            return g.detach()

    assert examined("exp", exp=Once.apply).derivatives == 1


def test_operation_that_raises_is_refused():
    def refuse(x):
        raise NotImplementedError

    found = examined("exp", exp=refuse)
    assert found.present
    assert found.derivatives is None


def test_attributes_and_methods_are_found():
    for name in ("T", "view", "__getitem__", "normal"):
        assert examined(name).present, name


def test_call_of_every_operation_can_be_said():
    for name, facts in FACTS.items():
        leaves: list = []
        for value in [*facts.get("call", []), *facts.get("named", {}).values()]:
            coverage.said(value, minitorch, leaves)
        assert all(x.requires_grad for x in leaves), name
        assert leaves or not facts["derivatives"], name


# --- the page -------------------------------------------------------------------------------------


def test_missing_name_is_listed():
    text = written("exp", "softmax", softmax=None)
    assert "Not yet, operations: `softmax`." in text
    assert "| `softmax` |" not in text
    assert "| `exp` | yes | yes | yes |  | row | 2 |" in text
    assert "1 of 2 (50%)" in text


def test_classes_are_listed():
    text = written("exp")
    assert "Layers: `nn.Linear`." in text
    assert "Not yet, layers: `nn.Nothing`." in text
    assert "Schedulers: `StepLR`." in text


def test_what_is_there_but_fails_is_marked():
    def refuse(x):
        raise NotImplementedError

    assert "| refused |" in written("exp", exp=refuse)
    assert "| 0 of 2 |" in written("exp", exp=lambda x: x.detach())


def test_writing_twice_gives_the_same_text():
    assert written("exp", "softmax", "matmul") == written("exp", "softmax", "matmul")


def test_check_says_when_the_page_is_stale(monkeypatch, tmp_path, capsys):
    page = tmp_path / "SUPPORTED.md"
    monkeypatch.setattr(coverage, "SUPPORTED", page)
    assert coverage.main(["--check"]) == 1
    assert "SUPPORTED.md is stale: run `make coverage`" in capsys.readouterr().out
    assert coverage.main([]) == 0
    assert coverage.main(["--check"]) == 0
    monkeypatch.delattr(minitorch, "softmax")
    assert coverage.main(["--check"]) == 1


# --- what scripts use -----------------------------------------------------------------------------


def test_uses_are_weighted_by_their_count():
    share, absent = coverage.used(minitorch, {"torch.cat": 6, "torch.nothing": 3, "T.nothing": 1})
    assert share == pytest.approx(0.6)
    assert absent == ["torch.nothing", "T.nothing"]


@pytest.mark.parametrize(
    "name",
    ["torch.nn.Linear", "torch.optim.lr_scheduler.StepLR", "torch.utils.data.DataLoader", "T.grad",
     "T.mT", "M.training", "TM.to", "TM.train", "O.param_groups", "O.get_last_lr",
     "MO.state_dict"],
)  # fmt: skip
def test_names_of_the_census_are_found(name):
    assert coverage.used(minitorch, {name: 1}) == (1.0, [])


@pytest.mark.parametrize("name", ["torch.nn.Nothing", "M.nothing", "O.backward", "D.nothing"])
def test_names_that_are_not_there_are_absent(name):
    assert coverage.used(minitorch, {name: 1}) == (0.0, [name])


def test_a_script_is_whole_when_it_lacks_no_name():
    census = {
        "names": {"torch.cat": 3, "torch.nothing": 1, "torch.nn.Nil": 2},
        "stubs": {"torch.compile9": 1},
        "scripts": ["0", "0 1", "0 2", "2 3", "0"],
    }
    whole = coverage.whole_scripts(minitorch, census)
    assert (whole.complete, whole.of, whole.share) == (2, 5, 0.4)
    assert whole.lacking == ["torch.nn.Nil", "torch.nothing", "torch.compile9"]


def test_the_census_names_every_name_that_a_script_uses():
    census = json.loads(coverage.CENSUS.read_text(encoding="utf-8"))
    names = [*census["names"], *census["stubs"]]
    used = {int(place) for script in census["scripts"] for place in script.split()}
    assert (len(census["scripts"]), min(used), max(used) < len(names)) == (402, 0, True)


# --- against torch --------------------------------------------------------------------------------


@pytest.mark.differential
@pytest.mark.parametrize("name", ["abs", "softmax", "cat", "nn.functional.relu", "double"])
def test_facts_are_those_of_torch(name):
    pytest.importorskip("expecttest")
    from harness import samples, tiers

    entries = [entry for _, entry in samples.entries() if entry.name == name]
    assert tiers.renewed(name, entries) == FACTS[name]


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore")  # some names of torch's are old
def test_torch_takes_every_call():
    torch = pytest.importorskip("torch")
    called = {name: facts for name, facts in FACTS.items() if "call" in facts}
    found = [coverage.examine(torch, name, facts) for name, facts in called.items()]
    assert [f.name for f in found if f.derivatives != f.facts["derivatives"]] == []
    assert len(found) > 450
