"""`apply` and the operators in C against Python's: values, graph, what is saved, modes, errors."""

from __future__ import annotations

import contextlib
import gc
import itertools
import sys
import warnings

import numpy as np
import pytest

import minitorch as torch
from minitorch import methods, native, primitive
from minitorch.native.engine import _PLAIN


@pytest.fixture(autouse=True)
def _needs_the_module() -> None:
    if native.load().how != "module":
        pytest.skip("the engine's hot path in C needs Python's headers")


def test_they_are_in_place_and_go() -> None:
    assert type(torch.Tensor.__mul__).__name__ == "method_descriptor"
    assert primitive.apply is not _PLAIN
    native.disable()
    assert type(torch.Tensor.__mul__).__name__ == "function"
    assert primitive.apply is _PLAIN
    assert methods.apply is _PLAIN
    native.enable(least=1)


def leaf(shape: tuple, dtype: str, seed: int = 0, grad: bool = True) -> torch.Tensor:
    values = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return torch.tensor(values, requires_grad=grad and values.dtype.kind == "f")


def node_of(t: torch.Tensor) -> object:
    """What a node remembers, as values."""
    node = t.grad_fn
    if node is None:
        return None
    saved = [np.asarray(s).tolist() if hasattr(s, "dtype") else s for s in node.saved or ()]
    versions = [v and (v[0][0], v[1]) for v in node.versions]
    edges = [(n and n.name(), nr) for n, nr in node.next_functions]
    return node.name(), saved, versions, edges, node.shape, node.dtype, node.outputs


OPERATORS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
}
DTYPES = ("float32", "float64", "float16", "int64")
SHAPES = [((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (0,)),
          ((), (2,)), ((2, 2), ()), ((70, 70), (70, 70))]  # fmt: skip
PAIRS = [(a, b) for a in DTYPES for b in DTYPES]


def told(make) -> object:
    """What comes of `make()`: value, layout, history and gradients, or the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            leaves, out = make()
            found = [out.dtype, out.shape, out.stride(), out.tolist(), out._version, node_of(out)]
            if out.requires_grad:
                out.sum().backward()
                found += [None if x.grad is None else x.grad.tolist() for x in leaves]
    except Exception as error:
        return type(error), str(error)
    return found


def same(make) -> None:
    ours = told(make)
    native.disable()
    try:
        theirs = told(make)
    finally:
        native.enable(least=1)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_tensors(name: str) -> None:
    for (a, b), (first, second) in itertools.product(PAIRS, SHAPES):

        def make(first=first, second=second, a=a, b=b):
            x, y = leaf(first, a), leaf(second, b, 1)
            return (x, y), OPERATORS[name](x, y)

        if a == b or first == (3,):
            same(make)


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("number", [2, -1.5, True, 0, 10**30, 1e300, float("nan"), np.float32(2)])
def test_operators_with_numbers(name: str, number) -> None:
    for shape, dtype in itertools.product([(), (3,), (2, 2)], DTYPES):
        for turned in (False, True):

            def make(shape=shape, dtype=dtype, turned=turned):
                x = leaf(shape, dtype)
                pair = (number, x) if turned else (x, number)
                return (x,), OPERATORS[name](*pair)

            same(make)


@pytest.mark.parametrize("other", [None, "text", [1.0], 1j])
def test_operands_that_are_none(other) -> None:
    same(lambda: ((), leaf((2,), "float32") * other))
    same(lambda: ((), other * leaf((2,), "float32")))


VIEWS = {
    "transposed": lambda x: x.t() * x.t(),
    "slices": lambda x: x[1:] + x[:2],
    "detached": lambda x: x.detach() * x,
    "row": lambda x: (x * 1)[0] * 2,
}


@pytest.mark.parametrize("name", VIEWS)
def test_views(name: str) -> None:
    def make():
        x = leaf((3, 4), "float32")
        return (x,), VIEWS[name](x)

    same(make)


def test_a_view_whose_base_was_written_is_made_again() -> None:
    def make():
        x = leaf((4,), "float32")
        y = x * 2
        v = y[:2]
        y.mul_(3)
        return (x,), v * v

    same(make)


def test_what_was_written_is_refused() -> None:
    x = leaf((3,), "float32")
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_modes() -> None:
    x = leaf((3,), "float32")
    with torch.no_grad():
        assert (x * x).grad_fn is None
        assert x.exp().grad_fn is None
    with torch.inference_mode():
        assert (x * 2).is_inference()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.detect_anomaly():
            y = torch.tensor([-1.0], requires_grad=True)
            with pytest.raises(RuntimeError, match="nan"):
                (y.sqrt() * 1.0).sum().backward()
    packed = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        (x * x).sum().backward()
    assert len(packed) >= 2


def test_vmap_and_subclasses_are_asked() -> None:
    assert torch.vmap(lambda a, b: a * b + 1)(torch.ones(3, 2), torch.ones(3, 2)).shape == (3, 2)

    seen = []

    class Loud(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            seen.append(function.__name__)
            return super().__torch_function__(function, types, args, kwargs or {})

    x = torch.ones(2).as_subclass(Loud)
    assert type(x * 2) is Loud
    assert type(2 * x) is Loud
    assert "__mul__" in seen


def test_errors_are_pythons() -> None:
    same(lambda: ((), leaf((2, 3), "float32") + leaf((4,), "float32")))
    same(lambda: ((), leaf((2, 3), "float32") @ leaf((2, 3), "float32")))
    same(lambda: ((), leaf((2, 3), "float32").softmax(7)))


def test_nothing_is_kept() -> None:
    """References are counted right: memory does not grow, and no constant's count does."""

    def work() -> None:
        x, y = leaf((3,), "float32"), leaf((), "float64")
        for _ in range(50):
            z = ((x * x + 2 - x) / 3 * x).tanh().sum(0)
            z.backward()
            (y * y / 2 + y).backward()
            x.grad = y.grad = None
            with contextlib.suppress(RuntimeError):
                x + torch.ones(5)

    work()
    gc.collect()
    counts = [sys.getrefcount(o) for o in (None, torch.float32, (), torch.Tensor)]
    before = len(gc.get_objects())
    for _ in range(20):
        work()
    gc.collect()
    assert len(gc.get_objects()) - before < 50
    after = [sys.getrefcount(o) for o in (None, torch.float32, (), torch.Tensor)]
    assert all(b - a < 500 for a, b in zip(counts, after))


def test_a_first_gradient_in_inference_mode_is_for_inference_alone() -> None:
    w = torch.ones(2, requires_grad=True)
    loss = (w * w).sum()
    with torch.inference_mode():
        loss.backward()
    assert w.grad.is_inference()
    again = torch.ones(2, requires_grad=True)
    (again * again).sum().backward()
    assert not again.grad.is_inference()


def test_a_leafs_hooks_and_frozen_leaves_are_seen() -> None:
    seen = []
    leaf = torch.ones(3, 2, requires_grad=True)
    leaf.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    loss = (leaf * 2).sum()
    loss.backward(retain_graph=True)
    loss.backward(retain_graph=True)
    assert seen == [[[2.0, 2.0]] * 3, [[4.0, 4.0]] * 3]
    leaf.requires_grad_(False)
    leaf.grad = None
    loss.backward()
    assert leaf.grad is None
    turned = torch.ones(2, 3).t().requires_grad_()
    (turned * 2).sum().backward()
    assert turned.grad.stride() == (1, 3)


def test_a_bias_gets_the_sum_of_its_rows() -> None:
    bias = torch.zeros(7, requires_grad=True)
    rows = torch.arange(7.0 * 130).reshape(130, 7)
    ((bias + rows) * rows).sum().backward()
    assert bias.grad.tolist() == rows.sum(0).tolist()
    wide = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    (wide + torch.zeros(0, 7)).sum().backward()
    assert wide.grad.tolist() == [0.0] * 7
