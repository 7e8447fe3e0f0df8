"""Results that may not be there yet."""

from __future__ import annotations

import threading

import pytest

from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def set_once(T):
    future = T.futures.Future()
    found = [future.done(), attempt(future.value)]
    future.set_result(3)
    return found, future.done(), future.wait(), future.value(), attempt(future.set_result, 4)


def failed(T):
    future = T.futures.Future()
    after = future.then(lambda f: f.wait())
    future.set_exception(KeyError("a"))
    return (
        [type(attempt(f.wait).error) for f in (future,)],
        attempt(after.wait) is not None,
        attempt(T.futures.Future().set_exception, 3),
    )


def chained(T):
    future = T.futures.Future()
    seen = []
    future.add_done_callback(lambda f: seen.append(f.value()))
    after = future.then(lambda f: f.wait() + 1).then(lambda f: f.wait() * 2)
    future.set_result(3)
    return seen, after.wait()


def gathered(T):
    futures = [T.futures.Future() for _ in range(3)]
    together = T.futures.collect_all(futures)
    found = [together.done()]
    threads = [threading.Thread(target=f.set_result, args=(i,)) for i, f in enumerate(futures)]
    for thread in threads:
        thread.start()
    found.append(T.futures.wait_all(futures))
    return found, [f.value() for f in together.wait()], T.futures.collect_all([]).wait()


@pytest.mark.differential
@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_futures_are_torchs(program) -> None:
    same(program)
