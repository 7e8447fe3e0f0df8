"""The random streams that most scripts draw from: which words make which number.

A stream is defined by how many 32-bit words of the generator a number takes and what is done with
them; each method's first line says it, with w for a word, W for two (the first one high) and u for
a number of [0, 1) made of them. Another stream is another `fill_` method of a few lines.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from cmath import rect
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _random_bounds as bounds
from . import _random_numerics as numerics
from .memory import memory_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE = 1 << 13  # numbers drawn at a time: what is computed on stays in the cache
_WIDE_RANGE = 1 << 28  # integers over a range this long take W instead of w
_INT64_MIN = -(1 << 63)
_FEW = 32  # up to so many numbers Python's floats are faster than a dozen calls of NumPy
_LOW_53 = (1 << 53) - 1


class Streams(ABC):
    """Arrays of random numbers out of the words of a generator."""

    _next_normal: float | None  # the second of a pair of which only the first was drawn

    # Words and the unit interval

    @abstractmethod
    def _words(self, n: int) -> np.ndarray:
        """n times w, as uint64."""

    @abstractmethod
    def _position(self) -> Any:
        """Where the generator stands, for `_return_to`."""

    @abstractmethod
    def _return_to(self, position: Any) -> None:
        """Draw the words from `position` on again."""

    def _double_words(self, n: int) -> np.ndarray:
        """n times W, as uint64."""
        words = self._words(2 * n)
        both = words[::2] << 32
        both |= words[1::2]
        return both

    def _units(self, n: int, number: type) -> np.ndarray:
        """n of [0, 1): (w mod 2**24) / 2**24 for float32, (W mod 2**53) / 2**53 for float64."""
        if number is np.float32:
            bits = self._words(n).astype(np.int32)  # int32 becomes float32 faster than uint64 does
            bits &= 0xFFFFFF
            u = bits.astype(np.float32)
            u *= np.float32(2.0**-24)
            return u
        bits = self._double_words(n)
        bits &= (1 << 53) - 1
        return bits.view(np.int64) * 2.0**-53

    def _few_units(self, n: int) -> list[float]:
        """n units of float64, as Python's floats."""
        words = self._words(2 * n).tolist()
        pairs = zip(words[::2], words[1::2])
        return [(high << 32 & _LOW_53 | low) * 2.0**-53 for high, low in pairs]

    # Uniform

    def uniform(self, size: Any, low: float, high: float, dtype: Any) -> np.ndarray:
        """A new array of `fill_uniform`."""
        return self.fill_uniform(np.empty(size, dtype), low, high)

    def fill_uniform(self, array: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """low + (high - low) u, u of [0, 1); what rounds to `high` becomes `low`.

        Raises: RuntimeError for bounds that are not ordered and finite in the array's dtype.
        """
        number = bounds.computed_in(array, "uniform_")
        if low == 0 and high == 1 and array.dtype == number:
            return fill(array, lambda n: self._units(n, number))  # 0 + 1 u, never 1
        bounds.check_bounds(array.dtype, low, high)
        first, length = number(low), number(high) - number(low)
        fused, _ = numerics.cpu_is_fused()

        def draw(n: int) -> np.ndarray:
            x = numerics.scale_shift(self._units(n, number), length, first, fused)
            x = x.astype(array.dtype, copy=False)
            x[x == end] = low
            return x

        end = array.dtype.type(high)
        return fill(array, draw)

    # Normal

    def normal(
        self, size: Any, mean: float, std: float, dtype: Any, contiguous: bool = True
    ) -> np.ndarray:
        """A new array of `fill_normal`; not `contiguous`: by the stream of strided arrays."""
        array = np.empty(size, dtype)
        return self._fill_normal(array, mean, std, contiguous)

    def standard_normal(self, size: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """`normal` of mean 0 and variance 1, for few numbers without the arithmetic of others."""
        n = math.prod(size)
        if n < 16 and dtype.char in "fd":
            return self._normal_pairs(n).astype(dtype, copy=False).reshape(size)
        return self.normal(size, 0.0, 1.0, dtype)

    def fill_normal(self, array: np.ndarray, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
        """mean + std z, z by Box-Muller: sixteen at a time if contiguous, else pair by pair.

        Raises: RuntimeError unless std >= 0.
        """
        return self._fill_normal(array, mean, std, array.flags.c_contiguous)

    def _fill_normal(self, array: np.ndarray, mean: float, std: float, blocks: bool) -> np.ndarray:
        number = bounds.computed_in(array, "normal_")
        if not std >= 0:
            raise RuntimeError(f"normal_ expects std >= 0, got std={std}")
        if blocks and array.size >= 16:
            self._fill_normal_blocks(array.reshape(-1), mean, std, number)
            return array
        fused, _ = numerics.cpu_is_fused()

        def draw(n: int) -> np.ndarray:
            x = numerics.scale_shift(self._normal_pairs(n), std, mean, fused)
            return x.astype(number, copy=False)  # half precision is rounded from float32

        return fill(array, draw)

    def _normal_pairs(self, n: int) -> np.ndarray:
        """n float64 normals: r cos t, then r sin t, with t = 2 pi W, r = sqrt(-2 log(1 - W')).

        The second of an unfinished pair is kept for the next call.
        """
        kept = [] if self._next_normal is None else [self._next_normal]
        if n <= _FEW:
            u = self._few_units((n - len(kept) + 1) // 2 * 2)
            for angle, unit in zip(u[::2], u[1::2]):
                z = rect(math.sqrt(-2.0 * math.log1p(-unit)), 2.0 * math.pi * angle)
                kept += (z.real, z.imag)
            self._next_normal = kept.pop() if len(kept) > n else None
            return np.array(kept)
        u = self._units((n - len(kept) + 1) // 2 * 2, np.float64)
        pairs = numerics.rect(
            np.sqrt(-2.0 * numerics.by_libm(math.log1p, -u[1::2])), 2.0 * math.pi * u[::2]
        )
        z = np.concatenate((kept, pairs.view(np.float64)))
        self._next_normal = float(z[n]) if z.size > n else None
        return z[:n]

    def _fill_normal_blocks(self, flat: np.ndarray, mean: float, std: float, number: type) -> None:
        """Each 16 units u make r = sqrt(-2 log(1 - u)) of the first 8, t = 2 pi u of the others.

        Where the size is no multiple of 16, the last 16 are drawn anew, after as many words as are
        left over went unused (in half precision none are).
        """
        rest = flat.size % 16
        *pieces, last = _pieces(flat[: flat.size - rest])
        for piece in pieces:
            piece[...] = _box_muller(self._units(piece.size, number), mean, std)
        u = self._units(last.size, number)
        if rest:
            self._units(rest if flat.dtype == number else 0, number)
            u = np.concatenate((u, self._units(16, number)))
        z = _box_muller(u, mean, std)
        last[...] = z[: last.size]
        flat[flat.size - z.size + last.size :] = z[last.size :]

    # Integers

    def integers(self, low: int, high: int, size: Any, dtype: Any) -> np.ndarray:
        """A new array of `fill_random` from `low` to `high`."""
        return self.fill_random(np.empty(size, dtype), low, high)

    def random_(self, size: Any, dtype: Any) -> np.ndarray:
        """A new array of `fill_random` without bounds."""
        return self.fill_random(np.empty(size, dtype))

    def fill_random(
        self, array: np.ndarray, low: int | None = None, high: int | None = None
    ) -> np.ndarray:
        """low + w mod (high - low), W from a range of 2**28 on.

        Without `low`: from 0; without `high`: to the last integer before the dtype skips some, that
        one included (and taking W for 8-byte dtypes if both are missing).

        Raises: RuntimeError for an empty range and for bounds the dtype does not hold.
        """
        if low is None and high is None:
            low, span = 0, bounds.kind_of(array.dtype).integers + 1
            wide = array.dtype.itemsize == 8
        elif high is None and low == _INT64_MIN:
            bounds.check_all_bits(array.dtype)
            low, span, wide = 0, 1 << 64, True
        else:
            low, span = bounds.integer_range(low or 0, high, array.dtype)
            wide = span >= _WIDE_RANGE

        return self._fill_integers(array, low, span, wide)

    def _fill_integers(self, array: np.ndarray, low: int, span: int, wide: bool) -> np.ndarray:
        """low + w mod span, or W if `wide`."""

        def draw(n: int) -> np.ndarray:
            words = self._double_words(n) if wide else self._words(n)
            if span < 1 << 64:
                words -= words // np.uint64(span) * np.uint64(span)  # twice as fast as %
            words += np.uint64(low % (1 << 64))
            return words.view(np.int64)

        return fill(array, draw)

    def permutation(self, n: int, dtype: Any = np.int64) -> np.ndarray:
        """0 ... n-1 shuffled: for each i in turn, swap i with i + w mod (n - i).

        Raises: RuntimeError for a negative n and for more numbers than the dtype has;
        NotImplementedError for bool.
        """
        kind = bounds.kind_of(np.dtype(dtype))
        if kind.name == "torch.bool":
            raise NotImplementedError("randperm is not implemented for torch.bool")
        if n < 0:
            raise RuntimeError(f"randperm: expected n >= 0, got {n}")
        if n > kind.integers + 1:
            raise RuntimeError(f"randperm: {n} is more numbers than {kind.name} can hold")
        to = np.arange(n)
        draws = max(n - 1, 0)
        words = self._words(draws) if n < 0xFFFFFFFF // 20 else self._double_words(draws)
        to[:draws] += (words % np.arange(n, n - draws, -1, dtype=np.uint64)).view(np.int64)
        return numerics.swap_in_turn(to).astype(dtype, copy=False)

    # Bernoulli

    def bernoulli(self, size: Any, p: float, dtype: Any) -> np.ndarray:
        """A new array of `fill_bernoulli`."""
        return self.fill_bernoulli(np.empty(size, dtype), p)

    def bernoulli_tensor(self, p: np.ndarray) -> np.ndarray:
        """A new contiguous array of `fill_bernoulli_tensor`, of the dtype and shape of `p`."""
        return self.fill_bernoulli_tensor(np.empty(p.shape, p.dtype), p)

    def fill_bernoulli(self, array: np.ndarray, p: float) -> np.ndarray:
        """1 where (W mod 2**53) / 2**53 < p, else 0.

        Raises: RuntimeError unless 0 <= p <= 1.
        """
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        below = np.uint64(math.ceil(p * 2.0**53))

        def draw(n: int) -> np.ndarray:
            bits = self._double_words(n)
            bits &= (1 << 53) - 1
            return bits < below

        return fill(array, draw)

    def fill_noise(self, array: np.ndarray, p: float) -> np.ndarray:
        """1 / p where `fill_bernoulli` has a 1, else 0: what dropout multiplies by."""
        self.fill_bernoulli(array, p)
        array /= bounds.kind_of(array.dtype).number(p)  # half precision is divided in float32
        return array

    def fill_bernoulli_tensor(self, array: np.ndarray, p: np.ndarray) -> np.ndarray:
        """1 where u < p, element by element, else 0; u of float64 for a float64 `p`, else float32.

        Raises: RuntimeError unless all of `p` is in [0, 1] and broadcasts to the array's shape.
        """
        number = bounds.computed_in(p, "bernoulli_")
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError("bernoulli_ expects all of p to be in [0, 1]")
        if p.shape != array.shape:
            try:
                p = np.broadcast_to(p, array.shape)
            except ValueError:
                raise RuntimeError(
                    f"bernoulli_: p of shape {p.shape} does not broadcast to {array.shape}"
                ) from None
        if not (p.flags.c_contiguous and array.flags.c_contiguous):
            p = p.transpose(memory_order(array))
        p = p.astype(number, copy=False).reshape(-1)
        at = 0

        def draw(n: int) -> np.ndarray:
            nonlocal at
            at += n
            return self._units(n, number) < p[at - n : at]

        return fill(array, draw)


def _box_muller(u: np.ndarray, mean: float, std: float) -> np.ndarray:
    """mean + std z with z from blocks of 8 units for radii and 8 for angles."""
    number = u.dtype.type
    _, lanes = numerics.cpu_is_fused()
    if number is np.float64:
        polar = numerics.polar_float64
    else:
        polar = numerics.polar_lanes if lanes else numerics.polar_float32
    u = u.reshape(-1, 2, 8)
    z = np.empty_like(u)
    z[:, 0], z[:, 1] = polar(number(1) - u[:, 0], u[:, 1])
    return numerics.scale_shift(z, std, mean, fused=True).reshape(-1)


# Order and pieces


def fill(array: np.ndarray, draw: Callable[[int], np.ndarray]) -> np.ndarray:
    """Write what `draw(n)` returns, piece after piece, in the order of the memory of `array`."""
    if array.size <= _PIECE and array.flags.c_contiguous:
        array.reshape(-1)[...] = draw(array.size)
        return array
    ordered = array.transpose(memory_order(array))
    flat = ordered.reshape(-1) if ordered.flags.c_contiguous else np.empty(array.size, array.dtype)
    for piece in _pieces(flat):
        piece[...] = draw(piece.size)
    if not ordered.flags.c_contiguous:
        ordered[...] = flat.reshape(ordered.shape)
    return array


def _pieces(flat: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, flat.size, _PIECE):
        yield flat[start : start + _PIECE]
