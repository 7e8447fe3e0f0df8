"""Weights rewritten by hooks and parametrizations, pruned, fused: each beside torch's."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike
from tests.tolerances import assert_close

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")  # no attribute of torch.nn.utils before
pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated"),
]


def classes(T: Any) -> Any:
    """Parametrizations that a user would write."""

    class Own:
        class Symmetric(T.nn.Module):
            def forward(self, x):
                return x.triu() + x.triu(1).T

            def right_inverse(self, a):
                return a.triu()

        class Sum(T.nn.Module):
            def forward(self, a, b):
                return a + b

            def right_inverse(self, x):
                return x / 4, x * 0.75

        class Twice(T.nn.Module):
            def forward(self, x):
                return x * 2

        class FirstRow(T.nn.Module):
            def forward(self, x):
                return x[:1]

        class Double(T.nn.Module):
            def forward(self, x):
                return x.double()

    return Own


def linear(T: Any, *size: int) -> Any:
    return T.nn.Linear(*(size or (3, 4)))


def nearly_orthogonal(T: Any) -> Any:
    """A map whose singular values lie so close that power iterations do not end soon."""
    m = linear(T, 3, 3)
    m.weight.data = T.diag(T.tensor([0.97, 1.0, 0.95]))
    return m


def parametrized(T: Any, *names: str, module: Any = None, **how: Any) -> Any:
    m = module or linear(T, 3, 3)
    for name in names:
        made = getattr(classes(T), name)()
        T.nn.utils.parametrize.register_parametrization(m, "weight", made, **how)
    return m


def chained(*steps: Callable) -> Callable:
    def call(T: Any) -> Any:
        m = linear(T, 5, 6)
        for step in steps:
            m = step(T, m) or m
        return m

    return call


CASES: dict[str, Callable[[Any], Any]] = {
    "weight_norm": lambda T: T.nn.utils.weight_norm(linear(T)),
    "weight_norm, all": lambda T: T.nn.utils.weight_norm(linear(T), dim=None),
    "weight_norm, dim 1": lambda T: T.nn.utils.weight_norm(linear(T), "weight", 1),
    "weight_norm removed": lambda T: T.nn.utils.remove_weight_norm(
        T.nn.utils.weight_norm(linear(T))
    ),
    "spectral_norm": lambda T: T.nn.utils.spectral_norm(linear(T)),
    "spectral_norm, 3 steps": lambda T: T.nn.utils.spectral_norm(
        linear(T), n_power_iterations=3, dim=1
    ),
    "spectral_norm removed": lambda T: T.nn.utils.remove_spectral_norm(
        T.nn.utils.spectral_norm(linear(T))
    ),
    "new weight_norm": lambda T: T.nn.utils.parametrizations.weight_norm(linear(T)),
    "new weight_norm, all": lambda T: T.nn.utils.parametrizations.weight_norm(linear(T), dim=None),
    "new spectral_norm": lambda T: T.nn.utils.parametrizations.spectral_norm(linear(T)),
    "new spectral_norm of a bias": lambda T: T.nn.utils.parametrizations.spectral_norm(
        linear(T), "bias"
    ),
    "new spectral_norm, far from its end": lambda T: T.nn.utils.parametrizations.spectral_norm(
        nearly_orthogonal(T)
    ),
    "orthogonal": lambda T: T.nn.utils.parametrizations.orthogonal(linear(T, 4, 4)),
    "orthogonal, wide": lambda T: T.nn.utils.parametrizations.orthogonal(linear(T, 4, 3)),
    "orthogonal, tall, cayley": lambda T: T.nn.utils.parametrizations.orthogonal(
        linear(T, 3, 5), orthogonal_map="cayley"
    ),
    "orthogonal, tall, exponential": lambda T: T.nn.utils.parametrizations.orthogonal(
        linear(T, 3, 5), orthogonal_map="matrix_exp", use_trivialization=False
    ),
    "orthogonal, householder": lambda T: T.nn.utils.parametrizations.orthogonal(
        linear(T, 3, 5), use_trivialization=False
    ),
    "orthogonal, wide, householder": lambda T: T.nn.utils.parametrizations.orthogonal(
        linear(T, 5, 3), orthogonal_map="householder", use_trivialization=False
    ),
    "symmetric": lambda T: parametrized(T, "Symmetric"),
    "symmetric, doubled": lambda T: parametrized(T, "Symmetric", "Twice"),
    "sum of two": lambda T: parametrized(T, "Sum"),
    "two tensors": lambda T: T.nn.utils.parametrize.register_parametrization(
        parametrized(T, "Symmetric"), "bias", classes(T).Twice()
    ),
    "removed": lambda T: T.nn.utils.parametrize.remove_parametrizations(
        parametrized(T, "Symmetric"), "weight"
    ),
    "removed, original": lambda T: T.nn.utils.parametrize.remove_parametrizations(
        parametrized(T, "Twice"), "weight", leave_parametrized=False
    ),
    "removed, of two": lambda T: T.nn.utils.parametrize.remove_parametrizations(
        parametrized(T, "Sum"), "weight"
    ),
    "transferred": lambda T: T.nn.utils.parametrize.transfer_parametrizations_and_params(
        parametrized(T, "Sum", "Twice"), linear(T, 3, 3)
    ),
    "pruned at random": lambda T: T.nn.utils.prune.random_unstructured(linear(T), "weight", 0.4),
    "pruned by size": lambda T: T.nn.utils.prune.l1_unstructured(linear(T), "weight", 5),
    "pruned by scores": lambda T: T.nn.utils.prune.l1_unstructured(
        linear(T), "weight", 2, T.arange(12.0).reshape(4, 3)
    ),
    "columns at random": lambda T: T.nn.utils.prune.random_structured(
        linear(T, 6, 4), "weight", 0.5, 1
    ),
    "rows by norm": lambda T: T.nn.utils.prune.ln_structured(linear(T), "weight", 2, 2, 0),
    "columns by norm": lambda T: T.nn.utils.prune.ln_structured(
        linear(T), "weight", 1, float("inf"), -1
    ),
    "nothing falls": lambda T: T.nn.utils.prune.identity(linear(T), "bias"),
    "a given mask": lambda T: T.nn.utils.prune.custom_from_mask(
        linear(T), "bias", T.tensor([1, 0, 1, 0])
    ),
    "a part that is none": lambda T: T.nn.utils.prune.random_structured(
        linear(T), "weight", 0.1, 0
    ),
    "pruned again and again": chained(
        lambda T, m: T.nn.utils.prune.random_unstructured(m, "weight", 0.4),
        lambda T, m: T.nn.utils.prune.l1_unstructured(m, "weight", 3),
        lambda T, m: T.nn.utils.prune.ln_structured(m, "weight", 2, 1, dim=1),
        lambda T, m: T.nn.utils.prune.random_structured(m, "weight", 0.5, dim=1),
    ),
    "pruned for good": chained(
        lambda T, m: T.nn.utils.prune.l1_unstructured(m, "weight", 0.5),
        lambda T, m: T.nn.utils.prune.remove(m, "weight"),
    ),
    "pruned together": chained(
        lambda T, m: T.nn.utils.prune.l1_unstructured(m, "weight", 3),
        lambda T, m: T.nn.utils.prune.global_unstructured(
            [(m, "weight"), (m, "bias")], T.nn.utils.prune.L1Unstructured, amount=0.3
        ),
    ),
}


def run(T: Any, case: str) -> dict[str, Any]:
    """Two steps in training and one in evaluation: outputs, weights, gradients, state."""
    T.manual_seed(1)
    m = CASES[case](T)
    found: dict[str, Any] = {"text": repr(m), "names": list(m.state_dict())}
    found["parameters"] = [(n, p.requires_grad) for n, p in m.named_parameters()]
    x = T.linspace(-1, 2, 2 * m.in_features).reshape(2, m.in_features)
    for mode in (True, True, False):
        out = m.train(mode)(x)
        (out * out).sum().backward()
        found[f"output {len(found)}"] = out.detach().numpy()
    found["weight"] = m.weight.detach().numpy().copy()
    found |= {f"state {k}": v.detach().numpy().copy() for k, v in m.state_dict().items()}
    found |= {f"gradient {k}": p.grad.numpy() for k, p in m.named_parameters()}
    return found | {"next draw": T.rand(2).numpy()}


@pytest.mark.parametrize("case", CASES)
def test_weight(case: str) -> None:
    ours, theirs = run(minitorch, case), run(torch, case)
    assert list(ours) == list(theirs)
    for name, expected in theirs.items():
        if isinstance(expected, np.ndarray):
            limit = 0 if name == "next draw" else 400
            assert_close(ours[name], expected, limit, 1, f"{case}: {name}")
        else:
            assert ours[name] == expected, name


def test_assigning_goes_through_the_inverse() -> None:
    for T in (minitorch, torch):
        m = parametrized(T, "Symmetric")
        m.weight = T.ones(3, 3)
        assert m.parametrizations.weight.original.tolist() == T.ones(3, 3).triu().tolist()
        assert m.weight.tolist() == T.ones(3, 3).tolist()
        m = parametrized(T, "Sum")
        m.weight = T.ones(3, 3)
        assert m.parametrizations.weight.original0[0, 0].item() == 0.25
        m = T.nn.utils.parametrizations.orthogonal(linear(T, 3, 3))
        m.weight = T.eye(3).flip(0)
        assert np.allclose(m.weight.detach().numpy(), np.eye(3)[::-1], atol=1e-6)


def test_class_cache_and_identity() -> None:
    for T in (minitorch, torch):
        P = T.nn.utils.parametrize
        m = linear(T, 3, 3)
        weight = m.weight
        parametrized(T, "Symmetric", module=m)
        assert type(m).__name__ == "ParametrizedLinear"
        assert P.type_before_parametrizations(m) is T.nn.Linear
        assert (P.is_parametrized(m), P.is_parametrized(m, "bias")) == (True, False)
        with P.cached():
            assert m.weight is m.weight
        assert m.weight is not m.weight
        copied = copy.deepcopy(m)
        assert type(copied) is type(m)
        assert copied.parametrizations.weight.original is not weight
        with pytest.raises(RuntimeError, match="state_dict"):
            pickle.dumps(m)
        P.remove_parametrizations(m, "weight")
        assert m.weight is weight
        assert type(m) is T.nn.Linear


def test_two_forwards_before_one_backward() -> None:
    for T in (minitorch, torch):
        for norm in (T.nn.utils.spectral_norm, T.nn.utils.parametrizations.spectral_norm):
            m = norm(linear(T))
            (m(T.ones(1, 3)) * m(T.ones(1, 3))).sum().backward()
            assert all(p.grad is not None for p in m.parameters())


def test_unsafe_stays() -> None:
    for T in (minitorch, torch):
        m = parametrized(T, "FirstRow", unsafe=True)
        parametrized(T, "Twice", module=m)
        assert m.parametrizations.weight.unsafe


def test_an_old_weight_norm_state_loads() -> None:
    for T in (minitorch, torch):
        old = T.nn.utils.weight_norm(linear(T))
        new = T.nn.utils.parametrizations.weight_norm(linear(T))
        assert not any(new.load_state_dict(old.state_dict()))
        assert new.weight.tolist() == old.weight.tolist()


def test_spectral_norm_writes_its_version() -> None:
    for T in (minitorch, torch):
        state = T.nn.utils.spectral_norm(linear(T)).state_dict()
        assert state._metadata[""] == {"version": 1, "spectral_norm": {"weight.version": 1}}


def test_pruning_methods_and_hooks() -> None:
    for T in (minitorch, torch):
        prune, m = T.nn.utils.prune, linear(T)
        assert not prune.is_pruned(m)
        prune.l1_unstructured(m, "weight", 1)
        assert prune.is_pruned(T.nn.Sequential(m))
        prune.l1_unstructured(m, "weight", 1)
        (hook,) = m._forward_pre_hooks.values()
        assert (type(hook).__name__, len(hook), len(list(hook))) == ("PruningContainer", 2, 2)
        assert isinstance(hook[0], prune.L1Unstructured)
        pruned = prune.L1Unstructured(1).prune(T.tensor([-1.0, 2.0]))
        assert pruned.tolist() == [0.0, 2.0]


def test_functional_call_warns_and_replaces() -> None:
    for T in (minitorch, torch):
        m, x = linear(T), T.ones(1, 3)
        with pytest.warns(FutureWarning, match=r"torch\.func\.functional_call"):
            out = T.nn.utils.stateless.functional_call(m, {"bias": T.zeros(4)}, x)
        assert np.allclose(out.detach().numpy(), (x @ m.weight.T).detach().numpy(), atol=1e-6)
        assert isinstance(m.bias, T.nn.Parameter)


def test_skip_init_draws_nothing() -> None:
    for T in (minitorch, torch):
        before = T.get_rng_state()
        m = T.nn.utils.skip_init(T.nn.Linear, 3, 4, bias=False)
        assert (T.get_rng_state() == before).all()
        assert (m.weight.shape, m.bias) == ((4, 3), None)


FUSED = {
    "conv": lambda T: (T.nn.Conv2d(2, 3, 2), T.nn.BatchNorm2d(3), (4, 2, 5, 5)),
    "conv, no bias": lambda T: (
        T.nn.Conv2d(2, 3, 2, bias=False), T.nn.BatchNorm2d(3, affine=False), (4, 2, 5, 5)),
    "transposed": lambda T: (T.nn.ConvTranspose2d(2, 3, 2), T.nn.BatchNorm2d(3), (4, 2, 5, 5)),
    "linear": lambda T: (T.nn.Linear(2, 3), T.nn.BatchNorm1d(3), (4, 2)),
}  # fmt: skip


@pytest.mark.parametrize("case", FUSED)
def test_fused_layers_compute_what_the_two_do(case: str) -> None:
    found = []
    for T in (minitorch, torch):
        T.manual_seed(0)
        layer, bn, size = FUSED[case](T)
        x = T.randn(*size)
        for i, p in enumerate(bn.parameters()):
            p.data += 0.5 + i
        bn(layer(x))  # running statistics
        layer.eval(), bn.eval()
        if case == "linear":
            fused = T.nn.utils.fuse_linear_bn_eval(layer, bn)
        else:
            fused = T.nn.utils.fuse_conv_bn_eval(layer, bn, case == "transposed")
        out = fused(x).detach().numpy()
        assert np.allclose(out, bn(layer(x)).detach().numpy(), atol=1e-5)
        found.append((out, fused.weight.requires_grad, fused.bias.requires_grad))
    assert np.allclose(found[0][0], found[1][0], atol=1e-5)
    assert found[0][1:] == found[1][1:]


def test_weights_change_their_order_in_memory() -> None:
    for T in (minitorch, torch):
        m = T.nn.Sequential(T.nn.Conv2d(2, 3, 2), T.nn.Linear(2, 3))
        before = m[0].weight.tolist()
        T.nn.utils.convert_conv2d_weight_memory_format(m, T.channels_last)
        assert m[0].weight.is_contiguous(memory_format=T.channels_last)
        assert m[0].weight.tolist() == before
        assert m[1].weight.is_contiguous()


def prune(t: Any, name: str, *args: Any, **how: Any) -> Any:
    return getattr(t.nn.utils.prune, name)(linear(t), *args, **how)


ERRORS = {
    "two weight_norm hooks": (
        lambda t: t.nn.utils.weight_norm(t.nn.utils.weight_norm(linear(t))), ["weight"]),
    "no weight_norm": (lambda t: t.nn.utils.remove_weight_norm(linear(t)), ["weight", "Linear"]),
    "two spectral_norm hooks": (
        lambda t: t.nn.utils.spectral_norm(t.nn.utils.spectral_norm(linear(t))), ["weight"]),
    "no spectral_norm": (lambda t: t.nn.utils.remove_spectral_norm(linear(t)), ["weight"]),
    "no power iterations": (
        lambda t: t.nn.utils.spectral_norm(linear(t), n_power_iterations=0), ["0"]),
    "no power iterations, new": (
        lambda t: t.nn.utils.parametrizations.spectral_norm(linear(t), "weight", 0), ["0"]),
    "unknown map": (
        lambda t: t.nn.utils.parametrizations.orthogonal(linear(t), "weight", "foo"), ["foo"]),
    "orthogonal vector": (lambda t: t.nn.utils.parametrizations.orthogonal(linear(t), "bias"),
                          ["1"]),
    "orthogonal nothing": (lambda t: t.nn.utils.parametrizations.orthogonal(linear(t), "foo"),
                           ["foo"]),
    "orthogonal, assigned without base": (
        lambda t: setattr(
            t.nn.utils.parametrizations.orthogonal(
                linear(t, 3, 3), use_trivialization=False), "weight", t.eye(3)),
        ["use_trivialization"]),
    "another shape": (lambda t: parametrized(t, "FirstRow"), ["[3, 3]", "[1, 3]"]),
    "another dtype": (lambda t: parametrized(t, "Double"), ["float32", "float64"]),
    "another shape, second": (lambda t: parametrized(t, "Twice", "FirstRow"), ["[1, 3]"]),
    "no such tensor": (
        lambda t: t.nn.utils.parametrize.register_parametrization(
            linear(t), "foo", t.nn.Identity()), ["foo"]),
    "no inverse": (
        lambda t: setattr(parametrized(t, "Twice"), "weight", t.ones(3, 3)), ["Twice"]),
    "nothing to remove": (
        lambda t: t.nn.utils.parametrize.remove_parametrizations(linear(t), "weight"),
        ["weight"]),
    "several originals": (
        lambda t: t.nn.utils.parametrize.remove_parametrizations(
            parametrized(t, "Sum"), "weight", leave_parametrized=False), ["leave_parametrized"]),
    "more than all": (lambda t: prune(t, "l1_unstructured", "weight", 1.5), ["1.5"]),
    "more than there are": (lambda t: prune(t, "l1_unstructured", "weight", 13), ["13", "12"]),
    "negative amount": (lambda t: prune(t, "l1_unstructured", "weight", -1), ["-1"]),
    "amount no number": (lambda t: prune(t, "l1_unstructured", "weight", "a"), ["a"]),
    "no such parameter": (lambda t: prune(t, "l1_unstructured", "foo", 1), ["foo"]),
    "slices of a vector": (lambda t: prune(t, "ln_structured", "bias", 1, 2, 0), ["1 dim"]),
    "no such dimension": (lambda t: prune(t, "ln_structured", "weight", 1, 2, 5), ["5"]),
    "mask of another size": (
        lambda t: prune(t, "custom_from_mask", "bias", t.ones(3)), ["[4]", "[3]"]),
    "scores of another size": (
        lambda t: prune(t, "l1_unstructured", "weight", 1, importance_scores=t.ones(2)), ["[2]"]),
    "not pruned": (lambda t: t.nn.utils.prune.remove(linear(t), "weight"), ["weight"]),
    "global, no iterable": (
        lambda t: t.nn.utils.prune.global_unstructured(3, t.nn.utils.prune.L1Unstructured),
        ["parameters"]),
    "no method": (lambda t: t.nn.utils.prune.PruningContainer().add_pruning_method(3), ["int"]),
    "base class": (lambda t: t.nn.utils.prune.BasePruningMethod(), ["abstract"]),
    "fused in training": (
        lambda t: t.nn.utils.fuse_conv_bn_eval(t.nn.Conv2d(1, 1, 1), t.nn.BatchNorm2d(1)), []),
    "skip_init of no module": (lambda t: t.nn.utils.skip_init(int), ["int"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(case: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_refused_alike(torch, *ERRORS[case])
