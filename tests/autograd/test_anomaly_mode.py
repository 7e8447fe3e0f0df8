"""Anomaly mode: which Function, and which line of the script; beside torch."""

from __future__ import annotations

import warnings

import pytest

import minitorch
from minitorch import graph, primitive
from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential


def told(T, recorded_in_anomaly_mode=True):
    """(the error's text, does the warning name the Function and this line)."""
    x = T.tensor([0.0, 1.0], requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if not recorded_in_anomaly_mode:
            z = (x.sqrt() * 0).sum()
        with T.autograd.detect_anomaly():
            if recorded_in_anomaly_mode:
                y = x.sqrt()  # the line that is to blame
                z = (y * 0).sum()
            error = attempt(z.backward)
    text = str(caught[-1].message)
    return (
        str(error.error),
        [str(w.message)[:12] for w in caught if w.category is UserWarning],
        "Error detected in SqrtBackward0" in text,
        "Traceback of forward call" in text,
        "y = x.sqrt()  # the line that is to blame" in text,
        "No forward pass information available" in text,
    )


def a_nan_is_traced(T):
    return told(T)


def recorded_before(T):
    return told(T, False)


def an_error_in_backward_is_traced(T):
    class Bad(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("mine")

    x = T.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with T.autograd.set_detect_anomaly(True, check_nan=False):
            error = attempt(Bad.apply(x).sum().backward)
    return error, "Error detected in BadBackward" in str(caught[-1].message)


PROGRAMS = [f for f in programs_of(globals()) if f is not told]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_the_engine_is_its_own_again_afterwards() -> None:
    before = primitive.Node, graph._run
    with minitorch.autograd.set_detect_anomaly(True):
        assert primitive.Node is not before[0]
        with minitorch.autograd.set_detect_anomaly(False):
            pass
    assert (primitive.Node, graph._run) == before


def test_no_traceback_of_the_engine_itself() -> None:
    with minitorch.autograd.set_detect_anomaly(True):
        y = minitorch.ones(2, requires_grad=True).exp()
    lines = y.grad_fn.metadata["traceback_"]
    assert "exp()" in lines[-1]
