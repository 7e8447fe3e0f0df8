"""Compare gradients with finite differences, to first and second order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, leaf, wrap
from minitorch.autograd.engine import grad
from minitorch.backend import xp
from minitorch.grad_mode import enable_grad, no_grad

if TYPE_CHECKING:
    from collections.abc import Callable


class GradcheckError(RuntimeError):
    """An analytic gradient that finite differences contradict."""


def _tensors(x: Any) -> list[Tensor]:
    return [t for t in (x if isinstance(x, (list, tuple)) else (x,)) if isinstance(t, Tensor)]


def _differentiable(outputs: Any) -> list[Tensor]:
    return [o for o in _tensors(outputs) if o._array.dtype.kind == "f"]


def _numerical(fn: Callable, inputs: tuple, x: Tensor, nr: int, eps: float) -> Any:
    """d output / d x by central differences, (elements of x, elements of output)."""
    flat = x._array.reshape(-1) if x._array.flags.c_contiguous else None
    rows = []
    for i in range(x._array.size):
        at = xp.unravel_index(i, x._array.shape) if flat is None else None
        place, key = (x._array, at) if flat is None else (flat, i)
        before = place[key]
        ends = []
        for step in (eps, -eps):
            place[key] = before + step
            with no_grad():
                ends.append(_differentiable(fn(*inputs))[nr]._array.astype(xp.float64).reshape(-1))
        place[key] = before
        rows.append((ends[0] - ends[1]) / (2 * eps))
    size = rows[0].size if rows else 0
    return xp.asarray(rows).reshape(x._array.size, size)


def _analytic(output: Tensor, x: Tensor) -> Any:
    """d output / d x by backward, one output element at a time."""
    columns = []
    for i in range(output._array.size):
        seed = xp.zeros(output._array.shape, output._array.dtype)
        seed.reshape(-1)[i] = 1
        (g,) = grad(output, x, wrap(seed), retain_graph=True, allow_unused=True)
        shape = x._array.size
        columns.append(xp.zeros(shape) if g is None else g._array.reshape(-1))
    return xp.asarray(columns).T.reshape(x._array.size, output._array.size)


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
    **_: Any,
) -> bool:
    """Whether `func`'s gradients agree with central differences of step `eps`, in float64.

    Every element of every output is differentiated by every element of every input that requires a
    gradient. (`fast_mode` is accepted; the whole Jacobian is always compared.)
    Raises: GradcheckError naming output and input, unless `raise_exception` is False; ValueError
    where no input requires a gradient.
    """
    inputs = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
    wanted = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    with enable_grad():
        outputs = _differentiable(func(*inputs))
    for nr, output in enumerate(outputs):
        for i, x in wanted:
            if not (x._array.size and output._array.size):
                continue
            if output.requires_grad:
                analytic = _analytic(output, x)
            else:
                analytic = xp.zeros((x._array.size, output._array.size))
            numerical = _numerical(func, inputs, x, nr, eps)
            if not xp.allclose(analytic, numerical, rtol=rtol, atol=atol, equal_nan=True):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    f"Jacobian mismatch for output {nr} with respect to input {i},\n"
                    f"numerical:{wrap(numerical)}\nanalytical:{wrap(analytic)}\n"
                )
    return True


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **_: Any,
) -> bool:
    """Whether the gradients of `func`'s gradients agree with central differences.

    `grad_outputs` defaults to fixed, uneven numbers. Raises: as gradcheck.
    """
    inputs = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
    outputs = [o for o in _differentiable(func(*inputs)) if o.requires_grad]
    if grad_outputs is None:
        grad_outputs = [
            leaf(xp.cos(xp.arange(o._array.size) + 1.0).reshape(o._array.shape), True)
            for o in outputs
        ]
    seeds = _tensors(grad_outputs)
    count = len(inputs)

    def first(*args: Any) -> tuple:
        made = [o for o in _differentiable(func(*args[:count])) if o.requires_grad]
        wanted = [x for x in args[:count] if isinstance(x, Tensor) and x.requires_grad]
        with enable_grad():
            grads = grad(made, wanted, list(args[count:]), create_graph=True, allow_unused=True)
        return tuple(g for g in grads if g is not None)

    def first_with_history(*args: Any) -> tuple:
        with enable_grad():
            return first(*args)

    return gradcheck(
        first_with_history,
        (*inputs, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )
