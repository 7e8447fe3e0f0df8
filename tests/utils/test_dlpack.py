"""Memory shared with NumPy and with torch, both ways."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import minitorch
from minitorch.utils.dlpack import from_dlpack, to_dlpack
from tests.programs import attempt

torch = pytest.importorskip("torch")
DTYPES = "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()


def ours(dtype):
    return minitorch.arange(6).reshape(2, 3).to(getattr(minitorch, dtype)).T


@pytest.mark.differential
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("through", ["array", "capsule"])
def test_torch_and_we_share_memory(dtype, through):
    x = ours(dtype)
    theirs = torch.from_dlpack(x if through == "array" else to_dlpack(x))
    assert theirs.data_ptr() == x.data_ptr()
    assert (theirs.stride(), repr(theirs.dtype)) == (x.stride(), repr(x.dtype))
    back = from_dlpack(theirs if through == "array" else torch.utils.dlpack.to_dlpack(theirs))
    assert back.data_ptr() == x.data_ptr()
    back[0, 1] = 0
    assert x[0, 1].item() == theirs[0, 1].item() == 0


def test_numpy_and_we_share_memory():
    x = ours("float32")
    array = np.from_dlpack(x)
    array[0, 0] = 7
    assert x[0, 0].item() == 7
    assert minitorch.from_dlpack(array).data_ptr() == x.data_ptr()
    assert minitorch.from_dlpack(array, copy=True).data_ptr() != x.data_ptr()
    assert minitorch.from_dlpack(x, device="cpu").data_ptr() == x.data_ptr()


def test_the_memory_lives_as_long_as_someone_looks_at_it():
    x = from_dlpack(torch.utils.dlpack.to_dlpack(torch.full((1000,), 3.0)))
    gc.collect()
    torch.full((1000,), 5.0)
    assert x.sum().item() == 3000


@pytest.mark.parametrize("shape", [(), (0, 3), (1,)])
def test_odd_shapes(shape):
    assert tuple(torch.from_dlpack(minitorch.ones(shape)).shape) == shape
    assert from_dlpack(to_dlpack(minitorch.ones(shape))).shape == shape


@pytest.mark.differential
def test_refusals_are_torchs():
    def refused(T):
        x = T.ones(2, requires_grad=True)
        used = T.utils.dlpack.to_dlpack(T.ones(1))
        T.from_dlpack(used)
        return [
            attempt(x.__dlpack__), attempt(T.from_dlpack, 3),
            attempt(T.from_dlpack, used), attempt(T.ones(1).__dlpack__, stream=1),
            attempt(T.from_dlpack, np.array(["a"])), attempt(T.from_dlpack, x),
        ]  # fmt: skip

    for mine, theirs in zip(refused(minitorch), refused(torch)):
        assert type(mine.error) is type(theirs.error), (mine, theirs)
    assert minitorch.ones(1).__dlpack_device__() == torch.ones(1).__dlpack_device__()
