"""What the messages say, word for word: what was called, what was expected, what came."""

from __future__ import annotations

import pytest

import minitorch
from tests.errors.compare import run

MESSAGES = {
    "ones(32, 10) @ ones(12, 4)": "mm: inner sizes differ: [32, 10] @ [12, 4]: 10 != 12",
    "ones(2, 3) + ones(2, 4)": (
        "add: expected sizes that broadcast, got [2, 3] and [2, 4]: at dimension 1, 3 and 4 differ "
        "and neither is 1"
    ),
    "ones(2, 3).sum(5)": "dimension out of range: expected a dim from -2 to 1, got 5",
    "ones(6).view(4, 2)": "expected a shape for 6 elements, got [4, 2]",
    "ones(2, 3).expand(4, 3)": (
        "expand: expected size 2 or -1 at dimension 0, got 4: from [2, 3] to [4, 3]"
    ),
    "torch.cat([ones(2, 3), ones(2, 4)])": (
        "cat: expected sizes that differ in dimension 0 only, got 3 and 4 in dimension 1 of tensor "
        "0 [2, 3] and tensor 1 [2, 4]"
    ),
    "torch.exp('a')": "exp(): argument 'input' (position 1) must be Tensor, not str",
    "torch.stack([ones(1), 2])": "stack(): argument 'tensors' (position 2) must be Tensor, not int",
    "torch.split([1.0], 1)": "split(): argument 'tensor' must be Tensor, not list",
    "torch.broadcast_tensors(ones(1), [2.0])": (
        "broadcast_tensors(): argument 'tensors' must be Tensor, not list"
    ),
    "torch.zeros(2, dtype='a')": "zeros(): argument 'dtype' must be torch.dtype, not str",
    "ones(2).sum(dtype='a')": "sum(): argument 'dtype' must be torch.dtype, not str",
    "ones(2).clamp('a')": "clamp(): argument 'min' must be Tensor or a number, not str",
    "ones(2) & ones(2)": "bitwise_and: not implemented for torch.float32, torch.float32",
    "torch.softmax(ints(1), 0)": "softmax: expected a floating-point dtype, got torch.int64",
    "ints(1).add_(1.5)": "expected a result that can be stored as torch.int64, got torch.float32",
    "-torch.tensor([True])": "neg: expected numbers, got torch.bool: use ~ or logical_not()",
    "ints(2) // 0": "floor_divide: expected an integer divisor that is not 0, got 0",
    "leaf(3).add_(1)": (
        "add_: a leaf that requires grad cannot be used in an in-place operation: a tensor of "
        "shape [3]. Use no_grad() or detach()."
    ),
    "leaf(3).grad = ones(4)": "grad: expected the size of the tensor, [3], got [4]",
    "F.cross_entropy(ones(2, 4), ints(0, 7))": "nll_loss: expected targets in [0, 4), got 7",
}


@pytest.mark.parametrize("script", MESSAGES)
def test_message(script):
    assert run(script, minitorch).message == MESSAGES[script]
