"""The tests of the rows are tested: rules with planted mistakes must be caught by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minitorch import graph
from minitorch._tensor import Tensor
from minitorch.backend import ROWS
from minitorch.ops import elementwise as ew
from minitorch.ops import reduce, shape
from minitorch.primitive import Row
from tests.checks import check_first, check_second
from tests.samples import SAMPLES

pytestmark = pytest.mark.differential

# The derivative of these is 0: there is nothing to get wrong but by adding something.
FLAT = {"sign", "floor", "ceil", "trunc", "round", "zero", "floor_divide", "trunc_divide",
        "zero_norm", "angle", "sign_change",
        *(name for name, row in ROWS.items() if row.kind == "random")}  # fmt: skip
CONSTANT = {("copy", 0), ("fill", 0), ("copysign", 1), ("heaviside", 0), ("nextafter", 1)}
TWICE = {s.name for s in SAMPLES if s.derivatives == 2}


def caught(name: str, check: Callable) -> bool:
    """Whether some sample of the row fails `check`."""
    for sample in SAMPLES:
        if sample.name == name and sample.derivatives:
            try:
                check(sample, "float64")
            except AssertionError:
                return True
    return False


def plant(patch: pytest.MonkeyPatch, row: Row, i: int | None, change: Callable) -> None:
    """Let `change(gradient)` spoil what the rule of input `i` (None: the joint rule) returns."""
    if i is None:
        joint = row.joint
        if "needs" in joint.__code__.co_varnames:

            def spoiled(g: Any, *saved: Any, needs: Any) -> Any:
                return [None if x is None else change(x) for x in joint(g, *saved, needs=needs)]

        else:

            def spoiled(g: Any, *saved: Any) -> Any:
                return [None if x is None else change(x) for x in joint(g, *saved)]

        patch.setattr(row, "joint", spoiled)
    else:
        rule = row.rules[i]
        rules = list(row.rules)
        rules[i] = lambda g, *saved: change(rule(g, *saved))
        patch.setattr(row, "rules", tuple(rules))
    patch.setattr(row, "plans", {})


def places() -> list[tuple[str, int | None]]:
    """Every rule of every row: (row, input), (row, None) for a joint rule."""
    found: list[tuple[str, int | None]] = []
    for name, row in sorted(ROWS.items()):
        if name in FLAT or name not in TWICE:
            continue
        if row.joint is not None:
            found.append((name, None))
        found += [(name, i) for i, rule in enumerate(row.rules) if rule and row.joint is None]
    return found


CHANGES = {
    "sign": lambda g: -g,
    "factor": lambda g: g * 1.01,
    "dropped": lambda g: g * 0,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("name", "i"), places())
def test_a_spoiled_rule_is_caught(
    name: str, i: int | None, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (name, i) in CONSTANT:
        return
    assert not caught(name, check_first)
    plant(monkeypatch, ROWS[name], i, CHANGES[change])
    assert caught(name, check_first)


def test_many_rules_were_spoiled() -> None:
    assert len({name for name, _ in places()}) > 80


# ------------------------------------------------------------------ mistakes people make

MISTAKES: dict[str, tuple[str, int, Callable]] = {
    "product rule forgets the other factor": ("mul", 0, lambda g: g),
    "quotient rule forgets a square": ("div", 1, lambda g, x, y: -g * (x / y)),
    "power rule forgets the exponent": ("pow", 0, lambda g, x, y: g * x ** (y - 1)),
    "exponent of a power forgets the logarithm": ("pow", 1, lambda g, x, y, out: g * out),
    "tanh forgets the square": ("tanh", 0, lambda g, out: g * (1 - out)),
    "sigmoid forgets a factor": ("sigmoid", 0, lambda g, out: g * out),
    "sine is differentiated as the cosine": ("sin", 0, lambda g, x: -g * ew.cos(x)),
    "square root forgets the 2": ("sqrt", 0, lambda g, out: g / out),
    "log2 forgets its base": ("log2", 0, lambda g, x: g / x),
    "a clamp lets everything through": ("clamp", 0, lambda g, x, min, max: g),
    "relu lets everything through": ("relu", 0, lambda g, out: g),
    "the smaller one gets the gradient": ("maximum", 0, lambda g, x, y: ew.where(x < y, g, 0)),
    "where picks the wrong side": ("where", 1, lambda g, c: ew.where(c, 0, g)),
    "softmax forgets the sum": ("softmax", 0, lambda g, out, dim: out * g),
    "softmax sums along another dimension": (
        "softmax", 0, lambda g, out, dim: out * (g - reduce.sum(out * g, dim=0, keepdim=True))),
    "log_softmax forgets the sum": ("log_softmax", 0, lambda g, out, dim: g - ew.exp(out) * g),
    "mean forgets the count": (
        "mean", 0, lambda g, x_shape, dim, keepdim: reduce.spread_out(g, x_shape, dim, keepdim)),
    "variance forgets its correction": (
        "var", 0, lambda g, x, dim, correction, keepdim: reduce._var_rule(g, x, dim, 0, keepdim)),
    "logsumexp gives every element the whole": (
        "logsumexp", 0, lambda g, x, out, dim, keepdim: reduce.spread_out(g, x.shape, dim,
        keepdim)),
    "cumsum is not reversed": ("cumsum", 0, lambda g, dim: reduce.cumsum(g, dim=dim)),
    "the extreme gives each tie the whole": (
        "amax", 0, lambda g, x, out, dim, keepdim: reduce.spread_out(g, x.shape, dim, keepdim)),
    "the permutation is not inverted": ("permute", 0, lambda g, dims: shape.permute(g, dims=dims)),
    "the roll goes on": ("roll", 0, lambda g, shifts, dims: shape.roll(g, shifts=shifts,
    dims=dims)),
    "the triangle is the other one": (
        "tril", 0, lambda g, diagonal: shape.triu(g, diagonal=diagonal)),
    "a convolution's bias sums too little": (
        "sum_to", 0, lambda g, x_shape: shape.expand(g * 0.5, size=x_shape)),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_is_caught(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, i, rule = MISTAKES[mistake]
    row = ROWS[name]
    rules, needs = list(row.rules), list(row._needs)
    rules[i] = rule
    code = rule.__code__
    needs[i] = code.co_varnames[1 : code.co_argcount]
    monkeypatch.setattr(row, "rules", tuple(rules))
    monkeypatch.setattr(row, "_needs", tuple(needs))
    monkeypatch.setattr(row, "plans", {})
    assert caught(name, check_first)


def test_a_missing_reduction_over_broadcast_axes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_of_them(g: Any, size: tuple) -> Any:
        lead = g.ndim - len(size)
        kept = tuple(slice(1) if n == 1 else slice(None) for n in size)
        return g[(0,) * lead + kept]

    monkeypatch.setattr(graph, "sum_to", first_of_them)
    for name in ("add", "mul", "div", "maximum", "where", "linear", "mse_loss"):
        broadcast = [s for s in SAMPLES if s.name == name and len({a.shape for a in s.inputs}) > 1]
        if broadcast:
            assert caught(name, check_first), name


# ------------------------------------------------------------------ right once, wrong twice

CURVED = (
    "mul div pow exp log sin tanh sigmoid sqrt reciprocal erf square mm bmm mv dot softmax "
    "log_softmax logsumexp prod var std norm2 gelu silu softplus mse_loss normalize linear "
    "convolve convolve_transposed convolve_weight_grad bce_with_logits normalize_batch "
    "normalize_groups normalize_fixed normalize_rms grid_values grid_slopes celu mish glu huber "
    "soft_margin divergence alignments attend"
).split()


@pytest.mark.parametrize("name", CURVED)
def test_a_rule_without_history_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that computes with detached values is right to first order and wrong to second."""
    row = ROWS[name]

    def detached(rule: Callable) -> Callable:
        if "needs" in rule.__code__.co_varnames:
            return lambda g, *saved, needs: rule(g, *map(constant, saved), needs=needs)
        return lambda g, *saved: rule(g, *map(constant, saved))

    monkeypatch.setattr(row, "rules", tuple(detached(r) if r else None for r in row.rules))
    monkeypatch.setattr(row, "joint", detached(row.joint) if row.joint else None)
    monkeypatch.setattr(row, "plans", {})
    assert not caught(name, check_first)
    assert caught(name, check_second)


def constant(value: Any) -> Any:
    """`value` without history, where it is a tensor."""
    return value.detach() if isinstance(value, Tensor) else value
