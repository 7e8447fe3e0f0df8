"""Whether operations are recorded: thread-local switches, usable as context or decorator."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from collections.abc import Callable


class _State(threading.local):
    """Per thread: `grad` = record operations, `anomaly` = check every gradient for NaN."""

    grad = True
    anomaly = False
    check_nan = True
    inference = False
    capturing = False  # grad() or backward(inputs=) runs


state = _State()


class _Untracked(list):
    """The cell of what is made in `inference_mode`: it counts nothing.

    Raises: RuntimeError when it is read outside of the mode.
    """

    def __getitem__(self, index: Any) -> Any:
        if not state.inference:
            raise RuntimeError(errors.UNTRACKED)
        return 0

    def __setitem__(self, index: Any, version: Any) -> None:
        return None


UNTRACKED = _Untracked([0])


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require a gradient are recorded in this thread."""
    return state.grad


class _Switch:
    """A context manager that is also a decorator, for functions and for generator functions."""

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(self, *error: Any) -> None:
        raise NotImplementedError

    def _again(self) -> _Switch:
        """A fresh switch for one call: the same decorated function may be re-entered."""
        return type(self)()

    def __call__(self, function: Callable) -> Callable:
        if function.__code__.co_flags & 0x20 if hasattr(function, "__code__") else False:
            return self._generator(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return switched

    def _generator(self, function: Callable) -> Callable:
        """Switch only while the generator's own body runs, not while its consumer's does."""

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step, value = generator.send, None
            while True:
                try:
                    with self._again():
                        yielded = step(value)
                except StopIteration as end:
                    return end.value
                try:
                    value = yield yielded
                    step = generator.send
                except GeneratorExit:
                    with self._again():
                        generator.close()
                    raise
                except BaseException as error:
                    step, value = generator.throw, error

        return switched


class set_grad_enabled(_Switch):
    """Switch recording on or off: at once, and back again at the end when used as a context.

    Raises: TypeError unless `mode` is a bool.
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                "set_grad_enabled(): argument 'enabled' (position 1) must be bool, "
                f"not {type(mode).__name__}"
            )
        self.mode, self.before = mode, state.grad
        state.grad = mode

    def _again(self) -> _Switch:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        state.grad = self.mode

    def __exit__(self, *error: Any) -> None:
        state.grad = self.before

    def __call__(self, function: Callable) -> Callable:
        state.grad = self.before  # decorating is not switching
        return super().__call__(function)


class _Fixed(_Switch):
    """`no_grad` and `enable_grad`: the mode is the class's; usable with and without brackets."""

    mode: bool

    def __new__(cls, function: Callable | None = None) -> Any:
        switch = super().__new__(cls)
        return switch if function is None else _Switch.__call__(switch, function)

    def __init__(self, function: Callable | None = None) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(state.grad)
        state.grad = self.mode

    def __exit__(self, *error: Any) -> None:
        state.grad = self.before.pop()


class no_grad(_Fixed):
    """Operations inside are not recorded: results do not require a gradient."""

    mode = False


class enable_grad(_Fixed):
    """Operations inside are recorded, also within `no_grad`."""

    mode = True


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return state.inference
