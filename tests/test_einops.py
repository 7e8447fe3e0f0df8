"""einops works on our tensors, whichever of the two is imported first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minitorch

einops = pytest.importorskip("einops")

CALLS = [
    lambda e, x: e.rearrange(x, "b c h w -> b (h w) c"),
    lambda e, x: e.rearrange(x, "b (c two) h w -> two b c h w", two=2),
    lambda e, x: e.rearrange([x, x], "k b c h w -> b (k c) h w"),
    *(
        lambda e, x, how=how: e.reduce(x, "b c (h two) w -> b w", how, two=2)
        for how in ("max", "min", "sum", "mean", "prod")
    ),
    lambda e, x: e.reduce(x > 0, "b c h w -> b 1 w", "any"),
    lambda e, x: e.reduce(x > 0, "b c h w -> b", "all"),
    lambda e, x: e.repeat(x, "b c h w -> b c (h k) w m", k=2, m=3),
    lambda e, x: e.einsum(x, x, "b c h w, b k h w -> c k"),
    lambda e, x: e.pack([x, x[:, :, :, 0]], "b c *")[0],
    lambda e, x: e.unpack(x, [(2,), (3,)], "b c h *")[1],
]


@pytest.mark.parametrize("call", CALLS)
def test_values_and_gradients_are_numpys_and_flow(call):
    array = np.random.default_rng(0).standard_normal((2, 4, 6, 5))
    x = minitorch.tensor(array, requires_grad=True)
    out = call(einops, x)
    assert np.allclose(out.detach().numpy(), call(einops, array))
    if out.dtype.is_floating_point:
        out.sum().backward()
        assert x.grad.shape == x.shape


def test_parse_shape_and_arrays():
    x = minitorch.ones(2, 3)
    assert einops.parse_shape(x, "a b") == {"a": 2, "b": 3}
    assert isinstance(einops.asnumpy(x), np.ndarray)


@pytest.mark.parametrize("order", ["import einops, minitorch", "import minitorch, einops"])
def test_the_order_of_imports_does_not_matter(order):
    code = (
        f"import sys\n{order}\n"
        "print(einops.rearrange(minitorch.ones(2, 3), 'a b -> b a').shape)\n"
        "print('torch' in sys.modules, [f for f in sys.meta_path if 'minitorch._' in str(f)])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "torch.Size([3, 2])\nFalse []\n"


def test_layers_work_under_the_shim():
    code = (
        "import torch\nfrom einops.layers.torch import Rearrange, Reduce, EinMix\n"
        "net = torch.nn.Sequential(Rearrange('b c h w -> b (h w) c'),"
        " Reduce('b n c -> b c', 'mean'), EinMix('b c -> b d', 'c d', 'd', c=3, d=2))\n"
        "out = net(torch.ones(2, 3, 4, 4))\nout.sum().backward()\nprint(out.shape, net[0])"
    )
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "-c", code],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "torch.Size([2, 2]) Rearrange('b c h w -> b (h w) c')\n"
