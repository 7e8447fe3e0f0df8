"""L-BFGS: a quasi-Newton method for a loss that can be computed anew within a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.grad_mode import enable_grad
from minitorch.optim._rules import BLOCK, check_hyperparameters
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LBFGS"]


# -------------------------------------------------------------------- along a line


class _Point(NamedTuple):
    """A place on the line x + t d: loss f, gradient g, and slope = g · d."""

    t: float
    f: float
    g: Any
    slope: float


def _cubic_minimum(a: _Point, b: _Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is least, kept in [low, high].

    The middle where the cubic has no minimum.

    Source: Nocedal & Wright 2006, equation 3.59.
    """
    a, b = (a, b) if a.t <= b.t else (b, a)
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = square**0.5
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, low), high)


class _StrongWolfe:
    """A search for t > 0 with f(t) ≤ f(0) + c₁ t f'(0) and |f'(t)| ≤ -c₂ f'(0).

    It ends after `most` evaluations beyond the first, and where an interval is so short that no
    element of the parameters, max |d| = `width` apart, moves by 1e-9.

    Source: Nocedal & Wright 2006, algorithms 3.5 and 3.6.
    """

    c1, c2, least = 1e-4, 0.9, 1e-9

    def __init__(
        self, at: Callable[[float], _Point], start: _Point, width: float, most: int
    ) -> None:
        self.at, self.start, self.width, self.most = at, start, width, most
        self.evaluations = 0

    def search(self, t: float) -> _Point:
        """The point found, or the lowest where the search ends without one."""
        low, high = self._bracket(t)
        return low if high is None else self._zoom(low, high)

    def _evaluate(self, t: float) -> _Point:
        self.evaluations += 1
        return self.at(t)

    def _is_too_high(self, p: _Point) -> bool:
        return p.f > self.start.f + self.c1 * p.t * self.start.slope

    def _is_flat(self, p: _Point) -> bool:
        return abs(p.slope) <= -self.c2 * self.start.slope

    def _bracket(self, t: float) -> tuple[_Point, _Point | None]:
        """Go on until two points enclose a minimum, or one is good (then the other is None)."""
        before, now = self.start, self._evaluate(t)
        for i in range(self.most):
            if self._is_too_high(now) or (i > 1 and now.f >= before.f):
                return before, now
            if self._is_flat(now):
                return now, None
            if now.slope >= 0:
                return before, now
            t = _cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
            before, now = now, self._evaluate(t)
        return self.start, now

    def _zoom(self, low: _Point, high: _Point) -> _Point:
        """Shrink the interval between the lower and the higher end until a point is good."""
        if not low.f <= high.f:
            low, high = high, low
        stuck = False
        while self.evaluations <= self.most:
            left, right = sorted((low.t, high.t))
            if (right - left) * self.width < self.least:
                break
            t = _cubic_minimum(low, high, left, right)
            margin = 0.1 * (right - left)
            if min(right - t, t - left) < margin:  # near an end twice: a tenth of the way in
                if stuck or t >= right or t <= left:
                    t = right - margin if abs(t - right) < abs(t - left) else left + margin
                    stuck = False
                else:
                    stuck = True
            else:
                stuck = False
            now = self._evaluate(t)
            if self._is_too_high(now) or now.f >= low.f:
                low, high = (low, now) if low.f <= now.f else (now, low)
                continue
            if self._is_flat(now):
                return now
            if now.slope * (high.t - low.t) >= 0:
                high = low
            low = now
        return low


# -------------------------------------------------------------------- the optimizer


_STATE = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")
"""What a step leaves, in the order of torch's state: behind what was made on the way."""


class LBFGS(Optimizer):
    """L-BFGS: steps along -H g, H an inverse Hessian from the last `history_size` steps.

    `step(closure)` makes up to `max_iter` such steps and computes the loss up to `max_eval` times
    (5/4 max_iter), each step of length lr, or as found with line_search_fn="strong_wolfe". It ends
    earlier where no gradient exceeds `tolerance_grad`, or loss or parameters change by less than
    `tolerance_change`.

    Raises: ValueError for a negative lr and for several groups; RuntimeError for another
        line_search_fn.
    Source: Nocedal & Wright 2006, algorithms 7.4 and 7.5.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        check_hyperparameters(defaults)
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS: expected one parameter group, got {len(self.param_groups)}")

    @property
    def _params(self) -> list[Tensor]:
        return self.param_groups[0]["params"]

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Up to `max_iter` iterations; `closure` computes gradients and returns the loss.

        Returns the loss before them.
        """
        group = self.param_groups[0]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        is_first = not state.setdefault("n_iter", 0)
        with enable_grad():
            first = closure()
        state["func_evals"] += 1
        loss, g, evaluations = float(first), self._gradient(), 1
        if _largest(g) <= group["tolerance_grad"]:
            return first
        for i in range(1, group["max_iter"] + 1):
            d, lr = self._direction(state, g, group)
            state.update(prev_flat_grad=wrap(g), prev_loss=loss)
            slope = float(g.dot(d))
            if slope > -group["tolerance_change"]:
                state["t"] = lr
                break
            before, used = loss, 0
            if group["line_search_fn"] is not None:
                start, most = _Point(0, loss, g, slope), min(25, group["max_eval"] - evaluations)
                loss, g, lr, used = self._search(closure, group, d, start, lr, most)
            else:
                self._move(lr, d)
                if i < group["max_iter"]:
                    with enable_grad():
                        loss = float(closure())
                    g, used = self._gradient(), 1
            state["t"] = lr
            evaluations += used
            state["func_evals"] += used
            if (
                evaluations >= group["max_eval"]
                or _largest(g) <= group["tolerance_grad"]
                or _largest(d) * abs(lr) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        if is_first:
            for name in _STATE:
                state[name] = state.pop(name)
        return first

    def _direction(self, state: dict[str, Any], g: Any, group: dict) -> tuple[Any, float]:
        """-H g with the step remembered that led here, and the length to try."""
        lr = float(group["lr"])
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            d = -g
            state.update(d=wrap(d), old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return d, min(1.0, 1.0 / float(xp.add.reduce(abs(g)))) * lr
        y, s = g - state["prev_flat_grad"]._array, state["d"]._array * float(state["t"])
        curvature = _dot(y, s)
        memory = [state[name] for name in ("old_dirs", "old_stps", "ro")]
        if curvature > 1e-10:
            for remembered, value in zip(memory, (y, s, xp.asarray(1.0 / curvature, g.dtype))):
                if len(remembered) == group["history_size"]:
                    del remembered[0]
                remembered.append(wrap(value))
            state["H_diag"] = wrap(xp.asarray(curvature / _dot(y, y), g.dtype))
        d, scratch = -g, xp.empty_like(g)
        triples = [tuple(x._array for x in triple) for triple in zip(*memory)]
        weights = state.setdefault("al", [None] * group["history_size"])
        for i, (y, s, ro) in reversed(list(enumerate(triples))):
            weights[i] = wrap(xp.asarray(_dot(s, d) * ro, g.dtype))
            d -= xp.multiply(y, weights[i]._array, scratch)
        diagonal = state["H_diag"]
        d *= getattr(diagonal, "_array", diagonal)
        for i, (y, s, ro) in enumerate(triples):
            d += xp.multiply(s, weights[i]._array - _dot(y, d) * ro, scratch)
        state["d"] = wrap(d)
        return d, lr

    def _search(
        self, closure: Callable[[], Any], group: dict, d: Any, start: _Point, t: float, most: int
    ) -> tuple[float, Any, float, int]:
        """Move along d as far as a line search says: loss and gradient there, t, evaluations."""
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError(
                f"line_search_fn: expected 'strong_wolfe' or None, got {group['line_search_fn']!r}"
            )
        origin = [p._array.copy() for p in self._params]

        def at(t: float) -> _Point:
            self._move(t, d)
            with enable_grad():
                loss = float(closure())
            g = self._gradient()
            for p, x in zip(self._params, origin):
                xp.copyto(p._array, x)
            return _Point(t, loss, g, float(g.dot(d)))

        search = _StrongWolfe(at, start, _largest(d), most)
        found = search.search(t)
        self._move(found.t, d)
        return found.f, found.g, found.t, search.evaluations

    def _gradient(self) -> Any:
        """All gradients in one array; zeros for one that is None."""
        parts = [
            xp.zeros(p._array.size, p._array.dtype) if p._grad is None else p._grad._array.ravel()
            for p in self._params
        ]
        return xp.concatenate(parts)

    def _move(self, t: float, d: Any) -> None:
        """p ← p + t d for all parameters."""
        d = t * d
        start = 0
        for p in self._params:
            array = p._array
            array += d[start : start + array.size].reshape(array.shape)
            start += array.size
            p._cell[0] += 1


def _largest(x: Any) -> float:
    return float(abs(x).max())


def _dot(x: Any, y: Any) -> Any:
    """x · y, of short vectors summed in float64: near gradients have few digits to lose.

    On long ones, where the cast costs ten times the product, BLAS adds in many partial sums.
    """
    if x.size > BLOCK:
        return x.dot(y)
    return x.dtype.type(x.astype(xp.float64).dot(y))
