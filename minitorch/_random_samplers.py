"""The other distributions of torch: their random words, and the double-precision way to a number.

u stands for (W mod 2**53) / 2**53 throughout. Those that reject what they drew, and so take an
unknown number of words, go one number at a time: `poisson` and `gamma` are what a compiled kernel
should take over next.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _random_bounds as bounds
from . import _random_numerics as numerics
from ._random_binomial import binomial
from ._random_streams import _FEW, Streams, fill
from .memory import dense_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_THIRD, _SQUEEZE = map(
    float, np.array([1 / 3, 0.0331], np.float32)
)  # torch writes them 1.0f / 3.0f


class Samplers(Streams):
    """Arrays of random numbers of less common distributions."""

    # By the inverse of the distribution function

    def fill_exponential(self, array: np.ndarray, lambd: float = 1.0) -> np.ndarray:
        """-log(1 - u) / lambd.

        Raises: RuntimeError unless lambd > 0, and for a dtype that is not floating.
        """
        bounds.check_floating(array.dtype, "exponential_")
        bounds.check_positive("exponential_", "lambda", lambd)
        return self._fill_from_units(
            array, lambda u: -1.0 / lambd * numerics.by_libm(math.log1p, -u)
        )

    def fill_geometric(self, array: np.ndarray, p: float) -> np.ndarray:
        """ceil(log u / log(1 - p)): the number of trials up to the first success.

        Raises: RuntimeError unless 0 < p < 1; NotImplementedError for bool.
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        bounds.check_not_bool(array.dtype, "geometric_")
        per_trial = math.log1p(-p)
        return self._fill_from_units(
            array, lambda u: np.ceil(numerics.by_libm(_log, u) / per_trial)
        )

    def fill_cauchy(self, array: np.ndarray, median: float = 0.0, sigma: float = 1.0) -> np.ndarray:
        """median + sigma tan(pi (u - 1/2)).

        Raises: RuntimeError unless sigma > 0, and for a dtype that is not floating.
        """
        bounds.check_floating(array.dtype, "cauchy_")
        bounds.check_positive("cauchy_", "sigma", sigma)
        fused, _ = numerics.cpu_is_fused()

        def draw(u: np.ndarray) -> np.ndarray:
            x = numerics.by_libm(math.tan, math.pi * (u - 0.5))
            return numerics.scale_shift(x, sigma, median, fused)

        return self._fill_from_units(array, draw)

    def fill_log_normal(self, array: np.ndarray, mean: float = 1.0, std: float = 2.0) -> np.ndarray:
        """exp(mean + std z), z as in `fill_normal` pair by pair.

        Raises: RuntimeError unless std > 0; NotImplementedError for integers.
        """
        bounds.check_positive("log_normal_", "std", std)
        number = bounds.computed_in(array, "log_normal_")
        fused, _ = numerics.cpu_is_fused()

        def draw(n: int) -> np.ndarray:
            z = numerics.scale_shift(self._normal_pairs(n), std, mean, fused)
            return numerics.by_libm(_exp, z).astype(number, copy=False)

        return fill(array, draw)

    def _fill_from_units(
        self, array: np.ndarray, of: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        number = bounds.computed_from_double(array.dtype)
        return fill(array, lambda n: of(self._units(n, np.float64)).astype(number))

    # Choices

    def multinomial(self, p: np.ndarray, num_samples: int, replacement: bool) -> np.ndarray:
        """Indices 0 ... n-1 with weights `p` of shape (n,) or (rows, n), `num_samples` of each row.

        Without replacement: those with the largest p / e, e exponential numbers drawn in the
        order of the memory of `p`; a single sample is always drawn so. With: for each a u, the
        first index up to which the weights sum to u of their total.

        Raises: RuntimeError for weights that are no distribution, or too few of them.
        """
        if num_samples == 1 and 0 < p.size <= _FEW and p.ndim in (1, 2) and p.dtype.char in "fd":
            chosen = self._choice_of_few(p)
            if chosen is not None:
                return chosen
        bounds.check_weights(p, num_samples, replacement)
        rows = np.atleast_2d(p)
        if num_samples == 1 or not replacement:
            score = self.fill_exponential(dense_like(p)).reshape(rows.shape)
            np.divide(rows, score, out=score)
            found = numerics.largest(score, num_samples)
        else:
            number = bounds.computed_in(p, "multinomial")
            total = np.add.accumulate(rows, axis=-1, dtype=number)
            total /= total[:, -1:].copy()
            u = self._units(len(rows) * num_samples, np.float64).reshape(-1, num_samples)
            found = np.empty(u.shape, np.int64)
            for row, levels, picked in zip(total, u, found, strict=True):
                picked[...] = row.astype(np.float64).searchsorted(levels)
        return found.reshape(*p.shape[:-1], num_samples)

    def _choice_of_few(self, p: np.ndarray) -> np.ndarray | None:
        """A single index of each row; None for weights that need a closer look."""
        rows = p.reshape(-1, p.shape[-1]).tolist() if p.flags.c_contiguous else []
        if not rows or not all(row and min(row) >= 0 and 0 < sum(row) < math.inf for row in rows):
            return None
        draws = [-math.log1p(-u) for u in self._few_units(p.size)]
        score = p / np.array(draws, p.dtype).reshape(p.shape)
        return score.argmax(-1)[..., None]

    # By rejection

    @contextlib.contextmanager
    def _one_by_one(self, numbers: int) -> Iterator[Callable[[], float]]:
        """A function that returns one u after another; afterwards, only those count as drawn.

        For many `numbers` it draws in advance and goes back: which costs as much as 100 single u.
        """
        if numbers <= _FEW:
            yield lambda: self._few_units(1)[0]
            return
        start, taken = self._position(), 0

        def units() -> Iterator[float]:
            nonlocal taken
            while True:
                for u in self._units(256, np.float64).tolist():
                    taken += 1
                    yield u

        try:
            yield units().__next__
        finally:
            self._return_to(start)
            self._words(2 * taken)

    def poisson(self, rate: np.ndarray) -> np.ndarray:
        """For each rate the number of events, in an array of its shape and dtype.

        A number that int64 does not have is -2**63, as in torch.

        Below 10: how many u can be multiplied until the product is at most exp(-rate). From 10 on:
        transformed rejection (Hörmann 1993, Insurance: Mathematics and Economics 12, 39-45).

        Raises: RuntimeError for a negative rate; NotImplementedError for integers.
        """
        bounds.computed_in(rate, "poisson")
        if not (rate >= 0).all():
            raise RuntimeError("poisson: invalid rate, expected all rates to be non-negative")
        with self._one_by_one(rate.size) as unit:
            counts = [_poisson(r, unit) for r in rate.reshape(-1).tolist()]
        return _rounded(counts, rate)

    def gamma(self, shape: np.ndarray) -> np.ndarray:
        """For each shape parameter a number of the gamma distribution of scale 1.

        Source: Marsaglia and Tsang 2000, https://doi.org/10.1145/358407.358414
        Raises: NotImplementedError for integers and half precision.
        """
        _require_single_or_double(shape, "gamma")
        with self._one_by_one(shape.size) as unit:

            def normal() -> float:
                z = self._next_normal
                if z is None:
                    angle, u = 2.0 * math.pi * unit(), unit()
                    r = math.sqrt(-2.0 * math.log1p(-u))
                    self._next_normal = r * math.sin(angle)
                    return r * math.cos(angle)
                self._next_normal = None
                return z

            numbers = [_gamma(a, unit, normal) for a in shape.reshape(-1)]
        return np.fmax(_rounded(numbers, shape), np.finfo(shape.dtype).tiny)

    def dirichlet(self, concentration: np.ndarray) -> np.ndarray:
        """Gamma numbers over their sum along the last axis, kept within (0, 1).

        Drawn and divided in double precision. Differs: from five numbers on torch adds them in the
        order of its vector instructions, an ulp of float64 apart.
        Raises: NotImplementedError for integers and half precision.
        """
        _require_single_or_double(concentration, "dirichlet")
        shares = self.gamma(concentration.astype(np.float64))
        shares /= np.add.accumulate(shares, axis=-1)[..., -1:]
        info = np.finfo(concentration.dtype)
        shares = shares.astype(concentration.dtype)
        return np.clip(shares, info.tiny, 1 - info.epsneg, out=shares)

    def binomial(self, count: np.ndarray, prob: np.ndarray) -> np.ndarray:
        """For each pair the successes in `count` trials of chance `prob`, in their dtype."""
        with self._one_by_one(count.size) as unit:
            found = [binomial(n, p, unit) for n, p in zip(count.reshape(-1), prob.reshape(-1))]
        return np.array(found, count.dtype).reshape(count.shape)


def _require_single_or_double(x: np.ndarray, name: str) -> None:
    if x.dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"{name} is not implemented for {bounds.kind_of(x.dtype).name}")


def _rounded(numbers: list[float], like: np.ndarray) -> np.ndarray:
    x = np.array(numbers, np.float64).astype(bounds.kind_of(like.dtype).number)
    return x.astype(like.dtype).reshape(like.shape)


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else float(np.exp(x))  # math.exp raises where C's is inf


def _poisson(rate: float, unit: Callable[[], float]) -> float:
    if rate == 0:
        return 0.0
    if rate < 10:
        end, product, count = math.exp(-rate), unit(), 0
        while product > end:
            product *= unit()
            count += 1
        return float(count)
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    log_inverse_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    v_certain = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = unit() - 0.5, unit()
        us = 0.5 - abs(u)
        k = ((2 * a / us + b) * u + rate + 0.43) // 1 if us else -1.0
        if us >= 0.07 and v <= v_certain:
            break
        if k < 0 or (us < 0.013 and v > us):
            continue
        height = _log(v) + log_inverse_alpha - math.log(a / (us * us) + b)
        if height <= -rate + k * log_rate - math.lgamma(k + 1):
            break
    return k if k < 2.0**63 else -(2.0**63)  # as C converts it to int64


def _gamma(a: Any, unit: Callable[[], float], normal: Callable[[], float]) -> float:
    one = type(a)(1)  # what concerns `a` alone is rounded to its dtype
    scale = 1.0
    if a < 1:
        if a == 0:
            return 0.0
        scale = math.pow(1.0 - unit(), one / a)
        a += one
    d = float(a - type(a)(_THIRD))
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal()
        y = 1.0 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - unit()
        square = x * x
        if u < 1.0 - _SQUEEZE * square * square:
            return scale * d * v
        if math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v
