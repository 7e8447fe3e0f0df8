"""Layers in bfloat16: computed in float32 and rounded once, as torch does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytest.importorskip("ml_dtypes")
layers = pytest.importorskip("tests.nn.test_layers")
pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:Using padding='same'"),
]

ABSENT = (
    "AvgPool3d", "CTCLoss", "LPPool3d", "LocalResponseNorm", "MultiLabelMarginLoss",
    "MultiMarginLoss",
)  # fmt: skip
"""Layers that torch does not have in bfloat16 on a CPU."""
CASES = [c for c in (*layers.LAYERS, *layers.LOSSES) if not c[0].startswith(ABSENT)]


def run(T: Any, text: str, inputs: tuple) -> tuple[str, list[np.ndarray]]:
    """The dtype of the output, and output and gradients in float32."""
    layer = layers.build(T, text, "bfloat16")
    tensors = [T.tensor(np.asarray(x)) for x in inputs]
    tensors = [x.bfloat16().requires_grad_() if x.is_floating_point() else x for x in tensors]
    out = layer(*(x * 1 if x.is_floating_point() else x for x in tensors))
    leaves = [x for x in (*tensors, *layer.parameters()) if x.requires_grad]
    (out.float().reshape(-1) * T.arange(1.0, out.numel() + 1).cos()).sum().backward()
    grads = [T.zeros(1) if x.grad is None else x.grad for x in leaves]
    return str(out.dtype), [x.detach().float().numpy() for x in (out, *grads)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_layer_in_bfloat16(case: tuple) -> None:
    text, *inputs = case
    ours, theirs = (run(T, text, inputs) for T in (minitorch, torch))
    assert ours[0] == theirs[0]
    for a, b in zip(ours[1], theirs[1]):
        # Eight bits, some roundings apart; sums of terms that cancel lose more of them.
        np.testing.assert_allclose(a, b, rtol=0.04, atol=0.04 * max(1, np.abs(b).max()))
