"""Locating and surveying in a process of their own: calls run there that may end a process.

PyTorch aborts on some of the inputs that shrinking tries, and an engine under test may do anything.
What was compared before then still has its report.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from harness.backends import find
from harness.locate.trace import Trace


class Crashed(Exception):
    """The process ended without a result; the message says how."""


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(*arguments)` in a new process. Raises: Crashed; what `function` raises."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        result, error = receiver.recv()
    except EOFError:
        process.join()
        raise Crashed(f"the process ended with code {process.exitcode}") from None
    finally:
        receiver.close()
    process.join()
    if error is not None:
        raise Crashed(error)
    return result


def located(traces: tuple[Trace, Trace], specs: tuple[str, str], step: int) -> tuple[Any, Any]:
    """What differs at a step, and the script that shows it."""
    from harness.locate import repro
    from harness.locate import step as first

    engines = find(specs[0]), find(specs[1])
    found = first(*traces, *engines, number=step)
    return found, None if found is None else repro.make(found, *engines)


def surveyed(traces: tuple[Trace, Trace], specs: tuple[str, str], step: int) -> Any:
    """Every call of a step, alone on both engines."""
    from harness.locate import survey

    return survey.of(*traces, find(specs[0]), find(specs[1]), step)


def _answer(sender: Any, function: Callable[..., Any], arguments: tuple) -> None:
    try:
        sender.send((function(*arguments), None))
    except Exception as error:  # whatever an engine raises is told, and is no crash of ours
        sender.send((None, f"{type(error).__name__}: {error}"))
