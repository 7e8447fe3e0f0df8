"""What runs apart answers, and when it ends the process that is told and no more."""

from __future__ import annotations

import os

import pytest

from harness.locate import apart


def test_what_runs_apart_answers():
    assert apart.run(divmod, 7, 2) == (3, 1)
    assert apart.run(os.getpid) != os.getpid()


@pytest.mark.parametrize(
    ("function", "arguments", "said"),
    [
        (os.abort, (), "the process ended with code -6"),
        (os._exit, (3,), "the process ended with code 3"),
        (divmod, (1, 0), "ZeroDivisionError"),
    ],
)
def test_an_end_is_told(function, arguments, said):
    with pytest.raises(apart.Crashed, match=said):
        apart.run(function, *arguments)
