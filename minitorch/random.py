"""torch's CPU random streams, bit for bit: the same seed gives the same numbers and the same state.

The source is the Mersenne twister. A stream is defined by how many of its 32-bit words a number
takes and what is done with them; each method's first line says it, with w for a word and W for two
(the first one high). Another stream is another `fill_` method of a few lines.
"""

from __future__ import annotations

import contextlib
import math
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _random_bounds as bounds
from . import _random_numerics as numerics
from . import backend, errors
from ._tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Generator",
    "default_generator",
    "dense_like",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

_DEFAULT_SEED = 67280421310721  # of a new Generator, as torch's
_PIECE = 1 << 13  # numbers drawn at a time: what is computed on stays in the cache
_WIDE_RANGE = 1 << 28  # integers over a range this long take W instead of w
_INT64_MIN = -(1 << 63)

# get_state's bytes: seed, words left in the block, seeded, next word, the block of 624 words,
# three doubles of which the second is the cached normal, whether it is valid,
# a float32 normal that no CPU stream uses, whether it is valid.
_HEAD, _WORDS, _TAIL = struct.Struct("<QiiQ"), 624, struct.Struct("<dddi4x4sB3x")
_STATE_BYTES = _HEAD.size + 8 * _WORDS + _TAIL.size


class Generator:
    """A stream of random numbers with its own state, equal to torch's CPU generator.

    `uniform`, `normal`, ... return new arrays; `fill_uniform(array, ...)`, ... write into an array
    in the order torch does: that of its memory, whatever its strides.

    Raises: RuntimeError for a device other than the CPU.
    """

    def __init__(self, device: Any = "cpu") -> None:
        where = backend.cpu if device is None else backend.device(device)
        if where.type != "cpu":
            raise RuntimeError(f"Generator: expected device 'cpu', got '{where}'")
        self._twister: Any = None  # made at the first draw: importing numpy.random takes 14 ms
        self._start(_DEFAULT_SEED)

    @property
    def device(self) -> backend.device:
        """Where it draws: the CPU."""
        return backend.cpu

    # Seeds and state

    def manual_seed(self, seed: int) -> Generator:
        """Start over from `seed`, of which torch's generator uses the low 32 bits.

        Raises: RuntimeError unless `seed` is an int; ValueError outside [-2**63, 2**64).
        """
        if type(seed) is not int:
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not _INT64_MIN <= seed < 1 << 64:
            raise ValueError(f"manual_seed: expected -2**63 <= seed < 2**64, got {seed}")
        self._start(seed % (1 << 64))
        return self

    def seed(self) -> int:
        """Start over from a seed of the operating system's and return it."""
        self._start(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed it was last started from."""
        return self._seed

    def _start(self, seed: int) -> None:
        self._seed = seed
        self._untouched = True  # no word drawn since seeding: torch writes that state differently
        self._next_normal: float | None = None
        self._unused: Any = (bytes(4), 0)
        if self._twister is not None:
            self._seed_twister()

    def _seed_twister(self) -> None:
        np.random.RandomState(self._twister).seed(self._seed & 0xFFFFFFFF)

    def _engine(self) -> Any:
        if self._twister is None:
            self._twister = np.random.MT19937(0)
            self._seed_twister()
        return self._twister

    def get_state(self) -> Tensor:
        """The state as torch writes it, a uint8 tensor of 5,056 bytes."""
        return wrap(np.frombuffer(self._pack(), np.uint8).copy())

    def set_state(self, state: Tensor) -> None:
        """Continue from a state that `get_state` of this or torch's generator returned.

        Raises: TypeError unless it is a uint8 tensor; RuntimeError for a wrong size or content.
        Differs: torch takes a state whose counts of words left and drawn contradict each other.
        """
        if not isinstance(state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
        array = state._array
        if array.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor, got {state.dtype}")
        if not array.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        if array.size != _STATE_BYTES:
            raise RuntimeError(f"RNG state must have {_STATE_BYTES} bytes, got {array.size}")
        self._unpack(array.tobytes())

    def clone_state(self) -> Generator:
        """Another generator at this one's state."""
        clone = Generator()
        clone._unpack(self._pack())
        return clone

    def __reduce__(self) -> tuple:
        return Generator, (), self._pack()

    def __setstate__(self, state: bytes) -> None:
        self._unpack(state)

    def _pack(self) -> bytes:
        state = self._engine().state["state"]
        drawn = 0 if self._untouched else int(state["pos"])
        left = 1 if self._untouched else _WORDS + 1 - drawn
        normal = 0.0 if self._next_normal is None else self._next_normal
        valid = self._next_normal is not None
        return b"".join(
            (
                _HEAD.pack(self._seed, left, 1, drawn),
                state["key"].astype("<u8").tobytes(),
                _TAIL.pack(0.0, normal, 0.0, valid, *self._unused),
            )
        )

    def _unpack(self, state: bytes) -> None:
        seed, left, seeded, drawn = _HEAD.unpack_from(state)
        untouched = (left, drawn) == (1, 0)
        if not seeded or not (untouched or (left + drawn == _WORDS + 1 and 1 <= left <= _WORDS)):
            raise RuntimeError(f"Invalid mt19937 state: {left} words left after {drawn} drawn")
        words = np.frombuffer(state, "<u8", _WORDS, _HEAD.size).astype(np.uint32)
        position = {"key": words, "pos": _WORDS if untouched else drawn}
        self._engine().state = {"bit_generator": "MT19937", "state": position}
        _, normal, _, valid, *self._unused = _TAIL.unpack_from(state, _STATE_BYTES - _TAIL.size)
        self._seed, self._untouched = seed, untouched
        self._next_normal = normal if valid else None

    # Words and the unit interval

    def _words(self, n: int) -> np.ndarray:
        """n times w, as uint64."""
        if n:
            self._untouched = False
        return self._engine().random_raw(n)

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

    # Uniform

    def uniform(self, size: Any, low: float, high: float, dtype: Any) -> np.ndarray:
        """A new array of `fill_uniform`."""
        return self.fill_uniform(np.empty(size, dtype), low, high)

    def fill_uniform(self, array: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """low + (high - low) u, u of [0, 1); what rounds to `high` becomes `low`.

        Raises: RuntimeError for bounds that are not ordered and finite in the array's dtype.
        """
        number = bounds.computed_in(array, "uniform_")
        bounds.check_bounds(array.dtype, low, high)
        first, length = number(low), number(high) - number(low)
        fused, _ = numerics.cpu_is_fused()

        def draw(n: int) -> np.ndarray:
            x = numerics.scale_shift(self._units(n, number), length, first, fused)
            x = x.astype(array.dtype, copy=False)
            x[x == end] = low
            return x

        end = array.dtype.type(high)
        return _fill(array, draw)

    # Normal

    def normal(
        self, size: Any, mean: float, std: float, dtype: Any, contiguous: bool = True
    ) -> np.ndarray:
        """A new array of `fill_normal`; not `contiguous`: by the stream of strided arrays."""
        array = np.empty(size, dtype)
        return self._fill_normal(array, mean, std, contiguous)

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

        return _fill(array, draw)

    def _normal_pairs(self, n: int) -> np.ndarray:
        """n float64 normals: r cos t, then r sin t, with t = 2 pi W, r = sqrt(-2 log(1 - W')).

        The second of an unfinished pair is kept for the next call.
        """
        kept = [] if self._next_normal is None else [self._next_normal]
        u = self._units((n - len(kept) + 1) // 2 * 2, np.float64)
        pairs = numerics.rect(np.sqrt(-2.0 * numerics.log1p(-u[1::2])), 2.0 * math.pi * u[::2])
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

        def draw(n: int) -> np.ndarray:
            words = self._double_words(n) if wide else self._words(n)
            if span < 1 << 64:
                words -= words // np.uint64(span) * np.uint64(span)  # twice as fast as %
            words += np.uint64(low % (1 << 64))
            return words.view(np.int64)

        return _fill(array, draw)

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

        return _fill(array, draw)

    def fill_bernoulli_tensor(self, array: np.ndarray, p: np.ndarray) -> np.ndarray:
        """1 where u < p, element by element, else 0; u of float64 for a float64 `p`, else float32.

        Raises: RuntimeError unless all of `p` is in [0, 1] and broadcasts to the array's shape.
        """
        number = bounds.computed_in(p, "bernoulli_")
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError("bernoulli_ expects all of p to be in [0, 1]")
        try:
            p = np.broadcast_to(p, array.shape)
        except ValueError:
            raise RuntimeError(
                f"bernoulli_: p of shape {p.shape} does not broadcast to {array.shape}"
            ) from None
        p = p.transpose(_memory_order(array)).astype(number).reshape(-1)
        at = 0

        def draw(n: int) -> np.ndarray:
            nonlocal at
            at += n
            return self._units(n, number) < p[at - n : at]

        return _fill(array, draw)


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


def _fill(array: np.ndarray, draw: Callable[[int], np.ndarray]) -> np.ndarray:
    """Write what `draw(n)` returns, piece after piece, in the order of the memory of `array`."""
    ordered = array.transpose(_memory_order(array))
    flat = ordered.reshape(-1) if ordered.flags.c_contiguous else np.empty(array.size, array.dtype)
    for piece in _pieces(flat):
        piece[...] = draw(piece.size)
    if not ordered.flags.c_contiguous:
        ordered[...] = flat.reshape(ordered.shape)
    return array


def dense_like(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """An empty array of the same shape and order of dimensions without gaps: torch's empty_like.

    As NumPy's, but for expanded dimensions, which torch leaves where they stand. In this order
    dropout draws its mask.
    """
    shape, strides = array.shape, array.strides
    order = list(reversed(range(array.ndim)))  # to be sorted by strides, the innermost first
    for last in range(1, array.ndim):
        at = last
        for before in reversed(range(last)):
            a, b = order[before], order[at]
            if not (strides[a] and strides[b]):
                continue
            if (strides[a], shape[a]) > (strides[b], shape[b]):
                order[before], order[at] = b, a
                at = before
            elif strides[a] < strides[b]:
                break
    order.reverse()
    back = sorted(range(array.ndim), key=order.__getitem__)
    return np.empty([shape[dim] for dim in order], dtype or array.dtype).transpose(back)


def _pieces(flat: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, flat.size, _PIECE):
        yield flat[start : start + _PIECE]


def _memory_order(array: np.ndarray) -> list[int]:
    """The dimensions from the largest stride to the smallest."""
    errors.check_overlap(array)
    return sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Start the default generator over from int(seed) and return it.

    >>> manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Start the default generator over from a seed of the operating system's and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed the default generator was last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator, a uint8 tensor of 5,056 bytes."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator from a state that `get_rng_state` returned."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, device_type: Any = None) -> Iterator[None]:
    """A context after which the default generator continues as if nothing was drawn inside.

    Raises: AssertionError where `devices` names any: there is only the CPU.
    """
    if device_type is not None:
        backend.device(device_type)
    if enabled and devices is not None and len(devices):
        raise AssertionError(f"fork_rng: expected no devices beside the CPU, got {list(devices)}")
    if not enabled:
        yield
        return
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
