"""Random draws on both engines, to be compared bit for bit: values, and the state after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from minitorch import dtypes
from minitorch.random import Generator

SEEDS = (0, 42, -1, 2**40 + 5)
SIZES = (0, 1, 15, 16, 17, 31, 33, 1000, 20011)
FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "bool")

LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.transpose(2, 1, 0),
    "permuted": lambda x: x.transpose(1, 2, 0),
    "every second": lambda x: x[:, :, ::2],
    "some columns": lambda x: x[1:4, :, 2:5],
    "permuted and sliced": lambda x: x.transpose(1, 2, 0)[::2, 1:, :3],
    "one element": lambda x: x[2:3, 1:2, 4:5],
    "no element": lambda x: x[:, 3:3],
    "with sizes of 1": lambda x: x[:, 2:3, None].transpose(3, 2, 1, 0),
    "0-d": lambda x: x[1, 2, 3, ...],
}
"""Views of an array of shape (6, 5, 8)."""


def start(seed: int) -> Generator:
    """Our generator and torch's default one at the same seed."""
    torch.manual_seed(seed)
    return Generator().manual_seed(seed)


def state_of(g: Any) -> bytes:
    """The state of a generator of either engine."""
    return g.get_state().numpy().tobytes()


def torch_state() -> bytes:
    """The state of torch's default generator."""
    return state_of(torch.default_generator)


def empty(size: Any, dtype: Any) -> torch.Tensor:
    """torch's tensor of that size, with a NumPy dtype."""
    return torch.from_numpy(np.empty(size, dtype))


def bfloat16() -> np.dtype:
    """NumPy's bfloat16. Skips the test where ml_dtypes, which has it, is not installed."""
    pytest.importorskip("ml_dtypes")
    return dtypes.to_numpy(dtypes.bfloat16)


def assert_same(theirs: torch.Tensor, ours: np.ndarray, g: Generator) -> None:
    """Values equal bit for bit, and torch's default generator stands where `g` does."""
    theirs = theirs.numpy()
    assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape)
    differ = theirs.ravel() != ours.ravel()
    assert not differ.any(), f"{differ.sum()} of {differ.size}, first at {differ.argmax()}"
    assert theirs.tobytes() == ours.tobytes()  # tells 0.0 from -0.0
    assert torch_state() == state_of(g)


def words_before_tempering(words: np.ndarray) -> np.ndarray:
    """The state words from which the Mersenne twister makes `words`."""
    y = words.astype(np.uint64)
    y ^= y >> 18
    y ^= (y << 15) & 0xEFC60000
    for shift, mask, rounds in ((7, 0x9D2C5680, 5), (-11, 0xFFFFFFFF, 3)):
        x = y.copy()
        for _ in range(rounds):
            x = y ^ ((x << shift if shift > 0 else x >> -shift) & mask)
        y = x & 0xFFFFFFFF
    return y


def states_that_yield(words: np.ndarray) -> Iterator[np.ndarray]:
    """For each row of `words`, the state of a generator about to draw them."""
    state = torch.Generator().get_state().numpy()
    state[8:12] = np.int32([624]).view(np.uint8)  # words left
    state[16:24] = np.int64([1]).view(np.uint8)  # the next one
    key = state[24 : 24 + 8 * 624].view(np.uint64)
    for row in words_before_tempering(words):
        key[1 : 1 + row.size] = row
        yield state
