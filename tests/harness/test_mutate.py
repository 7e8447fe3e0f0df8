"""The harness tested: what it plants, what it notices, and what it says of what it does not."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

import minitorch
from harness.backends import MINITORCH, TORCH, Backend, BackendError
from harness.cases import Case
from harness.mutate import command, main, report, structural, trial
from harness.mutate.checks import OfCase, Suite
from harness.mutate.kinds import KINDS
from harness.mutate.minitorch import named
from harness.mutate.rewrite import edited, mutants, rewritten
from harness.mutate.sites import OPTIMIZERS, SWEEP, Mutant, Site, codes, of_function, sites
from harness.mutate.trial import IDLE, KILLED, STALE, SURVIVED, Outcome
from minitorch.backend import ROWS

# ------------------------------------------------------------------ rewriting


def area(g, x, eps=1e-8):
    """A function with a place for many kinds of mistakes."""
    total = 0.0
    for part in x:
        total += part
    if g > 0:
        return -g * (total + eps) / sum(x, start=0.5)
    return max(g, total) - g


def test_a_function_is_spoiled_in_many_ways_and_each_says_how():
    found = list(mutants(area, {"g", "x"}))
    kinds = Counter(m.kind for m in found)
    assert {
        "sign", "factor", "dropped term", "missing reduction", "assign for accumulate",
        "boundary", "epsilon", "swapped operands", "wrong operand", "wrong number", "condition",
    } <= set(kinds) <= set(KINDS)  # fmt: skip
    assert len({m.text for m in found}) == len(found)
    right = area(2.0, [1.0, 3.0])
    different = 0
    for m in found:
        old, new = m.shown
        assert old != new
        assert old.splitlines()[0] in area_lines()
        with rewritten(area, m.code):
            try:
                different += area(2.0, [1.0, 3.0]) != right
            except TypeError:
                different += 1
    assert area(2.0, [1.0, 3.0]) == right
    assert different > len(found) / 2


def area_lines():
    with open(__file__, encoding="utf-8") as file:
        return {line.strip() for line in file}


def test_a_change_of_the_text_is_shown_with_its_line():
    found = edited(area, "sign", "max(g, total) - g", "max(g, total) + g")
    assert found.shown == ("return max(g, total) - g", "return max(g, total) + g")
    assert found.line == area.__code__.co_firstlineno + 7
    with rewritten(area, found.code):
        assert area(-1.0, [2.0]) == 1.0
    with pytest.raises(ValueError, match="0 times"):
        edited(area, "sign", "min(g, total)", "g")


# ------------------------------------------------------------------ mistakes somebody thought of


def test_every_named_mistake_still_finds_its_place():
    found = [m for mistake in structural.MISTAKES for m in named(mistake).mutants()]
    assert len(found) == len(structural.MISTAKES)
    assert all(m.structural for m in found)
    assert {m.kind for m in found} <= set(KINDS)
    assert len({m.title for m in structural.MISTAKES}) == len(found)
    assert sum(m.by == OPTIMIZERS for m in structural.MISTAKES) >= 12


@pytest.fixture(scope="module")
def suites():
    pytest.importorskip("torch")
    return trial.suites(MINITORCH, TORCH, [OPTIMIZERS, SWEEP])


@pytest.mark.differential
@pytest.mark.parametrize("mistake", structural.MISTAKES, ids=lambda m: m.title)
def test_every_named_mistake_is_noticed(mistake, suites):
    site = named(mistake)
    (mutant,) = site.mutants()
    verdict = suites[mistake.by].judge(site, mutant)
    assert verdict.caught, verdict


# ------------------------------------------------------------------ rules


@pytest.fixture(scope="module")
def quick():
    """Some checks of three operations."""
    pytest.importorskip("torch")
    x = np.linspace(-1.5, 2, 12, dtype=np.float32).reshape(3, 4) ** 2
    calls = {
        "mul": lambda T, x, y: x * y,
        "softmax": lambda T, x: T.softmax(x, 1),
        "softmax, first": lambda T, x: T.softmax(x, 0),
        "cumsum": lambda T, x: T.cumsum(x, 1) * x,
        "cumsum, first": lambda T, x: T.cumsum(x, 0),
    }
    inputs = (x, x[1] - 1)
    found = [Case(op, "", f, inputs[: f.__code__.co_argcount - 1]) for op, f in calls.items()]
    return Suite([OfCase(c, MINITORCH, TORCH) for c in found], "/minitorch/")


def some_sites(pattern):
    return [s for s in sites(MINITORCH) if command.matches(s, pattern)]


@pytest.mark.differential
def test_mistakes_of_every_kind_in_rules_are_noticed(quick):
    kinds, missed = Counter(), []
    for site in some_sites("^(mul|softmax|cumsum)( by|, input)"):
        for mutant in site.mutants():
            if kinds[mutant.kind] < 5:
                verdict = quick.judge(site, mutant)
                kinds[mutant.kind] += verdict.caught
                if verdict.changed and not verdict.caught:
                    missed.append((site.title, mutant.text))
    assert not missed
    assert len(kinds) >= 8, kinds


@pytest.mark.differential
def test_the_engine_is_healthy_again_afterwards(quick):
    before = minitorch.mul.row.rules
    for site in some_sites("^mul( by|, )"):
        for mutant in site.mutants():
            quick.judge(site, mutant)
    assert ROWS["mul"].rules is before
    assert all(check.wrong(False) == "" for check in quick.checks if check.case.op == "mul")


# ------------------------------------------------------------------ trials on a small engine


class Small(Backend):
    """An engine of one rule, which says itself what can be spoiled."""

    def __init__(self) -> None:
        super().__init__("small", "minitorch")

    def mutation_sites(self):
        return [Site("small.rule", "small", "rules", codes([area]), ("area",),
                     [of_function(area, {"g", "x"})])]  # fmt: skip


class Watching:
    """A check of `area`; a blind one never says anything."""

    def __init__(self, blind=False, inputs=((2.0, [1.0, 3.0]), (-1.0, [2.0]), (0.0, [1.0, 2.0]))):
        self.name, self.blind, self.inputs = "watching", blind, inputs
        self.right = [area(g, x) for g, x in inputs]

    def run(self):
        self.found = [area(g, x) for g, x in self.inputs]

    def wrong(self, quick):
        if self.blind:
            return ""
        self.run()
        return "" if self.found == self.right else "another area"


def outcomes(check, tmp_path):
    (site,) = sites(Small())
    ready = trial.Trial([site], {"rules": Suite([check], "test_mutate")}, tmp_path)
    return [o for some in ready.run(trial.choose([site], None, 0)) for o in some]


def test_a_watching_check_kills_and_the_survivors_are_named_with_their_line(tmp_path):
    found = outcomes(Watching(), tmp_path)
    whole = report.score(found)
    assert whole.killed > 20
    survivors = {o.mistake: o for o in found if o.status == SURVIVED}
    assert "0.505 for 0.5" not in survivors
    path = report.write(tmp_path, found, {"engine": "small"})
    text = path.read_text(encoding="utf-8")
    kept = json.loads((tmp_path / "mutate.json").read_text(encoding="utf-8"))
    assert kept["schema"] == "harness.mutate/1"
    assert kept["totals"]["killed"] == whole.killed
    assert len(kept["survivors"]) == len(survivors) > 0  # `max(total, g)`, 1.01e-08
    for o in survivors.values():
        assert f":{o.line}" in text
        assert o.after in text
    assert report.line(found).startswith(f"{whole.mutants} mutants  killed {whole.killed}  ")
    rows = (tmp_path / "mutate.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("status,site,room")


def test_a_check_that_never_fails_is_noticed(tmp_path):
    found = outcomes(Watching(blind=True), tmp_path)
    assert report.score(found).killed == 0
    assert "score 0 %" in report.line(found)
    assert command._tell(found, tmp_path, complete=True) == 1


def test_what_no_check_reaches_survives(tmp_path):
    found = outcomes(Watching(inputs=()), tmp_path)
    assert {o.status for o in found} == {SURVIVED}
    assert {o.tried for o in found} == {0}


def test_a_check_that_fails_without_a_mutant_says_nothing(tmp_path):
    check = Watching()
    check.right = [0.0]
    assert report.score(outcomes(check, tmp_path)).killed == 0


def test_an_excuse_is_not_counted_and_one_that_is_not_needed_is_reported(
    tmp_path, monkeypatch, capsys
):
    first = outcomes(Watching(), tmp_path)
    survivor = next(o.mistake for o in first if o.status == SURVIVED)
    killed = next(o.mistake for o in first if o.status == KILLED)
    monkeypatch.setattr(
        trial, "reason", lambda site, text: "so it is" if text in (survivor, killed) else ""
    )
    found = outcomes(Watching(), tmp_path)
    assert report.score(found).equivalent == 1
    assert [o.mistake for o in found if o.status == STALE] == [killed]
    assert command._tell(found, tmp_path, complete=True) == 1
    assert f"stale excuse  small.rule: {killed}" in capsys.readouterr().out


def test_what_changes_nothing_is_no_mutant(tmp_path):
    def idle():
        class Effect:
            changed = False

        from contextlib import nullcontext

        yield Mutant("idle", "sign", lambda: nullcontext(Effect()), __file__, 1)

    site = Site("small", "small", "rules", codes([area]), (), [idle])
    ready = trial.Trial([site], {"rules": Suite([Watching()], "test_mutate")}, tmp_path)
    ((found,),) = ready.run([(0, [0])])
    assert found.status == IDLE
    assert report.score([found]).mutants == 0


def test_a_mutant_without_end_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.mutate.checks.PATIENCE", 0.1)

    def forever():
        found = edited(area, "condition", "for part in x:", "part = 0\n    while x:")
        from harness.mutate.sites import of_rewritten

        yield of_rewritten(area, found, "never ends")

    site = Site("small", "small", "rules", codes([area]), (), [forever])
    ready = trial.Trial([site], {"rules": Suite([Watching()], "test_mutate")}, tmp_path)
    ((found,),) = ready.run([(0, [0])])
    assert (found.status, found.said) == (KILLED, "_Endless: no end after 0.1 s")


def test_processes_share_the_work(tmp_path):
    (site,) = sites(Small())
    chosen = trial.choose([site], None, 0)

    def run(jobs):
        ready = trial.Trial([site], {"rules": Suite([Watching()], "test_mutate")}, tmp_path)
        return sorted(o for some in ready.run(chosen, jobs) for o in some)

    assert run(2) == run(1)


def test_a_sample_is_drawn_by_its_seed():
    every = sites(Small())
    draws = [trial.choose(every, 5, seed) for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    assert sum(len(m) for _, m in draws[0]) == 5


# ------------------------------------------------------------------ scores and the command


def one_outcome(status, room="elementwise", kind="sign"):
    return Outcome(status, "mul by x", room, "rules", kind, "g for -g", "a.py", 3, "-g", "g", False)


def test_the_score_leaves_out_what_is_excused_and_names_the_weakest_part():
    found = [one_outcome(KILLED)] * 30 + [one_outcome(KILLED, "shape")] * 29
    found += [one_outcome(SURVIVED, "shape"), one_outcome(trial.EXCUSED), one_outcome(IDLE)]
    assert report.line(found) == (
        "61 mutants  killed 59  equivalent 1  survived 1    score 98.33 %  (weakest: shape 96.67 %)"
    )
    assert report.percent(0.99999) == "99.99 %"


def test_an_engine_that_says_nothing_of_itself_is_one_line(capsys):
    with pytest.raises(BackendError, match="mutation_sites"):
        sites(Backend("json"))
    with pytest.raises(SystemExit) as stopped:
        main(["--backend", "json"])
    assert stopped.value.code == 3
    assert capsys.readouterr().err.startswith("mutate: json has no mutation_sites()")
    with pytest.raises(SystemExit) as stopped:
        main(["--sample", "none"])
    assert stopped.value.code == 3
