"""The layers of two inputs: distances and angles."""

from __future__ import annotations

import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

LAYERS = (
    "PairwiseDistance()",
    "PairwiseDistance(1.0, keepdim=True)",
    "PairwiseDistance(p=3, eps=0.1)",
    "CosineSimilarity()",
    "CosineSimilarity(dim=0, eps=0.5)",
)


@pytest.mark.parametrize("layer", LAYERS)
def test_as_torchs(layer: str) -> None:
    found = []
    for T in (minitorch, torch):
        built = eval(f"T.nn.{layer}", {"T": T})
        x = T.arange(6.0).reshape(3, 2).requires_grad_()
        out = built(x, x.detach() * 0.5 - 1)
        out.sum().backward()
        found.append((repr(built), out.detach().numpy(), x.grad.numpy()))
    assert found[0][0] == found[1][0]
    for ours, theirs in zip(found[0][1:], found[1][1:]):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)
