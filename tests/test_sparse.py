"""Sparse tensors by coordinates, beside torch's."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.tolerances import assert_close

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:(Sparse|torch.sparse)"),  # torch's advice
]

AT = [[0, 2, 2, 1, 2], [1, 0, 3, 1, 0]]  # one coordinate twice
VALUES = [1.0, 2.0, 3.0, -4.0, 5.0]

CALLS = {
    "to_dense": lambda T, a, x: a.to_dense(),
    "@": lambda T, a, x: a @ x,
    "spmm": lambda T, a, x: T.spmm(a, x),
    "mm": lambda T, a, x: T.mm(a, x),
    "matmul": lambda T, a, x: T.matmul(a, x),
    "sparse.mm": lambda T, a, x: T.sparse.mm(a, x),
    "method mm": lambda T, a, x: a.mm(x),
    "vector": lambda T, a, x: a.mv(x[:, 0]),
    "transposed": lambda T, a, x: a.t() @ x[:3],
    "dense @ sparse": lambda T, a, x: x.t() @ a.t(),
    "sparse @ sparse": lambda T, a, x: (a @ a.t()).to_dense(),
    "addmm": lambda T, a, x: T.sparse.addmm(x[:3], a, x, beta=0.5, alpha=2.0),
    "sum": lambda T, a, x: T.sparse.sum(a),
    "sum of rows": lambda T, a, x: T.sparse.sum(a, dim=1).to_dense(),
    "+": lambda T, a, x: (a + a).to_dense(),
    "-": lambda T, a, x: (a - a * 3).to_dense(),
    "* dense": lambda T, a, x: (a.detach().coalesce() * x.detach().t()[:3]).to_dense(),
    "/": lambda T, a, x: (a / 2).to_dense(),
    "coalesced values": lambda T, a, x: a.coalesce().values(),
    "coalesced indices": lambda T, a, x: a.coalesce().indices(),
    "values as made": lambda T, a, x: a._values(),
    "there and back": lambda T, a, x: x.to_sparse().to_dense(),
    "values of a dense one": lambda T, a, x: x.to_sparse().values(),
    "detached": lambda T, a, x: a.detach().float().to_dense(),
}


def operands(T):
    """The sparse matrix and its values, and a dense matrix with zeros in it."""
    values = T.tensor(VALUES, dtype=T.float64, requires_grad=True)
    dense = np.random.default_rng(0).standard_normal((4, 4))
    dense[1] = 0
    return T.sparse_coo_tensor(T.tensor(AT), values, (3, 4)), values, T.tensor(dense)


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name):
    outcomes = []
    for T in (minitorch, torch):
        a, values, x = operands(T)
        x.requires_grad_()
        out = CALLS[name](T, a, x)
        if out.requires_grad:
            (out * out).sum().backward()
        parts = [out, values.grad, x.grad]
        outcomes.append([None if p is None else p.detach().numpy() for p in parts])
    for ours, theirs in zip(*outcomes):
        if theirs is None:
            assert ours is None or not ours.any()
        else:
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_second_derivatives():
    _, values, x = operands(minitorch)
    rows, cols = (np.array(part) for part in AT)

    def product(v, d):
        return minitorch.sparse_coo_tensor(np.stack([rows, cols]), v, (3, 4)) @ d

    x.requires_grad_()
    assert minitorch.autograd.gradcheck(product, (values, x))
    assert minitorch.autograd.gradgradcheck(product, (values, x))


def test_a_graph_network_learns_as_torchs():
    """Two layers of a graph convolution, trained with Adam."""
    rng = np.random.default_rng(1)
    edges, features = rng.integers(0, 30, (2, 120)), rng.standard_normal((30, 8))
    losses = []
    for T in (minitorch, torch):
        T.manual_seed(0)
        adjacency = T.sparse.FloatTensor(
            T.from_numpy(edges), T.ones(120) / 4, T.Size((30, 30))
        ).coalesce()
        x = T.from_numpy(features.astype(np.float32))
        y = T.from_numpy((features[:, 0] > 0).astype(np.int64))
        first, second = T.nn.Linear(8, 6, bias=False), T.nn.Linear(6, 2)
        optimizer = T.optim.Adam([*first.parameters(), *second.parameters()], lr=0.05)
        for _ in range(20):
            hidden = T.relu(T.spmm(adjacency, first(x)))
            loss = T.nn.functional.cross_entropy(T.spmm(adjacency, second(hidden)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_facts_and_text():
    a, _, _ = operands(minitorch)
    theirs, _, _ = operands(torch)
    for name in ("shape", "is_sparse", "requires_grad", "layout", "dtype", "device", "ndim"):
        assert str(getattr(a, name)) == str(getattr(theirs, name)), name
    for name in ("size", "dim", "_nnz", "is_coalesced", "sparse_dim", "dense_dim", "numel"):
        assert getattr(a, name)() == getattr(theirs, name)(), name
    assert a.coalesce().is_coalesced()
    assert repr(a.detach()) == repr(theirs.detach())
    assert repr(minitorch.sparse_coo_tensor([[1, 0]], [2, 3])) == repr(
        torch.sparse_coo_tensor([[1, 0]], [2, 3])
    )


ERRORS = {
    "numbers differ": lambda T: T.sparse_coo_tensor([[0, 1]], [1.0], (3,)),
    "uncoalesced": lambda T: T.sparse_coo_tensor([[0, 0]], [1.0, 2.0], (3,)).values(),
    "inner sizes": lambda T: operands(T)[0] @ T.ones(3, 2, dtype=T.float64),
    "dtypes": lambda T: operands(T)[0] @ T.ones(4, 2),
    "shapes added": lambda T: operands(T)[0] + operands(T)[0].t(),
    "too small": lambda T: T.sparse_coo_tensor(
        [[0, 5]], [1.0, 2.0], (3,), **({"check_invariants": True} if T is torch else {})
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_have_torchs_type(name):
    with pytest.raises((RuntimeError, ValueError)) as theirs:
        ERRORS[name](torch)
    with pytest.raises(theirs.type):
        ERRORS[name](minitorch)


def test_what_is_not_there_is_named():
    a, _, x = operands(minitorch)
    with pytest.raises(NotImplementedError, match="add is not there for sparse tensors"):
        minitorch.add(x, a)
    with pytest.raises(NotImplementedError, match="sparse_coo"):
        x.to_sparse(layout=minitorch.sparse_csr)


def test_the_sums_are_as_exact_as_dense_ones():
    rng = np.random.default_rng(2)
    at = rng.integers(0, 200, (2, 3000))
    values = rng.standard_normal(3000).astype(np.float32)
    x = minitorch.tensor(rng.standard_normal((200, 16)).astype(np.float32))
    a = minitorch.sparse_coo_tensor(at, values, (200, 200))
    assert_close((a @ x).numpy(), (a.to_dense() @ x).numpy(), 64, 1.0, "a @ x")
