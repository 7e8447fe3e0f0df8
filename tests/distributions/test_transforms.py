"""Transforms and constraints against torch: values, inverses, volumes, shapes, text."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.sampling import numbers
from tests.tolerances import assert_close

pytestmark = pytest.mark.differential
ENGINES = (minitorch, torch)

Make = Callable[[Any], Any]
TRANSFORMS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "exp": (lambda D: D.ExpTransform(), (2, 3)),
    "sigmoid": (lambda D: D.SigmoidTransform(), (2, 3)),
    "tanh": (lambda D: D.TanhTransform(), (2, 3)),
    "softplus": (lambda D: D.SoftplusTransform(), (2, 3)),
    "abs": (lambda D: D.AbsTransform(), (2, 3)),
    "affine": (lambda D: D.AffineTransform(0.5, -2.0), (2, 3)),
    "affine of vectors": (lambda D: D.AffineTransform(0.5, 2.0, event_dim=1), (2, 3)),
    "softmax": (lambda D: D.SoftmaxTransform(), (2, 3)),
    "stick breaking": (lambda D: D.StickBreakingTransform(), (2, 3)),
    "corr cholesky": (lambda D: D.CorrCholeskyTransform(), (2, 6)),
    "lower cholesky": (lambda D: D.LowerCholeskyTransform(), (2, 3, 3)),
    "positive definite": (lambda D: D.PositiveDefiniteTransform(), (2, 3, 3)),
    "reshape": (lambda D: D.ReshapeTransform((2, 3), (6,)), (4, 2, 3)),
    "independent": (lambda D: D.IndependentTransform(D.ExpTransform(), 1), (2, 3)),
    "identity": (lambda D: D.identity_transform, (2, 3)),
    "composed": (
        lambda D: D.ComposeTransform(
            [D.AffineTransform(0.1, 2.0), D.StickBreakingTransform(), D.AffineTransform(0.0, 3.0)]
        ),
        (2, 3),
    ),
    "cat": (lambda D: D.CatTransform([D.ExpTransform(), D.TanhTransform()], 1, [1, 2]), (2, 3)),
    "stack": (lambda D: D.StackTransform([D.ExpTransform(), D.TanhTransform()], 0), (2, 3)),
    "cdf": (lambda D: D.CumulativeDistributionTransform(D.Normal(0.0, 1.0)), (2, 3)),
    "inverse": (lambda D: D.ExpTransform().inv, (2, 3)),
}
POSITIVE = {"inverse"}
over = pytest.mark.parametrize("name", TRANSFORMS)


def answer(call: Callable[[], Any]) -> Any:
    """What a call returns, tensors as arrays; for an error its type."""
    try:
        value = call()
    except Exception as error:  # the type is compared
        return type(error)
    return value.detach().numpy() if hasattr(value, "detach") else value


def same(found: Any, expected: Any, what: str) -> None:
    if isinstance(expected, np.ndarray):
        assert_close(found, expected, 1e5, 1.0, what)
    else:
        assert found == expected, what


@over
def test_forth_back_and_volume(name: str) -> None:
    make, shape = TRANSFORMS[name]
    values = numbers(*shape, low=0.2 if name in POSITIVE else -1.5, high=1.5)
    found = []
    for T in ENGINES:
        t, x = make(T.distributions), T.from_numpy(values.copy()).requires_grad_()
        y = t(x)
        back = answer(lambda t=t, y=y: t.inv(y))
        volume = answer(lambda t=t, x=x, y=y: t.log_abs_det_jacobian(x, y))
        (
            y.sin().sum() + (0 if isinstance(volume, type) else t.log_abs_det_jacobian(x, y).sum())
        ).backward()
        shapes = answer(lambda t=t, x=x: tuple(t.forward_shape(x.shape)))
        inverse = answer(lambda t=t, y=y: tuple(t.inverse_shape(y.shape)))
        found.append([y.detach().numpy(), back, volume, x.grad.numpy(), shapes, inverse])
    for a, b, what in zip(*found, ("y", "x", "volume", "gradient", "shape", "inverse shape")):
        same(a, b, what)
    if make(minitorch.distributions).bijective:
        assert_close(found[0][1], values, 1e6, 1.0, "there and back")


@over
def test_text_and_facts(name: str) -> None:
    make, _ = TRANSFORMS[name]

    def facts(D: Any) -> list:
        t = make(D)
        words = "bijective sign event_dim domain codomain inv inv.domain with_cache()".split()
        return [repr(t), *(repr(answer(lambda w=w: eval(f"t.{w}", {"t": t}))) for w in words)]

    assert facts(minitorch.distributions) == facts(torch.distributions)


@over
def test_inverse_cache_and_copies(name: str) -> None:
    t = TRANSFORMS[name][0](minitorch.distributions)
    assert t.inv.inv is t
    assert t == t.inv.inv
    assert not t.inv.inv != t  # noqa: SIM202 - another method
    cached = t.with_cache()
    x = minitorch.from_numpy(numbers(*TRANSFORMS[name][1], low=0.2))
    y = cached(x)
    if not name.startswith(("composed", "identity", "cat", "stack", "independent")):
        assert cached.inv(y) is x
        assert cached(x) is y
    assert repr(pickle.loads(pickle.dumps(t))) == repr(t)


def test_equality() -> None:
    for D in (T.distributions for T in ENGINES):
        assert D.ExpTransform() == D.ExpTransform()
        assert D.ExpTransform() != D.TanhTransform()
        assert D.AffineTransform(0, 1) == D.AffineTransform(0, 1)
        assert D.AffineTransform(0, 1) != D.AffineTransform(0, 2)
        assert D.ExpTransform().inv == D.ExpTransform().inv
        assert D.ComposeTransform([D.ExpTransform()]) == D.ComposeTransform([D.ExpTransform()])


CONSTRAINTS: dict[str, Make] = {
    name: (lambda C, name=name: getattr(C, name))
    for name in (
        "boolean corr_cholesky lower_cholesky lower_triangular nonnegative nonnegative_integer "
        "one_hot positive positive_definite positive_integer positive_semidefinite real "
        "real_vector simplex square symmetric unit_interval"
    ).split()
} | {
    "interval": lambda C: C.interval(-1.0, 0.5),
    "half open": lambda C: C.half_open_interval(0, 1),
    "integers": lambda C: C.integer_interval(0, 1),
    "less": lambda C: C.less_than(0.5),
    "greater": lambda C: C.greater_than(0.5),
    "greater or equal": lambda C: C.greater_than_eq(1.0),
    "independent": lambda C: C.independent(C.positive, 2),
    "multinomial": lambda C: C.multinomial(2),
    "cat": lambda C: C.cat([C.real, C.positive], -1, [1, 1]),
    "stack": lambda C: C.stack([C.real, C.positive], -1),
    "mixture": lambda C: C.MixtureSameFamilyConstraint(C.positive),
    "dependent": lambda C: C.dependent(is_discrete=True, event_dim=1),
}
MATRICES = np.array(
    [
        [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.6, 0.8]], [[2.0, 1.0], [1.0, 3.0]],
        [[1.0, 2.0], [2.0, 1.0]], [[0.3, 0.7], [0.5, 0.5]], [[np.nan, 0.0], [1.0, -1.0]],
        [[1.0, 1.0], [1.0, 1.0]], [[0.0, 2.0], [1.0, 0.0]],
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name: str) -> None:
    def facts(T: Any) -> list:
        c, D = CONSTRAINTS[name](T.distributions.constraints), T.distributions
        each = [answer(lambda m=m: c.check(T.from_numpy(m.copy()))) for m in MATRICES]
        ways = [answer(lambda r=r: repr(r(c))) for r in (D.biject_to, D.transform_to)]
        described = [answer(lambda: c.is_discrete), answer(lambda: c.event_dim)]
        text = [] if name == "dependent" else [repr(c)]
        return [*each, *ways, *described, *text]

    for a, b in zip(facts(minitorch), facts(torch)):
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_a_registry_takes_new_constraints() -> None:
    D = minitorch.distributions

    class Even(D.constraints.Constraint): ...

    registry = D.constraint_registry.ConstraintRegistry()
    registry.register(Even)(lambda c: D.ExpTransform())
    assert registry(Even()) == D.ExpTransform()
    with pytest.raises(NotImplementedError, match="_Real"):
        registry(D.constraints.real)
    with pytest.raises(TypeError, match="constraint"):
        registry.register(3, lambda c: c)


UTILS: dict[str, Callable] = {
    "broadcast_all": lambda U, T: U.broadcast_all(T.zeros(2, 1), 1, T.ones(3))[1],
    "probs_to_logits": lambda U, T: U.probs_to_logits(T.tensor([0.2, 0.0, 0.8])),
    "probs_to_logits, binary": lambda U, T: U.probs_to_logits(T.tensor([0.2, 0.0, 1.0]), True),
    "logits_to_probs": lambda U, T: U.logits_to_probs(T.tensor([0.2, -1.0, 0.8])),
    "logits_to_probs, binary": lambda U, T: U.logits_to_probs(T.tensor([0.2, -1.0]), True),
    "clamp_probs": lambda U, T: U.clamp_probs(T.tensor([0.0, 0.5, 1.0])),
    **{
        f"tril {diag}": lambda U, T, d=diag: U.tril_matrix_to_vec(T.arange(18.0).view(2, 3, 3), d)
        for diag in (-1, 0, 1)
    },
    **{
        f"vec {n}, {diag}": lambda U, T, d=diag, n=n: U.vec_to_tril_matrix(T.ones(2, n), d)
        for n, diag in ((6, 0), (3, -1), (1, -2), (8, 1), (5, 0))
    },
}


@pytest.mark.parametrize("name", UTILS)
def test_utils(name: str) -> None:
    a, b = (answer(lambda T=T: UTILS[name](T.distributions.utils, T)) for T in ENGINES)
    same(a, b, name)
