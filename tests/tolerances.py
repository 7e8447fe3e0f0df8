"""How far two correct engines may lie apart: one table, with the reason for each line.

A difference is measured in units of `eps` of the dtype, relative to the larger of the expected
element and `floor` times the largest expected element of the tensor. `floor` is 0 where each
element stands for itself, and 1 where elements are sums whose terms may cancel.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Tolerance(NamedTuple):
    """Allowed distance of the value, the first and the second derivative, in units of eps."""

    value: float
    first: float
    second: float
    floor: float


TOLERANCES = {
    # The same bits in the same order: nothing is computed forwards, only added backwards.
    "compare": Tolerance(0, 0, 0, 0),
    "view": Tolerance(0, 4, 4, 1),
    "shape": Tolerance(0, 4, 4, 1),
    "index": Tolerance(4, 4, 4, 1),  # where indices repeat, elements are added in any order
    "random": Tolerance(0, 4, 4, 0),
    # One rounding for arithmetic; the vendors' exp, log, sin and tanh are within 4 ulp each; a
    # derivative multiplies two or three such factors, and its terms may cancel.
    "elementwise": Tolerance(8, 32, 128, 1),
    # Sums of at most some hundred terms in another order.
    "reduce": Tolerance(32, 128, 512, 1),
    "contract": Tolerance(32, 64, 128, 1),
    "window": Tolerance(64, 128, 256, 1),
    # Two LAPACKs on matrices of condition up to some ten; each derivative inverts once more.
    "linalg": Tolerance(256, 4096, 65536, 1),
    # An exponential, a sum and a quotient, in another order than torch's kernels.
    "fused": Tolerance(64, 256, 2048, 1),
}

# A fused row and its composition differ by what the composition loses to cancellation.
LIKE = Tolerance(1e3, 1e4, 1e5, 1)

# Central differences with step 1e-6 of functions of order 1: truncation 1e-12, rounding 1e-10;
# torch's own defaults leave room for third derivatives of order 1e3.
GRADCHECK = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3}


def distance(found: Any, expected: Any, floor: float) -> float:
    """The largest difference in units of eps; infinite where NaN or infinities do not match."""
    found, expected = np.asarray(found), np.asarray(expected)
    if expected.dtype.kind != "f":
        return 0.0 if np.array_equal(found, expected) else np.inf
    a, b = found.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    a, b = a[finite], b[finite]
    if not b.size:
        return 0.0
    eps, tiny = np.finfo(expected.dtype).eps, np.finfo(expected.dtype).tiny
    scale = np.maximum(np.abs(b), floor * np.abs(b).max()) + tiny
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.max(np.abs(a - b) / scale) / eps) if np.isfinite(a).all() else np.inf


def assert_close(found: Any, expected: Any, limit: float, floor: float, what: str) -> None:
    """Require the same shape, dtype and numbers, the latter within `limit` eps."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}"
    assert found.dtype == expected.dtype, f"{what}: dtype {found.dtype}, not {expected.dtype}"
    apart = distance(found, expected, floor)
    assert apart <= limit, (
        f"{what}: {apart:.3g} eps apart, allowed are {limit:g}\n"
        f"found:\n{found}\nexpected:\n{expected}"
    )
