"""Every row with a kernel in random sizes, layouts and dtypes, with its kernels and without.

`python -m tests.native.fuzzing SEED SECONDS` prints how many calls agreed, and ends with 1 at the
first that does not. Run under a sanitizer it is that which ends the process.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from typing import Any

import numpy as np

os.environ["MINITORCH_NATIVE"] = "0"

import minitorch
import minitorch.native.kernels
from minitorch import native
from minitorch.native import table
from tests.samples import SAMPLES
from tests.sampling import Sample, numbers

SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 63, 65, 100, 128, 257)
MOST = 40_000  # elements of an array
LOOSE = ("dropout", "bernoulli", "multinomial", "prod")  # drawn, or 0 * inf in another order
STEEP = ("std",)  # where all numbers are the same its slope is rounding alone
FIXED = {"count", "size", "sizes", "shape"}  # parameters that follow from the sizes
LAST = sys.stderr if "TELL" in os.environ else None
LIMITS = {"float32": 2e-3, "float64": 1e-7}


def resized(sample: Sample, rng: random.Random) -> list[np.ndarray]:
    """The sample's inputs, each size in them exchanged for another, the same one everywhere."""
    size: dict[int, int] = {}
    fixed = FIXED & set(sample.params)
    for n in {n for a in sample.inputs for n in a.shape}:
        size[n] = n if fixed or n == 1 or rng.random() < 0.3 else rng.choice(SIZES)
    made = []
    for a in sample.inputs:
        shape = tuple(size[n] for n in a.shape)
        if int(np.prod([max(n, 1) for n in shape])) > MOST or not a.size:
            shape = a.shape
        made.append(np.resize(a, shape))
        if sample.name in STEEP:
            made[-1] = made[-1] + numbers(*shape)
    return made


def laid_out(a: np.ndarray, rng: random.Random) -> np.ndarray:
    """The same numbers, lying in memory in some other way."""
    kind = rng.choice(("plain", "plain", "plain", "gaps", "turned", "offset", "fortran"))
    if kind == "gaps":
        room = np.zeros([2 * n for n in a.shape], a.dtype)[(*(slice(None, None, 2),) * a.ndim, ...)]
        room[...] = a
        return room
    if kind == "turned":
        return np.ascontiguousarray(a[::-1])[::-1] if a.ndim else a
    if kind == "offset":
        room = np.zeros(a.size + 3, a.dtype)[3:].reshape(a.shape)
        room[...] = a
        return room
    return np.asfortranarray(a) if kind == "fortran" else a.copy()


def run(sample: Sample, arrays: list[np.ndarray]) -> list[Any]:
    """The outputs and gradients, or the error."""
    minitorch.manual_seed(0)
    try:
        inputs = [minitorch.from_numpy(a) for a in arrays]
        if sample.derivatives:
            for x in inputs:
                if x.is_floating_point():
                    x.requires_grad_()
        found = sample.ours(minitorch, *inputs)
        outputs = list(found) if isinstance(found, (tuple, list)) else [found]
        told = [o.detach().numpy() if hasattr(o, "detach") else np.asarray(o) for o in outputs]
        roots = [o for o in outputs if getattr(o, "requires_grad", False)]
        leaves = [x for x in inputs if x.requires_grad]
        if roots and leaves:
            given = [minitorch.from_numpy(np.asarray(numbers(*o.shape), str(o.dtype)[6:]))
                     for o in roots]  # fmt: skip
            grads = minitorch.autograd.grad(roots, leaves, given, allow_unused=True)
            told += [np.zeros(0) if g is None else g.numpy() for g in grads]
        return told
    except Exception as error:
        return [type(error).__name__]


def agree(found: list, expected: list, limit: float) -> bool:
    """Whether two results say the same."""
    if len(found) != len(expected):
        return False
    for a, b in zip(found, expected):
        if isinstance(a, str) or isinstance(b, str):
            if not (isinstance(a, str) and isinstance(b, str)):
                return False
            continue
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind != "f":
            if not (a == b).all():
                return False
            continue
        top = np.abs(b[np.isfinite(b)]).max(initial=1.0)
        if not np.allclose(a, b, rtol=limit, atol=limit * float(top), equal_nan=True):
            return False
    return True


def main(seed: int, seconds: float) -> int:
    """Try rows in turn until the time is over."""
    rng = random.Random(seed)
    names = {entry.row for entry in table.ENTRIES}
    samples = [s for s in SAMPLES if s.name in names and s.name not in LOOSE]
    native.load()
    started, counts, refused = time.time(), Counter(), 0
    while time.time() - started < seconds:
        rng.shuffle(samples)
        for sample in samples:
            dtype = rng.choice(("float32", "float32", "float64"))
            arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in resized(sample, rng)]
            minitorch.set_num_threads(rng.choice((1, 2, 3)))
            state = rng.getstate()
            expected = run(sample, [laid_out(a, rng) for a in arrays])
            rng.setstate(state)
            native.enable(least=1)
            native.load().memory_off()  # a sanitizer watches each array for itself
            given = [laid_out(a, rng) for a in arrays]
            if LAST:  # what ends the process is the last line
                print(sample.id, dtype, [a.shape for a in arrays], file=LAST, flush=True)
            found = run(sample, given)
            native.disable()
            counts[sample.name] += 1
            refused += isinstance(expected[0], str) if expected else 0
            if not agree(found, expected, LIMITS[dtype]):
                print(f"{sample.id} {dtype}, shapes {[a.shape for a in arrays]}, seed {seed}")
                print("strides", [a.strides for a in given])
                for i, (a, b) in enumerate(zip(found, expected)):
                    if not agree([a], [b], LIMITS[dtype]):
                        print(f"result {i}: with kernels", a, "on NumPy", b, sep="\n")
                return 1
            if time.time() - started > seconds:
                break
    total = sum(counts.values())
    print(f"{total} calls of {len(counts)} rows agree, {refused} of them refused by both")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2])))
