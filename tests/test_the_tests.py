"""The tests of the rows are tested: rules with planted mistakes must be caught by them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.mutate.equivalent import EXCUSED, reason
from harness.mutate.rewrite import mutants, rewritten, source
from harness.mutate.rows import GENERAL, code_of_rules, places, planted, replaced
from minitorch import graph
from minitorch.backend import ROWS
from minitorch.ops import elementwise as ew
from minitorch.ops import reduce, shape
from tests.planting import ON_ROWS, caught, trials

pytestmark = [pytest.mark.differential, ON_ROWS]

SPOILED = [name for name, row in sorted(ROWS.items()) if row.differentiable and trials(name)]


def tally(record_property: Callable, kind: str, count: int, missed: int) -> None:
    """Count for the summary that conftest.py prints."""
    record_property("mistakes", (kind, count, missed))


# ------------------------------------------------------------------ mistakes that fit any rule


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_rule_is_caught(name: str, record_property: Callable) -> None:
    """Each input's rule is spoiled in each way; where that changes a gradient, a sample shows."""
    assert not caught(name)
    row, survivors, count = ROWS[name], [], 0
    for i in places(row):
        for text, (_, mistake) in GENERAL.items():
            with planted(row, i, mistake) as effect:
                seen = caught(name)
            count += seen or effect.changed
            if effect.changed and not seen and not reason(f"{name}, input {i}", text):
                survivors.append((i, text))
    tally(record_property, "spoiled rules", count, len(survivors))
    assert not survivors


def test_many_rules_are_spoiled_in_many_ways() -> None:
    assert len(SPOILED) > 100
    assert len(GENERAL) > 3


@pytest.mark.parametrize("name", ["mul", "softmax", "gather", "cat", "sort", "normalize"])
def test_a_spoiled_rule_is_wrong_in_at_least_three_ways(name: str) -> None:
    def ways(i: int) -> Iterator[str]:
        for text, (_, mistake) in GENERAL.items():
            with planted(ROWS[name], i, mistake):
                if caught(name):
                    yield text

    assert all(len(list(ways(i))) >= 3 for i in places(ROWS[name]))


# ------------------------------------------------------------------ mistakes in the source


CODE = code_of_rules(SPOILED)


@pytest.mark.nightly
@pytest.mark.parametrize("title", CODE)
def test_a_rewritten_rule_is_caught(title: str, record_property: Callable) -> None:
    """A rule with one place of its source spoiled gives a derivative that a sample shows."""
    function, rows, operands = CODE[title]
    excused = set().union(*(by_site.get(title, ()) for by_site in EXCUSED.values()))
    survivors, count = set(), 0
    for mutant in mutants(function, operands):
        count += 1
        with rewritten(function, mutant.code):
            if not caught(*rows):
                survivors.add(mutant.text)
    missed = survivors - excused
    tally(record_property, "rewritten rules", count - len(survivors & excused), len(missed))
    assert not missed, missed
    assert not excused - survivors, "these are caught now, or no longer there"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code does not know its column")
def test_every_rule_can_be_rewritten() -> None:
    assert not [title for title, code in CODE.items() if source(code.function) is None]


# ------------------------------------------------------------------ mistakes people make

MISTAKES: dict[str, tuple[str, int, Callable]] = {
    "product rule forgets the other factor": ("mul", 0, lambda g: g),
    "quotient rule forgets a square": ("div", 1, lambda g, x, y: -g * (x / y)),
    "power rule forgets the exponent": ("pow", 0, lambda g, x, y: g * x ** (y - 1)),
    "exponent of a power forgets the logarithm": ("pow", 1, lambda g, x, y, out: g * out),
    "tanh forgets the square": ("tanh", 0, lambda g, out: g * (1 - out)),
    "sigmoid forgets a factor": ("sigmoid", 0, lambda g, out: g * out),
    "sine is differentiated as the cosine": ("sin", 0, lambda g, x: -g * ew.cos(x)),
    "square root forgets the 2": ("sqrt", 0, lambda g, out: g / out),
    "log2 forgets its base": ("log2", 0, lambda g, x: g / x),
    "a clamp lets everything through": ("clamp", 0, lambda g, x, min, max: g),
    "relu lets everything through": ("relu", 0, lambda g, out: g),
    "the smaller one gets the gradient": ("maximum", 0, lambda g, x, y: ew.where(x < y, g, 0)),
    "where picks the wrong side": ("where", 1, lambda g, c: ew.where(c, 0, g)),
    "softmax forgets the sum": ("softmax", 0, lambda g, out, dim: out * g),
    "softmax sums along another dimension": (
        "softmax", 0, lambda g, out, dim: out * (g - reduce.sum(out * g, dim=0, keepdim=True))),
    "log_softmax forgets the sum": ("log_softmax", 0, lambda g, out, dim: g - ew.exp(out) * g),
    "mean forgets the count": (
        "mean", 0, lambda g, x_shape, dim, keepdim: reduce.spread_out(g, x_shape, dim, keepdim)),
    "variance forgets its correction": (
        "var", 0, lambda g, x, dim, correction, keepdim: reduce._var_rule(g, x, dim, 0, keepdim)),
    "logsumexp gives every element the whole": (
        "logsumexp", 0, lambda g, x, out, dim, keepdim: reduce.spread_out(g, x.shape, dim,
        keepdim)),
    "cumsum is not reversed": ("cumsum", 0, lambda g, dim: reduce.cumsum(g, dim=dim)),
    "the extreme gives each tie the whole": (
        "amax", 0, lambda g, x, out, dim, keepdim: reduce.spread_out(g, x.shape, dim, keepdim)),
    "the permutation is not inverted": ("permute", 0, lambda g, dims: shape.permute(g, dims=dims)),
    "the roll goes on": ("roll", 0, lambda g, shifts, dims: shape.roll(g, shifts=shifts,
    dims=dims)),
    "the triangle is the other one": (
        "tril", 0, lambda g, diagonal: shape.triu(g, diagonal=diagonal)),
    "a convolution's bias sums too little": (
        "sum_to", 0, lambda g, x_shape: shape.expand(g * 0.5, size=x_shape)),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_is_caught(mistake: str) -> None:
    name, i, rule = MISTAKES[mistake]
    row = ROWS[name]
    rules, needs = list(row.rules), list(row._needs)
    rules[i] = rule
    code = rule.__code__
    needs[i] = code.co_varnames[1 : code.co_argcount]
    with replaced(row, rules=tuple(rules), _needs=tuple(needs)):
        assert caught(name, orders=(0,))


def broadcast_by(name: str) -> bool:
    """Whether several inputs of the row get a gradient, and some sample broadcasts them."""
    row, tries = ROWS[name], trials(name)
    several = len(places(row)) > 1 and not row.starred and row.kind == "elementwise"
    return several and any(len({a.shape for a in t.arrays}) > 1 for t in tries)


@pytest.mark.parametrize("name", [*filter(broadcast_by, SPOILED), "linear", "mse_loss"])
def test_a_missing_reduction_over_broadcast_axes_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed = []

    def first_of_them(g: Any, size: tuple) -> Any:
        lead = g.ndim - len(size)
        kept = tuple(slice(1) if n == 1 else slice(None) for n in size)
        found = g[(0,) * lead + kept]
        summed.append(found.size < g.size and bool(g.any()))
        return found

    monkeypatch.setattr(graph, "sum_to", first_of_them)
    assert caught(name, orders=(0,)) or not any(summed)


# ------------------------------------------------------------------ right once, wrong twice

CURVED = (
    "mul div pow exp log sin tanh sigmoid sqrt reciprocal erf square mm bmm mv dot softmax "
    "log_softmax logsumexp prod var std norm2 gelu silu softplus mse_loss normalize linear "
    "convolve convolve_transposed convolve_weight_grad bce_with_logits normalize_batch "
    "normalize_groups normalize_fixed normalize_rms grid_values grid_slopes celu mish glu huber "
    "soft_margin divergence alignments attend inv eigh linalg_svd linalg_qr cholesky_lower"
).split()


def test_every_curved_row_is_there() -> None:
    assert not set(CURVED) - set(SPOILED)


@pytest.mark.parametrize("name", sorted({*CURVED}.intersection(SPOILED)))
def test_a_rule_without_history_is_caught(name: str) -> None:
    """A rule that computes with detached values is right to first order and wrong to second."""
    by_input = []
    for i in places(ROWS[name]):
        with planted(ROWS[name], i, GENERAL["no history"][1]):
            assert not caught(name, orders=(0,))
            by_input.append(caught(name, orders=(1,)))
    assert any(by_input)
