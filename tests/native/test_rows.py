"""Every row that a kernel stands in for, with the kernel: the same samples as the row itself."""

from __future__ import annotations

from collections import Counter

import pytest

import minitorch.native.kernels  # noqa: F401  fills the table
from minitorch import backend, native
from minitorch.native import table
from tests.checks import DTYPES, check_first, check_second, check_value, scattered
from tests.samples import SAMPLES
from tests.sampling import Sample

NAMES = {entry.row for entry in table.ENTRIES}
REACHED = {  # rows that the public functions of other names run
    "linear": ("bilinear",),
}


def serves(sample: Sample) -> bool:
    return sample.name in NAMES or any(sample.name in REACHED.get(n, ()) for n in NAMES)


def over(samples: list[Sample]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sample", samples, ids=lambda s: s.id)


MINE = [s for s in SAMPLES if serves(s)]


@over(MINE)
def test_value(sample: Sample) -> None:
    for dtype in DTYPES:
        check_value(sample, dtype)
    check_value(sample, "float64", scattered)


@over([s for s in MINE if s.derivatives])
def test_gradient(sample: Sample) -> None:
    for dtype in DTYPES:
        check_first(sample, dtype)
    check_first(sample, "float64", scattered)


@over([s for s in MINE if s.derivatives > 1])
def test_second_gradient(sample: Sample) -> None:
    check_second(sample, "float64")


@pytest.fixture
def calls() -> Counter:
    """How often each kernel answered, while the test runs."""
    found: Counter = Counter()
    binding = native.load()

    def counted(entry: table.Entry):
        def kernel(*args, **kwargs):
            out = entry.kernel(*args, **kwargs)
            found[entry.row, entry.part] += out is not NotImplemented
            return out

        return kernel

    native.disable()
    over = {}
    for entry in table.ENTRIES:
        row = backend.ROWS[entry.row]
        own = row.forward if entry.part == "forward" else backend.own_rule(row, entry.part)
        over[entry.row, entry.part] = binding.guard(own, counted(entry), 1)
    backend.install(over)
    yield found
    backend.uninstall()
    native.enable(least=1)


def test_every_kernel_answers_some_sample(calls: Counter) -> None:
    for sample in MINE:
        check_value(sample, "float32")
        if sample.derivatives:
            check_first(sample, "float32")
    silent = {(e.row, e.part) for e in table.ENTRIES if not calls[e.row, e.part]}
    assert silent == set()
