"""Every operation on a batch: what vmap computes is what a loop over the samples computes."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
import minitorch.recurrent  # its rows have samples
from tests.programs import Raised, attempt
from tests.samples import SAMPLES
from tests.sampling import Sample

REFUSED = {
    "results of different sizes": "masked_select nonzero nonzero_static distinct unique "
    "unique_consecutive take where",
    "randomness error mode": "dropout rrelu gumbel rnn lstm gru attention",
    "no batched form": "as_strided restride unfold view rrelu",
    "not batched": "norm",
    "numbers of a batched tensor": "repeat_interleave",
}
"""What vmap may say instead of a result, and of which operations."""

OTHERWISE = {"max_all-2x5", "min_all-2x5"}  # the gradient of NaN

CALLS = [s for s in SAMPLES if s.inputs and s.kind != "random" and s.id not in OTHERWISE]


def allowed(sample: Sample, error: RuntimeError) -> bool:
    return any(
        words in str(error) and any(name in sample.name for name in names.split())
        for words, names in REFUSED.items()
    )


def batch(x: np.ndarray) -> np.ndarray:
    """Two samples: `x` and, for numbers that are finite, others of their kind."""
    other = x * 0.75 + 0.125 if x.dtype.kind == "f" and np.isfinite(x).all() else x
    return np.stack([x, np.asarray(other, x.dtype)])


def tensors(sample: Sample, which) -> list:
    found = []
    for i, x in enumerate(sample.inputs):
        x = np.asarray(x)
        t = minitorch.tensor(batch(x) if i in which else x)
        found.append(t.requires_grad_(t.is_floating_point() and sample.derivatives > 0))
    return found


def parts(out) -> list:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def gradients(outs, inputs) -> list:
    outs = [o for o in outs if o.requires_grad]
    wanted = [x for x in inputs if x.requires_grad]
    if not outs or not wanted:
        return []
    seeds = [minitorch.cos(minitorch.arange(o.numel(), dtype=o.dtype)).view(o.shape) for o in outs]
    found = minitorch.autograd.grad(outs, wanted, seeds, allow_unused=True)
    return [g for g in found if g is not None]


def close(a, b) -> None:
    a, b = a.detach().numpy(), b.detach().numpy()
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    near = 1e-9 if a.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(a, b, rtol=near, atol=near, equal_nan=True)


def check(sample: Sample, which) -> None:
    def call(*xs):
        return sample.run(minitorch, *xs)

    dims = tuple(0 if i in which else None for i in range(len(sample.inputs)))
    inputs, again = tensors(sample, which), tensors(sample, which)
    loop = []
    for k in range(2):
        one = [x if d is None else x[k] for x, d in zip(inputs, dims)]
        try:
            loop.append(parts(call(*one)))
        except (RuntimeError, ValueError, IndexError, NotImplementedError):
            pytest.skip("the other sample is not one of its kind")
    if not all(isinstance(o, minitorch.Tensor) for o in loop[0]):
        pytest.skip("its results are no tensors")
    made = attempt(minitorch.vmap(call, in_dims=dims), *again)
    if isinstance(made, Raised):
        assert isinstance(made.error, RuntimeError)
        different = [o.shape for o in loop[0]] != [o.shape for o in loop[1]]
        assert different or allowed(sample, made.error), made
        return
    made = parts(made)
    expected = [minitorch.stack(pair) for pair in zip(*loop)]
    for a, b in zip(made, expected):
        close(a, b)
    for a, b in zip(gradients(made, again), gradients(expected, inputs)):
        close(a, b)


@pytest.mark.parametrize("sample", CALLS, ids=lambda s: s.id)
def test_all_inputs_batched(sample) -> None:
    check(sample, range(len(sample.inputs)))


SEVERAL = {(s.name, s.label): s for s in CALLS if len(s.inputs) > 1}.values()


@pytest.mark.parametrize("sample", SEVERAL, ids=lambda s: s.id)
def test_one_input_batched(sample) -> None:
    for i in range(len(sample.inputs)):
        check(sample, (i,))
