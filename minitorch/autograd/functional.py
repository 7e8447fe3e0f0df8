"""Whole derivatives of functions: Jacobians, Hessians, and their products with vectors.

Note [forward by twice backward]. With u^T J as a function of u, linear, its own transposed product
with v is J v: two sweeps backwards make one forwards.
Source: Townsend 2017, "A new trick for calculating Jacobian vector products".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.autograd.engine import grad
from minitorch.grad_mode import enable_grad
from minitorch.ops.shape import stack
from minitorch.sized import ones_like, zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_STRATEGIES = ("forward-mode", "reverse-mode")
_OUTPUTS = "outputs of the user-provided function"


def _as_tuple(given: Any, what: str, function: str) -> tuple[bool, tuple]:
    """(whether it was a tuple, the tensors). Raises: TypeError for anything else."""
    several = isinstance(given, tuple)
    for i, x in enumerate(given if several else (given,)):
        if not isinstance(x, Tensor):
            where = f"value at index {i}" if several else f"given {what}"
            raise TypeError(
                f"{function}: the {what} must be a Tensor or a tuple of Tensors, but the {where} "
                f"is of type {type(x).__name__}"
            )
    return several, given if several else (given,)


def _fresh(inputs: tuple, create: bool) -> tuple:
    """The inputs as the start of a graph of our own: on the caller's graph where `create` says."""
    return tuple(
        x.view_as(x) if create and x.requires_grad else x.detach().requires_grad_() for x in inputs
    )


def _done(results: tuple, several: bool, create: bool) -> Any:
    results = results if create else tuple(_released(x) for x in results)
    return results if several else results[0]


def _released(x: Any) -> Any:
    return tuple(map(_released, x)) if isinstance(x, tuple) else x.detach()


def _called(func: Callable, inputs: tuple, function: str, strict: bool) -> tuple[bool, tuple]:
    """What `func` returns. Raises: RuntimeError where a strict output has no history."""
    several, outputs = _as_tuple(func(*inputs), _OUTPUTS, function)
    for i, out in enumerate(outputs if strict else ()):
        if not out.requires_grad:
            raise RuntimeError(
                f"{function}: output {i} of the user-provided function does not require "
                "gradients; strict=True demands that it is computed from the inputs."
            )
    return several, outputs


def _vectors(v: Any, like: tuple, several: bool, what: str, function: str) -> tuple:
    """`v` as one tensor for each of `like`; 1 where that is one tensor of one element.

    Raises: RuntimeError where it has other sizes, or is missing.
    """
    if v is None:
        if len(like) == 1 and like[0].numel() == 1:
            return (ones_like(like[0]),)
        raise RuntimeError(
            f"{function}: v can only be None if {what} is a single Tensor of one element, got "
            f"{[list(x.shape) for x in like]}"
        )
    v = _as_tuple(v, "v", function)[1]
    if len(v) != len(like):
        raise RuntimeError(f"{function}: v holds {len(v)} tensors, but {what} is {len(like)}")
    for a, x in zip(v, like):
        if a.shape != x.shape:
            raise RuntimeError(
                f"{function}: v has invalid size: expected {list(x.shape)}, got {list(a.shape)}"
            )
    return v


def _gradients(outputs: tuple, inputs: tuple, v: tuple, create: bool = False) -> tuple:
    """v^T J for each input, None where nothing depends on it."""
    live = [(o, a) for o, a in zip(outputs, v) if o is not None and o.requires_grad]
    if not live:
        return (None,) * len(inputs)
    outputs, v = zip(*live)
    return grad(outputs, inputs, v, allow_unused=True, create_graph=create, retain_graph=True)


def _filled(grads: tuple, inputs: tuple, strict: bool, create: bool, what: str) -> tuple:
    """The gradients with zeros for None. Raises: RuntimeError where `strict` forbids that."""
    for i, g in enumerate(grads if strict else ()):
        if g is None:
            raise RuntimeError(f"{what} is independent of input {i}; strict=True forbids that.")
        if create and not g.requires_grad:
            raise RuntimeError(
                f"{what} has a derivative that is independent of input {i}; strict=True with "
                "create_graph=True forbids that."
            )
    return tuple(zeros_like(x) if g is None else g for g, x in zip(grads, inputs))


_THE_OUTPUT = "{}: the output of the user-provided function"
_THE_JACOBIAN = "{}: the jacobian of the user-provided function"


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """(func(*inputs), v^T J): `v` has the structure of the outputs, the product of the inputs.

    `strict` refuses outputs that do not depend on the inputs, instead of giving zeros.

    >>> import minitorch as torch
    >>> torch.autograd.functional.vjp(lambda x: x**2, torch.tensor([1., 2.]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        several, inputs = _as_tuple(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph)
        tuple_out, outputs = _called(func, inputs, "vjp", strict)
        v = _vectors(v, outputs, tuple_out, "the output of the function", "vjp")
        grads = _gradients(outputs, inputs, v, create_graph)
        grads = _filled(grads, inputs, strict, create_graph, _THE_OUTPUT.format("vjp"))
        return (
            _done(outputs, tuple_out, create_graph),
            _done(grads, several, create_graph),
        )


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """(func(*inputs), J v): `v` has the structure of the inputs, the product of the outputs.

    >>> import minitorch as torch
    >>> torch.autograd.functional.jvp(lambda x: x**2, torch.tensor([1., 2.]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        several, inputs = _as_tuple(inputs, "inputs", "jvp")
        v = _vectors(v, inputs, several, "the input of the function", "jvp")
        inputs = _fresh(inputs, create_graph)
        tuple_out, outputs = _called(func, inputs, "jvp", strict)
        products = pushed(outputs, inputs, v, create_graph, strict)
        return (
            _done(outputs, tuple_out, create_graph),
            _done(products, tuple_out, create_graph),
        )


def pushed(
    outputs: tuple, inputs: tuple, v: tuple, create: bool = False, strict: bool = False
) -> tuple:
    """J v of a recorded function, for each output: see Note [forward by twice backward]."""
    u = tuple(zeros_like(o).requires_grad_(o.is_floating_point()) for o in outputs)
    grads = _gradients(outputs, inputs, u, create=True)
    grads = _filled(grads, inputs, strict, False, _THE_OUTPUT.format("jvp"))
    products = _gradients(grads, u, v, create)
    return _filled(products, outputs, strict, create, _THE_JACOBIAN.format("jvp"))


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """d func / d inputs, of sizes (*output, *input): a tensor, or tuples for tuples.

    One sweep for each element of the outputs. `vectorize` and `strategy` change no number.
    Raises: RuntimeError where `strict` finds an output independent of an input.

    >>> import minitorch as torch
    >>> torch.autograd.functional.jacobian(lambda x: x.cumsum(0), torch.ones(2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _check_strategy("jacobian", strategy, vectorize, create_graph, strict)
    with enable_grad():
        several, inputs = _as_tuple(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph)
        tuple_out, outputs = _called(func, inputs, "jacobian", strict)
        if strict and vectorize:
            raise RuntimeError("jacobian: strict=True and vectorize=True exclude each other")
        rows = tuple(_jacobian_of(out, inputs, create_graph, strict) for out in outputs)
        rows = rows if create_graph else _released(rows)
        rows = rows if several else tuple(row[0] for row in rows)
        return rows if tuple_out else rows[0]


def _jacobian_of(out: Tensor, inputs: tuple, create: bool, strict: bool) -> tuple:
    """d out / d input for each input, one element of `out` after another."""
    found: list[list] = [[] for _ in inputs]
    for element in out.reshape(-1).unbind():
        one = (ones_like(element),)
        grads = _gradients((element,), inputs, one, create)
        what = _THE_OUTPUT.format("jacobian")
        for column, g in zip(found, _filled(grads, inputs, strict, create, what)):
            column.append(g)
    return tuple(
        stack(column).view((*out.shape, *x.shape)) if column
        else x.new_zeros((*out.shape, *x.shape))
        for column, x in zip(found, inputs)
    )  # fmt: skip


def _check_strategy(
    function: str, strategy: str, vectorize: bool, create: bool, strict: bool
) -> None:
    """Raises: as torch does for what it cannot combine."""
    if strategy not in _STRATEGIES:
        raise AssertionError(f"{function}: expected one of {_STRATEGIES}, got {strategy!r}")
    if strategy == "reverse-mode":
        return
    if create:
        raise NotImplementedError(
            f"{function}: create_graph=True with forward-mode is not supported; use reverse-mode"
        )
    if strict:
        raise RuntimeError(f"{function}: strict=True with forward-mode is not supported")
    if not vectorize:
        raise NotImplementedError(f"{function}: forward-mode needs vectorize=True")


def _scalar(func: Callable, function: str) -> Callable:
    """`func`, which must return one element. Raises: RuntimeError where it does not."""

    def call(*args: Any) -> Any:
        several, outputs = _as_tuple(func(*args), _OUTPUTS, function)
        if several:
            raise RuntimeError(f"{function}: the function should return a single Tensor")
        if outputs[0].numel() != 1:
            raise RuntimeError(
                f"{function}: the function should return a single element, got shape "
                f"{list(outputs[0].shape)}"
            )
        return outputs[0].squeeze()

    return call


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with one element, of sizes (*input, *input).

    >>> import minitorch as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several, given = _as_tuple(inputs, "inputs", "hessian")
    _check_strategy("hessian", outer_jacobian_strategy, vectorize, create_graph, strict)
    one = _scalar(func, "hessian")

    def first(*args: Any) -> tuple:
        with enable_grad():
            return _strict_first(one, args, strict, "hessian")

    found = jacobian(first, given, create_graph, strict, vectorize)
    return found if several else found[0][0]


def _strict_first(func: Callable, inputs: tuple, strict: bool, function: str) -> tuple:
    """The gradient of `func`, recorded. Raises: RuntimeError where `strict` finds it constant."""
    out = _called(func, inputs, function, strict)[1]
    grads = _gradients(out, inputs, (ones_like(out[0]),), create=True)
    grads = _filled(grads, inputs, strict, False, _THE_OUTPUT.format(function))
    for i, g in enumerate(grads if strict else ()):
        if not g.requires_grad:
            raise RuntimeError(
                f"{_THE_JACOBIAN.format(function)} with respect to input {i} is independent of "
                "the input; strict=True forbids that."
            )
    return grads


def _second_product(
    func: Callable, inputs: Any, v: Any, create: bool, strict: bool, function: str
) -> tuple:
    """(func(*inputs), v^T H): H is symmetric, so that H v is the same."""
    with enable_grad():
        several, inputs = _as_tuple(inputs, "inputs", function)
        v = _vectors(v, inputs, several, "the input of the function", function)
        inputs = _fresh(inputs, create)
        kept = []
        one = _scalar(func, function)

        def watched(*args: Any) -> Any:
            kept.append(one(*args))
            return kept[0]

        first = _strict_first(watched, inputs, strict, function)
        second = _gradients(first, inputs, v, create)
        second = _filled(second, inputs, strict, create, _THE_JACOBIAN.format(function))
        return _done((kept[0],), False, create), _done(second, several, create)


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """(func(*inputs), v^T H) with H the Hessian of a function with one element."""
    return _second_product(func, inputs, v, create_graph, strict, "vhp")


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """(func(*inputs), H v) with H the Hessian of a function with one element.

    >>> import minitorch as torch
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor(2.), torch.tensor(1.))
    (tensor(8.), tensor(12.))
    """
    return _second_product(func, inputs, v, create_graph, strict, "hvp")
