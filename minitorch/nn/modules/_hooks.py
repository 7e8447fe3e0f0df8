"""Functions that are called around a module's forward and around its backward."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.autograd import Function
from minitorch.grad_mode import is_grad_enabled
from minitorch.hooks import RemovableHandle

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EVERY", "Hooks", "call_with_hooks"]

HOOK_STORES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
)


class Hooks:
    """The registration methods of a module; calling with hooks is `call_with_hooks`."""

    _hooked = False  # set on an instance by its first hook: a call without hooks checks only this
    _is_full_backward_hook: bool | None = None

    def _add_hook(self, store: str, hook: Callable, prepend: bool = False) -> RemovableHandle:
        hooks: OrderedDict = self.__dict__[store]
        handle = RemovableHandle(hooks, hook)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        self.__dict__["_hooked"] = True
        return handle

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each forward; may return other args.

        With `with_kwargs`: `hook(module, args, kwargs)`, may return (args, kwargs).
        """
        handle = self._add_hook("_forward_pre_hooks", hook, prepend)
        if with_kwargs:
            self.__dict__["_forward_pre_hooks_with_kwargs"][handle.id] = True
        return handle

    def register_forward_hook(
        self,
        hook: Callable,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each forward; may return another output.

        With `with_kwargs`: `hook(module, args, kwargs, output)`. With `always_call` it is called
        also when the forward raised, with None as output.
        """
        handle = self._add_hook("_forward_hooks", hook, prepend)
        if with_kwargs:
            self.__dict__["_forward_hooks_with_kwargs"][handle.id] = True
        if always_call:
            self.__dict__["_forward_hooks_always_called"][handle.id] = True
        return handle

    def register_full_backward_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` before the module's backward; may return another."""
        return self._add_hook("_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` after the module's backward.

        Both are tuples, with None for what is no tensor or has no gradient; it may return another
        grad_input.

        Raises: RuntimeError on a module that has hooks of `register_backward_hook`.
        """
        self._one_kind_of_backward_hook(full=True)
        return self._add_hook("_backward_hooks", hook, prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """As `register_full_backward_hook`, but around the last operation of the forward only.

        Raises: RuntimeError on a module that has full backward hooks.
        """
        self._one_kind_of_backward_hook(full=False)
        return self._add_hook("_backward_hooks", hook)

    def _get_backward_hooks(self) -> tuple[list, list]:
        """(full backward hooks, those around the last operation), those of all modules first."""
        kinds: tuple[list, list] = ([], [])
        for owner in (EVERY, self):
            hooks = owner.__dict__["_backward_hooks"].values()
            kinds[owner._is_full_backward_hook is False].extend(hooks)
        return kinds

    def _get_backward_pre_hooks(self) -> list:
        return [hook for _, hook in _all(self, "_backward_pre_hooks")]

    def _one_kind_of_backward_hook(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                f"{type(self).__name__}: register_full_backward_hook and register_backward_hook "
                "exclude each other, and this module has hooks of the other one already"
            )
        self.__dict__["_is_full_backward_hook"] = full


class AllModules(Hooks):
    """The hooks of all modules, which run before the modules' own."""

    def __init__(self) -> None:
        self.__dict__.update({store: OrderedDict() for store in HOOK_STORES})

    def _add_hook(self, store: str, hook: Callable, prepend: bool = False) -> RemovableHandle:
        Hooks._hooked = True  # of every module from now on
        return super()._add_hook(store, hook, prepend)


EVERY = AllModules()


def _all(module: Any, store: str) -> tuple:
    """(key, hook) for the hooks of all modules and those of `module`."""
    return (*EVERY.__dict__[store].items(), *module.__dict__[store].items())


def _asked(module: Any, key: int, store: str) -> bool:
    """Whether the hook is in the list of those that want more: its keyword arguments, say."""
    return key in module.__dict__[store] or key in EVERY.__dict__[store]


def call_with_hooks(module: Any, args: tuple, kwargs: dict) -> Any:
    """`module.forward(*args, **kwargs)` with all hooks of the module around it."""
    called: set[int] = set()
    try:
        return _run(module, args, kwargs, called)
    except Exception:
        _call_the_always_called(module, args, kwargs, called)
        raise


def _run(module: Any, args: tuple, kwargs: dict, called: set[int]) -> Any:
    args, kwargs = _forward_pre_hooks(module, args, kwargs)
    gate = None
    full, of_last = module._get_backward_hooks()
    pre = module._get_backward_pre_hooks()
    if pre or full:
        gate = _BackwardGate(module, full, pre)
        args = gate.enter(args)
    result = module.forward(*args, **kwargs)
    for key, hook in _all(module, "_forward_hooks"):
        called.add(key)
        if _asked(module, key, "_forward_hooks_with_kwargs"):
            changed = hook(module, args, kwargs, result)
        else:
            changed = hook(module, args, result)
        if changed is not None:
            result = changed
    if gate is not None:
        result = gate.leave(result)
    if of_last:
        _hook_last_operation(module, of_last, result)
    return result


def _forward_pre_hooks(module: Any, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    for key, hook in _all(module, "_forward_pre_hooks"):
        if _asked(module, key, "_forward_pre_hooks_with_kwargs"):
            changed = hook(module, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"forward pre-hook of {type(module).__name__}: expected None or "
                    f"(args, kwargs), got {changed!r}"
                )
            args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    return args, kwargs


def _call_the_always_called(module: Any, args: tuple, kwargs: dict, called: set[int]) -> None:
    """After an error in the forward: run the hooks that asked for it; their errors only warn."""
    for key, hook in _all(module, "_forward_hooks"):
        if key in called or not _asked(module, key, "_forward_hooks_always_called"):
            continue
        try:
            if _asked(module, key, "_forward_hooks_with_kwargs"):
                hook(module, args, kwargs, None)
            else:
                hook(module, args, None)
        except Exception as error:
            import warnings

            warnings.warn(
                "forward hook with always_call=True raised an exception that was silenced, "
                f"because the forward had raised one before: {error!r}",
                stacklevel=3,
            )


def _hook_last_operation(module: Any, hooks: list, result: Any) -> None:
    """Put the `hooks` of `register_backward_hook` on the node of the first tensor in `result`."""
    while not isinstance(result, Tensor):
        result = next(iter(result.values() if isinstance(result, dict) else result))
    if result.grad_fn is None:
        return
    for hook in hooks:
        result.grad_fn.register_hook(
            lambda grad_in, grad_out, hook=hook: hook(module, grad_in, grad_out)
        )


class BackwardHookFunction(Function):
    """The identity, with `ctx.through(gradients)` in its backward."""

    @staticmethod
    def forward(ctx: Any, through: Callable, zeros: bool, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.through = through
        ctx.set_materialize_grads(zeros)
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple:
        return (None, None, *ctx.through(grads))


class _BackwardGate:
    """Two identities around one forward: gradients pass the one at the end first.

    There the pre-hooks run on grad_output, which is kept; at the one at the start, where
    grad_input is complete, the hooks are called with both.
    """

    def __init__(self, module: Any, hooks: list, pre_hooks: list) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple | None = None
        self.inputs = 0
        self.guards_inputs = False

    def enter(self, args: tuple) -> tuple:
        """The arguments, their tensors passed through the first identity."""
        self.inputs = len(args)
        gated = self._pass(args, self._at_inputs, zeros=True)
        self.guards_inputs = gated is not args
        return gated

    def leave(self, result: Any) -> Any:
        """The result, its tensors passed through the second identity."""
        if not isinstance(result, (Tensor, tuple)):
            import warnings

            warnings.warn(
                f"{type(self.module).__name__}: backward hooks are called for an output that is a "
                f"Tensor or a tuple of Tensors, not for {type(result).__name__}",
                stacklevel=4,
            )
            return result
        if isinstance(result, tuple):
            return self._pass(result, self._at_outputs)
        return self._pass((result,), self._at_outputs)[0]

    @staticmethod
    def _pass(values: tuple, at: Callable, zeros: bool = False) -> tuple:
        """`values` through an identity that calls `at` backwards; `zeros` where none came."""
        where = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
        if not is_grad_enabled() or not any(values[i].requires_grad for i in where):
            return values

        def through(grads: tuple) -> tuple:
            full: list = [None] * len(values)
            for i, g in zip(where, grads):
                full[i] = g
            full = at(tuple(full))
            return tuple(full[i] for i in where)

        passed = list(values)
        gated = BackwardHookFunction.apply(through, zeros, *(values[i] for i in where))
        for i, t in zip(where, gated):
            passed[i] = t
        if hasattr(values, "_fields"):  # a named tuple stays one
            return type(values)(*passed)
        return type(values)(passed)

    def _at_outputs(self, grads: tuple) -> tuple:
        for hook in self.pre_hooks:
            changed = hook(self.module, grads)
            if changed is not None:
                grads = _same_number(changed, grads, "grad_output")
        self.grad_outputs = grads
        if self.hooks and not self.guards_inputs:
            self._call_without_inputs(grads)
        return grads

    def _call_without_inputs(self, grads: tuple) -> None:
        """No input requires a gradient: the hooks are called where the backward begins."""
        import warnings

        warnings.warn(
            f"full backward hook of {type(self.module).__name__}: no input requires a gradient, so "
            "it is called with grad_input None when the gradient of the output is known, not after "
            "the module's backward",
            stacklevel=2,
        )
        for hook in self.hooks:
            changed = hook(self.module, (None,) * self.inputs, grads)
            if changed is not None and any(g is not None for g in changed):
                raise RuntimeError(
                    f"backward hook of {type(self.module).__name__}: expected None, because no "
                    "input requires a gradient, got a gradient"
                )

    def _at_inputs(self, grads: tuple) -> tuple:
        if self.grad_outputs is None:
            return grads
        for hook in self.hooks:
            changed = hook(self.module, grads, self.grad_outputs)
            if changed is not None:
                grads = _same_number(changed, grads, "grad_input")
        self.grad_outputs = None
        return grads


def _same_number(changed: Any, grads: tuple, name: str) -> tuple:
    changed = changed if isinstance(changed, tuple) else (changed,)
    if len(changed) != len(grads):
        raise RuntimeError(f"backward hook: expected {len(grads)} of {name}, got {len(changed)}")
    return changed
