"""One layer on both engines: initial bits, output, gradients of both orders, state afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import minitorch
from tests.tolerances import TOLERANCES, assert_close

ONCE = ("CTCLoss", "EmbeddingBag", "Hardsigmoid", "MultiLabelMarginLoss", "MultiMarginLoss")
"""Layers that torch does not differentiate twice."""

LOOSE = {
    "BCELoss": 1e7,  # torch adds 1e-12 to the denominators of its derivatives
    "Hardsigmoid": 1e9,  # torch's 1 / 6 is that of float32
}
"""Limits where torch's own float64 derivatives are less exact."""


def build(T: Any, text: str, dtype: str | None) -> Any:
    T.manual_seed(3)
    layer = eval(f"T.nn.{text}", {"T": T})
    return layer if dtype is None else layer.to(getattr(T, dtype))


def trial(T: Any, text: str, inputs: tuple, dtype: str, training: bool) -> dict[str, np.ndarray]:
    """Everything one layer does with one input, by name, as arrays."""
    layer = build(T, text, dtype).train(training)
    found = {f"initial {k}": np.array(v.detach().numpy()) for k, v in layer.state_dict().items()}
    tensors = [
        T.tensor(a, dtype=getattr(T, dtype) if a.dtype.kind == "f" else None) for a in inputs
    ]
    leaves = [t.requires_grad_() for t in tensors if t.is_floating_point()]
    leaves += [p for p in layer.parameters() if p.requires_grad]
    out = layer(*[t * 1 if t.is_floating_point() else t for t in tensors])
    found["output"] = out.detach().numpy()
    if not out.requires_grad:
        return found
    seed = np.cos(np.arange(out.numel()) + 1.0).reshape(tuple(out.shape))
    cotangent = T.tensor(seed, dtype=out.dtype, requires_grad=True)
    grads = T.autograd.grad(out, leaves, cotangent, create_graph=True, allow_unused=True)
    for i, g in enumerate(grads):
        if g is not None:
            found[f"gradient {i}"] = g.detach().numpy()
    total = sum((g * T.cos(g.detach() * 3 + 1)).sum() for g in grads if g is not None)
    if total.requires_grad and not text.startswith(ONCE):
        second = T.autograd.grad(total, [*leaves, cotangent], allow_unused=True)
        for i, g in enumerate(second):
            if g is not None:
                found[f"second {i}"] = g.numpy(force=True)
    found |= {f"after {k}": v.detach().numpy() for k, v in layer.state_dict().items()}
    return found


def compare(text: str, inputs: tuple, dtype: str, training: bool = True) -> None:
    ours = trial(minitorch, text, inputs, dtype, training)
    theirs = trial(torch, text, inputs, dtype, training)
    limits = TOLERANCES["window"]
    for name in sorted(set(ours) | set(theirs)):
        if name not in ours or name not in theirs:  # one engine's None is the other's zeros
            assert not (ours.get(name, theirs.get(name))).any(), f"{text}: {name} is missing"
            assert "gradient" in name or "second" in name
            continue
        if name.startswith("initial"):
            assert ours[name].tobytes() == theirs[name].tobytes(), f"{text}: {name}"
            continue
        limit = limits.second if name.startswith("second") else limits.first
        if dtype == "float64":
            limit = LOOSE.get(text.partition("(")[0], limit)
        assert_close(ours[name], theirs[name], limit, limits.floor, f"{text} {dtype}: {name}")
