"""Random programs: made alike from one seed, run alike, judged, shrunk and written as scripts."""

from __future__ import annotations

import ast
import random

from harness.fuzz.build import NAMES, build
from harness.fuzz.grammar import bypassed, without
from harness.fuzz.strategies import HEADER, WIDTH


def drawn(seed: int, statements: int = 20):
    """A program from random bytes."""
    draw = random.Random(seed)
    return build(draw.randbytes(HEADER), [draw.randbytes(WIDTH) for _ in range(statements)])


def test_equal_bytes_are_equal_programs_and_valid_source() -> None:
    for seed in range(50):
        program = drawn(seed)
        assert program == drawn(seed)
        ast.parse("\n".join(program.lines()))
        assert len(program) >= 20
        assert {s.op for s in program.statements} <= NAMES


def test_whatever_is_taken_out_of_a_program_leaves_no_name_behind() -> None:
    for seed in range(20):
        program = drawn(seed)
        for at in range(len(program)):
            for shorter in filter(None, (without(program, at), bypassed(program, at))):
                known: set[str] = set()
                for s in shorter.statements:
                    assert known.issuperset(s.reads)
                    known.update(s.outs)
