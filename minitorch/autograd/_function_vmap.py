"""A user's Function inside `vmap`: by its own rule, or by running it on batched tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch._pytree import broadcast_leaves, tree_flatten, tree_unflatten
from minitorch._tensor import Tensor
from minitorch.batching import ground, innermost, reentered
from minitorch.ops import rearrange

from .function import Function, FunctionCtx


class VmapInfo(NamedTuple):
    """What a `vmap` rule is told of the batch."""

    batch_size: int
    randomness: str


def batched_call(cls: Any, args: tuple, kwargs: dict) -> Any:
    """`cls.apply` where an argument is a batch. Raises: RuntimeError where it has no rule."""
    level = innermost(args)
    has_rule = cls.vmap is not Function.vmap
    if cls.setup_context is Function.setup_context:
        raise RuntimeError(
            f"{cls.__name__}: in order to use an autograd.Function with vmap, it must override the "
            "setup_context staticmethod, with a forward that takes no ctx"
        )
    if has_rule and cls.generate_vmap_rule:
        raise RuntimeError(
            f"{cls.__name__}: has both generate_vmap_rule=True and a vmap staticmethod; only one "
            "can say what a batch does"
        )
    if has_rule:
        return _by_rule(cls, level, args)
    if not cls.generate_vmap_rule:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please "
            "override and implement the vmap staticmethod or set generate_vmap_rule=True."
        )
    made, spec = _on_batches(cls, level, args, kwargs)
    return tree_unflatten([level.wrap(o) if isinstance(o, Tensor) else o for o in made], spec)


def _by_rule(cls: Any, level: Any, args: tuple) -> Any:
    dims = tuple(0 if level.holds(x) else None for x in args)
    values = tuple(x.value if level.holds(x) else x for x in args)
    out, out_dims = cls.vmap(VmapInfo(level.size, level.randomness), dims, *values)
    leaves, spec = tree_flatten(out)
    places = broadcast_leaves(out_dims, spec)
    return tree_unflatten([_wrapped(level, o, d) for o, d in zip(leaves, places)], spec)


def _wrapped(level: Any, out: Any, dim: Any) -> Any:
    return out if dim is None else level.wrap(rearrange.movedim(out, dim, 0) if dim else out)


def _on_batches(cls: Any, level: Any, args: tuple, kwargs: dict) -> tuple:
    """(values of the outputs, their tree): a Function on values whose methods see batches."""
    held = [level.holds(x) for x in args]
    values = [x.value if h else x for h, x in zip(held, args)]
    spec: Any = None

    class Lifted(Function):
        @staticmethod
        def forward(ctx: FunctionCtx, *given: Any) -> Any:
            nonlocal spec
            samples = [level.wrap(x) if h else x for h, x in zip(held, given)]
            inner = FunctionCtx()
            inner.needs_input_grad = ctx.needs_input_grad
            with reentered(level):
                out = cls.forward(*samples, **kwargs)
                cls.setup_context(inner, tuple(samples), out)
                leaves, spec = tree_flatten(out)
                made = [ground(o, (level,)) if isinstance(o, Tensor) else o for o in leaves]
            ctx.inner = inner
            ctx._materialize = inner._materialize
            kept = inner._to_save
            ctx.batched = [level.holds(x) for x in kept]
            ctx.save_for_backward(*(x.value if level.holds(x) else x for x in kept))
            return tuple(made)

        @staticmethod
        def backward(ctx: FunctionCtx, *grads: Any) -> Any:
            inner = ctx.inner
            inner._to_save = tuple(
                level.wrap(x) if b else x for b, x in zip(ctx.batched, ctx.saved_tensors)
            )
            with reentered(level):
                samples = [None if g is None else level.wrap(g) for g in grads]
                found = cls._rule()(inner, *samples)
                found = found if isinstance(found, tuple) else (found,)
                found = [g if g is None else ground(g, (level,)) for g in found]
            return tuple(g if g is None or h else g.sum(0) for g, h in zip(found, held))

    Lifted.__name__ = cls.__name__
    return Lifted.apply(*values), spec
