"""Samples of the operations on matrices: well conditioned, as derivatives lose the rest."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tests.sampling import Sample, both, integers, numbers, ours, phrase, row


def regular(*shape: int, seed: int = 0) -> np.ndarray:
    """Square matrices far from singular."""
    return numbers(*shape, low=-1, high=1, seed=seed) + 3 * np.eye(shape[-1])


def positive(*shape: int, seed: int = 0) -> np.ndarray:
    """Symmetric positive definite matrices."""
    x = numbers(*shape, low=-1, high=1, seed=seed)
    return x @ np.swapaxes(x, -1, -2) + 2 * np.eye(shape[-1])


def spread(m: int, n: int) -> np.ndarray:
    """A matrix whose singular values 1, 2, 3, ... lie apart."""
    U, _ = np.linalg.qr(numbers(m, m, seed=3))
    V, _ = np.linalg.qr(numbers(n, n, seed=4))
    k = min(m, n)
    return (U[:, :k] * np.arange(1.0, k + 1)) @ V[:k]


def linalg(name: str, **params: Any) -> Any:
    """`T.linalg.name(*inputs, **params)`."""
    return lambda T, *inputs: getattr(T.linalg, name)(*inputs, **params)


def quiet(call: Any) -> Any:
    """`call` without torch's warnings that the name is deprecated."""

    def run(T: Any, *inputs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(T, *inputs)

    return run


def _solutions() -> Iterator[Sample]:
    A, B = regular(3, 3), numbers(3, 2, seed=1)
    for x in (A, regular(2, 3, 3)):
        yield phrase("inv", linalg("inv"), x)
        yield phrase("inverse", lambda T, x: T.inverse(x), x, kind="linalg")
    yield phrase("solve_matrices", linalg("solve"), A, B)
    yield phrase("solve_matrices", linalg("solve"), regular(2, 3, 3), B)
    yield phrase("solve_matrices", linalg("solve"), A, B[:, 0], label="vector")
    yield phrase("solve_matrices", linalg("solve", left=False), A, B.T, label="right")
    low = np.tril(A)
    for upper in (False, True):
        T_ = low.T if upper else low
        for unit in (False, True):
            how = {"upper": upper, "unitriangular": unit}
            label = f"{upper},{unit}"
            yield phrase("solve_triangles", linalg("solve_triangular", **how), T_, B, label=label)
    right = linalg("solve_triangular", upper=True, left=False)
    yield phrase("solve_triangles", right, low.T, B.T, label="right")
    for x in (positive(3, 3), positive(2, 4, 4)):
        yield phrase("cholesky_lower", lambda T, x: T.linalg.cholesky((x + x.mT) / 2), x)
        upper = lambda T, x: T.linalg.cholesky((x + x.mT) / 2, upper=True)  # noqa: E731
        yield phrase("cholesky_lower", upper, x, label="upper")
        as_it_is = phrase("cholesky_lower", linalg("cholesky"), x, label="as it is")
        yield replace(as_it_is, smooth=False)  # the upper triangle is not read
        yield phrase("cholesky", quiet(lambda T, x: T.cholesky((x + x.mT) / 2)), x, kind="linalg")
    bad = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    info = lambda name: lambda T, x: getattr(T.linalg, name)(x)[1]  # noqa: E731
    yield phrase("not_positive", info("cholesky_ex"), np.stack([bad, np.eye(3)]), derivatives=0)
    yield phrase("singular", info("inv_ex"), np.stack([np.ones((3, 3)), A]), derivatives=0)
    for name in ("cholesky_ex", "inv_ex"):
        first = lambda T, x, n=name: getattr(T.linalg, n)((x + x.mT) / 2)[0]  # noqa: E731
        yield phrase(name, first, positive(3, 3), kind="linalg")
    yield phrase("solve_ex", lambda T, a, b: T.linalg.solve_ex(a, b)[0], A, B, kind="linalg")


def _determinants() -> Iterator[Sample]:
    for x in (regular(3, 3), regular(2, 4, 4, seed=2)):
        yield phrase("linalg_det", linalg("det"), x)
        yield phrase("det", lambda T, x: T.det(x), x, kind="linalg")
        yield phrase("linalg_slogdet", linalg("slogdet"), x)
        yield phrase("linalg_slogdet", lambda T, x: T.linalg.slogdet(x)[0], x, label="sign")
        yield phrase("slogdet", lambda T, x: T.slogdet(x), x, kind="linalg")
        yield phrase("logdet", lambda T, x: T.logdet(x), x, kind="linalg")
        cofactor = lambda T, x: T.linalg.det(x)[..., None, None] * T.linalg.inv(x).mT  # noqa: E731
        yield ours("cofactors", cofactor, x)
        yield ours("cofactor_slope", _cofactor_slope, numbers(*x.shape, seed=7), x)
        yield ours("safe_inverse", lambda T, x: T.linalg.inv(x).contiguous(), x)
        by_columns = lambda T, x: x.mT.contiguous().mT  # noqa: E731
        yield ours("stored_by_columns", by_columns, x)


def _decompositions() -> Iterator[Sample]:
    for m, n in ((4, 3), (3, 3), (3, 4)):
        x = spread(m, n)
        yield phrase("linalg_qr", lambda T, x: T.linalg.qr(x), x)
        for i in (0, 1):
            one = lambda T, x, i=i: T.linalg.qr(x)[i]  # noqa: E731
            yield phrase("linalg_qr", one, x, label="QR"[i])
        yield phrase("qr", quiet(lambda T, x: T.qr(x)), x, kind="linalg")
        parts = lambda T, x: [abs(t) for t in T.linalg.svd(x, full_matrices=False)]  # noqa: E731
        yield phrase("linalg_svd", parts, x)
        yield from _singular(x)
        yield phrase("svd", lambda T, x: T.svd(x)[1], x, kind="linalg")
        yield phrase("svdvals", linalg("svdvals"), x, kind="linalg")
        yield phrase("pseudoinverse", linalg("pinv"), x)
        yield phrase("pinverse", lambda T, x: T.pinverse(x), x, kind="linalg")
    for n in (3, 4):
        yield phrase("linalg_qr", linalg("qr", mode="complete"), spread(3, n), label="complete")
    batch = np.stack([spread(3, 4), -2 * spread(4, 3).T])
    yield phrase("linalg_svd", parts, batch)
    yield from _singular(batch)
    parts = lambda T, x: [abs(t) for t in T.linalg.eigh((x + x.mT) / 2)]  # noqa: E731
    yield phrase("eigh", parts, spread(3, 3) + spread(3, 3).T)
    yield phrase("eigh", parts, np.stack([spread(3, 3), regular(3, 3)]))
    squares = lambda T, x: [t * t for t in T.linalg.eigh((x + x.mT) / 2)]  # noqa: E731
    alone = np.array([[-1.0, 0.0, 0.0], [0.0, 3.0, 1.0], [0.0, 1.0, 4.0]])
    yield phrase("eigh", squares, alone, label="value -1")
    values = lambda T, x: T.linalg.eigvalsh((x + x.mT) / 2)  # noqa: E731
    for name in ("eigvalsh", "eigh"):
        yield phrase(name, values, positive(2, 3, 3), kind="linalg", label="values")
    yield phrase("linalg_matrix_exp", linalg("matrix_exp"), regular(3, 3) / 2)
    yield phrase("matrix_exp", lambda T, x: T.matrix_exp(x), regular(2, 3, 3) / 2, kind="linalg")


def _singular(x: np.ndarray) -> Iterator[Sample]:
    """Some of what the decomposition gives, of full matrices."""
    k = min(x.shape[-2:])
    for which in ((1,), (0,), (2,), (0, 2), (0, 1, 2)):

        def some(T: Any, x: Any, which: tuple = which) -> list:
            U, S, Vh = T.linalg.svd(x)
            found = abs(U[..., :k]), S, abs(Vh[..., :k, :])
            return [found[i] for i in which]

        yield phrase("linalg_svd", some, x, label=f"full,{which}")


def _norms() -> Iterator[Sample]:
    x, matrix = numbers(3, 4, seed=2), spread(3, 4)
    for p in (0.5, 1.5, 3, -2):
        yield phrase("power_norm", linalg("vector_norm", ord=p), x, label=f"{p}")
        how = {"ord": p, "dim": 1, "keepdim": True}
        yield phrase("power_norm", linalg("vector_norm", **how), x, label=f"{p},dim1")
    by_row = linalg("vector_norm", ord=3, dim=1)
    yield phrase("power_norm", by_row, x, label="3,no keepdim")
    rows = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 4.0], [-2.0, 0.0]])
    times = np.array([2.0, 3.0, 0.0, 1.0])  # also a gradient of 0 arrives
    for name, p, how in [
        ("norm2", 2, {}),
        *(("power_norm", p, {"p": p}) for p in (0.5, 1.5, 2, 4)),
    ]:
        of = row(name, dim=1, **how)
        yield replace(
            phrase(name, _lengths(p), rows, times, label=f"zeros,{p}"),
            ours=lambda T, x, times, of=of: of(T, x) * times, smooth=False,
        )  # fmt: skip
    yield phrase("zero_norm", linalg("vector_norm", ord=0, dim=1), np.round(x), derivatives=2)
    for p in (1, 2, float("inf"), -float("inf"), "fro", "nuc", 3):
        yield phrase("norm", lambda T, x, p=p: T.norm(x, p=p), matrix, label=f"{p}", kind="linalg")
    for p in (1, -1, 2, -2, float("inf"), "fro", "nuc"):
        for keepdim in (False, True):
            call = linalg("matrix_norm", ord=p, keepdim=keepdim)
            label = f"{p},{keepdim}"
            yield phrase("matrix_norm", call, matrix, label=label, kind="linalg")
        order = 2 if p in (2, -2, "nuc") else 0  # torch's own derivative of the others fails
        x = regular(3, 3)
        yield phrase("cond", linalg("cond", p=p), x, label=f"{p}", kind="linalg", derivatives=order)
    yield phrase("matrix_rank", linalg("matrix_rank"), matrix, kind="linalg", derivatives=0)
    for how in ({"atol": 1.5}, {"rtol": 0.5}, {"atol": 2.5, "rtol": 0.5}, {"tol": 1.5}):
        label = ",".join(f"{k}={v}" for k, v in how.items())
        yield phrase("rank", linalg("matrix_rank", **how), matrix, label=label, derivatives=0)


def _lengths(p: float) -> Any:
    """torch's norms of rows, times something; where it is 0 its derivatives are, and if p < 2 also
    where an element is."""

    def call(T: Any, x: Any, times: Any) -> Any:
        zero = (x == 0) if p < 2 else (x == 0).all(1, keepdim=True).expand_as(x)
        away = T.where(zero, 1, x)
        total = ((away if p in (2, 4) else away.abs()) ** p * ~zero).sum(1)
        none = total == 0
        return T.where(none, 0, T.where(none, 1, total) ** (1 / p)) * times

    return call


def _products() -> Iterator[Sample]:
    x, y, v, w = numbers(3, 4), numbers(4, 2, seed=1), numbers(4, seed=2), numbers(3, seed=3)
    batch, other = numbers(2, 3, 4, seed=4), numbers(2, 4, 2, seed=5)
    factors = {"beta": 0.5, "alpha": 2.0}
    for how in ({}, factors, {"beta": 0}):
        yield both("addmv", w, x, v, kind="contract", **how)
        yield both("addr", x, w, v, kind="contract", **how)
        yield both("addbmm", numbers(3, 2), batch, other, kind="contract", **how)
    yield both("inner", x, batch, kind="contract")
    yield both("vdot", v, numbers(4, seed=8), kind="contract")
    yield both("ger", v, w, kind="contract")
    yield both("kron", x, y, kind="contract")
    yield both("kron", v, batch, kind="contract")
    yield both("tensordot", x, y, kind="contract", dims=1)
    yield both("tensordot", batch, other, kind="contract", dims=([2, 0], [1, 0]))
    three = numbers(2, 3, seed=6), numbers(2, 3, seed=7)
    yield both("cross", *three, kind="contract", dim=1)
    yield phrase("linalg_cross", linalg("cross"), *three, kind="contract")
    yield phrase("vecdot", linalg("vecdot"), *three, kind="contract")
    for n in (-2, 0, 1, 5):
        yield phrase("matrix_power", linalg("matrix_power", n=n), regular(3, 3) / 2, kind="linalg")
        power = lambda T, x, n=n: T.matrix_power(x, n)  # noqa: E731
        yield phrase("matrix_power", power, regular(3, 3) / 2, label=f"torch,{n}", kind="linalg")
    chain = lambda T, *xs: T.linalg.multi_dot(xs)  # noqa: E731
    yield phrase("multi_dot", chain, w, x, y, numbers(2, 5), kind="contract")
    yield phrase("chain_matmul", quiet(lambda T, *xs: T.chain_matmul(*xs)), x, y, kind="contract")
    square = regular(6, 6).reshape(2, 3, 6)
    yield phrase("tensorinv", linalg("tensorinv", ind=2), square, kind="linalg")
    yield phrase("tensorsolve", linalg("tensorsolve"), square, numbers(2, 3), kind="linalg")
    yield phrase("vander", linalg("vander", N=4), v, kind="contract")
    yield phrase("vander", linalg("vander"), integers(4, low=-2, high=3), kind="contract")
    for p in (0.0, 1.0, 1.5, 2.0, 3.0, float("inf")):
        yield both(
            "cdist", numbers(2, 3, 4), numbers(2, 5, 4, seed=1), kind="contract", p=p, derivatives=1
        )
    by_product = {"compute_mode": "use_mm_for_euclid_dist"}
    yield both("cdist", numbers(3, 4), numbers(5, 4, seed=1), kind="linalg", **by_product)


def samples() -> Iterator[Sample]:
    """All of them."""
    yield from _solutions()
    yield from _determinants()
    yield from _decompositions()
    yield from _norms()
    yield from _products()


def _cofactor_slope(T: Any, H: Any, A: Any) -> Any:
    """The derivative of det(A) A^-T along H, of a regular matrix."""
    inverse = T.linalg.inv(A)
    trace = (inverse @ H).diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    slope = trace * inverse.mT - inverse.mT @ H.mT @ inverse.mT
    return T.linalg.det(A)[..., None, None] * slope
