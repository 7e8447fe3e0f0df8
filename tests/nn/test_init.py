"""Initial values: the same bits as torch's from the same seed."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

CALLS = [
    "uniform_(t)",
    "uniform_(t, -0.3, 0.7)",
    "normal_(t)",
    "normal_(t, 0.1, 0.02)",
    "constant_(t, 0.3)",
    "ones_(t)",
    "zeros_(t)",
    "eye_(t)",
    "xavier_uniform_(t)",
    "xavier_uniform_(t, gain=2.5)",
    "xavier_normal_(t)",
    "kaiming_uniform_(t)",
    "kaiming_uniform_(t, a=2.2, mode='fan_out')",
    "kaiming_uniform_(t, nonlinearity='relu')",
    "kaiming_normal_(t)",
    "kaiming_normal_(t, mode='fan_out', nonlinearity='relu')",
    "sparse_(t, 0.3)",
    "sparse_(t, 0.0)",
    "sparse_(t, 1.0, std=3)",
]


def made(T: Any, call: str, shape: tuple, dtype: str = "float32", layout: str = "whole") -> bytes:
    T.manual_seed(5)
    t = LAYOUTS[layout](T.zeros(shape, dtype=getattr(T, dtype)))
    assert eval(f"init.{call}", {"init": T.nn.init, "t": t, "T": T}) is t
    return t.numpy().tobytes() + T.get_rng_state().numpy().tobytes()


LAYOUTS = {
    "whole": lambda t: t,
    "permuted": lambda t: t.permute(tuple(reversed(range(t.ndim)))),
    "sliced": lambda t: t[..., ::2] if t.ndim else t,
}


@pytest.mark.parametrize("shape", [(3, 2), (31, 7)])
@pytest.mark.parametrize("call", CALLS)
def test_bits_and_state_are_torchs(call: str, shape: tuple) -> None:
    assert made(minitorch, call, shape) == made(torch, call, shape)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("call", ["normal_(t)", "xavier_uniform_(t)", "sparse_(t, 0.5)"])
def test_bits_and_state_in_every_dtype_and_order(call: str, dtype: str, layout: str) -> None:
    args = (call, (9, 14), dtype, layout)
    assert made(minitorch, *args) == made(torch, *args)


@pytest.mark.parametrize(
    "call",
    [
        "uniform_(t, 2, 3, g)",
        "normal_(t, 1, 2, g)",
        "xavier_uniform_(t, generator=g)",
        "xavier_normal_(t, generator=g)",
        "kaiming_uniform_(t, generator=g)",
        "kaiming_normal_(t, generator=g)",
        "trunc_normal_(t, generator=g)",
        "trunc_normal_(t, a=1, generator=g)",
        "orthogonal_(t, generator=g)",
        "sparse_(t, 0.5, generator=g)",  # which elements are 0 comes from the default generator
    ],
)
def test_a_generator_is_drawn_from(call: str) -> None:
    states = []
    for T in (minitorch, torch):
        T.manual_seed(1)
        g = T.Generator().manual_seed(2)
        eval(f"T.nn.init.{call}", {"T": T, "t": T.empty(5, 6), "g": g})
        assert g.get_state().tolist() != g.manual_seed(2).get_state().tolist()
        states.append(T.get_rng_state().tolist())
    assert states[0] == states[1]


# Truncated normals

TRUNCATED = [  # the first ones by normal numbers, the others by accepted uniform ones
    ("trunc_normal_(t)", -2, 2),
    ("trunc_normal_(t, std=0.02)", -2, 2),
    ("trunc_normal_(t, 1.0, 0.5, 0.7, 1.2)", 0.7, 1.2),
    ("trunc_normal_(t, 0.3, 2.0, -1.1, 9)", -1.1, 9),
    ("trunc_normal_(t, 0.0, 1.0, 1.5, 2.0)", 1.5, 2),
    ("trunc_normal_(t, 0.0, 1.0, -0.1, 0.2)", -0.1, 0.2),
    ("trunc_normal_(t, -1.5, 1.0, 0.0, 3.0)", 0, 3),
    ("trunc_normal_(t, 5.0, 3.0, 0.0, 0.1)", 0, 0.1),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("call", "least", "most"), TRUNCATED)
def test_truncated_normal(call: str, least: float, most: float, dtype: str, layout: str) -> None:
    for shape in ((), (0,), (1,), (31, 7), (3, 17, 10)):
        ours = made(minitorch, call, shape, dtype, layout)
        assert ours == made(torch, call, shape, dtype, layout)
        numbers = np.frombuffer(ours[:-5056], dtype)
        assert ((np.dtype(dtype).type(least) <= numbers) & (numbers <= most + 1e-3)).all()


@pytest.mark.parametrize(
    ("options", "warns"),
    [
        ({"mean": 4.1}, True),
        ({"mean": -4.1}, True),
        ({"mean": 4.0}, False),
        ({"mean": 3.9, "a": 3, "b": 4}, False),
        ({"mean": 1, "std": 0.1, "a": 1.3, "b": 1.4}, True),
    ],
)
def test_truncated_normal_far_from_its_mean_warns(options: dict, warns: bool) -> None:
    for T in (minitorch, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            T.nn.init.trunc_normal_(T.empty(2), **options)
        assert [w.category for w in caught] == [UserWarning] * warns
        if T is minitorch:
            assert {w.filename for w in caught} <= {__file__}  # the line that called it


# Orthogonal matrices


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(1, 1), (4, 4), (7, 3), (3, 7), (1, 9), (9, 1), (50, 50), (6, 3, 2, 2), (2, 3, 5)]
)
def test_orthogonal(shape: tuple, dtype: str) -> None:
    call, width = "orthogonal_(t, gain=1.5)", np.dtype(dtype).itemsize * int(np.prod(shape))
    ours, theirs = made(minitorch, call, shape, dtype), made(torch, call, shape, dtype)
    assert ours[width:] == theirs[width:]  # the state; the factors are another LAPACK's
    eps = np.finfo(dtype).eps
    a, b = (np.frombuffer(x[:width], dtype).reshape(shape[0], -1) for x in (ours, theirs))
    np.testing.assert_allclose(a, b, rtol=0, atol=64 * eps)  # another LAPACK, some other CPU
    gram = a @ a.T if a.shape[0] <= a.shape[1] else a.T @ a
    np.testing.assert_allclose(gram, 1.5**2 * np.eye(len(gram)), rtol=0, atol=16 * eps)


def test_orthogonal_of_a_transposed_tensor() -> None:
    found = []
    for T in (minitorch, torch):
        T.manual_seed(5)
        t = T.empty(7, 4).t()
        found.append(T.nn.init.orthogonal_(t).numpy())
    np.testing.assert_allclose(*found, rtol=0, atol=1e-6)


def test_orthogonal_of_nothing_draws_nothing() -> None:
    for shape in ((0, 3), (3, 0)):
        assert made(minitorch, "orthogonal_(t)", shape) == made(torch, "orthogonal_(t)", shape)


# Sparse matrices and Dirac weights


@pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.25, 3), (0.31, 4), (1.0, 10)])
def test_sparse_has_as_many_zeros_in_each_column(sparsity: float, zeros: int) -> None:
    t = minitorch.nn.init.sparse_(minitorch.empty(10, 30), sparsity)
    assert (t == 0).sum(0).tolist() == [zeros] * 30


DIRAC = [
    *itertools.product([(4, 2, 3), (4, 6, 4), (4, 4, 1)], [1, 2, 4]),
    *itertools.product([(6, 2, 3, 3), (6, 3, 2, 5)], [1, 2, 3]),
    *itertools.product([(4, 4, 3, 3, 3), (2, 1, 1, 2, 4)], [1, 2]),
    ((0, 2, 3), 1),
]


@pytest.mark.parametrize(("shape", "groups"), DIRAC)
def test_dirac(shape: tuple, groups: int) -> None:
    call = f"dirac_(t.fill_(7), {groups})"
    assert made(minitorch, call, shape) == made(torch, call, shape)


@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_with_dirac_weights_passes_its_input_on(groups: int) -> None:
    x = minitorch.randn(2, 4, 5, 6)
    weight = minitorch.nn.init.dirac_(minitorch.empty(4, 4 // groups, 3, 3), groups)
    out = minitorch.nn.functional.conv2d(x, weight, padding=1, groups=groups)
    assert out.tolist() == x.tolist()


@pytest.mark.parametrize("name", "linear conv2d sigmoid tanh relu selu leaky_relu".split())
def test_gain(name: str) -> None:
    assert minitorch.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert minitorch.nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(
        torch.nn.init.calculate_gain("leaky_relu", 0.3)
    )


@pytest.mark.parametrize(
    "call",
    [
        "calculate_gain('nothing')",
        "calculate_gain('leaky_relu', 'x')",
        "kaiming_uniform_(T.empty(3))",
        "kaiming_uniform_(T.empty(3, 3), mode='fan_off')",
        "eye_(T.empty(3))",
        "xavier_normal_(T.empty(()))",
    ],
)
def test_bad_input_raises_what_torch_raises(call: str) -> None:
    raised = []
    for T in (minitorch, torch):
        with pytest.raises(Exception) as caught:
            eval(f"T.nn.init.{call}", {"T": T})
        raised.append(caught.type)
    assert raised[0] is raised[1]


def test_initialising_a_parameter_records_nothing() -> None:
    p = minitorch.nn.Parameter(minitorch.empty(3, 4))
    minitorch.nn.init.kaiming_uniform_(p)
    assert p.is_leaf
    assert p.requires_grad
