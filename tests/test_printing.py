"""The text of a tensor: equal to torch's where torch is installed, and as documented where not."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

import minitorch
from minitorch import printing
from minitorch.parameter import Parameter

DTYPES = ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
SMALL = [(), (1,), (7,), (40,), (2, 3), (3, 1, 4), (2, 2, 2, 3), (30, 40)]
SHAPES = [*SMALL, (1001,), (2, 600), (8, 9, 20)]
SCALES = ["unit", "whole", "tiny", "huge", "mixed", "zeros", "holes", "not finite", "thousandth"]
OPTIONS = [
    {"precision": 2},
    {"precision": 8, "linewidth": 40},
    {"threshold": 5, "edgeitems": 1},
    {"threshold": 5, "edgeitems": 0},
    {"threshold": 0},
    {"linewidth": 20},
    {"linewidth": 200, "edgeitems": 7},
    {"sci_mode": True},
    {"sci_mode": False},
    {"sci_mode": True, "precision": 1},
    {"profile": "short"},
    {"profile": "full"},
    {"profile": "short", "precision": 6},
]


@pytest.fixture(autouse=True)
def _default_options():
    yield
    printing.set_printoptions(profile="default")
    minitorch.set_default_dtype(minitorch.float32)


def numbers(scale: str, shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    """An array of the kind a name says, in any dtype."""
    random = np.random.default_rng(seed)
    x = random.standard_normal(shape)
    if dtype == "bool":
        return np.asarray(x > 0)
    if not dtype.startswith("float"):
        bounds = np.iinfo(dtype)
        high = {"unit": 10, "whole": 100, "zeros": 1}.get(scale, bounds.max)
        return random.integers(
            max(bounds.min, -high), high, shape, dtype, endpoint=scale != "zeros"
        )
    made = {
        "unit": lambda: x,
        "whole": lambda: np.round(x * 50),
        "tiny": lambda: x * 1e-6,
        "huge": lambda: np.round(x * 3e4) * 1e9,
        "mixed": lambda: x * 10.0 ** random.integers(-4, 5, shape),
        "zeros": lambda: np.copysign(0.0, x),
        "holes": lambda: np.where(x > 0.3, x, 0.0),
        "not finite": lambda: np.where(x > 1, np.inf, np.where(x < -1, np.nan, np.round(x, 1))),
        "thousandth": lambda: np.where(x > 0, 1.0, 0.001) * random.choice([1, -1, 1.001], shape),
    }
    with np.errstate(over="ignore"):
        return np.asarray(made[scale]()).astype(dtype)


def both(array: np.ndarray):
    """The same numbers as a minitorch and as a torch tensor."""
    torch = pytest.importorskip("torch")
    return minitorch.from_numpy(array.copy()), torch.from_numpy(array.copy())


@pytest.mark.differential
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", SCALES)
def test_text_is_torchs(dtype, scale):
    for seed, shape in enumerate(SHAPES):
        ours, theirs = both(numbers(scale, shape, dtype, seed))
        assert repr(ours) == repr(theirs), shape
        assert str(ours) == str(theirs), shape


@pytest.mark.differential
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_text_is_torchs_under_every_option(options):
    torch = pytest.importorskip("torch")
    texts = []
    arrays = [
        numbers(scale, shape, dtype, seed)
        for seed, (dtype, scale, shape) in enumerate(
            itertools.product(["float32", "int64", "bool"], SCALES, SMALL)
        )
    ]
    try:
        torch.set_printoptions(**options)
        printing.set_printoptions(**options)
        assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
        texts = [tuple(map(repr, both(array))) for array in arrays]
    finally:
        torch.set_printoptions(profile="default")
    for ours, theirs in texts:
        assert ours == theirs


@pytest.mark.differential
@pytest.mark.parametrize(
    "value", [0.1, 1e10, 1e-5, 1e-4, 1e8, 1e8 + 1, -0.0, 3.0, 1 / 3, 65504, 1e-45, 1e38, 1e-310]
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_single_float_is_written_as_torch_writes_it(value, dtype):
    with np.errstate(over="ignore"):
        for array in (
            np.array(value, dtype),
            np.array([value], dtype),
            np.array([value, -1], dtype),
        ):
            ours, theirs = both(array)
            assert repr(ours) == repr(theirs)


@pytest.mark.differential
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (1, 0, 4)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_tensors_are_written_as_torch_writes_them(shape, dtype):
    ours, theirs = both(np.empty(shape, dtype))
    assert repr(ours) == repr(theirs)
    if dtype.startswith("float"):
        assert repr(ours.requires_grad_()) == repr(theirs.requires_grad_())


@pytest.mark.differential
@pytest.mark.parametrize("n", range(1, 80))
def test_notes_break_the_line_where_torch_breaks_it(n):
    ours, theirs = both(np.arange(n, dtype="float64"))
    assert repr(ours) == repr(theirs)
    assert repr(ours.requires_grad_()) == repr(theirs.requires_grad_())
    assert repr(ours * 2) == repr(theirs * 2)
    assert repr(ours[None] * 2) == repr(theirs[None] * 2)


@pytest.mark.differential
@pytest.mark.parametrize("default", ["float64", "float16"])
def test_the_default_dtype_is_evident(default):
    torch = pytest.importorskip("torch")
    minitorch.set_default_dtype(getattr(minitorch, default))
    torch.set_default_dtype(getattr(torch, default))
    try:
        texts = [
            tuple(map(repr, both(np.ones(shape, dtype))))
            for dtype in DTYPES
            for shape in [(2,), (0,)]
        ]
    finally:
        torch.set_default_dtype(torch.float32)
    for ours, theirs in texts:
        assert ours == theirs


@pytest.mark.differential
def test_strided_and_expanded_tensors_are_written_in_their_order():
    array = numbers("unit", (40, 50), "float32", 0)
    for ours, theirs in (both(array), tuple(t.T for t in both(array))):
        assert repr(ours[::3, 1:]) == repr(theirs[::3, 1:])
        assert repr(ours[:1].expand(40, -1)) == repr(theirs[:1].expand(40, -1))


def test_parameters_and_subclasses_name_themselves():
    class Scaled(Parameter):
        pass

    assert repr(Parameter(minitorch.ones(2))) == (
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    )
    assert repr(Scaled(minitorch.ones(2))) == (
        "Parameter containing:\nScaled([1., 1.], requires_grad=True)"
    )


def test_known_texts():
    x = minitorch.tensor([[1.0, -2.5], [1e-3, 4.0]], requires_grad=True)
    assert repr(minitorch.tensor(3)) == "tensor(3)"
    assert repr(minitorch.tensor([True, False])) == "tensor([ True, False])"
    assert repr(minitorch.tensor([1, 200], dtype=minitorch.int32)) == (
        "tensor([  1, 200], dtype=torch.int32)"
    )
    assert repr(x) == (
        "tensor([[ 1.0000e+00, -2.5000e+00],\n"
        "        [ 1.0000e-03,  4.0000e+00]], requires_grad=True)"
    )
    assert repr(x[0] * 2) == "tensor([ 2., -5.], grad_fn=<MulBackward0>)"
    assert repr(minitorch.arange(2000)) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"


def test_options_are_kept_and_returned():
    default = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}
    assert printing.get_printoptions() == default
    printing.set_printoptions(precision=2, sci_mode=True)
    assert printing.get_printoptions() == {**default, "precision": 2, "sci_mode": True}
    printing.set_printoptions(linewidth=40)
    assert printing.get_printoptions() == {**default, "precision": 2, "linewidth": 40}
    printing.get_printoptions()["precision"] = 9
    assert printing.get_printoptions()["precision"] == 2
    printing.set_printoptions(profile="full", threshold=7)
    assert printing.get_printoptions() == {**default, "threshold": 7}


def test_contents_can_be_given():
    text = printing.tensor_repr(minitorch.ones(2, dtype=minitorch.float64), tensor_contents="...")
    assert text == "tensor(..., dtype=torch.float64)"


def test_only_the_corners_of_a_large_tensor_are_read():
    x = minitorch.ones(1).expand(100_000, 100_000)  # 40 GB if read
    start = time.perf_counter()
    assert repr(x).count("1.") == 36
    assert time.perf_counter() - start < 0.1


NAMED = [
    "l(x[0])", "l(x)", "b(x)", "b(x[0])", "x @ x.mT", "x @ x[0].T", "x[0] @ x[0].T", "x.sum()",
    "x.sum(0)", "x.mean()", "x.mean((0, 1))", "x.clamp(0)", "x.clamp(x.detach())", "x[:]",
    "x[...]", "x[:, :]", "x[0]", "x[:, 0]", "x[0, :2]", "x[0:1, :, 0]", "x[0, :, None]", "x[None]",
    "x[0, 0, 0]", "x[..., 1:]", "F.l1_loss(x, x.detach())",
    "F.l1_loss(x, x.detach(), reduction='none')",
    "x.transpose(0, 1).reshape(-1)", "T.nn.GRU(4, 2)(x)[0]", "T.nn.LSTM(4, 2)(x)[0]",
]  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("expression", NAMED)
def test_the_name_after_grad_fn_is_that_of_torchs_last_step(expression: str) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for T in (minitorch, torch):
        x = T.ones(2, 3, 4, requires_grad=True)
        names = {"T": T, "F": T.nn.functional, "x": x}
        names |= {"l": T.nn.Linear(4, 5, bias=False), "b": T.nn.Linear(4, 5)}
        out = eval(expression, names)
        found.append(repr(out).rpartition("grad_fn=")[2])
        out.sum().backward()
    assert found[0] == found[1]
    assert out.grad_fn.name() in found[0]
