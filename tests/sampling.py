"""What the operations are tried on: for every row sample calls, in words that torch knows too.

A sample's `call(T, *inputs)` runs on either engine T. A row that torch has no word for is called by
`ours` and compared with what `theirs` makes of torch's words. Floating inputs are stored as
float64 and cast to the dtype under test; integer and bool inputs are operands as they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minitorch.backend import ROWS

INF = float("inf")


@dataclass(frozen=True)
class Sample:
    """One call of one operation."""

    name: str
    kind: str
    label: str
    inputs: tuple[np.ndarray, ...]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    params: dict[str, Any]
    derivatives: int = 2
    plain: bool = False  # T.name(*inputs, **params), so x.name(...) and x.name_(...) may exist
    smooth: bool = True  # its difference quotients have a limit

    @property
    def id(self) -> str:
        """As pytest shows it: 'sum-dim1-2x3'."""
        shapes = ",".join("x".join(map(str, a.shape)) or "0d" for a in self.inputs)
        return "-".join(part for part in (self.name, self.label, shapes) if part)

    def run(self, T: Any, *inputs: Any) -> Any:
        """The call on engine `T`."""
        return (self.ours if T.__name__ == "minitorch" else self.theirs)(T, *inputs)

    def floating(self) -> list[int]:
        """Which inputs a gradient may flow to."""
        return [i for i, a in enumerate(self.inputs) if a.dtype.kind == "f"]


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Uneven numbers in [low, high), no two alike, the same in every run."""
    key = zlib.crc32(repr((shape, low, high, seed)).encode())
    return np.random.default_rng(key).uniform(low, high, shape)


def rough(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers away from 0, the whole numbers and the halves: where kinks and steps are."""
    whole = np.floor(numbers(*shape, seed=seed))
    part = numbers(*shape, low=0.1, high=0.4, seed=seed)
    return whole + part + np.where(numbers(*shape, seed=seed + 1) > 0, 0.5, 0.0)


def integers(*shape: int, low: int = 0, high: int = 3, seed: int = 0) -> np.ndarray:
    """Whole numbers in [low, high) as int64."""
    return np.floor(numbers(*shape, low=low, high=high, seed=seed)).astype(np.int64)


def mask(*shape: int, seed: int = 0) -> np.ndarray:
    """A bool array with both values."""
    return numbers(*shape, seed=seed) > 0


def _text(value: Any) -> str:
    plain = str(value).replace(" ", "").replace("slice(None,None,None)", ":")
    return plain.replace("None", "_")


def _label(params: dict[str, Any]) -> str:
    return ",".join(f"{k}={_text(v)}" for k, v in params.items() if not callable(v))


def word(name: str, **params: Any) -> Callable[..., Any]:
    """`T.name(*inputs, **params)`, wherever the engine keeps it."""
    return lambda T, *inputs: getattr(T, name)(*inputs, **params)


def row(name: str, **params: Any) -> Callable[..., Any]:
    """Our row `name`, public or not."""
    return lambda T, *inputs: ROWS[name].public(*inputs, **params)


def functional(name: str, **params: Any) -> Callable[..., Any]:
    """`T.nn.functional.name(*inputs, **params)`."""
    return lambda T, *inputs: getattr(T.nn.functional, name)(*inputs, **params)


def _kind(name: str) -> str:
    return ROWS[name].kind if name in ROWS else "composite"


def both(name: str, *inputs: Any, kind: str = "", derivatives: int = 2, **params: Any) -> Sample:
    """A sample of an operation that both engines call `T.name`."""
    call = word(name, **params)
    arrays = tuple(map(np.asarray, inputs))
    return Sample(
        name, kind or _kind(name), _label(params), arrays, call, call, params, derivatives, True
    )


def ours(
    name: str, theirs: Callable, *inputs: Any, label: str = "", derivatives: int = 2, **params: Any
) -> Sample:
    """A sample of our row `name`, which torch calls otherwise."""
    arrays = tuple(map(np.asarray, inputs))
    label = label or _label(params)
    return Sample(
        name, _kind(name), label, arrays, row(name, **params), theirs, params, derivatives
    )


def constant(sample: Sample, *which: int) -> Sample:
    """`sample` with some inputs that need no gradient."""

    def fixed(call: Callable) -> Callable:
        return lambda T, *inputs: call(
            T, *(x.detach() if i in which else x for i, x in enumerate(inputs))
        )

    label = f"{sample.label},constant={_text(which)}"
    one, other = fixed(sample.ours), fixed(sample.theirs)
    return replace(sample, label=label, ours=one, theirs=other, plain=False, smooth=False)


def only(sample: Sample, *which: int) -> Sample:
    """`sample` with some of its outputs."""

    def some(call: Callable) -> Callable:
        def run(T: Any, *inputs: Any) -> list:
            found = call(T, *inputs)
            return [found[i] for i in which]

        return run

    label = f"{sample.label},only={_text(which)}"
    one, other = some(sample.ours), some(sample.theirs)
    return replace(sample, label=label, ours=one, theirs=other, plain=False)


def phrase(
    name: str, call: Callable, *inputs: Any, label: str = "", kind: str = "", derivatives: int = 2
) -> Sample:
    """A sample whose call is the same expression on both engines."""
    arrays = tuple(map(np.asarray, inputs))
    return Sample(name, kind or _kind(name), label, arrays, call, call, {}, derivatives)
