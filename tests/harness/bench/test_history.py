"""What got slower is said only where it can be known."""

from __future__ import annotations

import pytest

from harness.bench import history

FACTS = {
    "commit": "1a2b3c4",
    "machine": {"processor": "P", "cores": 2, "system": "Linux"},
    "threads": 2,
    "engines": {"mine": "1", "torch": "2"},
}


def line(low: float, high: float, settled: bool = True, **facts):
    middle = (low + high) / 2
    measured = {"ratio": [middle, low, high], "seconds": [1.0, middle], "settled": settled}
    return {**FACTS, **facts, "workloads": {"W2": measured}}


OLD = line(1.50, 1.55)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (line(1.29, 1.33), ["slower: W2 1.31x [1.29,1.33] was 1.52x [1.50,1.55] at 1a2b3c4"]),
        (line(1.60, 1.70), ["faster: W2 1.65x [1.60,1.70] was 1.52x [1.50,1.55] at 1a2b3c4"]),
        (line(1.29, 1.51), []),
        (line(1.29, 1.33, settled=False), []),
        (line(1.29, 1.33, threads=1), []),
        (line(1.29, 1.33, machine={"processor": "Q"}), []),
        (line(1.29, 1.33, engines={"mine": "1", "torch": "3"}), []),
        (line(1.29, 1.33, engines={"other": "1", "torch": "2"}), []),
        (line(1.29, 1.33, engines={"mine": "7", "torch": "2"}, commit="5"), ["slower"]),
    ],
)
def test_change_is_said_where_intervals_part_on_the_same_machine(now, expected):
    found = list(history.changes(now, [OLD]))
    assert len(found) == len(expected)
    assert all(said.startswith(start) for said, start in zip(found, expected))


def test_old_measurement_whose_control_was_off_is_not_compared_with():
    assert list(history.changes(line(1.1, 1.2), [line(1.5, 1.55, settled=False)])) == []


def test_latest_run_counts_unless_a_commit_is_named():
    past = [OLD, line(1.3, 1.35, commit="5d6e7f8"), {**OLD, "workloads": {}}]
    now = line(1.1, 1.2, commit="9")
    assert "at 5d6e7f8" in next(history.changes(now, past))
    assert "at 1a2b3c4" in next(history.changes(now, past, against="1a2b"))
    assert list(history.changes(now, past, against="0")) == []
    assert history.known(now, past, "5d6e")
    assert not history.known(now, past, "0")
    assert not history.known(line(1.1, 1.2, threads=1), past, None)


def test_history_is_a_line_for_each_run_that_timed_something(tmp_path, result):
    path = tmp_path / "new" / "history.jsonl"
    assert history.read(path) == []
    written = history.entry([result(2.0)], FACTS)
    history.append(path, written)
    history.append(path, history.entry([], FACTS))
    assert history.read(path) == [written]
    assert written["date"].endswith("+00:00")
    measured = written["workloads"]["tiny"]
    assert measured["ratio"][1] < 2.0 < measured["ratio"][2]
    assert measured["settled"] is True


def test_commit_is_that_of_the_folder_or_none(tmp_path):
    assert history.commit(tmp_path) == ""
    history.git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("a = 1\n")
    history.git(tmp_path, "add", ".")
    who = "-c", "user.name=t", "-c", "user.email=t@t"
    history.git(tmp_path, *who, "commit", "-qm", "first")
    clean = history.commit(tmp_path)
    assert clean.isalnum()
    (tmp_path / "a.py").write_text("a = 2\n")
    assert history.commit(tmp_path) == clean + "+"


def test_machine_is_named():
    assert history.machine()["processor"]
    assert history.machine()["cores"] >= 1
