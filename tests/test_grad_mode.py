"""no_grad and its kin: as context, as decorator, on generators, per thread; beside torch."""

from __future__ import annotations

import threading

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]


def contexts(T):
    x, seen = T.ones(2, requires_grad=True), []
    with T.no_grad():
        seen.append((T.is_grad_enabled(), (x * 2).requires_grad))
        with T.enable_grad():
            seen.append((T.is_grad_enabled(), (x * 2).requires_grad))
            with T.no_grad():
                seen.append((x * 2).requires_grad)
        seen.append(T.is_grad_enabled())
    return seen, T.is_grad_enabled()


def one_context_twice(T):
    quiet, seen = T.no_grad(), []
    for _ in range(2):
        with quiet:
            seen.append(T.is_grad_enabled())
        seen.append(T.is_grad_enabled())
    return seen, T.is_grad_enabled()


def decorators(T):
    @T.no_grad()
    def quiet(x):
        """Its text."""
        return (x * 2).requires_grad, T.is_grad_enabled()

    @T.no_grad
    def bare(x):
        return (x * 2).requires_grad

    @T.enable_grad()
    def loud(x):
        return (x * 2).requires_grad

    @T.set_grad_enabled(False)
    def off(x):
        return (x * 2).requires_grad

    x = T.ones(2, requires_grad=True)
    with T.no_grad():
        inside = loud(x)
    return quiet(x), bare(x), inside, off(x), T.is_grad_enabled(), quiet.__name__, quiet.__doc__


def recursion(T):
    @T.no_grad()
    def down(n):
        return [T.is_grad_enabled()] + (down(n - 1) if n else [])

    return down(3), T.is_grad_enabled()


def generators(T):
    @T.no_grad()
    def numbers():
        for _ in range(2):
            received = yield T.is_grad_enabled()
            if received:
                yield received, T.is_grad_enabled()
        return T.is_grad_enabled()

    seen, g = [], numbers()
    seen += [next(g), T.is_grad_enabled(), g.send("x"), T.is_grad_enabled()]
    seen += [list(g), T.is_grad_enabled()]

    @T.no_grad()
    def catching():
        try:
            yield 1
        except ValueError:
            yield T.is_grad_enabled()

    g = catching()
    next(g)
    seen += [g.throw(ValueError), T.is_grad_enabled()]
    g.close()
    return seen


def errors_restore(T):
    def fail():
        with T.no_grad():
            raise KeyError

    @T.no_grad()
    def fail_too():
        raise KeyError

    return attempt(fail), attempt(fail_too), T.is_grad_enabled()


def set_at_once(T):
    T.set_grad_enabled(False)
    off = T.is_grad_enabled()
    T.set_grad_enabled(True)
    with T.set_grad_enabled(False):
        inside = T.is_grad_enabled()
    with T.set_grad_enabled(True):
        on = T.is_grad_enabled()
    return off, inside, on, T.is_grad_enabled(), attempt(T.set_grad_enabled, "yes")


def leaves_inside(T):
    with T.no_grad():
        x = T.ones(2, requires_grad=True)
        y = x * 2
    return x.requires_grad, y.requires_grad, y.is_leaf, (x * 2).requires_grad


def inference(T):
    x = T.ones(2, requires_grad=True)
    with T.inference_mode():
        y = x * 2
        inside = T.is_grad_enabled(), T.is_inference_mode_enabled()

    @T.inference_mode()
    def quiet(x):
        return (x * 2).requires_grad

    with T.inference_mode(False):
        loud = (x * 2).requires_grad
    return y.requires_grad, inside, quiet(x), loud, T.is_inference_mode_enabled()


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_one_context_nested_in_itself_restores() -> None:
    """torch's keeps one mode, and so leaves recording off here."""
    quiet = minitorch.no_grad()
    with quiet, quiet:
        assert not minitorch.is_grad_enabled()
    assert minitorch.is_grad_enabled()


def test_each_thread_starts_recording() -> None:
    seen = []

    def work() -> None:
        seen.append(minitorch.is_grad_enabled())
        minitorch.set_grad_enabled(False)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]
    assert minitorch.is_grad_enabled()
