"""Anomaly mode: where a NaN in a gradient comes from.

While it is on, each node keeps the lines of the script that recorded it, and each gradient is
looked at. Functions here stand meanwhile in the place of the engine's own, so that it costs
nothing when it is off.
"""

from __future__ import annotations

import threading
import traceback
import warnings
from typing import Any

from minitorch import graph, inplace, primitive
from minitorch._tensor import Tensor
from minitorch.backend import xp
from minitorch.grad_mode import _Switch, state

from . import function

__all__ = ["detect_anomaly", "set_detect_anomaly"]

_plain_node, _plain_run = graph.Node, graph._run
_lock = threading.Lock()
_users = 0
_KEY = "traceback_"  # torch's name for it in a node's metadata


def _traced(*args: Any) -> Any:
    """A node that remembers where it was recorded."""
    node = _plain_node(*args)
    if state.anomaly:
        frames = traceback.extract_stack()[:-1]
        inside = __name__.partition(".")[0]
        theirs = [f for f in frames if f"/{inside}/" not in f.filename.replace("\\", "/")]
        node.metadata[_KEY] = traceback.format_list(theirs or frames)
    return node


def _run(node: Any, g: Any, create: bool) -> Any:
    """The gradients of a node's inputs. Raises: RuntimeError for a NaN, after saying whose."""
    if not state.anomaly:
        return _plain_run(node, g, create)
    try:
        grads = _plain_run(node, g, create)
        if state.check_nan:
            _refuse_nan(node, grads)
    except Exception:
        _tell(node)
        raise
    return grads


def _refuse_nan(node: Any, grads: Any) -> None:
    for i, gx in zip(node.plan.live, grads):
        array = gx._array if isinstance(gx, Tensor) else gx
        if array is not None and xp.isnan(array).any():
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _tell(node: Any) -> None:
    lines = node.metadata.get(_KEY)
    if lines is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information.",
            stacklevel=2,
        )
        return
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
        + "".join(lines),
        stacklevel=2,
    )


_PLACES = ((primitive, "Node"), (inplace, "Node"), (function, "Node"))


def _switch(on: bool) -> None:
    """Count who uses anomaly mode, and put its functions in place while anybody does."""
    global _users
    with _lock:
        _users += 1 if on else -1
        for module, name in _PLACES:
            setattr(module, name, _traced if _users else _plain_node)
        graph._run = _run if _users else _plain_run


def is_anomaly_enabled() -> bool:
    """Whether `backward` looks for NaN in this thread."""
    return state.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether a NaN would be an error then."""
    return state.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch it on or off, until it is switched again."""
    set_detect_anomaly(mode, check_nan)


class set_detect_anomaly(_Switch):
    """Make `backward` raise at the operation whose gradient holds a NaN: at once, or as a context.

    `check_nan` False only keeps the traceback of forward for errors in backward.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = (state.anomaly, state.check_nan)
        self.mode = (mode, check_nan)
        self._set(*self.mode)

    def _set(self, mode: bool, check_nan: bool) -> None:
        if mode != state.anomaly:
            _switch(mode)
        state.anomaly, state.check_nan = mode, check_nan

    def _again(self) -> _Switch:
        return type(self)(*self.mode)

    def __enter__(self) -> None:
        self._set(*self.mode)

    def __exit__(self, *error: Any) -> None:
        self._set(*self.before)


class detect_anomaly(set_detect_anomaly):
    """As `set_detect_anomaly(True)`, only as a context; warns, because it makes training slower.

    >>> import warnings
    >>> warnings.simplefilter("ignore")
    >>> import minitorch as torch
    >>> x = torch.zeros(1, requires_grad=True)
    >>> with torch.autograd.detect_anomaly():
    ...     (x.sqrt() * 0).sum().backward()
    Traceback (most recent call last):
        ...
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.before = (state.anomaly, state.check_nan)
        self.mode = (True, check_nan)  # takes effect on entering
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.before = (state.anomaly, state.check_nan)
        super().__enter__()

    def _again(self) -> _Switch:
        return detect_anomaly(self.mode[1])
