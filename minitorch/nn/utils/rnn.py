"""Sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from minitorch import creation, dtypes
from minitorch._tensor import Tensor, wrap
from minitorch.ops.shape import stack

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence_(NamedTuple):
    """The four parts of a PackedSequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences without padding: all first steps, then all second steps, the longest first.

    `batch_sizes` says how many sequences each step has; `sorted_indices` which sequence of the
    user's order stands where, `unsorted_indices` is its inverse; both None where they came sorted.
    """

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> PackedSequence:  # fmt: skip
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("PackedSequence: expected batch_sizes, or (data, batch_sizes)")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    @property
    def is_cuda(self) -> bool:
        """False: the memory is the CPU's."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """False, as of every tensor here."""
        return self.data.is_pinned()

    def pin_memory(self) -> PackedSequence:
        """What `Tensor.pin_memory` makes of each part."""
        return type(self)(*(part if part is None else part.pin_memory() for part in self))

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same sequences with data of another dtype, as `Tensor.to`; itself if it is that."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Itself: the memory is the CPU's already."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Raises: AssertionError; there are no other devices."""
        return self.to("cuda")

    def double(self) -> PackedSequence:
        """The data as float64."""
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        """The data as float32."""
        return self.to(dtypes.float32)

    def half(self) -> PackedSequence:
        """The data as float16."""
        return self.to(dtypes.float16)

    def long(self) -> PackedSequence:
        """The data as int64."""
        return self.to(dtypes.int64)

    def int(self) -> PackedSequence:
        """The data as int32."""
        return self.to(dtypes.int32)

    def short(self) -> PackedSequence:
        """The data as int16."""
        return self.to(dtypes.int16)

    def char(self) -> PackedSequence:
        """The data as int8."""
        return self.to(dtypes.int8)

    def byte(self) -> PackedSequence:
        """The data as uint8."""
        return self.to(dtypes.uint8)


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes `permutation`."""
    return None if permutation is None else wrap(np.argsort(permutation._array, kind="stable"))


# ------------------------------------------------------------------ packing


def _places(batch_sizes: Any) -> tuple[Tensor, Tensor]:
    """(step, sequence) of every row of the packed data."""
    sizes = np.asarray(batch_sizes)
    steps = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return wrap(steps), wrap(np.arange(len(steps)) - starts)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The first `lengths[i]` steps of each sequence i of a padded batch, packed.

    Shape: (T, N, *), or (N, T, *) where `batch_first`
    Raises: RuntimeError for lengths that are not positive, too few, or, with `enforce_sorted`, not
        falling.
    """
    given = lengths if isinstance(lengths, Tensor) else creation.tensor(lengths, dtype=dtypes.int64)
    if given.ndim != 1:
        raise RuntimeError(f"pack_padded_sequence: expected 1D lengths, got {given.ndim}D")
    lengths = given._array.astype(np.int64)
    input = input.transpose(0, 1) if batch_first else input
    order = None
    if not enforce_sorted:
        order = np.argsort(-lengths, kind="stable")
        lengths, order = lengths[order], wrap(order)
        input = input.index_select(1, order)
    batch_sizes = _batch_sizes(input, lengths)
    data = input[_places(batch_sizes)]
    return PackedSequence(data, wrap(batch_sizes), order)


def _batch_sizes(input: Tensor, lengths: np.ndarray) -> np.ndarray:
    if not input.numel():
        raise RuntimeError("pack_padded_sequence: expected at least one element, got none")
    if input.ndim < 2:
        raise IndexError("pack_padded_sequence: expected a dimension for the batch, got 1D")
    if len(lengths) != input.shape[1]:
        raise RuntimeError(
            f"pack_padded_sequence: expected as many lengths as sequences, got {len(lengths)} and "
            f"{input.shape[1]}"
        )
    if (lengths <= 0).any():
        raise RuntimeError(f"pack_padded_sequence: expected positive lengths, got {lengths.min()}")
    if (np.diff(lengths) > 0).any():
        raise RuntimeError(
            "pack_padded_sequence: expected falling lengths, as enforce_sorted=True, got "
            f"{lengths.tolist()}; give enforce_sorted=False"
        )
    if lengths[0] > input.shape[0]:
        raise RuntimeError(
            f"pack_padded_sequence: expected lengths of at most {input.shape[0]} steps, got "
            f"{lengths[0]}"
        )
    return (lengths > np.arange(lengths[0])[:, None]).sum(1)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(the sequences as a padded batch, their lengths): what `pack_padded_sequence` had.

    Raises: ValueError where `total_length` is less than the longest sequence.
    """
    data, batch_sizes, _, order = sequence
    sizes = batch_sizes._array
    length = len(sizes)
    if total_length is not None and total_length < length:
        raise ValueError(
            f"pad_packed_sequence: expected total_length >= {length}, the longest sequence, got "
            f"{total_length}"
        )
    size = (total_length or length, int(sizes[0]), *data.shape[1:])
    padded = creation.full(size, padding_value, dtype=data.dtype)
    padded[_places(sizes)] = data
    lengths = wrap((sizes > np.arange(sizes[0])[:, None]).sum(1))
    if order is not None:
        padded, lengths = padded.index_select(1, order), lengths[order]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences of any lengths, packed.

    Raises: RuntimeError where, with `enforce_sorted`, a sequence is longer than the one before.
    """
    lengths = [len(s) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences as a list."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


# ------------------------------------------------------------------ padding


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Sequences one beside the other, as long as the longest.

    Shape: a list of (L, *) -> (T, N, *), or (N, T, *) where `batch_first`
    Raises: RuntimeError for no sequences, or other sizes than those of the first after L; TypeError
        for what is no tensor.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: expected an iterable of tensors, got {type(sequences).__name__}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"pad_sequence: expected 'left' or 'right', got {padding_side!r}")
    sequences = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if not sequences:
        raise RuntimeError("pad_sequence: expected at least one sequence, got none")
    for i, s in enumerate(sequences):
        if not isinstance(s, Tensor):
            raise TypeError(f"pad_sequence: expected a Tensor as item {i}, got {type(s).__name__}")
        if s.shape[1:] != sequences[0].shape[1:]:
            raise RuntimeError(
                f"pad_sequence: expected sizes (L, {', '.join(map(str, sequences[0].shape[1:]))}) "
                f"of item {i}, got {list(s.shape)}"
            )
    longest = max(s.shape[0] for s in sequences)
    return stack([_padded(s, longest, padding_value, padding_side) for s in sequences],
                 0 if batch_first else 1)  # fmt: skip


def _padded(s: Tensor, length: int, value: float, side: str) -> Tensor:
    missing = length - s.shape[0]
    if not missing:
        return s
    pad = (missing, 0) if side == "left" else (0, missing)
    from minitorch.nn.functional import pad as constant_pad

    return constant_pad(s, (0, 0) * (s.ndim - 1) + pad, value=value)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list:
    """The first `lengths[i]` steps of each sequence i, as a list."""
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    if len(batch) != len(lengths):
        raise ValueError(
            f"unpad_sequence: expected a length for each of {len(batch)} sequences, got "
            f"{len(lengths)}"
        )
    return [s[: int(n)] for s, n in zip(batch, lengths)]
