"""Muon: momentum made orthogonal, for matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp
from minitorch.optim._rules import check_hyperparameters, empty_like, lerp, weights
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Muon"]


def orthogonal(xp: Any, g: Any, coefficients: tuple, steps: int, eps: float) -> Any:
    """About U Vᵀ, where g = U S Vᵀ: after x ← g / |g|, `steps` times x ← a x + (b G + c G²) x.

    G = x xᵀ. Each result is rounded to bfloat16, as torch computes in it.

    Source: Jordan 2024, https://kellerjordan.github.io/posts/muon/ (Newton-Schulz).
    """
    a, b, c = (xp.float64(xp.float32(k)) for k in coefficients)
    tall = g.shape[0] > g.shape[1]
    x = _bfloat16(xp, g.T if tall else g)
    norm = _bfloat16(xp, xp.sqrt(xp.add.reduce(x * x, None, xp.float64)))
    x = _bfloat16(xp, x / xp.maximum(norm, _bfloat16(xp, eps)))
    for _ in range(steps):
        gram = _bfloat16(xp, x @ x.T)
        x = _bfloat16(xp, a * x + _bfloat16(xp, b * gram + c * (gram @ gram)) @ x)
    return x.T if tall else x


def _bfloat16(xp: Any, x: Any) -> Any:
    """Finite numbers rounded to the 8 bits of bfloat16, to even in a tie, as float32."""
    bits = xp.array(x, xp.float32, order="C").view(xp.uint32)
    bits += 0x7FFF + ((bits >> 16) & 1)
    bits &= 0xFFFF0000
    return bits.view(xp.float32)


class Muon(Optimizer):
    """Muon: steps along the momentum with all its singular values made about 1::

        v ← v + (1 - momentum) (g - v)
        d = g + momentum (v - g)  or  v              with nesterov  or  without
        p ← (1 - lr weight_decay) p - lr s orthogonal(d)

    For n rows and m columns the scale s is √max(1, n / m), with adjust_lr_fn "match_rms_adamw"
    0.2 √max(n, m): then steps are as large as AdamW's. Biases, embeddings and the like are for
    another optimizer.

    Raises: ValueError for a negative value, an unknown adjust_lr_fn, 100 steps or more, and
        parameters that are no matrices.
    Source: Jordan 2024; Liu et al. 2025 (match_rms_adamw).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        check_hyperparameters(defaults, "momentum", "weight_decay")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(
                "adjust_lr_fn: expected 'original', 'match_rms_adamw' or None, got "
                f"{adjust_lr_fn!r}"
            )
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(f"Muon: expected matrices, got shape {list(p.shape)}")

    def _update_group(self, group: dict[str, Any]) -> None:
        lr, decay, momentum = float(group["lr"]), group["weight_decay"], group["momentum"]
        if group["ns_steps"] >= 100:
            raise ValueError(f"ns_steps: expected fewer than 100, got {group['ns_steps']}")
        how = (group["ns_coefficients"], group["ns_steps"], group["eps"])
        for p in group["params"]:
            if p._grad is None:
                continue
            array, g, state = p._array, p._grad._array, self.state[p]
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = empty_like(p)
                state["momentum_buffer"]._array.fill(0)
            v = state["momentum_buffer"]._array
            lerp(xp, None, v, g, *weights(momentum))
            d = g + (v - g) * momentum if group["nesterov"] else v
            n, m = array.shape
            rms = group["adjust_lr_fn"] == "match_rms_adamw"
            scale = 0.2 * max(n, m) ** 0.5 if rms else max(1, n / m) ** 0.5
            array *= 1 - lr * decay
            array -= orthogonal(xp, d, *how) * array.dtype.type(lr * scale)
            p._cell[0] += 1
