"""The table of cases: every rule is met, seeds change numbers alone, words are found."""

from __future__ import annotations

import numpy as np
import pytest

from harness import cases
from harness.backends import MINITORCH
from harness.cases import database, layouts
from harness.cases.case import case, word
from harness.cases.reach import differentiable, reached, recorded
from harness.local import evaluate


@pytest.mark.differential
def test_every_rule_of_the_table_is_met():
    pytest.importorskip("torch")
    pytest.importorskip("expecttest")
    found = reached(cases.own())
    missing = set(differentiable()) - set(found)
    found |= reached(list(database.cases(limit=3)))
    assert len(missing) < 130
    assert sorted(missing - set(found)) == []


def test_recording_leaves_the_table_as_it_was():
    from minitorch.backend import ROWS

    before = {name: (row.rules, row.joint) for name, row in ROWS.items()}
    with recorded() as names:
        evaluate(word("tanh"), [np.ones(2, "f")], MINITORCH, 1)
    assert list(names) == ["tanh"]
    assert {name: (row.rules, row.joint) for name, row in ROWS.items()} == before


@pytest.mark.differential
@pytest.mark.parametrize("pattern", ["^clamp", "^index_add", "linalg.solve$", "^(gcd|softmax)$"])
def test_another_seed_changes_numbers_and_nothing_else(pattern):
    pytest.importorskip("expecttest")
    one, again, other = (cases.table(pattern, seed) for seed in (0, 0, 1))
    assert [c.id for c in one] == [c.id for c in again] == [c.id for c in other]
    assert all(same(a.inputs, b.inputs) for a, b in zip(one, again))
    assert not all(same(a.inputs, b.inputs) for a, b in zip(one, other))


def same(a: tuple, b: tuple) -> bool:
    """Whether two cases have the same numbers."""
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a, b))


@pytest.mark.differential
def test_the_table_has_floats_whole_numbers_and_bools():
    pytest.importorskip("expecttest")
    found = cases.table("^(add|__getitem__|bitwise_not)$")
    assert {a.dtype.kind for c in found for a in c.inputs} == set("fib")
    assert {c.op for c in found} == {"add", "__getitem__", "bitwise_not"}
    assert max(sum(a.size for a in c.inputs) for c in found) <= database.LARGEST


@pytest.mark.parametrize("layout", layouts.LAYOUTS)
def test_a_layout_changes_where_numbers_lie_and_not_what_they_are(layout):
    import minitorch

    x = np.arange(6, dtype="f").reshape(2, 3) if layout != "expanded" else np.ones((2, 3), "f")
    plain = case("neg", "sample", lambda T, x: x, x)
    (laid,) = layouts.laid(plain, layout)
    made = laid.function(minitorch, *map(minitorch.from_numpy, laid.inputs))
    assert not made.is_contiguous()
    assert np.array_equal(made.numpy(), x)


def test_words_are_found_where_torch_has_them():
    import minitorch

    x = minitorch.tensor([-1.0, 2.0])
    assert word("nn.functional.relu")(minitorch, x).tolist() == [0, 2]
    assert word("view", -1, 1)(minitorch, x).tolist() == [[-1], [2]]
    assert word("clamp", min=0)(minitorch, x).tolist() == [0, 2]
