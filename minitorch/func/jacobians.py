"""Whole Jacobians and Hessians, all rows or columns in one batch."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from minitorch._pytree import tree_unflatten
from minitorch.batching import vmap
from minitorch.grad_mode import enable_grad
from minitorch.ops.pieces import cat
from minitorch.sized import zeros_like

from .transforms import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable


def _basis(x: Any) -> Any:
    """The unit tensors in the shape of `x`, stacked: (elements, *shape)."""
    return x.detach().new_ones((x.numel(),)).diag().reshape(x.numel(), *x.shape)


def _in_chunks(run: Callable, basis: Any, size: int | None) -> list:
    """`run` of a part of the basis at a time, what it returns put together again."""
    if size is None or size >= len(basis):
        return run(basis)
    parts = [run(basis[i : i + size]) for i in range(0, len(basis), size)]
    return [cat(list(column), dim=0) for column in zip(*parts)]


def jacrev(
    func: Callable,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable:
    """A function that returns d func / d argument `argnums`, sizes (*output, *input), by rows.

    `chunk_size` rows at a time.

    >>> import minitorch as torch
    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        run = functools.partial(func, **kwargs)
        recorded = Recorded("jacrev", run, args, has_aux, argnums)
        outputs = _leaves(recorded.made)
        rows = []
        for k, out in enumerate(outputs):
            with enable_grad():
                others = [zeros_like(o) for o in outputs]
                basis = _basis(out)

            def pull(v: Any, k: int = k, others: list = others) -> list:
                return recorded.pull([v if i == k else o for i, o in enumerate(others)])

            found = _in_chunks(vmap(pull), basis, chunk_size)
            shaped = [
                g.reshape(*out.shape, *x.shape[len(recorded.levels) :])
                for g, x in zip(found, recorded.inputs)
            ]
            rows.append(tree_unflatten(shaped, recorded.spec))
        made = tree_unflatten(rows, recorded.out_spec)
        return (made, recorded.extra()) if has_aux else made

    return jacobian


def _leaves(tree: Any) -> list:
    from minitorch._pytree import tree_leaves

    return tree_leaves(tree)


def jacfwd(
    func: Callable, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """As `jacrev`, by columns: for functions with more results than arguments.

    >>> import minitorch as torch
    >>> torch.func.jacfwd(torch.func.jacrev(lambda x: (x**3).sum()))(torch.ones(2))
    tensor([[6., 0.],
            [0., 6.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        run = functools.partial(func, **kwargs)
        recorded = Recorded("jacfwd", run, args, has_aux, argnums)
        depth = len(recorded.levels)
        inputs = [_sample(x, depth) for x in recorded.inputs]
        columns: list[list] = [[] for _ in recorded.outputs]
        for k, x in enumerate(inputs):
            others = [zeros_like(i) for i in inputs]

            def push(t: Any, k: int = k, others: list = others) -> list:
                return recorded.push([t if i == k else o for i, o in enumerate(others)])

            for column, part in zip(columns, vmap(push, randomness=randomness)(_basis(x))):
                moved = part.permute(*range(1, part.ndim), 0)
                column.append(moved.reshape(*part.shape[1:], *x.shape))
        trees = [tree_unflatten(column, recorded.spec) for column in columns]
        made = tree_unflatten(trees, recorded.out_spec)
        return (made, recorded.extra()) if has_aux else made

    return jacobian


def _sample(x: Any, depth: int) -> Any:
    x = x.detach()
    for _ in range(depth):
        x = x[0]
    return x


def hessian(func: Callable, argnums: Any = 0) -> Callable:
    """A function that returns the second derivatives of `func`, by columns over rows.

    >>> import minitorch as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
