"""What the public operations are tried on: one table of cases, in torch's words.

database.py    the samples of PyTorch's own tests
layouts.py     some of them transposed, strided, expanded, and on other scales
families.py    kinks, ties, special numbers and shapes of functions of one and two numbers
edges.py       where single operations turn: zeros, ties, bounds, long sums
models.py      recurrence, densities, sparse products
choices.py     elements by number: repeated, masked, written through views; random numbers
odd.py         where torch is known to be wrong
sides.py       what rules distinguish: one output alone, empty parts, NaN, factors of 0

for case in table("softmax", seed=0):
    compare(case.function, case.inputs, candidate, reference, case.order, case.constant)
"""

from __future__ import annotations

import re

from harness.cases import choices, database, edges, families, layouts, models, sides
from harness.cases.case import Case, Draw
from harness.cases.odd import ODD

__all__ = ["ODD", "Case", "own", "table"]


def table(pattern: str = "", seed: int = 0, limit: int = database.LIMIT) -> list[Case]:
    """Every case whose operation matches; another seed has other numbers in the same cases.

    Raises: ImportError where torch or what its tests need is not installed.
    """
    found = list(database.cases(pattern, seed, limit))
    return [
        *found,
        *layouts.cases(found),
        *families.cases(pattern, seed),
        *(case for case in own(seed) if re.search(pattern, case.op)),
    ]


def own(seed: int = 0) -> list[Case]:
    """The cases that are ours alone; they can be listed without torch."""
    return [case for part in (edges, choices, models, sides) for case in part.cases(Draw(seed))]
