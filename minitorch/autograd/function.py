"""`autograd.Function`: operations whose gradient the user writes."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from minitorch import errors
from minitorch._tensor import Tensor, edge, result, wrap
from minitorch.backend import xp
from minitorch.grad_mode import no_grad, set_grad_enabled, state
from minitorch.graph import Node, unpack
from minitorch.inplace import rebase

from ._saved import hooks, pack


class FunctionCtx:
    """What `forward` leaves for `backward`: saved tensors and any attribute."""

    def __init__(self) -> None:
        self._to_save: tuple = ()
        self._node: Node | None = None
        self._dirty: tuple = ()
        self._constant: tuple = ()
        self._materialize = True
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs (or None) for `backward`, guarded against later writes."""
        for x in tensors:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(
                    "save_for_backward can only save variables, but argument is of type "
                    f"{type(x).__name__}"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`, which is not called here: derivatives run backwards."""
        for x in tensors:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(
                    "save_for_forward can only save variables, but argument is of type "
                    f"{type(x).__name__}"
                )
        self.saved_for_forward = tensors

    @property
    def saved_variables(self) -> tuple:
        """The old name of `saved_tensors`."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return self.saved_tensors

    @property
    def saved_tensors(self) -> tuple:
        """What was saved. Raises: RuntimeError once released, or where it was written since."""
        if self._node is None:
            return self._to_save
        return tuple(unpack(self._node))

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that `forward` wrote to these inputs in place."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that no gradient flows to these outputs."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (True) or None for an output no gradient reached."""
        self._materialize = value


class _Plan:
    """The plan of one call of a user's Function."""

    complete = False

    def __init__(self, cls: type, ctx: FunctionCtx, live: tuple[int, ...], inputs: int) -> None:
        self.cls, self.ctx, self.live, self.inputs = cls, ctx, live, inputs
        self.name = f"{cls.__name__}Backward"
        self.slots: tuple = ()
        self.saved_names = ("tensors",)
        self.output_shapes: list = []

    def backward(self, g: Any, saved: Any) -> list:
        """Call the user's rule on tensors; check what it returns."""
        create = any(isinstance(p, Tensor) for p in (g if isinstance(g, list) else [g]))
        parts = [
            p if p is None or isinstance(p, Tensor) else wrap(xp.asarray(p))
            for p in (g if isinstance(g, list) else [g])
        ]
        if self.ctx._materialize:
            parts = [
                wrap(xp.zeros(*where)) if p is None else p
                for p, where in zip(parts, self.output_shapes)
            ]
        with set_grad_enabled(create and state.grad):
            grads = self.cls._rule()(self.ctx, *parts)  # type: ignore[attr-defined]
        grads = grads if isinstance(grads, tuple) else (grads,)
        if len(grads) > self.inputs and all(x is None for x in grads[self.inputs :]):
            grads = grads[: self.inputs]
        if len(grads) != self.inputs:
            raise RuntimeError(
                f"function {self.name} returned an incorrect number of gradients (expected "
                f"{self.inputs}, got {len(grads)})"
            )
        return [self._checked(i, grads[i], create) for i in self.live]

    def _checked(self, i: int, g: Any, create: bool) -> Any:
        if g is None:
            return None
        if not isinstance(g, Tensor):
            raise TypeError(
                f"function {self.name} returned a gradient of type {type(g).__name__} at index "
                f"{i}, expected Tensor or None"
            )
        expected = self.input_shapes[i]
        if g._array.shape != expected and not _sums_to(g._array.shape, expected):
            raise RuntimeError(
                f"Function {self.name} returned an invalid gradient at index {i} - got "
                f"{list(g._array.shape)} but expected shape compatible with {list(expected)}"
            )
        return g if create else g._array.copy()

    input_shapes: dict[int, tuple]


def _sums_to(found: tuple, wanted: tuple) -> bool:
    return errors.broadcast_error([found, wanted]) is None and (
        errors.broadcast_shapes(found, wanted) == tuple(found)
    )


class Function:
    """Base class of operations with a gradient of their own.

    Subclasses define static methods `forward(ctx, *args)` and `backward(ctx, *grad_outputs)`, or
    `forward(*args)` and `setup_context(ctx, inputs, output)`; users call `apply`.

    >>> import minitorch as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated: its methods are static, call "
            f"{type(self).__name__}.apply",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"{type(self).__name__}: a Function with a forward method that is not static was the "
            "style of torch before 1.3; write static methods and call apply"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; the first argument is `ctx` unless there is a `setup_context`."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple, output: Any) -> Any:
        """Save what `backward` needs, where `forward` takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """The gradients of the arguments of forward, None for those that have none."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    @staticmethod
    def vjp(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """Another name of `backward`; a Function defines one of them."""
        return Function.backward(ctx, *grad_outputs)

    @staticmethod
    def jvp(ctx: FunctionCtx, *grad_inputs: Any) -> Any:
        """The derivative forwards. Never called: `func.jvp` runs `backward` twice instead."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """(outputs, their out_dims) of a batch: of tensors whose `in_dims` count the samples.

        `info` has `batch_size` and `randomness`.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or "
            "set generate_vmap_rule=True."
        )

    @classmethod
    def _rule(cls) -> Any:
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` unrecorded and record this Function in its place."""
        ctx = FunctionCtx()
        edges, live = [], []
        for i, x in enumerate(args):
            if not isinstance(x, Tensor):
                continue
            if x._view is not None and x._view.mode == "batch":
                from ._function_vmap import batched_call

                return batched_call(cls, args, kwargs)
            node = edge(x)
            if node is not None:
                edges.append((node, x._nr))
                live.append(i)
        ctx.needs_input_grad = tuple(i in live for i in range(len(args)))
        with no_grad():
            if cls.setup_context is not Function.setup_context:
                out = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, out)
            else:
                out = cls.forward(ctx, *args, **kwargs)
        if not live or not state.grad:
            return out
        outs = out if isinstance(out, tuple) else (out,)
        plan = _Plan(cls, ctx, tuple(live), len(args))
        plan.input_shapes = {i: args[i]._array.shape for i in live}
        node = Node(plan, edges, (), (), None, None)
        made = cls._attach(ctx, node, plan, args, outs)
        return tuple(made) if isinstance(out, tuple) else made[0]

    @staticmethod
    def _attach(ctx: Any, node: Node, plan: _Plan, args: tuple, outs: tuple) -> list:
        """Make the outputs results of `node`, and give it what the user saved."""
        tensors = [o for o in outs if isinstance(o, Tensor)]
        plan.output_shapes = [(o._array.shape, o._array.dtype) for o in tensors]
        node.outputs = len(tensors)
        shapes = [o._array.shape for o in tensors], [o._array.dtype for o in tensors]
        node.shape, node.dtype = (s[0] if len(tensors) == 1 else s for s in shapes)
        made: list = []
        nr = 0
        for o in outs:
            if not isinstance(o, Tensor):
                made.append(o)
                continue
            flows = o._array.dtype.kind in "fV" and not any(o is c for c in ctx._constant)
            if any(o is d for d in ctx._dirty):
                errors.check_inplace(o, edge(o), plan.cls.__name__)
                o._cell[0] += 1
                rebase(o, result(o._array, node, nr, o._cell))
                made.append(o)
            else:
                made.append(result(o._array, node if flows else None, nr if flows else 0, o._cell))
            nr += 1
        saved, versions, slots = [], [], []
        for x in ctx._to_save:
            kind = ("in", next((i for i, a in enumerate(args) if a is x), -1))
            if x is not None and kind[1] < 0:
                for k, o in enumerate(tensors):
                    if o is x:
                        kind = ("out", k)
            slots.append(kind)
            saved.append(None if x is None else x._array)
            versions.append(None if x is None else (x._cell, x._cell[0]))
        node.saved, node.versions, plan.slots = saved, versions, tuple(slots)
        if hooks.pairs and saved:
            pack(node, args)
        ctx._to_save, ctx._node = (), node if slots else None
        return made


class _Once(Function):
    """Outputs that must not be differentiated."""

    @staticmethod
    def forward(ctx: FunctionCtx, *outputs: Any) -> Any:
        return tuple(o.view_as(o) if isinstance(o, Tensor) else o for o in outputs)

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )


def once_differentiable(function: Any) -> Any:
    """Decorate a `backward` that must not be differentiated again: RuntimeError, if it is."""

    @functools.wraps(function)
    def run(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            made = function(ctx, *grads)
        if not (state.grad and any(isinstance(g, Tensor) and g.requires_grad for g in grads)):
            return made
        several = isinstance(made, tuple)
        outputs = [
            o.detach().requires_grad_() if isinstance(o, Tensor) and o.is_floating_point() else o
            for o in (made if several else (made,))
        ]
        guarded = _Once.apply(*outputs)
        return guarded if several else guarded[0]

    return run


class InplaceFunction(Function):
    """The name that in-place Functions derived from; `inplace` says whether one is."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """The name of what took nested tuples; today's Functions take any arguments."""


BackwardCFunction = FunctionCtx
"""The class of a node's context, by torch's name for it."""
