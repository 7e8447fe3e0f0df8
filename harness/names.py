"""Which names of an engine are public calls, and other functions in their place for a while."""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Protocol

NAMESPACES = ("", "nn.functional", "linalg", "special", "nn.init", "nn.utils", "nn.utils.rnn")
OPERATORS = (
    "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv mod "
    "rmod pow rpow ipow matmul rmatmul neg abs pos invert and or xor lt le gt ge eq ne getitem "
    "setitem iter"
).split()
PROPERTIES = ("T", "mT", "H", "mH")

# They call the model back, change how it is recorded, tell what is no tensor, or fill nothing in.
_LEFT_ALONE = set(
    "backward register_hook register_post_accumulate_grad_hook retain_grad requires_grad_ "
    "empty empty_like empty_strided empty_permuted new_empty new_empty_strided new resize_ "
    "compile vmap cond while_loop manual_seed seed initial_seed save load typename numpy tolist "
    "item size stride dim numel nelement data_ptr storage untyped_storage apply_ map_ "
    "share_memory_ as_subclass element_size storage_offset ndimension has_names "
    "handle_torch_function has_torch_function has_torch_function_unary "
    "has_torch_function_variadic boolean_dispatch assert_int_or_pair".split()
)
_STDLIB = sysconfig.get_path("stdlib")
_HARNESS = str(Path(__file__).parent)


class Maker(Protocol):
    """Makes what stands for a public name, of what stood there."""

    def operation(self, name: str, original: Callable) -> Callable:
        """For a function or a method; `name` is torch's, dotted."""

    def layer(self, original: Callable) -> Callable:
        """For the call of a module."""

    def update(self, original: Callable) -> Callable:
        """For an optimizer's step."""

    def before_sweep(self) -> None:
        """A backward pass begins."""

    def unseen(self, original: Callable) -> Callable:
        """For what is the engine's own affair, with all that it calls."""


@contextmanager
def replaced(engine: Any, maker: Maker) -> Iterator[None]:
    """Every public name of `engine` is what `maker` makes of it, also where it was imported."""
    undo: list[tuple[Any, str, Any]] = []
    made: dict[int, Any] = {}
    home = str(Path(engine.__file__).parent)
    try:
        everywhere = _replacements(engine, maker, made), _imported(made, home), _held(made, engine)
        for replacements in everywhere:
            for owner, name, value in replacements:
                undo.append((owner, name, vars(owner).get(name, undo)))
                setattr(owner, name, value)
        yield
    finally:
        for owner, name, before in reversed(undo):
            if before is undo:  # inherited
                delattr(owner, name)
            else:
                setattr(owner, name, before)


def dressed(wrapper: Any, original: Any) -> Any:
    """`wrapper` under the name and with the attributes of `original`."""
    if isinstance(original, functools.partial):
        return wrapper
    return functools.update_wrapper(wrapper, original)


def _replacements(engine: Any, maker: Maker, made: dict) -> Iterator[tuple[Any, str, Any]]:
    """(owner, name, what stands there) for everything public; functions are noted in `made`."""
    for path in NAMESPACES:
        room = engine
        for part in path.split(".") if path else ():
            room = getattr(room, part, None)
        for name, value in sorted(vars(room).items()) if room is not None else ():
            if _is_operation(name, value):
                new = maker.operation(f"torch.{path}.{name}" if path else f"torch.{name}", value)
                made.setdefault(id(value), (value, new))
                yield room, name, new
    yield from _methods(engine.Tensor, maker)
    yield engine.nn.Module, "__call__", maker.layer(engine.nn.Module.__call__)
    for cls in _subclasses(engine.optim.Optimizer):
        if cls.__module__.startswith(engine.__name__):
            if "step" in vars(cls):
                yield cls, "step", maker.update(vars(cls)["step"])
            if "zero_grad" in vars(cls):
                yield cls, "zero_grad", maker.unseen(vars(cls)["zero_grad"])
    for owner, name in (
        (engine.Tensor, "backward"),
        (engine.autograd, "backward"),
        (engine.autograd, "grad"),
    ):
        yield owner, name, _sweeping(getattr(owner, name), maker.before_sweep)


def _methods(cls: type, maker: Maker) -> Iterator[tuple[Any, str, Any]]:
    names = {n for n in dir(cls) if not n.startswith("_")} | {f"__{n}__" for n in OPERATORS}
    for name in sorted(names):
        raw = inspect.getattr_static(cls, name, None)
        if name == "__getitem__" and name not in vars(cls):
            # Inherited from C, as torch's is: a class that once had its own stays a sequence to C,
            # and `torch.tensor([x])` of a number `x` then asks for its length.
            continue
        if name in PROPERTIES and hasattr(raw, "__get__"):
            getter = functools.partial(_get, raw, cls)
            yield cls, name, property(maker.operation(f"torch.Tensor.{name}", getter))
        elif _is_operation(name, raw, method=True):
            yield cls, name, maker.operation(f"torch.Tensor.{name}", raw)


def _get(raw: Any, cls: type, tensor: Any) -> Any:
    return raw.__get__(tensor, cls)


def _is_operation(name: str, value: Any, method: bool = False) -> bool:
    if name in _LEFT_ALONE or name.startswith(("is_", "set_", "get_")):
        return False
    if name.startswith("_") and not (method and name[2:-2] in OPERATORS):
        return False
    return callable(value) and not isinstance(value, (type, ModuleType, staticmethod, classmethod))


def _imported(made: dict[int, Any], home: str) -> Iterator[tuple[Any, str, Any]]:
    """Where modules outside the engine hold one of its functions by a name of their own."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if not isinstance(module, ModuleType) or file.startswith((home, _HARNESS)):
            continue
        if file.startswith(_STDLIB) and "site-packages" not in file:
            continue
        for name, value in list(vars(module).items()):
            new = _instead(made, value)
            if new is not None:
                yield module, name, new


def _held(made: dict[int, Any], engine: Any) -> Iterator[tuple[Any, str, Any]]:
    """Where classes of modules hold a function of the engine."""
    for cls in _subclasses(engine.nn.Module):
        for name, value in list(vars(cls).items()):
            new = _instead(made, value.__func__) if type(value) is staticmethod else None
            if new is not None:
                yield cls, name, staticmethod(new)


def _instead(made: dict[int, Any], value: Any) -> Any:
    """What stands for `value`, or for what an earlier replacement that was kept stands for."""
    inner = value.__dict__.get("__wrapped__") if type(value) is FunctionType else None
    for original in (value, inner):
        known = made.get(id(original))
        if known is not None and known[0] is original:
            return known[1]
    return None


def _subclasses(cls: type) -> list[type]:
    found = [cls]
    for sub in cls.__subclasses__():
        found += [c for c in _subclasses(sub) if c not in found]
    return found


def _sweeping(original: Callable, before: Callable[[], None]) -> Callable:
    """A backward pass, in whose frames what the engine calls can be told from what hooks call."""

    def sweep(*args: Any, **kwargs: Any) -> Any:
        before()
        return original(*args, **kwargs)

    return dressed(sweep, original)


SWEEP = next(c for c in _sweeping.__code__.co_consts if inspect.iscode(c))
"""The code of the frame that a backward pass runs in."""
