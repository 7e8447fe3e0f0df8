"""What was recorded of one step: the public calls of an engine, their values and gradients.

A trace holds arrays and plain Python only, so that a child process can send it. `observe.py` makes
traces, `locate.py` compares two of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


class Slot(NamedTuple):
    """The place of a tensor among arguments or results: which of them it is."""

    number: int


class Named(NamedTuple):
    """A value that the engine has by name, as a dtype: `Named("float32")`."""

    name: str


class Untold(NamedTuple):
    """A value that cannot be said to another engine: a module, a generator, a function."""

    kind: str


@dataclass
class Value:
    """A tensor as it was when it was seen.

    `tensor` numbers the tensors of a trace, so that two values of one tensor can be told apart;
    `wants` says that a gradient is asked for.
    """

    array: np.ndarray
    dtype: str
    wants: bool
    leaf: bool
    tensor: int


class Place(NamedTuple):
    """Where the model makes a call: the line, and the nth time there that this name is called.

    Not `direct` is what something of the engine calls that is no recorded call itself.
    """

    file: str
    line: int
    nth: int = 0
    direct: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Call:
    """One public call of an engine.

    `arguments` is (args, kwargs, more) and `result` what came back, with a `Slot` for each tensor
    of `inputs` and `outputs`; more are tensors that the call takes unasked: a layer's parameters by
    name, or what stands in `.grad` of an argument where a function works on that.
    `written` has the inputs that the call changed, as they were after it;
    `arrived` the gradients that came back for outputs, `sent` those that the call sent to inputs,
    summed over all backward passes; both by number. An input that is given twice counts once.
    `when` orders calls by the time that their last gradient arrived, 0 for never.
    `random` is the generator's state before a call that drew from it. `inside` is the number of
    the layer's call that this one is part of; `settings` what a layer was made with.
    """

    name: str
    place: Place
    module: str
    arguments: Any
    inputs: list[Value]
    number: int = 0
    result: Any = None
    outputs: list[Value] = field(default_factory=list)
    written: dict[int, np.ndarray] = field(default_factory=dict)
    arrived: dict[int, np.ndarray] = field(default_factory=dict)
    sent: dict[int, np.ndarray] = field(default_factory=dict)
    when: int = 0
    random: bytes | None = None
    inside: int | None = None
    settings: dict[str, Any] | None = None

    @property
    def op(self) -> str:
        """The bare name, the same for a function, a method and an operator: `mul`."""
        bare = self.name.rpartition(".")[2]
        if bare.startswith("__"):
            bare = bare.strip("_")
            return _OPERATORS.get(bare, bare)
        return bare.rstrip("_")

    @property
    def is_layer(self) -> bool:
        """Whether this is the call of one of the engine's own layers, with all it does inside."""
        return self.settings is not None


_OPERATORS = {
    "truediv": "div", "rtruediv": "div", "itruediv": "div", "radd": "add", "iadd": "add",
    "rsub": "sub", "isub": "sub", "rmul": "mul", "imul": "mul", "rmatmul": "matmul",
    "rpow": "pow", "ipow": "pow",
}  # fmt: skip


@dataclass
class Update:
    """One step of an optimizer: what it saw, and what it made of it.

    `groups` are the hyper-parameters of each group; `members` says for each parameter which group.
    """

    name: str
    place: Place
    groups: list[dict[str, Any]]
    members: list[int]
    parameters: list[Value]
    gradients: list[np.ndarray | None]
    state: list[dict[str, Any]]
    after: list[np.ndarray] = field(default_factory=list)
    state_after: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0  # how many calls were recorded before


@dataclass
class Trace:
    """The calls of one step in order, the updates, and the whole gradient of every leaf."""

    engine: str
    recording: bool = True
    calls: list[Call] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    totals: dict[int, np.ndarray] = field(default_factory=dict)


def spelled(value: Any, slot: Callable[[Any], Slot | None]) -> Any:
    """`value` with tensors replaced by what `slot` makes of them, and the engine's words by name.

    `slot` answers None for what is no tensor.
    """
    found = slot(value)
    if found is not None:
        return found
    if value is None or value is ... or isinstance(value, (bool, int, float, str, complex)):
        return value
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.generic):
        return value
    if isinstance(value, slice):
        return slice(*(spelled(v, slot) for v in (value.start, value.stop, value.step)))
    if isinstance(value, list):
        return [spelled(v, slot) for v in value]
    if isinstance(value, tuple):
        return tuple(spelled(v, slot) for v in value)
    if isinstance(value, dict):
        return {k: spelled(v, slot) for k, v in value.items()}
    kind = type(value).__name__
    if kind in ("dtype", "memory_format", "layout"):
        return Named(str(value).rpartition(".")[2])
    return str(value) if kind == "device" else Untold(kind)


def said(value: Any, engine: Any, tensors: list[Any]) -> Any:
    """The reverse of `spelled`: for `engine`, with `tensors` in the slots.

    Raises: ValueError for what cannot be said.
    """
    if isinstance(value, Slot):
        return tensors[value.number]
    if isinstance(value, Named):
        return getattr(engine, value.name)
    if isinstance(value, Untold):
        raise ValueError(f"an argument cannot be said to another engine: {value.kind}")
    if isinstance(value, slice):
        return slice(*(said(v, engine, tensors) for v in (value.start, value.stop, value.step)))
    if isinstance(value, list):
        return [said(v, engine, tensors) for v in value]
    if isinstance(value, tuple):
        return tuple(said(v, engine, tensors) for v in value)
    if isinstance(value, dict):
        return {k: said(v, engine, tensors) for k, v in value.items()}
    return value
