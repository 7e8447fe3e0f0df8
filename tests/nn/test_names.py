"""Small names of torch.nn that scripts and layers derived from torch's use."""

from __future__ import annotations

import pytest

from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential


def projections(T):
    T.manual_seed(0)
    F = T.nn.functional
    q, k, v, w, b = T.randn(2, 4), T.randn(3, 4), T.randn(3, 4), T.randn(12, 4), T.randn(12)
    parts = F._in_projection(q, k, v, *w.chunk(3), b_v=b[:4])
    return type(parts).__name__, parts, F._in_projection_packed(q, k, v, w, b)


def masks_merged(T):
    T.manual_seed(0)
    attention = T.nn.MultiheadAttention(4, 2)
    query, keys = T.zeros(3, 5, 4), T.randn(3, 5)
    masks = [None, T.randn(5, 5), T.randn(6, 5, 5)]
    pairs = [(mask, padding) for mask in masks for padding in (None, keys)]
    return [attention.merge_masks(mask, padding, query) for mask, padding in pairs]


def factory_kwargs(T):
    make = T.nn.factory_kwargs
    given = [None, {}, {"device": 1}, {"dtype": 1, "factory_kwargs": {"device": 2}}, {"devic": 1}]
    given += [{"device": 1, "factory_kwargs": {"device": 2}}]
    return [attempt(make, one) for one in given]


def types_that_answer(T):
    class Loud:
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return cls.__name__, function.__name__, len(types), len(args), kwargs

    class Louder(Loud):
        pass

    class Silent(Loud):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return NotImplemented

    class Kept(T.Tensor):
        pass

    F, x, loud = T.nn.functional, T.ones(1), Loud()
    kept = x.as_subclass(Kept)
    handle = F.handle_torch_function
    return (
        F.has_torch_function((x, 1)), F.has_torch_function((x, loud)),
        F.has_torch_function_unary(kept), F.has_torch_function_variadic(x, None, kept),
        handle(len, (loud, Louder()), loud, 1, key=2), handle(len, (Silent(), loud), x),
        attempt(handle, len, (Silent(),), x), F.GRID_SAMPLE_INTERPOLATION_MODES,
        F.GRID_SAMPLE_PADDING_MODES,
    )  # fmt: skip


@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
