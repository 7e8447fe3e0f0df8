"""Samples of sums without NaN, quantiles, covariance, histograms; see tests/sampling.py."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.sampling import INF, Sample, both, integers, numbers, ours, phrase, word

NANS = np.array([[2.0, np.nan, 1.0, 3.0, np.nan], [1.0, 0.5, 5.0, 4.0, 2.0], [np.nan] * 5])


def _without_nan() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for name in ("nansum", "nanmean"):
        for params in ({}, {"dim": 1}, {"dim": (0, 2), "keepdim": True}):
            yield both(name, x, kind="reduce", **params)
        yield both(name, NANS[:2], kind="reduce", dim=1)
        yield both(name, NANS, kind="reduce", derivatives=0, dim=1)
    for values in (x, NANS[None, :2]):
        yield both("aminmax", values, kind="reduce", derivatives=2 if values is x else 0)
    for dim in (0, -1):
        yield both("aminmax", x, kind="reduce", dim=dim, keepdim=True)
    yield both("aminmax", np.array([1.0, 3.0, 3.0]), kind="reduce", derivatives=1)


def _quantiles() -> Iterator[Sample]:
    x, q = numbers(2, 3, 5), np.array([0.1, 0.45, 0.9, 0.97])
    for name in ("quantile", "nanquantile"):
        for interpolation in ("linear", "lower", "higher", "midpoint", "nearest"):
            yield both(name, x, kind="reduce", q=0.3, dim=1, interpolation=interpolation)
        yield both(name, x, q, kind="reduce", dim=-1, keepdim=True)
        yield both(name, x, q, kind="reduce")
        yield both(name, x, kind="reduce", q=0.5, keepdim=True)
        yield both(name, NANS, kind="reduce", derivatives=0, q=0.4, dim=1)
        yield both(name, numbers(), kind="reduce", q=0.4)


def _covariances() -> Iterator[Sample]:
    x = numbers(3, 5)
    for correction in (0, 1, 2):
        yield both("cov", x, kind="reduce", correction=correction)
    yield both("cov", numbers(5), kind="reduce")
    weights = lambda T, x, f, a: T.cov(x, fweights=f, aweights=a)  # noqa: E731
    often, much = integers(5, low=1, high=4), numbers(5, low=0.2, high=2)
    yield phrase("cov", weights, x, often, much, kind="reduce", label="weights")
    yield phrase(
        "cov", lambda T, x, f: T.cov(x, fweights=f), x, often, kind="reduce", label="often"
    )
    yield phrase("cov", lambda T, x, a: T.cov(x, aweights=a), x, much, kind="reduce", label="much")
    yield both("corrcoef", x, kind="reduce", derivatives=1)  # at 1 it is clamped: a kink
    yield both("corrcoef", numbers(5), kind="reduce", derivatives=0)


def _counting() -> Iterator[Sample]:
    counted = integers(20, high=6)
    yield both("bincount", counted, derivatives=0, minlength=9)
    yield phrase("bincount", lambda T, x, w: T.bincount(x, w), counted, numbers(20), derivatives=0,
                 label="weights")  # fmt: skip
    x = numbers(4, 25, seed=1)
    for params in ({}, {"bins": 7}, {"bins": 7, "min": -1, "max": 1.5}):
        yield both("histc", x, derivatives=0, **params)
    yield both("histc", np.ones(3), derivatives=0, bins=4)
    yield both("histc", numbers(0), derivatives=0, bins=4)
    edges = np.array([-1.5, -0.5, 0.0, 1.0])
    for density in (False, True):
        how = {"density": density, "derivatives": 0}
        yield both("histogram", x, kind="index", bins=6, **how)
        yield both("histogram", x, kind="index", bins=6, range=(-1.0, 1.5), **how)
        yield both("histogram", x, edges, kind="index", **how)
        yield phrase("histogram", lambda T, x, w, d=density: T.histogram(x, 5, weight=w, density=d),
                     x, numbers(4, 25, seed=2), kind="index", label=f"weight,{density}",
                     derivatives=0)  # fmt: skip
        yield ours("histogram_between", word("histogram", density=density), x, edges, derivatives=0,
                   density=density)  # fmt: skip
        yield ours("histogram_even", word("histogram", bins=6, density=density), x, derivatives=0,
                   bins=6, density=density)  # fmt: skip
    yield both("histogram", np.ones(3), kind="index", derivatives=0, bins=4)
    yield both("histogram", numbers(0), kind="index", derivatives=0, bins=4)


def _lengths() -> Iterator[Sample]:
    x, y = numbers(3, 4), numbers(4, seed=1)
    for p in (2, 1, 3, INF):
        yield both("dist", x, y, kind="reduce", p=p)
        yield both("renorm", x, kind="reduce", p=p, dim=0, maxnorm=2.0)
    yield both("renorm", numbers(2, 3, 4), kind="reduce", p=2, dim=-1, maxnorm=1.5)
    zeros = np.array([[2.0, 0.0, 3.0, 4.0], [0.0, 1.5, 0.0, 2.0], [0.0, 0.0, 0.0, 1.0]])
    for params in ({"dim": 1}, {"dim": 0, "keepdim": True}, {}):
        yield both("prod", zeros, **params)
    yield both("cumsum", numbers(40) * 2.0 ** np.arange(40), dim=0, derivatives=0)


def samples() -> Iterator[Sample]:
    """All of this room."""
    yield from _without_nan()
    yield from _quantiles()
    yield from _covariances()
    yield from _counting()
    yield from _lengths()
