"""Arguments of torch's test databases, told to another engine.

    told = tell((args, kwargs))
    args, kwargs = told.fill(T, [backend.tensor(a) for a in told.arrays])

Tensors become arrays, every other thing of torch's (a dtype, a layout, a function, a module) the
name by which any engine with torch's names has it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from harness.coverage import find
from harness.samples import Untold

NARROW = ("float32", "float16", "bfloat16")
"""What is float64 in a widened call."""

MOST = 32
"""How many dimensions an array may have in every NumPy."""

_PLAIN = (bool, int, float, str, type(None), type(...), slice)


class Slot(NamedTuple):
    """Where tensor `number` stands; `cast` to a dtype that NumPy lacks."""

    number: int
    cast: str = ""


class Word(NamedTuple):
    """What an engine has under `path`; called where there are arguments."""

    path: str
    call: tuple[tuple, dict] | None = None


class Told(NamedTuple):
    """Arguments without torch: a template, the arrays that go into it, which are constant."""

    template: Any
    arrays: list[np.ndarray]
    constant: list[int]
    names: list[str]  # of dtypes
    slots: dict[int, Slot]  # by id, while it is told: what is one tensor stays one

    def fill(self, T: Any, tensors: Sequence[Any]) -> Any:
        """The arguments in the words of engine `T`, around its tensors."""
        return _filled(self.template, T, tensors, self.wide(tensors))

    def wide(self, tensors: Sequence[Any]) -> bool:
        """Whether the tensors are wider than what was told: this is the float64 run."""
        return any(
            name in NARROW and str(tensor.dtype).endswith("float64")
            for name, tensor in zip(self.names, tensors)
        )


def tell(value: Any) -> Told:
    """What `value` says, without torch. Raises: Untold, whose text is the reason."""
    told = Told(None, [], [], [], {})
    told = told._replace(template=_told(value, told))
    told.slots.clear()
    # Without a floating tensor a call cannot show that it is widened.
    told.arrays.append(np.ones((), np.float32))
    told.names.append("float32")
    told.constant.append(len(told.arrays) - 1)
    return told


@contextmanager
def remembered() -> Iterator[None]:
    """Inside, the modules that torch's databases hand over know what they were built from."""
    import torch

    with ExitStack() as stack:
        for kind in (torch.nn.TransformerEncoderLayer, torch.nn.PairwiseDistance):
            stack.enter_context(mock.patch.object(kind, "__init__", _noting(kind.__init__)))
        yield


def _noting(init: Any) -> Any:
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        object.__setattr__(self, "built_from", (args, kwargs))

    return noting


def _told(value: Any, told: Told) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        if id(value) not in told.slots:
            told.slots[id(value)] = _slot(value, told)
        return told.slots[id(value)]
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return Word(str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return str(value)
    if type(value) in (list, tuple, torch.Size):
        parts = [_told(v, told) for v in value]
        return parts if isinstance(value, list) else tuple(parts)
    if type(value) is dict:
        return {k: _told(v, told) for k, v in value.items()}
    if isinstance(value, torch.nn.Module) and hasattr(value, "built_from"):
        return Word(f"nn.{type(value).__name__}", _told(value.built_from, told))
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return Word(f"nn.{type(value).__name__}", ((), _told(fields, told)))
    return _named(value)


def _named(value: Any) -> Word:
    """A function of torch's by its public name."""
    import torch

    name = getattr(value, "__name__", "")
    for home, prefix in ((torch.nn.functional, "nn.functional."), (torch, "")):
        if name and getattr(home, name, None) is value:
            return Word(prefix + name)
    raise Untold(f"argument of type {type(value).__name__}")


def _slot(value: Any, told: Told) -> Slot:
    import torch

    if value.device.type != "cpu":
        raise Untold(f"device {value.device.type}")
    if value.ndim > MOST:
        raise Untold(f"more than {MOST} dimensions")
    if value.layout != torch.strided:
        raise Untold("sparse")
    if value.is_complex():
        raise Untold("complex")
    if value.is_quantized or value.is_nested:
        raise Untold("quantized or nested")
    name = str(value.dtype).removeprefix("torch.")
    narrow = name == "bfloat16"
    array = (value.detach().float() if narrow else value).numpy(force=True)
    if not value.requires_grad:
        told.constant.append(len(told.arrays))
    told.arrays.append(np.array(array, order="C").reshape(array.shape))
    told.names.append(name)
    return Slot(len(told.arrays) - 1, name if narrow else "")


def _filled(value: Any, T: Any, tensors: Sequence[Any], wide: bool) -> Any:
    if isinstance(value, Slot):
        tensor = tensors[value.number]
        return tensor.to(find(T, value.cast)) if value.cast and not wide else tensor
    if isinstance(value, Word):
        found = find(T, "float64" if wide and value.path in NARROW else value.path)
        if value.call is None:
            return found
        args, kwargs = _filled(value.call, T, tensors, wide)
        return found(*args, **kwargs)
    if isinstance(value, (list, tuple)):
        parts = [_filled(v, T, tensors, wide) for v in value]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, dict):
        return {k: _filled(v, T, tensors, wide) for k, v in value.items()}
    return value
