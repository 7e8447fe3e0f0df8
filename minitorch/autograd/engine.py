"""`backward` and `grad`: from tensors to a sweep and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch._tensor import DeadEnd, Tensor, edge, wrap
from minitorch.backend import xp
from minitorch.grad_mode import set_grad_enabled, state
from minitorch.graph import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence


class GradientEdge(NamedTuple):
    """Where a gradient flows: into output `output_nr` of `node`. Stands for a tensor in grad()."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def _sequence(x: Any) -> tuple:
    several = isinstance(x, (list, tuple)) and not isinstance(x, GradientEdge)
    return tuple(x) if several else (x,)


def _roots(outputs: tuple, gradients: Any, create: bool) -> list:
    """(node, output number, gradient) for each output; 1 where no gradient is given.

    Raises: RuntimeError for an output without history, one that needs a gradient given, or a
    gradient of another shape; TypeError for a gradient that is no tensor.
    """
    given = (None,) * len(outputs) if gradients is None else _sequence(gradients)
    if isinstance(gradients, (list, tuple)) and len(outputs) == 1 and len(given) != 1:
        given = (gradients,)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    roots = []
    for i, (out, g) in enumerate(zip(outputs, given)):
        if g is not None and not isinstance(g, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
        if isinstance(out, GradientEdge):
            roots.append(_root_of_edge(out, g, create))
            continue
        node = edge(out)
        if node is None or type(node) is DeadEnd:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        array = out._array
        if g is None:
            if array.size != 1:
                raise RuntimeError(
                    "grad can be implicitly created only for scalar outputs, not for one of shape "
                    f"{list(array.shape)}: pass gradient="
                )
            one = array.dtype.type(1)  # a scalar: NumPy computes with it 6 times faster
            if create or array.ndim:
                one = xp.full(array.shape, one)
            roots.append((node, out._nr, wrap(one) if create else one))
            continue
        if g._array.shape != array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has "
                f"a shape of {out.shape}."
            )
        roots.append((node, out._nr, g if create else g._array))
    return roots


def _root_of_edge(out: Any, g: Any, create: bool) -> tuple:
    """A root given as a GradientEdge. Raises: RuntimeError where its gradient is not given."""
    if g is None:
        raise RuntimeError("grad can be implicitly created only for Tensors, not a GradientEdge")
    return out.node, out.output_nr, g if create else g._array


def _place(x: Any) -> tuple[Any, int]:
    """Where the gradient of a tensor, or of a GradientEdge, arrives: (node, output number)."""
    if isinstance(x, GradientEdge):
        return x.node, x.output_nr
    node = edge(x)
    if node is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return node, x._nr


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """As `Tensor.backward`, from one tensor or several, each with its gradient in `grad_tensors`.

    `grad_variables` is the old name of that.
    Raises: RuntimeError where both are given, or nothing can be differentiated.
    """
    if grad_variables is not None:
        import warnings

        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError("backward: expected one of grad_tensors and grad_variables, got two")
        grad_tensors = grad_variables
    backward_of(tensors, grad_tensors, retain_graph, create_graph, inputs)


def backward_of(
    self: Tensor | Sequence[Tensor],
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add to the `.grad` of every leaf the gradient of this tensor.

    `gradient` is what flows in (1 for one element); `retain_graph` keeps what was saved for
    another call; `create_graph` records the gradients' own history; `inputs` limits the leaves.
    Raises: RuntimeError where there is nothing to differentiate, or it was released.

    >>> import minitorch as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    tensor(6.)
    """
    keep = create_graph if retain_graph is None else retain_graph
    roots = _roots(_sequence(self), gradient, create_graph)
    if inputs is not None:
        inputs = _sequence(inputs)
        if not inputs:
            raise RuntimeError("'inputs' argument to backward() cannot be empty.")
        for x, g in zip(inputs, _captured(roots, inputs, keep, create_graph)):
            x = x.node.variable if isinstance(x, GradientEdge) else x
            if g is not None and x.is_leaf:
                edge(x).accumulate(g if create_graph else g._array)
            elif g is not None and not x.retains_grad:  # else its own hook has kept it
                x._grad = g if x._grad is None else x._grad + g
        return
    with set_grad_enabled(create_graph):
        sweep(roots, keep=keep, create=create_graph)


def _captured(
    roots: list, inputs: Sequence, keep: bool, create: bool, record: bool | None = None
) -> list:
    """The gradient that arrives at each input, None where none does.

    `create` runs the rules on tensors, and records them unless `record` says otherwise.
    """
    capture: dict[Any, dict[int, list]] = {}
    places = []
    for x in inputs:
        node, nr = _place(x)
        places.append(capture.setdefault(node, {}).setdefault(nr, []))
    before, state.capturing = state.capturing, True
    try:
        with set_grad_enabled(create if record is None else record):
            sweep(roots, keep=keep, create=create, capture=capture)
    finally:
        state.capturing = before
    found = []
    for place in places:
        g = place[0] if place else None
        found.append(g if g is None or isinstance(g, Tensor) else wrap(xp.asarray(g)))
    return found


def pulled(outputs: Sequence, inputs: Sequence, gradients: Sequence, record: bool) -> list:
    """The gradient of `outputs` for each of `inputs`, zeros where there is none.

    Nothing is freed; `record` records them. The gradients that flow in may be batches, see `vmap`.
    """
    live = [(o, g) for o, g in zip(outputs, gradients) if edge(o) is not None]
    found: list = [None] * len(inputs)
    if live:
        batched = any(hasattr(g, "level") for _, g in live)
        roots = [(edge(o), o._nr, g if record or batched else g._array) for o, g in live]
        found = _captured(roots, inputs, True, record or batched, record)
    return [
        wrap(xp.zeros(x.shape, x._array.dtype)) if g is None else g for x, g in zip(inputs, found)
    ]


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of `outputs` with respect to `inputs`; no `.grad` is touched.

    Raises: RuntimeError for an input that `outputs` do not depend on, unless `allow_unused` (then
    None) or `materialize_grads` (then zeros); ValueError where the two contradict each other.

    >>> import minitorch as torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> (g,) = torch.autograd.grad(x**3, x, create_graph=True)
    >>> torch.autograd.grad(g, x)
    (tensor(12.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "autograd.grad: expected allow_unused to be True or not given with "
            "materialize_grads=True, got False"
        )
    keep = create_graph if retain_graph is None else retain_graph
    inputs = _sequence(inputs)
    if is_grads_batched:
        return _batched_grad(
            _sequence(outputs), inputs, grad_outputs, keep, create_graph, allow_unused,
            materialize_grads,
        )  # fmt: skip
    roots = _roots(_sequence(outputs), grad_outputs, create_graph)
    found = _captured(roots, inputs, keep, create_graph)
    return _filled(inputs, found, allow_unused, materialize_grads)


def _batched_grad(
    outputs: tuple, inputs: tuple, grad_outputs: Any, keep: bool, create: bool, *unused: Any
) -> tuple:
    """As `grad`, for a batch of gradients along their first dimension, in one sweep."""
    from minitorch.batching import entered, ground

    given = _sequence(grad_outputs)
    sizes = {g.shape[0] if g.ndim else 0 for g in given if isinstance(g, Tensor)}
    if len(sizes) != 1:
        raise RuntimeError(
            f"grad: with is_grads_batched=True expected grad_outputs of one batch size along their "
            f"first dimension, got {sorted(sizes)}"
        )
    with entered(sizes.pop(), "error") as level:
        samples = [level.wrap(g) if isinstance(g, Tensor) else g for g in given]
        roots = _roots(outputs, samples, True)
        found = _captured(roots, inputs, keep, True, create)
        found = [g if g is None else ground(g, (level,)) for g in found]
    shapes = [(level.size, *x.shape) for x in inputs]
    return _filled(inputs, found, *unused, shapes=shapes)


def _filled(
    inputs: tuple, found: list, allow_unused: Any, zeros: bool, shapes: Any = None
) -> tuple:
    """The gradients found, zeros for None where they are wanted. Raises: RuntimeError for None."""
    for i, (x, g) in enumerate(zip(inputs, found)):
        if g is None and zeros:
            found[i] = wrap(xp.zeros(shapes[i] if shapes else x._array.shape, x._array.dtype))
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
    return tuple(found)
