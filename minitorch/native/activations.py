"""Activations, on the kernels of activations.c."""

from __future__ import annotations

from typing import Any

from .elementwise import CHEAP, COSTLY, DEAR, enter, enter_rule, run
from .table import forward, rule

__all__: list[str] = []

# ------------------------------------------------------------------ gelu

_GELU = {"none": "gelu", "tanh": "gelu_tanh"}

enter("gelu_slope", least=COSTLY)


@forward("gelu", least=COSTLY)
def gelu(xp: Any, x: Any, *, approximate: Any = "none") -> Any:
    name = _GELU.get(approximate)
    return run(name, (x,)) if name else NotImplemented


@rule("gelu", 0, least=COSTLY)
def gelu_input(g: Any, x: Any, approximate: Any) -> Any:
    return run(f"{_GELU[approximate]}_rule", (g, x), follows=False)


# ------------------------------------------------------------------ exponential

for _row in ("silu", "logsigmoid", "mish"):
    enter(_row, least=COSTLY)
    enter_rule(_row, 0, f"{_row}_rule", least=COSTLY)
enter("falling", least=COSTLY)


def _is(*numbers: Any) -> bool:
    return all(type(x) in (int, float) for x in numbers)


@forward("softplus", least=COSTLY)
def softplus(xp: Any, x: Any, *, beta: Any = 1, threshold: Any = 20) -> Any:
    if not _is(beta, threshold):
        return NotImplemented
    return run("softplus", (x,), (float(beta), float(threshold)))


@rule("softplus", 0, least=COSTLY)
def softplus_input(g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    if not _is(beta, threshold):
        return NotImplemented
    return run("softplus_rule", (g, x), (float(beta), float(threshold)), follows=False)


@forward("elu", least=DEAR)
def elu(xp: Any, x: Any, *, alpha: Any = 1.0, scale: Any = 1.0, input_scale: Any = 1.0) -> Any:
    if not _is(alpha, scale, input_scale):
        return NotImplemented
    return run("elu", (x,), (float(alpha * scale), float(scale), float(input_scale)))


@rule("elu", 0, least=DEAR)
def elu_input(g: Any, x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    if not _is(alpha, scale, input_scale):
        return NotImplemented
    steep = float(alpha * scale * input_scale)
    return run("elu_rule", (g, x), (steep, float(scale), float(input_scale)), follows=False)


@forward("celu", least=DEAR)
def celu(xp: Any, x: Any, *, alpha: Any = 1.0) -> Any:
    return (
        elu(xp, x, alpha=alpha, input_scale=1 / alpha) if _is(alpha) and alpha else NotImplemented
    )


@rule("celu", 0, least=DEAR)
def celu_input(g: Any, x: Any, alpha: Any) -> Any:
    return elu_input(g, x, alpha, 1.0, 1 / alpha) if _is(alpha) else NotImplemented


# ------------------------------------------------------------------ pieces of straight lines

for _row in ("hardsigmoid", "hardswish"):
    enter(_row, least=DEAR)
    enter_rule(_row, 0, f"{_row}_rule", least=DEAR)


@forward("hardtanh", least=DEAR)
def hardtanh(xp: Any, x: Any, *, min_val: Any = -1.0, max_val: Any = 1.0) -> Any:
    if not _is(min_val, max_val) or min_val != min_val or max_val != max_val:
        return NotImplemented
    return run("clamp", (x,), (float(min_val), float(max_val)))


@rule("hardtanh", 0, least=DEAR)
def hardtanh_input(g: Any, x: Any, min_val: Any, max_val: Any) -> Any:
    if not _is(min_val, max_val):
        return NotImplemented
    return run("hardtanh_rule", (g, x), (float(min_val), float(max_val)), follows=False)


@forward("leaky_relu", least=CHEAP)
def leaky_relu(xp: Any, x: Any, *, negative_slope: Any = 0.01) -> Any:
    if not _is(negative_slope):
        return NotImplemented
    return run("leaky_relu", (x,), (float(negative_slope),))


@rule("leaky_relu", 0, least=DEAR)
def leaky_relu_input(g: Any, x: Any, negative_slope: Any) -> Any:
    if not _is(negative_slope):
        return NotImplemented
    return run("leaky_relu_rule", (g, x), (float(negative_slope),), follows=False)
