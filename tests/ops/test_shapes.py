"""What samples cannot say of shapes: errors, warnings, aliases, what is a view."""

from __future__ import annotations

import warnings

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def refused_splits(T):
    x, v, s = T.zeros(2, 3), T.zeros(4), T.tensor(1.0)
    return (
        attempt(T.tensor_split, x, 0), attempt(T.tensor_split, s, 2),
        attempt(T.tensor_split, x, 2.5), attempt(T.tensor_split, x, T.tensor([1.0])),
        attempt(T.hsplit, x, 2), attempt(T.hsplit, s, 1),
        attempt(T.vsplit, v, 2), attempt(T.vsplit, x, 3), attempt(T.dsplit, x, 2),
        attempt(T.split, s, 1), attempt(T.split, x, 0), attempt(T.chunk, x, 0),
        attempt(T.unsafe_split, x, -1), attempt(T.unsafe_chunk, s, 1),
    )  # fmt: skip


def ways_to_say_where(T):
    x = T.arange(6.0).reshape(2, 3)
    return (
        T.tensor_split(x, sections=2), T.tensor_split(x, indices=(1,)), T.vsplit(x, indices=[1]),
        T.tensor_split(x, T.tensor(2), dim=1), x.tensor_split((1,), 1), x.hsplit(3), x.vsplit(2),
    )  # fmt: skip


def refused_joins(T):
    x, y, z = T.zeros(2, 3), T.zeros(3, 2), T.zeros(4, 3)
    return (
        attempt(T.cat, [z[:2], x], out=z), attempt(T.cat, [x, y]),
        attempt(T.cat, [x, x], out=T.zeros(4, 3, dtype=T.int64)), attempt(T.column_stack, []),
        attempt(T.dstack, []), attempt(T.dstack, x), attempt(T.block_diag, T.zeros(1, 1, 1)),
        attempt(T.block_diag, x, 3), T.block_diag(), attempt(T.cartesian_prod, x),
        attempt(T.cartesian_prod), attempt(T.meshgrid), attempt(T.meshgrid, x, x),
        attempt(T.meshgrid, x[0], x[0], indexing="aa"), attempt(T.combinations, x),
        attempt(T.meshgrid, x[0], T.arange(2), indexing="ij"),
        attempt(T.combinations, x[0], -1), T.combinations(x[0], 0), T.cartesian_prod(x[0]) is x,
    )  # fmt: skip


def lists_of_tensors(T):
    a, b = T.arange(2), T.arange(3)
    return (
        T.meshgrid([a, b], indexing="xy"), T.block_diag(a, b), T.cartesian_prod(a, b, a),
        T.atleast_2d([a, T.tensor(3)]), T.atleast_3d(), T.hstack([T.tensor(1), a]),
        T.cat([a, b], out=T.zeros(5, dtype=T.int32)), T.row_stack([b, b]), T.cat(tensors=[a, b]),
    )  # fmt: skip


def refused_parts(T):
    x, s = T.zeros(2, 3), T.tensor(1.0)
    return (
        attempt(T.narrow, s, 0, 0, 1), attempt(T.narrow, x, 0, 0, -1),
        attempt(T.narrow, x, 0, -5, 1), attempt(T.narrow, x, 0, T.tensor([1]), 1),
        attempt(T.narrow, x, 0, 1, 2),
        attempt(T.narrow, x, 0, 1.5, 1), attempt(T.narrow, x, 2, 0, 1),
        attempt(T.narrow_copy, x, 2, 0, 1), T.narrow(x, 0, T.tensor(1), 1),
        attempt(x.unfold, 0, 3, 1), attempt(x.unfold, 0, 1, 0), attempt(x.unfold, 2, 1, 1),
        attempt(T.select_scatter, x, T.zeros(2), 0, 1),
        attempt(T.slice_scatter, x, T.zeros(3), 0, 1, 2), attempt(T.slice_scatter, x, x, step=0),
        attempt(T.diagonal_scatter, x, T.zeros(3)), attempt(T.expand_copy, x, 6),
        attempt(T.as_strided_scatter, x, T.zeros(3), (2,), (1,)),
    )  # fmt: skip


def refused_turns(T):
    x, v = T.zeros(2, 3), T.zeros(3)
    return (
        attempt(T.rot90, v), attempt(T.rot90, x, 1, [0]), attempt(T.rot90, x, 1, [0, 0]),
        attempt(T.rot90, x, 1, [0, 5]), attempt(T.rot90, x, 1.5), attempt(T.roll, x, ()),
        attempt(T.roll, x, (1, 2)), attempt(T.roll, x, (), (0,)), attempt(T.fliplr, v),
        attempt(T.flipud, T.tensor(1.0)), attempt(T.trace, v), attempt(T.trace, x > 0),
        attempt(T.diag_embed, x, 0, 1, 1), attempt(T.diag_embed, T.tensor(1.0)),
        attempt(x.sum_to_size, 2, 2), attempt(x.sum_to_size, 1, 2, 3), attempt(lambda: v.mT),
        attempt(lambda: v.H), attempt(lambda: T.zeros(1, 1, 1).H), attempt(T.adjoint, v),
    )  # fmt: skip


def repeats(T):
    x = T.arange(6.0).reshape(2, 3)
    return (
        T.repeat_interleave(T.tensor([1, 2, 0])), x.repeat_interleave(2, 0),
        T.repeat_interleave(input=x, repeats=2), T.repeat_interleave(x, T.tensor([2]), dim=0),
        T.repeat_interleave(T.tensor(3), 2), T.repeat_interleave(T.tensor([1], dtype=T.int32)),
        T.repeat_interleave(x, T.tensor([1, 2]), dim=0, output_size=3),
        attempt(T.repeat_interleave, x, -1), attempt(T.repeat_interleave, T.tensor([[1]])),
        attempt(T.repeat_interleave, x, T.tensor([1, 2, 3]), dim=0),
        attempt(T.repeat_interleave, x, T.tensor([1.0, 2.0]), dim=0),
        attempt(T.repeat_interleave, T.tensor([1.0])), attempt(T.repeat_interleave, x, 2.0),
        attempt(T.repeat_interleave, x, T.tensor([1, -2]), dim=0),
    )  # fmt: skip


def shapes_that_broadcast(T):
    return (
        T.broadcast_shapes((2, 1), (3,)), T.broadcast_shapes(2, (3, 1)), T.broadcast_shapes(),
        attempt(T.broadcast_shapes, (2,), (3,)), attempt(T.broadcast_shapes, (-1,)),
    )  # fmt: skip


def integers_are_summed_in_int64(T):
    i = T.arange(6, dtype=T.int32).reshape(2, 3)
    return (
        i.sum_to_size(3).dtype, (i > 2).sum_to_size(2, 1), i.sum_to_size(2, 3).dtype,
        T.trace(i), T.trace(i.byte()).dtype, T.tensor(True).sum_to_size(()),
    )  # fmt: skip


def the_same_tensor(T):
    x = T.zeros(2, 3)
    return (
        x.sum_to_size(2, 3) is x, x.contiguous() is x, x.to(T.float32) is x, T.atleast_1d(x) is x,
        x.ravel().data_ptr() == x.data_ptr(), x.t().ravel().data_ptr() == x.data_ptr(),
        x[:, 0].ravel().stride(), x[:, 0].reshape(-1).stride(), T.atleast_3d(x)._is_view(),
    )  # fmt: skip


def pieces_of_their_own(T):
    leaf = T.arange(4.0).requires_grad_()
    a, b = T.unsafe_split(leaf * 1, 2)
    a.mul_(3)
    (a + b).sum().backward()
    return a._is_view(), leaf.grad, attempt(lambda: T.split(leaf * 1, 2)[0].mul_(3))


def filled(T):
    x, i = T.zeros(2, 3), T.zeros(2, dtype=T.int64)
    return (
        T.fill(x.t(), 3).stride(), T.fill(i, 2.7), T.fill(x, T.tensor(3)), T.fill(x > 0, 2),
        attempt(T.fill, x, T.zeros(1)), attempt(x.fill_, T.zeros(1)),
        attempt(T.zeros(1, dtype=T.uint8).fill_, 300), T.zeros(1, dtype=T.uint8).fill_(-1),
        attempt(i.fill_, float("nan")), attempt(x.fill_, 1e39), attempt(x.fill_, None),
    )  # fmt: skip


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: minitorch.meshgrid(x[0], x[0]), "indexing"),
        (lambda x: x[0].T, "reverses"),
        (lambda x: x[None].T, "reverses"),
        (lambda x: x[0, 0].mT, "0-d"),
        (lambda x: x[0, 0].H, "0-d"),
        (lambda x: minitorch.tensor(x), "clone"),
        (lambda x: minitorch.range(0, 2), "arange"),
    ],
)
def test_what_is_deprecated_warns(call, text: str) -> None:
    with pytest.warns(UserWarning, match=text):
        call(minitorch.zeros(2, 2))


def test_what_is_not_deprecated_does_not_warn() -> None:
    x = minitorch.zeros(2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert x.T.shape == x.mT.shape == x.H.shape
        minitorch.meshgrid(x[0], x[0], indexing="ij")


def test_the_gradient_of_what_is_overwritten_is_zero() -> None:
    x = minitorch.zeros(2, 3, requires_grad=True)
    src = minitorch.ones(2, requires_grad=True)
    y = x.as_strided_scatter(src, (2,), (3,), 1)
    y.backward(minitorch.arange(6.0).reshape(2, 3))
    assert x.grad.tolist() == [[0, 0, 2], [3, 0, 5]]
    assert src.grad.tolist() == [1, 4]
