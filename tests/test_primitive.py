"""Rows: what is checked when they are defined, what a call keeps, how arguments are bound."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import minitorch
from minitorch.backend import ROWS
from minitorch.ops import elementwise as ew
from minitorch.ops import reduce
from minitorch.primitive import elementwise
from tests.programs import attempt, same

differential = pytest.mark.differential


@pytest.fixture(autouse=True)
def _table_as_before():
    """Rows that a test defines are taken off the table again."""
    before = dict(ROWS)
    yield
    ROWS.clear()
    ROWS.update(before)


# ------------------------------------------------------------------ defining a row


def test_a_row_is_all_it_takes() -> None:
    @elementwise((lambda g, y: g * y * y, lambda g, x, y: g * 2 * x * y))
    def mul_square(xp, x, y):
        """x y ** 2."""
        return x * y * y

    x = minitorch.tensor([1.0, 2.0], dtype=minitorch.float64, requires_grad=True)
    y = minitorch.tensor(3.0, dtype=minitorch.float64, requires_grad=True)
    out = mul_square(x, y)
    assert repr(out.grad_fn).startswith("<MulSquareBackward0 ")
    assert minitorch.autograd.gradcheck(mul_square, (x, y))
    assert minitorch.autograd.gradgradcheck(mul_square, (x, y))


def test_a_rule_that_names_what_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="cube: a rule names 'z'; it may name g, x"):

        @elementwise(lambda g, z: g * z)
        def cube(xp, x):
            return x**3


def test_a_rule_takes_the_gradient_first() -> None:
    with pytest.raises(TypeError, match="the first parameter of a rule is g"):

        @elementwise(lambda x, g: g * x)
        def cube(xp, x):
            return x**3


def test_there_is_one_rule_for_each_input() -> None:
    with pytest.raises(TypeError, match="1 rules for 2 inputs"):

        @elementwise((lambda g: g,))
        def plus(xp, x, y):
            return x + y


def test_a_name_is_given_once() -> None:
    with pytest.raises(TypeError, match="there is a row named 'exp' already"):

        @elementwise(lambda g: g)
        def exp(xp, x):
            return x


def test_an_input_without_a_rule_gets_no_edge() -> None:
    x = minitorch.ones(2, requires_grad=True)
    assert (x > 0).grad_fn is None
    w = minitorch.where(x.detach() > 0, x, 0.0)
    assert [edge[0] is None for edge in w.grad_fn.next_functions] == [True, False, True]


# ------------------------------------------------------------------ what a call keeps


def saved_of(out: minitorch.Tensor) -> list:
    return [v for v in out.grad_fn.saved if isinstance(v, np.ndarray)]


def test_only_what_a_live_rule_names_is_saved() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    assert saved_of(x * y) == [pytest.approx(y.numpy())]
    assert saved_of(x * y)[0] is y._array
    assert len(saved_of(x * x)) == 2
    assert saved_of(x + y) == []
    assert saved_of(x.exp())[0].tolist() == pytest.approx([np.e, np.e])


def test_a_shape_keeps_no_array_alive() -> None:
    x = minitorch.ones(1000, requires_grad=True)
    h = x * 2
    out = h.sum()
    alive = weakref.ref(h._array)
    del h
    assert alive() is None
    out.backward()
    assert x.grad.tolist() == [2] * 1000


def test_nothing_is_saved_where_nothing_is_recorded() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    with minitorch.no_grad():
        assert (x * y).grad_fn is None
    assert (y * y).grad_fn is None


def test_saved_values_have_names() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2)
    node = (x * y).grad_fn
    assert node._saved_y.tolist() == [1, 1]
    with pytest.raises(AttributeError, match="saved"):
        node._saved_x  # noqa: B018
    with pytest.raises(AttributeError, match="MulBackward0"):
        node.nonsense  # noqa: B018


# ------------------------------------------------------------------ rows on arrays


def test_a_row_on_arrays_runs_and_records_nothing() -> None:
    out = ew.exp(np.zeros(2))
    assert type(out) is np.ndarray
    assert type(reduce.sum(np.ones((2, 3)), dim=1)) is np.ndarray


def test_hidden_outputs_stay_hidden() -> None:
    x = minitorch.ones(2, 3, requires_grad=True)
    out = ROWS["normalize"].public(x, over=(1,), size=(1, 3), eps=1e-5)
    assert isinstance(out, minitorch.Tensor)
    array = ROWS["normalize"].public(x.detach().numpy(), over=(1,), size=(1, 3), eps=1e-5)
    assert isinstance(array, np.ndarray)


# ------------------------------------------------------------------ arguments


def spellings(T):
    x, y = T.arange(6.0).reshape(2, 3), T.tensor([1.0, 2.0, 3.0])
    return (
        T.sum(x, 1), T.sum(x, dim=1), T.sum(x, axis=1), T.sum(input=x, dim=(0, 1)), x.sum(1, True),
        x.sum(dim=1, keepdim=True), x.sum(axis=1, keepdims=True), T.mul(x, other=y),
        T.mul(input=x, other=y),
        T.clamp(x, 1, 3), x.clamp(max=2), T.transpose(x, 0, 1), x.transpose(dim0=0, dim1=1),
        T.cat((x, x), 1),
        T.cat([x, x], dim=-1), T.cat(tensors=[x], dim=0), T.stack([y, y], 1), T.add(x, y, alpha=2),
        x.add(1, alpha=3),
        x.max(1)[0], x.max(dim=1, keepdim=True).indices, T.max(x), x.permute(1, 0),
        x.permute((1, 0)), x.view(3, 2),
        x.view((3, 2)), x.view([6]), x.reshape(-1), x.expand(2, 2, 3), x.repeat(1, 2), x.flip(0),
        x.flip([0, 1]),
        T.squeeze(x[None]), x.unsqueeze(dim=0), T.softmax(x, dim=1), x.softmax(-1),
        x.std(1, unbiased=False),
        x.var(dim=0, correction=0), T.where(x > 1, x, y), T.norm(x, dim=1), x.norm(p=1),
        x.split(2, dim=1)[0], x.chunk(2, 1)[1],
        x.argmax(), x.argmax(dim=1), T.round(x, decimals=1), x.sort(1, descending=True)[0],
        x.topk(2).values,
        T.flatten(x, start_dim=0), x.movedim(0, 1), T.tril(x, diagonal=1), x.cumsum(dim=0),
        x.gather(1, T.tensor([[0], [1]])),
        x.index_select(1, T.tensor([0])), x.masked_fill(x > 2, 0), x.size(dim=1),
        T.mean(x, dim=0, keepdim=True),
        x.sum(dtype=T.float64), T.tensor([1, 2]).sum().dtype, T.einsum("ij,j->i", x, y),
        T.matmul(x, y),
    )  # fmt: skip


def wrong_arguments(T):
    x = T.zeros(2, 3)
    return [
        attempt(call) for call in (
            lambda: T.exp(), lambda: T.exp(1), lambda: T.exp(x, x), lambda: T.exp("a"),
            lambda: T.exp(None),
            lambda: T.add(x), lambda: T.mul(x, "a"), lambda: T.mul(x, None),
            lambda: T.mul(x, [1, 2]),
            lambda: T.sum(x, dimm=1), lambda: T.sum(x, dim=2), lambda: T.sum(x, dim="a"),
            lambda: T.sum(x, dim=(0, 0)),
            lambda: x.sum(5), lambda: T.mul(x, T.zeros(4)), lambda: T.cat([]), lambda: T.cat(x, 5),
            lambda: T.cat([x, 1]),
            lambda: T.cat([x, T.zeros(3, 3)], 1), lambda: T.stack([x, T.zeros(3)]),
            lambda: T.stack([]), lambda: x.view(5),
            lambda: x.view(-1, -1), lambda: x.view(-2), lambda: x.reshape(4, -1),
            lambda: x.permute(0), lambda: x.permute(0, 0),
            lambda: x.transpose(0, 2), lambda: x.expand(3, 3), lambda: x.expand(3),
            lambda: x.squeeze(2), lambda: x.unsqueeze(4),
            lambda: T.matmul(x, x), lambda: T.matmul(x, T.tensor(1.0)),
            lambda: T.mm(x, T.zeros(3)), lambda: x @ 1.0,
            lambda: T.where(x, x, x), lambda: T.clamp(x), lambda: x.split(0),
            lambda: x.split([1, 2], 1)[5], lambda: x.split([1, 1], 1),
            lambda: x.chunk(0), lambda: x.gather(0, T.zeros(2, 3)),
            lambda: x.gather(0, T.full((1, 1), 7)), lambda: x.max(3),
            lambda: T.zeros(0).max(), lambda: T.zeros(0).argmax(), lambda: x.mean(dim=3),
            lambda: T.tensor([1]).mean(),
            lambda: x.softmax(2), lambda: T.softmax(x), lambda: x.narrow(0, 1, 5),
            lambda: x.select(0, 2), lambda: x.flip(3),
            lambda: T.einsum("ij,jk", x, x), lambda: T.einsum("ij", x, x),
            lambda: x.masked_fill(x > 0, T.zeros(2)),
            lambda: T.tensor([1.0]) & T.tensor([2.0]), lambda: ~T.tensor([1.0]),
            lambda: T.tensor([True]) - T.tensor([True]),
            lambda: -T.tensor([True]), lambda: T.tensor([1]) // 0, lambda: T.tensor([1]) % 0,
            lambda: T.tensor([2]) ** -1,
            lambda: x.topk(9), lambda: x.index_select(0, T.tensor([5])),
            lambda: T.zeros(2, 2, 2).t(), lambda: x.diagonal(0, 0, 0),
        )
    ]  # fmt: skip


def out_arguments(T):
    x, out = T.arange(3.0), T.zeros(3)
    same_one = T.mul(x, 2, out=out) is out
    return (
        same_one, out, T.exp(x, out=T.empty(3)), attempt(T.mul, x, 2,
        out=T.zeros(3, dtype=T.int64)),
        attempt(T.mul, x.clone().requires_grad_(), 2, out=out),
        T.add(x, x, out=T.zeros(3, dtype=T.float64)),
        T.cat([x, x], out=T.empty(6)), attempt(T.exp, x, out=3), T.sum(x, 0, out=T.empty(())),
    )  # fmt: skip


def results_have_fields(T):
    found = T.arange(6.0).reshape(2, 3).max(1)
    values, indices = found
    return found.values, found.indices, values, indices, found[1], T.arange(3.0).sort().values


@differential
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "program", [spellings, wrong_arguments, out_arguments, results_have_fields]
)
def test_as_torch(program) -> None:
    same(program)


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(TypeError, match="dimm"):
        minitorch.sum(minitorch.zeros(2), dimm=1)
    with pytest.raises(TypeError, match=r"exp.*missing"):
        minitorch.exp()
