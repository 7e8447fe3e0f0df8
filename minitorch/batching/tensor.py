"""A tensor that stands for a batch of tensors, one for each call that `vmap` saves.

Note [batched tensors]. Inside `vmap` a function sees tensors of the sizes of one sample. Each is a
`Batched`: a face over `value`, an ordinary tensor (or a face of an outer level) with the batch as
its first dimension. A row called on it is answered by rows called on values, which are recorded as
always: the graph knows nothing of batches, and backward runs the rules that it runs otherwise.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from minitorch import errors
from minitorch._tensor import Tensor, edge


class Level:
    """One `vmap` that runs: how many samples, whether they may draw, how many are around it."""

    __slots__ = ("depth", "randomness", "size")

    def __init__(self, size: int, randomness: str, depth: int) -> None:
        self.size, self.randomness, self.depth = size, randomness, depth

    def wrap(self, out: Any) -> Any:
        """Tensors with the batch in front, one or a tuple of them, as samples of this level."""
        if isinstance(out, Tensor):
            return Batched(out, self)
        parts = [self.wrap(o) for o in out]
        return type(out)(*parts) if hasattr(out, "_fields") else tuple(parts)

    def holds(self, x: Any) -> bool:
        """Whether `x` is a batch of this level."""
        return type(x) is Batched and x.level is self


class _Running(threading.local):
    """The levels that run in this thread, outermost first."""

    def __init__(self) -> None:
        self.levels: list[Level] = []


running = _Running()


class NoNumbers(errors.SampleBySample):
    """The numbers of a batch were asked for."""

    def again(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """Call `function` for each sample instead."""
        from .vmap import sample_by_sample

        return sample_by_sample(function, args, kwargs, self)


class Unknown(np.ndarray):
    """The shape and dtype of one sample. Its numbers are asked for in vain."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise NoNumbers(
            "vmap: the numbers of a batched tensor were asked for, by item(), bool(), numpy(), a "
            "condition, or an operation that has no batched form. What is computed inside vmap may "
            "not depend on them: use torch.where, or a loop."
        )

    __array_ufunc__ = __array_function__ = _refuse


for _name in (
    "__getitem__ __setitem__ __iter__ __bool__ __int__ __float__ __index__ __contains__ __array__ "
    "all any argmax argmin argsort astype choose clip compress copy cumprod cumsum diagonal dot "
    "dump dumps fill flatten item max mean min nonzero partition prod put ravel repeat reshape "
    "round searchsorted sort squeeze std sum swapaxes take tobytes tofile tolist trace transpose "
    "var view"
).split():
    setattr(Unknown, _name, Unknown._refuse)
_CONSTANTS: dict[Any, Any] = {}


def unknown(shape: tuple, dtype: Any) -> Unknown:
    """An array of this shape and dtype that owns no memory: NaN (or the least integer) all over."""
    one = _CONSTANTS.get(dtype)
    if one is None:
        number = np.nan if dtype.kind in "fc" else np.iinfo(dtype).min if dtype.kind == "i" else 0
        one = _CONSTANTS[dtype] = np.full((), number, dtype)
        one.flags.writeable = False
    return np.ndarray.__new__(Unknown, shape, dtype, one, 0, (0,) * len(shape))


class _Always:
    """Equal to any version: a batch is never a view that has to be made again."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


class _Face:
    """What stands as `_view` of a batch: the hot path leaves such operands to `apply`."""

    base, chain, version, mode = None, (), _Always(), "batch"

    def overwrite(self, x: Any, out: Any, name: str, since: float) -> Any:
        """Write to a batch: see `minitorch.batching.interpret`."""
        from .interpret import overwrite

        return overwrite(x, out, name, since)

    def shared(self, name: str) -> RuntimeError:
        """What is said of samples that write to a tensor they share."""
        return RuntimeError(
            f"vmap: {name}: a batched tensor is written to one that is not batched, whose memory "
            "cannot hold all samples. Use the out-of-place form, or make the tensor inside from a "
            "batched one (x.new_zeros, zeros_like)"
        )


_FACE: Any = _Face()


class Batched(Tensor):
    """One of `level.size` samples; all of them are `value`, with the batch in front."""

    __slots__ = ("level", "value")

    def __new__(cls, value: Tensor, level: Level) -> Batched:
        made = object.__new__(cls)
        made.value, made.level = value, level
        array = value._array
        made._array = unknown(array.shape[1:], array.dtype)
        made._grad = None
        return made

    _view = property(lambda self: _FACE, lambda self, view: None)  # type: ignore[assignment]
    _node = property(lambda self: edge(self.value), lambda self, node: None)  # type: ignore[assignment]
    _nr = property(lambda self: self.value._nr, lambda self, nr: None)  # type: ignore[assignment]
    _cell = property(lambda self: self.value._cell, lambda self, cell: None)  # type: ignore[assignment]

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to the batch."""
        return self.value.requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.value.requires_grad = flag

    def detach(self) -> Tensor:
        """The same memory without history."""
        return Batched(self.value.detach(), self.level)

    @property
    def data(self) -> Tensor:
        """As `detach`; writing to it is not seen by the version check."""
        return Batched(self.value.data, self.level)

    def new_zeros(self, *size: Any, **how: Any) -> Tensor:
        """Zeros for each sample."""
        return self._new("new_zeros", size, how)

    def new_ones(self, *size: Any, **how: Any) -> Tensor:
        """Ones for each sample."""
        return self._new("new_ones", size, how)

    def new_empty(self, *size: Any, **how: Any) -> Tensor:
        """Memory for each sample."""
        return self._new("new_empty", size, how)

    def new_full(self, size: Any, fill_value: Any, **how: Any) -> Tensor:
        """`fill_value` for each sample."""
        return self.new_empty(size, **how).fill_(fill_value)

    def _new(self, name: str, size: tuple, how: dict) -> Tensor:
        sizes = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
        return Batched(getattr(self.value, name)((self.level.size, *sizes), **how), self.level)

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the batch, and so each sample, lies without gaps."""
        return self.value.is_contiguous()

    def __repr__(self) -> str:
        inner = repr(self.value).replace("\n", "\n    ")
        return f"BatchedTensor(lvl={self.level.depth}, bdim=0, value=\n    {inner}\n)"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError("vmap: a batched tensor cannot be copied or saved while it is one")

    __deepcopy__ = __reduce_ex__
