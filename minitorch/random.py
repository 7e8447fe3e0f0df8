"""torch's CPU random streams, bit for bit: the same seed gives the same numbers and the same state.

Here is the source, a Mersenne twister with its seeds and its state; `_random_streams.py` and
`_random_samplers.py` say which of its words make which number.
"""

from __future__ import annotations

import contextlib
import functools
import os
import struct
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from . import backend
from ._random_samplers import Samplers
from ._tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

_DEFAULT_SEED = 67280421310721  # of a new Generator, as torch's
_INT64_MIN = -(1 << 63)

# get_state's bytes: seed, words left in the block, seeded, next word, the block of 624 words,
# three doubles of which the second is the cached normal, whether it is valid,
# a float32 normal that no CPU stream uses, whether it is valid.
_HEAD, _WORDS, _TAIL = struct.Struct("<QiiQ"), 624, struct.Struct("<dddi4x4sB3x")
_STATE_BYTES = _HEAD.size + 8 * _WORDS + _TAIL.size
_starting = threading.Lock()


class Generator(Samplers):
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
        self._memory: Any = None
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
            self._seed_twister(self._twister)

    def _seed_twister(self, twister: Any) -> None:
        np.random.RandomState(twister).seed(self._seed & 0xFFFFFFFF)

    def _engine(self) -> Any:
        if self._twister is None:
            with _starting:  # another thread may draw its first number too
                if self._twister is None:
                    twister = np.random.MT19937(0)
                    self._seed_twister(twister)
                    self._twister = twister
        return self._twister

    def memory(self) -> np.ndarray:
        """The 624 words of the block and how many are drawn, where the twister itself has them."""
        if self._memory is None:
            import ctypes

            place = (ctypes.c_uint32 * (_WORDS + 1)).from_address(
                self._engine().ctypes.state_address
            )
            self._memory = np.frombuffer(place, np.uint32)
        return self._memory

    def get_state(self) -> Tensor:
        """The state as torch writes it, a uint8 tensor of 5,056 bytes."""
        return wrap(np.frombuffer(self._pack(), np.uint8).copy())

    def set_state(self, state: Tensor) -> Generator:
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
        return self

    def clone_state(self) -> Generator:
        """Another generator at this one's state."""
        clone = Generator()
        clone._unpack(self._pack())
        return clone

    def __reduce__(self) -> tuple:
        return Generator, (), self._pack()

    def __setstate__(self, state: Any) -> None:
        # A checkpoint has it as torch's: (seed, offset, state)
        self._unpack(state if isinstance(state, bytes) else state[2]._array.tobytes())

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

    # The words

    def _words(self, n: int) -> np.ndarray:
        """n times w, as uint64."""
        if n:
            self._untouched = False
        return self._engine().random_raw(n)

    def _position(self) -> Any:
        return self._engine().state, self._untouched

    def _return_to(self, position: Any) -> None:
        self._engine().state, self._untouched = position


_own: dict[str, Any] = {}  # the methods that kernels stand in for


def install(table: dict[str, Callable]) -> None:
    """Let `table[name]` run in place of each method of `Generator` named there.

    It draws the same numbers; where it returns NotImplemented the method itself runs.
    """
    for name, kernel in table.items():
        _own.setdefault(name, getattr(Generator, name))
        setattr(Generator, name, _guarded(kernel, _own[name]))


def uninstall() -> None:
    """Let every method of `Generator` be itself again."""
    for name, own in _own.items():
        setattr(Generator, name, own)
    _own.clear()


def _guarded(kernel: Callable, own: Callable) -> Callable:
    @functools.wraps(own)
    def method(self: Generator, *args: Any, **kwargs: Any) -> Any:
        found = kernel(self, *args, **kwargs)
        return own(self, *args, **kwargs) if found is NotImplemented else found

    return method


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
