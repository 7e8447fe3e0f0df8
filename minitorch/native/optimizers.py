"""Updates of optimizers on the kernels of optim.c: all parameters of a group in one call."""

from __future__ import annotations

import functools

from .table import UPDATES, c

__all__: list[str] = []

_KERNELS = "sgd adam nadam radam adamax rmsprop adagrad adadelta asgd rprop".split()


def _update(kernel: str, rows: list[tuple], constants: tuple) -> bool:
    """Run `kernel` as `backend.UPDATES` says.

    It is told which constants there are (not None, not False), and those that are numbers.
    """
    given, numbers = 0, []
    for i, x in enumerate(constants):
        if x is None or x is False:
            numbers.append(0.0)
            continue
        given |= 1 << i
        numbers.append(1.0 if x is True else x.item())
    there, columns = 0, []
    for i, column in enumerate(zip(*rows)):
        if column[0] is not None:
            there |= 1 << i
            columns.append([*column])
    try:
        return not getattr(c, kernel)(
            len(rows), len(constants), len(rows[0]), given, there, *columns, *numbers
        )
    except (TypeError, ValueError):  # a dtype or a layout it is not made for
        return False


UPDATES.update({f"{n}_rule": functools.partial(_update, f"{n}_update") for n in _KERNELS})
