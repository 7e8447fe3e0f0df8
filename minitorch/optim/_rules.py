"""How an update rule is run: what optimizers with one rule per parameter share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import UPDATES, xp
from minitorch.optim.optimizer import Optimizer, _get_scalar_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BLOCK",
    "RuleOptimizer",
    "check_betas",
    "check_hyperparameters",
    "decays",
    "descent",
    "empty_like",
    "in_blocks",
    "lerp",
    "mean_square",
    "number",
    "record",
    "scalars",
    "update",
    "weights",
]

BLOCK = 16384  # elements; with this many, all arrays of a rule stay in a core's second-level cache


class RuleOptimizer(Optimizer):
    """An optimizer with a step count, and averages of the shape of each parameter.

    A subclass says which averages there are (`_averages`) and which numbers (`_counts`), what the
    averages start from (`_start`), what a step depends on (`_advance`), and makes of that what
    `_rule` takes after its arrays (`_constants`).
    """

    _rule: Callable

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        """Names of the averages in the order of the rule, None for one that is not kept."""
        raise NotImplementedError(f"{type(self).__name__} does not define _averages")

    def _counts(self, group: dict[str, Any]) -> dict[str, float]:
        """Numbers that the state holds, and what they start from."""
        return {"step": 0.0}

    def _constants(self, group: dict[str, Any], dtype: Any, counts: Any) -> tuple:
        """What the rule takes after its arrays, from the result of `_advance`."""
        raise NotImplementedError(f"{type(self).__name__} does not define _constants")

    def _start(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Begin the counts, and all averages from 0."""
        state.update({name: number(value) for name, value in self._counts(group).items()})
        for name in self._averages(group):
            if name is not None:
                state[name] = empty_like(p)
                state[name]._array.fill(0)

    def _advance(self, group: dict[str, Any], state: dict[str, Any]) -> Any:
        """Count the step and return what the constants depend on: the number of the step."""
        step = state["step"]._array
        t = step.item() + 1
        step[()] = t
        return t

    def _update_group(self, group: dict[str, Any]) -> None:
        if group.get("capturable"):
            raise AssertionError("capturable=True: expected a device that captures graphs, got cpu")
        rule, names = type(self)._rule, self._averages(group)
        dtype = counts = None
        rows: list[tuple] = []
        constants: tuple = ()
        for p in group["params"]:
            if p._grad is None:
                continue
            array, state = p._array, self.state[p]
            if not state:
                self._start(p, state, group)
            now = self._advance(group, state)
            if array.dtype is not dtype or now != counts:
                update(rule, rows, constants)
                rows = []
                dtype, counts = array.dtype, now
                constants = self._constants(group, dtype, counts)
            if group["differentiable"]:
                averages = [None if name is None else state[name] for name in names]
                recorded = record(rule, p, averages, constants)
                state.update(kept for kept in zip(names, recorded) if kept[0] is not None)
                continue
            averages = [None if name is None else state[name]._array for name in names]
            rows.append((array, p._grad._array, *averages))
            p._cell[0] += 1
        update(rule, rows, constants)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for entries in self.state.values():  # step counts were numbers once
            if isinstance(entries, dict) and not isinstance(entries.get("step", 0), Tensor):
                entries["step"] = number(entries["step"])


# -------------------------------------------------------------------- hyper-parameters


def check_hyperparameters(defaults: dict[str, Any], *names: str) -> None:
    """Raise ValueError for negative values, RuntimeError for flags that exclude each other."""
    lr = defaults["lr"]
    if isinstance(lr, Tensor) and lr._array.size != 1:
        raise ValueError(f"lr: expected one element, got shape {list(lr.shape)}")
    for name in ("lr", *names):
        if not defaults[name] >= 0.0:
            raise ValueError(f"{name}: expected a value >= 0, got {defaults[name]}")
    for other in ("differentiable", "foreach"):
        if defaults.get("fused") and defaults[other]:
            raise RuntimeError(f"fused=True and {other}=True exclude each other")
    if defaults.get("differentiable"):
        for name, value in defaults.items():
            if isinstance(value, Tensor) and value.requires_grad:
                raise NotImplementedError(f"{name}: gradients of hyper-parameters are not recorded")


def check_betas(betas: Any) -> None:
    """Raise ValueError for decay rates of averages outside [0, 1)."""
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"betas[{i}]: expected a value in [0, 1), got {betas[i]}")


# -------------------------------------------------------------------- constants and state


@functools.lru_cache(maxsize=128)
def scalars(dtype: Any, *values: float | None) -> tuple:
    """`values` as 0-d arrays, None for None: a ufunc takes them 300 ns faster than numbers."""
    return tuple(None if v is None else xp.asarray(v, dtype) for v in values)


def weights(beta: float) -> tuple[float, float | None]:
    """What `lerp` takes to move by 1 - beta: (1 - beta, beta where that is at most a half)."""
    return 1 - beta, beta if beta <= 0.5 else None


def decays(dtype: Any, lr: float, group: dict[str, Any]) -> tuple:
    """Weight decay through the gradient, and the factor of p instead of it; None for absent."""
    decay, decoupled = float(group["weight_decay"]), group["decoupled_weight_decay"]
    return scalars(
        dtype,
        decay if decay and not decoupled else None,
        1 - lr * decay if decay and decoupled else None,
    )


def number(value: float) -> Tensor:
    """A tensor for a step count or the like: 0-d, in the default dtype or float32."""
    return wrap(xp.asarray(value, _get_scalar_dtype().np))


def empty_like(p: Tensor) -> Tensor:
    """A tensor for the state of `p`, in its dtype and memory order, not filled."""
    return wrap(xp.empty_like(p._array))


# -------------------------------------------------------------------- running


def update(rule: Callable, rows: list[tuple], constants: tuple) -> None:
    """Run `rule` for every row of arrays, (parameter, gradient, *averages), with these constants.

    A kernel takes all rows at once, or those it can, where there is one for this rule.
    """
    kernel = UPDATES.get(rule.__name__)
    if not rows or (kernel is not None and kernel(rows, constants)):
        return
    for row in rows:
        if kernel is None or not kernel([row], constants):
            in_blocks(rule, row, constants)


def in_blocks(rule: Callable, arrays: tuple, constants: tuple) -> None:
    """Run `rule(xp, scratch, *arrays, *constants)`, over large arrays block by block.

    A rule passes over its arrays many times: in blocks, all but the first pass read from cache.
    `scratch` is two arrays to put intermediate results in, or two None where it may allocate.
    """
    p = arrays[0]
    if p.size <= BLOCK or not all(a is None or a.flags.c_contiguous for a in arrays):
        rule(xp, (None, None), *arrays, *constants)
        return
    flat = [None if a is None else a.reshape(-1) for a in arrays]
    scratch = xp.empty((2, BLOCK), p.dtype)
    for start in range(0, p.size, BLOCK):
        stop = min(start + BLOCK, p.size)
        block = [None if a is None else a[start:stop] for a in flat]
        rule(xp, scratch[:, : stop - start], *block, *constants)


def record(
    rule: Callable, p: Tensor, averages: Sequence[Tensor | None], constants: tuple
) -> list[Tensor | None]:
    """The step of a differentiable optimizer: `_recorded.record`, loaded when there is one."""
    from minitorch.optim import _recorded

    return _recorded.record(rule, p, averages, constants)


def descent(xp: Any, scratch: Any, p: Any, g: Any, weight_decay: Any, maximize: bool) -> Any:
    """The gradient to descend: g, or -g if maximize, and + weight_decay p unless that is None."""
    a, b = scratch
    if maximize:
        g = xp.negative(g, a)
    if weight_decay is not None:
        g = xp.add(g, xp.multiply(p, weight_decay, b), a)
    return g


def lerp(xp: Any, b: Any, m: Any, g: Any, from_g: Any, keep_m: Any) -> None:
    """m ← m + from_g (g - m); where keep_m = 1 - from_g is given, as g - keep_m (g - m).

    The second is rounded better when keep_m is at most a half. `b` is scratch.
    """
    d = xp.subtract(g, m, b)
    if keep_m is None:
        xp.add(m, xp.multiply(d, from_g, b), m)
    else:
        xp.subtract(g, xp.multiply(d, keep_m, b), m)


def mean_square(xp: Any, b: Any, v: Any, g: Any, keep: Any, from_g: Any) -> None:
    """v ← keep v + from_g g². `b` is scratch."""
    xp.multiply(v, keep, v)
    xp.add(v, xp.multiply(xp.multiply(g, from_g, b), g, b), v)
