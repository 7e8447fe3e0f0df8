"""torch.futures: results that may not be there yet."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")


class Future(Generic[T]):
    """A result that another thread sets, once."""

    def __init__(self, *, devices: Any = None) -> None:
        self._result: concurrent.futures.Future = concurrent.futures.Future()

    def done(self) -> bool:
        """Whether the result, or an error, is there."""
        return self._result.done()

    def wait(self) -> T:
        """The result, waiting for it. Raises: the error that was set instead."""
        return self._result.result()

    def value(self) -> T:
        """The result. Raises: RuntimeError where it is not there yet."""
        if not self.done():
            raise RuntimeError("value: the future has no result yet: wait() waits for it")
        return self.wait()

    def set_result(self, result: T) -> None:
        """Set the result. Raises: RuntimeError where there is one already."""
        self._set(self._result.set_result, result)

    def set_exception(self, result: BaseException) -> None:
        """Set an error in place of a result."""
        if not isinstance(result, BaseException):
            raise AssertionError(f"{result!r} is no exception")
        self._set(self._result.set_exception, result)

    @staticmethod
    def _set(setter: Callable, value: Any) -> None:
        try:
            setter(value)
        except concurrent.futures.InvalidStateError:
            raise RuntimeError("the future has a result already") from None

    def then(self, callback: Callable[[Future[T]], Any]) -> Future:
        """A future of `callback(self)`, called when the result is there."""
        after: Future = Future()

        def call(_: Any) -> None:
            try:
                after.set_result(callback(self))
            except Exception as error:
                after.set_exception(error)

        self._result.add_done_callback(call)
        return after

    def add_done_callback(self, callback: Callable[[Future[T]], Any]) -> None:
        """Call `callback(self)` when the result is there."""
        self.then(callback)


def collect_all(futures: Sequence[Future]) -> Future[list[Future]]:
    """A future of these futures, there when all their results are."""
    together: Future = Future()
    futures = list(futures)
    left, lock = [len(futures)], threading.Lock()  # results are set in any thread

    def one_more(_: Future) -> None:
        with lock:
            left[0] -= 1
            last = not left[0]
        if last:
            together.set_result(futures)

    for future in futures:
        future.then(one_more)
    if not futures:
        together.set_result(futures)
    return together


def wait_all(futures: Sequence[Future]) -> list:
    """The results of all futures, waiting for them. Raises: the first error."""
    return [future.wait() for future in collect_all(futures).wait()]
