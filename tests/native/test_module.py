"""How kernels are called: what they are given, what they refuse, and when the row runs instead."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import minitorch
from minitorch import native
from minitorch.native import table


def product(a, b):
    out = np.empty((a.shape[0], b.shape[1]), a.dtype)
    strides = [s // a.itemsize for s in (*a.strides, *b.strides)]
    table.c.gemm(a, b, out, None, a.shape[0], b.shape[1], a.shape[1], *strides, 0)
    return out


@pytest.fixture
def calls():
    """A guarded function, and who answered its calls."""
    who = []

    def row(*args, **named):
        who.append("row")
        return "row"

    def kernel(*args, **named):
        who.append("kernel")
        return NotImplemented if named.get("odd") else "kernel"

    return native.load().guard(row, kernel, 10), who


LARGE = np.ones(10, "float32")


class Own(np.ndarray):
    pass


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_kernel_answers_from_its_size_on(calls, dtype):
    guarded, who = calls
    assert guarded(np.ones(10, dtype)) == "kernel"
    assert guarded(np.ones(9, dtype)) == "row"
    assert guarded(np.ones(9, dtype), None, np.ones((2, 5), dtype)) == "kernel"
    assert guarded(LARGE, dim=1) == "kernel"
    assert guarded(LARGE, odd=True) == "row"
    assert who == ["kernel", "row", "kernel", "kernel", "kernel", "row"]


@pytest.mark.parametrize(
    "odd",
    [
        np.ones(10, "int64"), np.ones(10, "float16"), np.ones(10, ">f4"), np.ones(10, bool),
        np.ones(41, "uint8")[1:].view("float32"), LARGE.view(Own), np.ones(10, "complex64"),
    ],
    ids=["int64", "float16", "swapped", "bool", "unaligned", "subclass", "complex"],
)  # fmt: skip
def test_odd_arrays_stay_with_the_row(calls, odd):
    guarded, _ = calls
    assert guarded(odd) == "row"
    if odd.dtype.kind == "f" and odd.dtype.itemsize == 4:  # such a one beside a good one, too
        assert guarded(LARGE, odd) == "row"
        assert guarded(odd, LARGE) == "row"
    elif odd.dtype.kind == "i":
        assert guarded(LARGE, odd) == "kernel"


def test_nothing_to_choose_by_runs_the_row(calls):
    guarded, _ = calls
    assert guarded() == "row"
    assert guarded(1.0, None, "text", minitorch.ones(20)) == "row"
    assert guarded([LARGE], (LARGE,)) == "row"


def test_errors_of_a_kernel_are_the_callers(calls):
    def kernel(x):
        raise ZeroDivisionError("from the kernel")

    guarded = native.load().guard(lambda x: x, kernel, 1)
    with pytest.raises(ZeroDivisionError, match="from the kernel"):
        guarded(LARGE)


def test_what_is_read_only_or_has_strides_of_its_own(calls):
    guarded, _ = calls
    frozen = LARGE.copy()
    frozen.flags.writeable = False
    assert guarded(frozen) == "kernel"
    assert guarded(np.broadcast_to(LARGE[:1], (20,))) == "kernel"
    assert guarded(np.ones((20, 20), "float32").T[::2]) == "kernel"


def test_arguments_that_no_kernel_takes():
    c = table.c
    a = np.ones((4, 4), "float32")
    with pytest.raises(TypeError, match=r"gemm: expected an array, a number or None .* got str"):
        c.gemm(a, "b")
    with pytest.raises(TypeError, match="gemm: expected arrays of one dtype"):
        c.gemm(a, a.astype("float64"))
    with pytest.raises(ValueError, match="native byte order"):
        c.gemm(a.astype(">f4"), a)
    with pytest.raises(ValueError, match="aligned"):
        c.gemm(np.ones(65, "uint8")[1:].view("float32").reshape(4, 4), a)
    with pytest.raises(TypeError, match="too many arguments"):
        c.gemm(*range(65))
    with pytest.raises(OverflowError):
        c.gemm(a, a, 2**70)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_of_any_layout(dtype):
    a = np.random.randn(37, 50).astype(dtype)
    b = np.random.randn(50, 41).astype(dtype)
    expected = a.astype("float64") @ b.astype("float64")
    for left in (a, np.asfortranarray(a), np.repeat(a, 2, 1)[:, ::2], a[::-1][::-1]):
        for right in (b, np.asfortranarray(b), np.repeat(b, 3, 0)[::3]):
            assert np.allclose(product(left, right), expected, rtol=1e-4, atol=1e-4)


def test_a_kernel_may_be_called_after_it_was_turned_off():
    native.disable()
    assert minitorch.ones(3, 3).add(1).sum() == 18
    assert (product(LARGE[:, None], LARGE[None]) == 1).all()
    native.enable(least=1)
    native.enable(least=1)
    assert native.is_enabled()


NO_MEMORY = """
import resource
import subprocess
import sys

import numpy as np
import minitorch
from minitorch import native

native.prepare()
native.enable(least=1)
minitorch.set_num_threads(threads)
from minitorch.native.table import c

a = np.ones((300, 2000), dtype)
b = np.ones((2000, 40000), dtype)
out = np.zeros((300, 40000), dtype)
x = np.ones((2, 64, 32, 32), dtype)
weight = np.ones((3000, 64, 3, 3), dtype)


def product():
    return c.gemm(a, b, out, None, 300, 40000, 2000, 2000, 1, 40000, 1, 0)


def convolved():
    given = minitorch.from_numpy(x), minitorch.from_numpy(weight)
    return minitorch.nn.functional.conv2d(*given, padding=1)


c.gemm(a, b, out, None, 3, 4, 5, 2000, 1, 40000, 1, 0)  # its threads are there
limit = resource.getrlimit(resource.RLIMIT_AS)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
for call in (product, product):
    resource.setrlimit(resource.RLIMIT_AS, (used + 4096, limit[1]))
    try:
        call()
        print("done")
    except MemoryError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_AS, limit)
product()
assert (out == 2000).all()
assert (convolved().numpy()[:, :, 1:-1, 1:-1] == 576).all()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on memory")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_memory_a_kernel_raises_and_the_next_one_runs(threads, dtype):
    code = f"threads, dtype = {threads}, {dtype!r}\n{NO_MEMORY}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["gemm: there is no memory left"] * 2


NO_DOUBLE = """
import minitorch as torch
from minitorch import native

native._fetch_double = lambda: False
native.enable(least)
assert not native.prepare()
x = torch.ones(40000, dtype=torch.float64, requires_grad=True)
(x * 2 + x * 3).sum().backward()
assert (x.grad == 5).all()
logits = torch.zeros(64, 100, dtype=torch.float64, requires_grad=True)
torch.nn.functional.cross_entropy(logits, torch.zeros(64, dtype=torch.int64)).backward()
assert abs(logits.grad.sum().item()) < 1e-12
layer = torch.nn.LSTM(8, 8, dtype=torch.float64)
optimizer = torch.optim.AdamW(layer.parameters())
layer(torch.randn(20, 30, 8, dtype=torch.float64))[0].pow(2).mean().backward()
optimizer.step()
"""


@pytest.mark.parametrize("least", [None, 1])
def test_without_kernels_for_float64_it_runs_on_numpy(least):
    code = f"least = {least}\n{NO_DOUBLE}"
    env = {**os.environ, "MINITORCH_NATIVE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
