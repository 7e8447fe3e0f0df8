"""What is recorded comes back bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from harness.record import Record, Writer


def test_arrays_come_back_bit_for_bit(record, steps):
    steps[2]["gradient a"][0, 0] = np.nan
    steps[2]["loss"] = np.float32(np.inf) + np.zeros((), np.float32)
    again = record(steps)
    assert len(again) == 3
    for number, arrays in enumerate(steps):
        assert again.keys(number) == list(arrays)
        for key, array in arrays.items():
            read = again.array(number, key)
            assert read.dtype == array.dtype
            assert read.shape == array.shape
            assert read.tobytes() == array.tobytes()


def test_losses_are_those_of_the_steps(record, steps):
    expected = [float(arrays["loss"]) for arrays in steps[1:]]
    assert record(steps).losses.tolist() == expected


def test_every_dtype_and_an_empty_array(tmp_path):
    arrays = {
        "buffer count": np.array(7, np.int64),
        "buffer mask": np.array([True, False]),
        "buffer half": np.array([1.5], np.float16),
        "buffer none": np.zeros((0, 3), np.float32),
    }
    writer = Writer(tmp_path, {"name": "dtypes"})
    writer.step(0, arrays, None)
    writer.close()
    again = Record(tmp_path)
    assert again.header["name"] == "dtypes"
    for key, array in arrays.items():
        np.testing.assert_array_equal(again.array(0, key), array, strict=True)


def test_an_unchanged_random_state_is_stored_once(tmp_path):
    writer = Writer(tmp_path, {})
    for step, state in enumerate([b"one", b"one", b"other"]):
        writer.step(step, {}, state)
    writer.close()
    again = Record(tmp_path)
    assert [again.random_state(step) for step in range(3)] == [b"one", b"one", b"other"]
    assert (tmp_path / "values.bin").read_bytes() == b"oneother"


def test_an_engine_that_shows_no_random_state(tmp_path):
    writer = Writer(tmp_path, {})
    writer.step(0, {"parameter a": np.zeros(2)}, None)
    writer.close()
    assert Record(tmp_path).random_state(0) is None
    assert Record(tmp_path).keys(0) == ["parameter a"]


def test_metrics_keep_their_steps(tmp_path):
    writer = Writer(tmp_path, {})
    writer.step(0, {}, None)
    writer.metrics(5, {"accuracy": 0.5})
    writer.metrics(9, {"accuracy": 0.75})
    writer.close()
    assert Record(tmp_path).metrics == {"accuracy": [(5, 0.5), (9, 0.75)]}


def test_arrays_cannot_be_written_to(record, steps):
    with pytest.raises(ValueError, match="read-only"):
        record(steps).array(1, "gradient a")[0] = 1
