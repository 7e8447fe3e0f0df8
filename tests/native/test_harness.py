"""The harness looks for mistakes while the kernels are on: in them, and in rows without one."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch import native
from minitorch.backend import ROWS
from minitorch.native import table
from tests.harness.locate.test_search import located

pytestmark = pytest.mark.differential


def test_kernels_are_not_accused():
    assert located() is None


@pytest.mark.parametrize(("part", "direction"), [("forward", "forward"), (1, "backward")])
def test_a_wrong_kernel_is_named_by_its_own_line(monkeypatch, part, direction):
    def wrong(right, *args):
        found = right(*args)
        return found if found is NotImplemented else found * np.asarray(1.001, found.dtype)

    def spoiled(entry):
        if (entry.row, entry.part) != ("linear", part):
            return entry
        return entry._replace(kernel=lambda *args: wrong(entry.kernel, *args))  # the line

    monkeypatch.setattr(table, "ENTRIES", [*map(spoiled, table.ENTRIES)])
    native.enable(least=1)
    found = located()
    monkeypatch.undo()
    native.enable(least=1)
    assert (found.op, found.direction) == ("linear", direction)
    assert "native/test_harness.py" in found.engine_line


def test_a_wrong_rule_is_named_where_no_kernel_stands_over_it(monkeypatch):
    rule = ROWS["atan"].rules[0]
    assert "atan" not in {entry.row for entry in table.ENTRIES}
    code = (lambda g, x: g).__code__.replace(
        co_filename=rule.__code__.co_filename, co_firstlineno=rule.__code__.co_firstlineno
    )
    monkeypatch.setattr(rule, "__code__", code)
    found = located(bent)
    assert (found.op, found.direction) == ("atan", "backward")
    assert rule.__code__.co_filename.endswith(found.engine_line.partition(":")[0])


def bent(T):
    T.manual_seed(0)
    layer = T.nn.Linear(4, 4)
    layer(T.randn(3, 4)).atan().sum().backward()
