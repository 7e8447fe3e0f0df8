"""The benchmark refuses to time what does not agree, and says only what its intervals say."""

from __future__ import annotations

import numpy as np
import pytest

from harness.bench import measure
from harness.bench.legs import Leg, LegFailed, Side
from harness.workloads import Workload, find_workload

SAME = [5.0, 4.0, 3.0, 2.0, 1.0]
TINY = Workload("tiny", "nothing", 1, None, lambda torch: None)
OURS = Side("minitorch", "minitorch"), Side("minitorch again", "minitorch")


@pytest.mark.parametrize(
    ("losses", "gradients", "expected"),
    [
        (SAME, [(1.0, 2.0)], ""),
        ([5.0, 4.0, 3.0, 2.0009, 1.0], [(1.0, 2.0)], ""),
        ([5.0, 4.0, 3.004, 2.0, 1.0], [(1.0, 2.0)], "step 3: loss 3 against 3.004"),
        ([float("nan")] * 5, [(1.0, 2.0)], "step 1: loss 5 against nan"),
        (SAME, [(1.0, 2.01)], "step 5: gradient of parameter 0"),
        (SAME, [(1.0, 2.0, 3.0)], "step 5: gradient of parameter 0"),
        (SAME, [(1.0, 2.0), (1.0,)], "1 parameters against 2"),
    ],
)
def test_disagreement_is_found_and_named(losses, gradients, expected, tmp_path):
    files = tmp_path / "a.npz", tmp_path / "b.npz"
    np.savez(files[0], np.array([1.0, 2.0]))
    np.savez(files[1], *map(np.array, gradients))
    assert measure.disagreement(SAME, losses, *files) == expected


@pytest.mark.parametrize(
    ("ratio", "noise", "aa", "verdict", "reached"),
    [
        (2.5, 0.01, 1.0, "faster", "yes"),
        (1.2, 0.01, 1.0, "faster", "no"),
        (1.5, 0.01, 1.0, "faster", "within noise"),
        (0.5, 0.01, 1.0, "slower", "no"),
        (1.0, 0.05, 1.0, "", "no"),
        (2.5, 0.01, 1.1, "unsettled: A/A is off", ""),
        (2.5, 0.001, 1.01, "faster", "yes"),
    ],
)
def test_result_says_what_its_intervals_say(result, ratio, noise, aa, verdict, reached):
    timed = result(ratio, noise, aa=aa)
    assert timed.verdict == verdict
    assert timed.reached == reached
    assert timed.settled == (aa < 1.02)


def test_start_adds_up(result):
    start = result(1.0).starts[0]
    assert start.call == pytest.approx(0.033)
    assert start.own == 12.0
    assert start._replace(peak=None).own is None


def timed(own, name, rounds=3):
    spec = f"{own}:{name}"
    return measure.measure(spec, find_workload(spec), OURS, threads=1, rounds=rounds)


def test_workload_is_timed_in_four_processes(own):
    found = timed(own, "tiny")
    assert (found.status, found.why) == ("timed", "")
    assert [len(side) for side in found.seconds] == [3] * 4
    assert all(0 < seconds < 0.1 for side in found.seconds for seconds in side)
    for start in found.starts:
        assert 0 < start.first < start.call < 5
        assert start.own is None or 0 < start.own < start.peak
    assert [side.rows["nn.Linear"].calls for side in found.ops] == [3, 3]
    assert all(side.seconds > 0 for side in found.ops)


def test_engine_that_no_clock_fits_is_timed_all_the_same(own, monkeypatch):
    ask = Leg.ask

    def fragile(leg, **question):
        if "clocks" in question:
            leg._process.kill()
        return ask(leg, **question)

    monkeypatch.setattr(Leg, "ask", fragile)
    found = timed(own, "tiny")
    assert (found.status, found.ops) == ("timed", ())
    assert found.unclocked.endswith(": exit code -9")


def test_what_differs_is_not_timed(own, monkeypatch):
    monkeypatch.setattr(measure, "disagreement", lambda *_: "step 2: loss 1 against 2")
    found = timed(own, "tiny")
    assert (found.status, found.why) == ("differs", "step 2: loss 1 against 2")
    assert found.seconds == []


def test_engine_that_cannot_run_it_is_named_with_its_error(own):
    found = timed(own, "broken")
    assert found.status == "failed"
    assert found.why == "minitorch: RuntimeError: no such layer here"


def test_process_that_dies_between_turns_is_named(own):
    leg = Leg(OURS[0], f"{own}:tiny", threads=1)
    leg._process.kill()
    with pytest.raises(LegFailed, match="minitorch: exit code -9"):
        leg.ask(memory=True)
    leg.stop()


def test_memory_is_that_of_the_process_alone(own):
    ballast = np.ones(200 * 2**20, np.uint8)
    leg = Leg(OURS[0], f"{own}:tiny", threads=1)
    peak = leg.ask(memory=True)["peak"]
    leg.stop()
    assert peak is None or 10 < leg.began["held"] < peak < 190, ballast.nbytes


@pytest.mark.parametrize(
    ("seconds", "rounds"), [(2.0, measure.FEWEST), (0.0575, 20), (1e-4, measure.MOST)]
)
def test_rounds_are_as_many_whole_blocks_as_the_budget_holds(monkeypatch, seconds, rounds):
    class Claims:
        """A leg that claims to take that long for a turn."""

        def ask(self, steps: int) -> dict[str, float]:
            return {"seconds": seconds}

    monkeypatch.setattr("harness.timing.time.sleep", lambda pause: None)
    times = measure._take_turns([Claims() for _ in range(4)], TINY, None, lambda what: None)
    assert [len(side) for side in times] == [rounds] * 4
