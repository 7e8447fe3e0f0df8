"""What is sent arrives: numbers, kinds, and the end of a conversation."""

from __future__ import annotations

import threading

import numpy as np

from harness.channel import Channel, pair


def test_a_message_arrives_as_it_was_sent():
    ours, theirs = pair()
    other = Channel(theirs)
    arrays = {
        "loss": np.float32(3).reshape(()),
        "gradient w": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "buffer n": np.array(7),
        "parameter none": np.empty((0, 3), np.float16),
        "large": np.arange(40_000, dtype=np.float32).reshape(200, 200),
        "flag": np.array([True, False]),
        "larger": np.arange(100_000, dtype=np.int64),
    }
    # What is larger than the sockets' buffers waits for its reader.
    sender = threading.Thread(target=lambda: other.send("step", 4, arrays, backwards=2))
    sender.start()
    found = ours.receive()
    sender.join()
    assert (found.kind, found.step, found.facts) == ("step", 4, {"backwards": 2})
    assert list(found.arrays) == list(arrays)
    for key, array in arrays.items():
        np.testing.assert_array_equal(found.arrays[key], array)
        assert found.arrays[key].dtype == array.dtype
    ours.send("stop")
    assert other.receive() == ("stop", 0, {}, {})


def test_the_end_of_the_other_side_is_none():
    ours, theirs = pair()
    Channel(theirs).close()
    assert ours.receive() is None


def test_a_sender_that_nobody_reads_waits():
    ours, theirs = pair()
    sent = []

    def run() -> None:
        for number in range(20):
            other.send("step", number, {"a": np.zeros(100_000)})
            sent.append(number)

    other = Channel(theirs)
    thread = threading.Thread(target=run)
    thread.start()
    assert ours.receive().step == 0
    assert len(sent) < 5
    assert [ours.receive().step for _ in range(19)] == list(range(1, 20))
    thread.join()
