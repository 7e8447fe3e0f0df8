"""No file that somebody made to do harm is accepted, and none that is broken."""

from __future__ import annotations

import io
import pickle
import tracemalloc

import pytest

import minitorch
from tests.serialization import hostile


@pytest.mark.parametrize("name", hostile.CASES)
def test_refused(name):
    tracemalloc.start()
    try:
        with pytest.raises(minitorch.serialization.CheckpointError) as raised:
            minitorch.load(io.BytesIO(hostile.CASES[name]))
        assert tracemalloc.get_traced_memory()[1] < 40e6, "memory was taken before it was checked"
    finally:
        tracemalloc.stop()
    assert isinstance(raised.value, RuntimeError)
    assert isinstance(raised.value, pickle.UnpicklingError)
    assert hostile.REASONS.get(name, "") in str(raised.value) != ""


def test_the_cases_are_broken_by_what_they_say_alone():
    assert minitorch.load(io.BytesIO(hostile.of())).tolist() == [0, 1, 2, 3]
    both = minitorch.load(io.BytesIO(hostile._two()))
    assert [t.tolist() for t in both] == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("at", range(0, len(hostile.of()), 7))
def test_no_byte_can_be_changed_so_that_other_numbers_are_read(at):
    data = bytearray(hostile.of())
    data[at] ^= 0xFF
    try:
        found = minitorch.load(io.BytesIO(bytes(data)))
    except minitorch.serialization.CheckpointError:
        return
    assert found.tolist() == [0, 1, 2, 3]  # of what says nothing: a date, a version


def test_an_old_file_is_read_as_strictly():
    file = io.BytesIO()
    minitorch.save([minitorch.ones(3), 1], file, _use_new_zipfile_serialization=False)
    data = file.getvalue()
    assert minitorch.load(io.BytesIO(data))[0].tolist() == [1, 1, 1]
    for wrong in (
        data[:-1],
        data[: len(data) // 2],
        data.replace(b"\x03\0\0\0\0\0\0\0", b"\x04\0\0\0\0\0\0\0"),
        data.replace(b"ctorch\nFloatStorage", b"cposix\nsystem"),
        data.replace(b"M\xe9\x03", b"M\xe8\x03"),
        data.replace(b"K\x03N", b"K\x03)"),
        b"\0" * 257 + b"ustar" + bytes(300),
    ):
        assert wrong != data
        with pytest.raises(minitorch.serialization.CheckpointError):
            minitorch.load(io.BytesIO(wrong))
    large = data.replace(b"K\x03N", b"J\xff\xff\xff\x7fN")
    with pytest.raises(minitorch.serialization.CheckpointError, match="than the file holds"):
        minitorch.load(io.BytesIO(large))
