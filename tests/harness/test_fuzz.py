"""Random programs: made alike from one seed, run alike, judged, shrunk and written as scripts."""

from __future__ import annotations

import ast
import json
import random

import pytest

from harness.backends import MINITORCH, TORCH
from harness.fuzz import main, script
from harness.fuzz.build import NAMES, build
from harness.fuzz.coverage import Coverage
from harness.fuzz.grammar import bypassed, without
from harness.fuzz.hunt import Hunt
from harness.fuzz.strategies import HEADER, WIDTH
from tests.harness.planted import PLANTED

PROGRAMS = 300


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


@pytest.mark.differential
def test_the_engines_agree_on_random_programs() -> None:
    hunt = Hunt(MINITORCH, TORCH, seed=7)
    hunt.run(lambda done: done < PROGRAMS, most=3)
    assert hunt.coverage.programs == PROGRAMS
    assert not hunt.findings, "\n\n".join(f.text for f in hunt.findings)


@pytest.mark.differential
@pytest.mark.nightly
def test_two_thousand_programs_reach_everything_and_agree() -> None:
    hunt = Hunt(MINITORCH, TORCH, seed=1)
    hunt.run(lambda done: done < 2000, most=100)
    assert not hunt.findings, "\n\n".join(f.text for f in hunt.findings)
    assert hunt.coverage.programs == 2000
    assert not hunt.coverage.unreached
    assert hunt.coverage.counts["double backward"] >= 0.1 * hunt.coverage.programs


@pytest.mark.differential
def test_a_difference_becomes_a_script_of_few_lines_that_shows_it(tmp_path, capsys) -> None:
    with PLANTED["used_twice_counted_once"]():
        code = main(["--programs", "40", "--findings", "1", "--out", str(tmp_path)])
        made = json.loads((tmp_path / "fuzz.json").read_text())
        (found,) = made["findings"]
        assert script.answers((tmp_path / found["script"]).read_text())[0]
    assert code in (1, 2)
    assert made["schema"] == "harness.fuzz/1"
    assert found["confirmed"]
    assert len(found["text"].splitlines()) < 40
    assert found["script"] in capsys.readouterr().out


def test_a_wrong_command_line_is_answered_by_one_line(capsys) -> None:
    for arguments in (["--backends", "torch"], ["--backends", "none,torch"], ["--what"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 3
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.differential
def test_what_was_counted_is_written_when_a_run_is_interrupted(tmp_path, monkeypatch) -> None:
    add = Coverage.add

    def interrupted(self, trial):
        add(self, trial)
        if self.programs == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(Coverage, "add", interrupted)
    main(["--programs", "50", "--out", str(tmp_path)])
    made = json.loads((tmp_path / "fuzz.json").read_text())
    assert made["interrupted"]
    assert made["coverage"]["programs"] == 5


@pytest.mark.differential
def test_equal_seeds_count_alike() -> None:
    tables = []
    for _ in range(2):
        hunt = Hunt(MINITORCH, TORCH, seed=3)
        hunt.run(lambda done: done < 20)
        tables.append(hunt.coverage.table())
    assert tables[0] == tables[1]
