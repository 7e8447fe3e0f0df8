"""Memory for time: what a function saved for backward is dropped, and computed again there.

Note [two ways]. With `use_reentrant=True` the function runs unrecorded, and backward records it
and runs a backward of its own inside. With False it is recorded as always, but each tensor the
graph would save becomes a number; the first that is asked for runs the function once more, up to
the last tensor wanted, and every tensor that run saves goes where its number stands.
Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost",
https://arxiv.org/abs/1604.06174
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.autograd import _saved
from minitorch.autograd.engine import backward
from minitorch.autograd.function import Function, FunctionCtx
from minitorch.autograd.graph import saved_tensors_hooks
from minitorch.grad_mode import enable_grad, state
from minitorch.random import get_rng_state, set_rng_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "checkpoint",
    "checkpoint_sequential",
    "noop_context_fn",
    "set_checkpoint_early_stop",
]

_ADVICE = (
    "{}: the use_reentrant parameter should be passed explicitly: use_reentrant=False is "
    "recommended, and a later torch will demand it."
)


class CheckpointError(RuntimeError):
    """The function did not compute again what it had computed."""


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing: around forward, and around computing it again."""
    return nullcontext(), nullcontext()


@contextmanager
def _random_state_of(saved: Any) -> Iterator[None]:
    """Draw inside as from the state `saved`, and go on afterwards as if nothing was drawn."""
    if saved is None:
        yield
        return
    before = get_rng_state()
    set_rng_state(saved)
    try:
        yield
    finally:
        set_rng_state(before)


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, of which nothing is kept for backward: it runs there again.

    `preserve_rng_state` (True) repeats the random numbers, so that dropout falls alike;
    `context_fn` returns the contexts of the two runs; `determinism_check` 'default' compares
    shapes and dtypes of what is computed again, 'none' does not. `early_stop` ends the second run
    when all is there.
    Raises: ValueError for arguments that do not fit together; in backward CheckpointError, and
    RuntimeError where an argument was written to since.

    >>> import minitorch as torch
    >>> from minitorch.utils.checkpoint import checkpoint
    >>> x = torch.ones(2, requires_grad=True)
    >>> checkpoint(torch.exp, x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([2.7183, 2.7183])
    """
    if use_reentrant is None:
        warnings.warn(_ADVICE.format("torch.utils.checkpoint"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        if determinism_check not in ("default", "none"):
            raise ValueError(
                "determinism_check should be one of ['default', 'none'], but got "
                f"{determinism_check}"
            )
        first, again = context_fn()
        frame = _Frame(function, args, kwargs, preserve, again)
        frame.check, frame.early = determinism_check == "default", early_stop and _early_stop
        return frame.forward(first)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug:
        raise ValueError(
            "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
        )
    if state.grad and not any(isinstance(x, Tensor) and x.requires_grad for x in args):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
        )
    return CheckpointFunction.apply(function, preserve, *args)


# ------------------------------------------------------------------ a backward inside


class CheckpointFunction(Function):
    """`use_reentrant=True`: see Note [two ways]."""

    @staticmethod
    def forward(ctx: FunctionCtx, run: Callable, preserve: bool, *args: Any) -> Any:
        """Run it unrecorded, and keep its inputs."""
        ctx.run, ctx.random = run, get_rng_state() if preserve else None
        ctx.args = [None if isinstance(x, Tensor) else x for x in args]
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        return run(*args)

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        """Run it recorded, and backwards from there.

        Raises: RuntimeError inside grad() and backward(inputs=), where leaves get no gradient.
        """
        if state.capturing:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). Use use_reentrant=False."
            )
        args = list(ctx.args)
        for i, x in zip(ctx.places, ctx.saved_tensors):
            args[i] = x.detach().requires_grad_(ctx.needs_input_grad[i + 2])
        with _random_state_of(ctx.random), enable_grad():
            outputs = ctx.run(*args)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (o, g)
            for o, g in zip([o for o in outputs if isinstance(o, Tensor)], grads)
            if o.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        roots, given = zip(*pairs)
        backward(list(roots), list(given))
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in args)


# ------------------------------------------------------------------ saved tensors made again

_early_stop = True


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Whether computing again stops when all is there, for checkpoints made inside."""
    global _early_stop
    before, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = before


class _Enough(Exception):
    """All that a frame needs is computed again."""

    def __init__(self, frame: _Frame) -> None:
        self.frame = frame


class _Frame:
    """One call of a checkpointed function, and the tensors that a second run made."""

    check, early = True, True

    def __init__(
        self, function: Callable, args: tuple, kwargs: dict, preserve: bool, again: Any
    ) -> None:
        self.function, self.again = function, again
        self.random = get_rng_state() if preserve else None
        self.names = tuple(kwargs)
        self.kept = [_put_away(x) for x in (*args, *kwargs.values())]
        self.versions = [_version(x) for x in self.kept]
        self.saved: list = []  # (shape, dtype) of each tensor in the order they were saved
        self.made: dict[int, Tensor] = {}

    def _call(self, values: list) -> Any:
        n = len(values) - len(self.names)
        return self.function(*values[:n], **dict(zip(self.names, values[n:])))

    def forward(self, context: Any) -> Any:
        """The first run."""
        with saved_tensors_hooks(self._number, self._find), context:
            return self._call([_bring_back(x) for x in self.kept])

    def _number(self, x: Tensor) -> int:
        self.saved.append((x.shape, x.dtype))
        return len(self.saved) - 1

    def _find(self, number: int) -> Tensor:
        if number not in self.made:
            self._run_again()
        return self.made.pop(number)

    def _run_again(self) -> None:
        made: dict[int, Tensor] = {}

        def keep(x: Tensor) -> Any:
            made[len(made)] = x.detach()
            if self.early and len(made) == len(self.saved):
                raise _Enough(self)
            return x.detach()

        if self.versions != [_version(x) for x in self.kept]:
            raise RuntimeError(
                "checkpoint: an input that is needed to compute the function again was modified by "
                "an inplace operation: give it a clone"
            )
        values = [_bring_back(x) for x in self.kept]
        kept = saved_tensors_hooks(keep, lambda x: x)
        try:
            with _random_state_of(self.random), enable_grad(), self.again, kept:
                self._call(values)
        except _Enough as end:
            if end.frame is not self:
                raise
        self._compare(made)
        self.made = made

    def _compare(self, made: dict) -> None:
        """Raises: CheckpointError where the second run saved something else."""
        if len(made) != len(self.saved):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                f"original forward and recomputation: {len(self.saved)} and {len(made)}."
            )
        for i, (shape, dtype) in enumerate(self.saved if self.check else ()):
            if (made[i].shape, made[i].dtype) != (shape, dtype):
                raise CheckpointError(
                    "torch.utils.checkpoint: Recomputed values have different metadata than during "
                    f"the forward pass: tensor at position {i} was {list(shape)} of {dtype}, is "
                    f"{list(made[i].shape)} of {made[i].dtype}"
                )


def _version(x: Any) -> int | None:
    return x._version if isinstance(x, Tensor) and not x.is_inference() else None


def _put_away(x: Any) -> Any:
    """An argument, kept for the second run: by the checkpoint around this one, if there is one."""
    if not isinstance(x, Tensor) or not _saved.hooks.pairs or (x.is_leaf and x.requires_grad):
        return x
    pack, unpack = _saved.hooks.pairs[-1]
    return _Away(pack(x.detach()), unpack, x)


class _Away:
    """A tensor that an outer checkpoint keeps."""

    def __init__(self, kept: Any, unpack: Callable, x: Tensor) -> None:
        self.kept, self.unpack, self.needed = kept, unpack, x.requires_grad
        self.first: Tensor | None = x  # until the first run has used it

    def tensor(self) -> Tensor:
        """The tensor: at first the one that was given."""
        x, self.first = self.first, None
        return self.unpack(self.kept).detach().requires_grad_(self.needed) if x is None else x


def _bring_back(x: Any) -> Any:
    return x.tensor() if isinstance(x, _Away) else x


# ------------------------------------------------------------------ several in a row


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """`input` through a Sequential, or a list of functions, in `segments` checkpointed parts.

    The last part is not checkpointed.

    >>> import minitorch as torch
    >>> from minitorch.utils.checkpoint import checkpoint_sequential
    >>> x = torch.ones(2, requires_grad=True)
    >>> checkpoint_sequential([torch.exp, torch.log], 2, x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    if use_reentrant is None:
        warnings.warn(_ADVICE.format("torch.utils.checkpoint.checkpoint_sequential"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    parts = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(parts) // segments
    ends = [*range(size - 1, size * (segments - 1), size)] if segments > 1 else []
    start = 0
    for end in ends:
        input = checkpoint(
            _through(parts[start : end + 1]),
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve,
        )
        start = end + 1
    return _through(parts[start:])(input)


def _through(parts: list) -> Callable:
    def run(x: Any) -> Any:
        for part in parts:
            x = part(x)
        return x

    return run
