"""Programs for Hypothesis: a list of short byte strings, one for each statement.

A statement is read from its own bytes alone, so whatever is taken out of the list leaves a program;
and a program costs one draw for each statement.
"""

from __future__ import annotations

from hypothesis import strategies as st

from harness.fuzz.build import build
from harness.fuzz.grammar import Program

HEADER, WIDTH = 8, 12
"""Bytes of the first leaf and of the ending; of each statement."""

BYTES = 700
"""How many random bytes hold the longest program."""


def programs(most: int = 12) -> st.SearchStrategy[Program]:
    """Programs of up to three times `most` statements, beside those that begin and end them."""
    width = st.binary(min_size=WIDTH, max_size=WIDTH)
    header = st.binary(min_size=HEADER, max_size=HEADER)
    part = st.lists(width, max_size=most)  # five on average
    return st.builds(lambda h, a, b, c: build(h, [*a, *b, *c]), header, part, part, part)
