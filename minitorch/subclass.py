"""Subclasses of Tensor: what their methods and operators return is of the subclass, too.

A subclass gets its own form of every method, which asks `__torch_function__`; Tensor's methods and
all the rest of the engine know nothing of it, and cost nothing more.
Differs: functions (`torch.add(x, y)`, against `x.add(y)`) do not ask `__torch_function__`, and
return Tensors.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ._tensor import Tensor, leaf
from .parameter import Parameter

__all__ = ["adopt", "as_subclass", "asked_no_more", "default", "make_subclass"]

_APART = {  # methods that are no operations
    "__deepcopy__", "__hash__", "__init_subclass__", "__new__", "__reduce_ex__", "__repr__",
    "__torch_function__", "as_subclass", "register_hook", "requires_grad_",
}  # fmt: skip
_SLICES = type(iter(()))  # what a Tensor's slices come in
_VIEWS = ("H", "T", "data", "mH", "mT", "real")


class _State(threading.local):
    """Per thread: whether an operation of Tensor runs, so that what it calls is not asked again."""

    inside = False


_state = _State()


def adopt(cls: type) -> None:
    """Give a subclass that a script defines its own form of Tensor's methods.

    Parameters do not hand their class on.
    """
    own = any(getattr(base, "_adopted", False) for base in cls.__mro__[1:])
    if own or issubclass(cls, Parameter) or cls.__module__.partition(".")[0] == __package__:
        return
    cls._adopted = True  # type: ignore[attr-defined]
    for home in (*Tensor.__mro__[-2:0:-1], Tensor):
        for name, found in vars(home).items():
            private = name[0] == "_" != name[1]
            if private or name in vars(cls) or name in _APART:
                continue
            if callable(found) and not isinstance(found, type):
                setattr(cls, name, _asking(found))
            elif name in _VIEWS:
                setattr(cls, name, property(_asking(found.fget), found.fset))


def _asking(method: Callable) -> Callable:
    """`method` as a call of the subclass's `__torch_function__`."""

    @functools.wraps(method)
    def asking(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _state.inside:
            return method(self, *args, **kwargs)
        kinds = {type(x) for x in (self, *args) if hasattr(type(x), "_adopted")}
        return type(self).__torch_function__(method, tuple(kinds), (self, *args), kwargs)

    return asking


def _asked(x: Any) -> bool:
    kind = type(x)
    if _state.inside or not hasattr(kind, "__torch_function__"):
        return False
    return not isinstance(x, Tensor) or hasattr(kind, "_adopted")


def has_torch_function(relevant_args: Any) -> bool:
    """Whether an argument is asked for its `__torch_function__`: one that is no plain Tensor."""
    return any(map(_asked, relevant_args))


def has_torch_function_unary(arg: Any) -> bool:
    """As `has_torch_function`, of one argument."""
    return _asked(arg)


def has_torch_function_variadic(*args: Any) -> bool:
    """As `has_torch_function`, of arguments that stand alone."""
    return any(map(_asked, args))


def handle_torch_function(
    public_api: Callable, relevant_args: Any, *args: Any, **kwargs: Any
) -> Any:
    """What the first of `relevant_args` whose type answers makes of `public_api(*args)`.

    A subclass is asked before its base. Raises: TypeError where none answers.
    """
    asked = {type(x): x for x in relevant_args if _asked(x)}
    kinds = sorted(asked, key=lambda kind: -len(kind.__mro__))
    for kind in kinds:
        found = asked[kind].__torch_function__(public_api, tuple(kinds), args, kwargs)
        if found is not NotImplemented:
            return found
    raise TypeError(f"no implementation of {public_api} for {[kind.__name__ for kind in kinds]}")


def asked_no_more(inside: bool) -> bool:
    """Choose whether `__torch_function__` is left alone in this thread. Returns: what was so."""
    before, _state.inside = _state.inside, inside
    return before


def default(cls: type, func: Callable, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
    """`func(*args)`, new Tensors in its result as `cls`: what a subclass's own form may call."""
    before = asked_no_more(True)
    try:
        result = func(*args, **(kwargs or {}))
    finally:
        asked_no_more(before)
    return _handed_on(result, cls, args)


def _handed_on(result: Any, cls: type, args: tuple) -> Any:
    if isinstance(result, _SLICES):
        return iter(_handed_on(tuple(result), cls, args))
    if isinstance(result, (tuple, list)):
        for part in result:
            _handed_on(part, cls, args)
    elif type(result) is Tensor and cls is not Tensor and not any(result is x for x in args):
        result.__class__ = cls
    return result


def make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Any:
    """A leaf of class `cls` over the memory of `data`. Raises: TypeError for what is no class."""
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    made = leaf(data._array, require_grad, cls)
    made._cell = data._cell
    return made


def as_subclass(self: Tensor, cls: type) -> Any:
    """This tensor, memory and history, as one of class `cls`.

    Raises: TypeError unless `cls` is a subclass of Tensor.
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"as_subclass: expected a subclass of Tensor, got {cls!r}")
    made = Tensor.view(self, self.shape)  # type: ignore[attr-defined]
    made.__class__ = cls
    return made
