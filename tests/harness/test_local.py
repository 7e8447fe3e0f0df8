"""One function on two engines: what is found, what is agreed, who is wrong."""

from __future__ import annotations

import types

import numpy as np
import pytest

from harness import local
from harness.backends import MINITORCH, TORCH, Backend
from harness.local import Expected, compare, directional, evaluate

X = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
Y = np.random.default_rng(1).standard_normal(5).astype(np.float32)


class Altered(Backend):
    """minitorch with other words for `tanh`."""

    def __init__(self, tanh) -> None:
        super().__init__("altered")
        self._tanh = tanh

    def namespace(self):
        import minitorch

        copy = types.ModuleType("altered")
        copy.__dict__.update(minitorch.__dict__, tanh=lambda x: self._tanh(minitorch, x))
        return copy


def scaled(T, x):
    """tanh with a gradient 1e-5 too large, and right values."""
    return T.tanh(x) * 1.00001 - (T.tanh(x) * 0.00001).detach()


def tanh(T, x):
    return T.tanh(x)


@pytest.mark.differential
@pytest.mark.parametrize(
    "function", [tanh, lambda T, x: T.softmax(x, 0), lambda T, x: [T.sort(x)[0], (x.exp(),)]]
)
def test_engines_agree(function):
    pytest.importorskip("torch")
    found = compare(function, [X], MINITORCH, TORCH)
    assert found.ok, str(found)
    assert (found.order, found.odd) == (2, "")
    assert found.worst.judgement.share < 1


@pytest.mark.differential
def test_every_input_has_its_gradients():
    pytest.importorskip("torch")
    found = compare(lambda T, x, y: x * y, [X, Y], MINITORCH, TORCH)
    assert [f.what for f in found.findings] == [
        "value", "gradient of input 0", "gradient of input 1", "second gradient of input 0",
        "second gradient of input 1", "second gradient of input 2",
    ]  # fmt: skip
    fixed = compare(lambda T, x, y: x * y, [X, Y], MINITORCH, TORCH, constant=[1], order=1)
    assert [f.what for f in fixed.findings] == ["value", "gradient of input 0"]


def test_a_slightly_wrong_gradient_is_found_and_the_candidate_blamed():
    found = compare(tanh, [X], Altered(scaled), MINITORCH)
    assert not found.ok
    assert found.odd == "candidate"
    assert str(found).startswith(("gradient of input 0: error", "second gradient"))


def test_a_wrong_reference_is_the_odd_one_out():
    found = compare(
        tanh,
        [X],
        MINITORCH,
        Altered(lambda T, x: T.tanh(x) * 1.1 - (T.tanh(x) * 0.1).detach()),
        order=1,
    )
    assert not all(f.ok for f in found.findings)
    assert (found.odd, found.ok) == ("reference", True)


@pytest.mark.parametrize(
    ("tanh_words", "said"),
    [
        (lambda T, x: T.tanh(x)[:2], "value: shape (2, 5) on altered, (4, 5) on minitorch"),
        (lambda T, x: T.tanh(x).double(), "value: dtype float64 on altered, float32 on minitorch"),
        (lambda T, x: T.tanh(x).detach(), "outputs that require a gradient: [False] on altered"),
        (lambda T, x: x.reshape(3), "altered raises RuntimeError in forward"),
    ],
)
def test_structure_comes_first(tanh_words, said):
    found = compare(tanh, [X], Altered(tanh_words), MINITORCH)
    assert not found.ok
    assert found.problem.startswith(said)


def test_the_same_exception_is_agreement_and_another_one_is_not():
    wrong = compare(lambda T, x: x.reshape(3), [X], MINITORCH, MINITORCH)
    assert (wrong.ok, wrong.agreed) == (True, "RuntimeError")

    def index(T, x):
        raise IndexError("no")

    other = compare(tanh, [X], Altered(index), Altered(lambda T, x: x.reshape(3)))
    assert "altered raises IndexError in forward: no; altered RuntimeError" in other.problem


def test_what_is_missing_is_unsupported_and_never_passed():
    found = compare(lambda T, x: T.tanh(x), [X], Altered(lambda T, x: T.nothing(x)), MINITORCH)
    assert not found.ok
    assert found.unsupported.startswith("AttributeError in forward")
    assert not found.findings


def test_a_quotient_of_differences_speaks_for_the_gradient():
    made = evaluate(tanh, [X], MINITORCH, order=1)
    slope = directional(tanh, [X], MINITORCH)
    from harness.local import directions

    along = (made.arrays["gradient of input 0"] * directions([X])[0]).sum()
    assert slope == pytest.approx(along, rel=1e-5)


@pytest.mark.differential
def test_what_the_reference_said_serves_other_candidates_and_lower_orders(monkeypatch):
    pytest.importorskip("torch")
    known = Expected(tanh, [X], TORCH)
    fresh = [compare(tanh, [X], c, TORCH, o) for c in (MINITORCH, Altered(scaled)) for o in (1, 2)]
    assert known.witnesses
    assert len(known.closer) > 2
    assert known.outcome.order == 2
    monkeypatch.setattr(TORCH, "grad", None)  # asked no more
    kept = [
        compare(tanh, [X], candidate, TORCH, order, known=known)
        for candidate in (MINITORCH, Altered(scaled))
        for order in (1, 2)
    ]
    assert [f.findings for f in kept] == [f.findings for f in fresh]
    assert [f.ok for f in kept] == [True, True, False, False]


class Raising(Backend):
    """minitorch whose gradients are an error."""

    def __init__(self, error) -> None:
        super().__init__("raising", "minitorch")
        self.error = error

    def grad(self, *args, **kwargs):
        raise self.error


@pytest.mark.differential
@pytest.mark.parametrize("error", [AttributeError("ndims"), NotImplementedError("no derivative")])
def test_a_slip_in_a_rule_is_no_missing_feature(error):
    pytest.importorskip("torch")
    found = compare(tanh, [X], Raising(error), TORCH)
    assert not found.ok
    assert bool(found.unsupported) == isinstance(error, NotImplementedError)


@pytest.mark.differential
@pytest.mark.parametrize(("farther", "ok"), [(local.FARTHER, True), (0, False)])
def test_luck_of_the_reference_where_a_function_is_flat_is_no_budget(monkeypatch, farther, ok):
    """One number's tanh may be right to the last digit on every input an ulp away as well."""
    pytest.importorskip("torch")
    monkeypatch.setattr(local, "FARTHER", farther)
    draws = np.linspace(3.5, 4, 200, dtype="f4")[1:-1]
    rounded = np.tanh(draws.astype("f8")).astype("f4")
    lucky = draws[[np.abs(rounded - np.tanh(draws.astype("f8"))).argmin()]]
    known = Expected(lambda T, x: 1 - T.tanh(x), [lucky], TORCH, order=0)
    theirs = known.outcome.arrays["value"]
    assert known.judged("value", theirs + np.float32(2.0**-24), theirs, thoroughly=True).ok is ok
