"""Parameters that are computed from others: w = f(original) at every access.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.parametrize.register_parametrization.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.nn.modules.container import ModuleDict, ModuleList
from minitorch.nn.modules.module import Module
from minitorch.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache: dict[tuple[int, str], Tensor | None] = {}
_depth = 0


@contextmanager
def cached() -> Iterator[None]:
    """Inside, every parametrized tensor is computed once, at its first access."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _cache.clear()


def _registered(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _set(tensor: Tensor, value: Tensor) -> None:
    """Let `tensor` be over the memory of `value`, and stay itself."""
    if tensor is not value:
        tensor.data = value.data


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, one after the other, and what they start from.

    That is `original`, or `original0`, `original1`, ... where the `right_inverse` of the last
    parametrization returns several tensors.
    Raises: ValueError where a tensor of another shape or dtype comes out, unless `unsafe`.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList: expected at least one module, got none")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new: Any = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):  # then it starts from the tensor itself
                        new = module.right_inverse(new)
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(
                "right_inverse: expected a Tensor or a sequence of Tensors, got "
                f"{type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if new.dtype is not dtype:
                raise ValueError(f"right_inverse: expected dtype {dtype}, got {new.dtype}")
            _set(original, new)
            _registered(self, "original", original)
        else:
            self._register_several(original, new)
        if not unsafe:
            _check(self(), shape, dtype, "a parametrization")

    def _register_several(self, original: Tensor, new: Sequence) -> None:
        for i, part in enumerate(new):
            if not isinstance(part, Tensor):
                raise ValueError(
                    f"right_inverse: expected a Tensor as item {i}, got {type(part).__name__}"
                )
            part = Parameter(part) if isinstance(original, Parameter) else part
            _registered(self, f"original{i}", part.requires_grad_(original.requires_grad))

    def _originals(self) -> list[Tensor]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Let the originals be such that `value` comes out: what an assignment does.

        Raises: RuntimeError where a parametrization has no `right_inverse`; ValueError where it
        returns something else than the originals are.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            values = [value] if self.is_tensor else value
            if not isinstance(values, Sequence) or len(values) != self.ntensors:
                raise ValueError(f"right_inverse: expected {self.ntensors} tensors, got {value!r}")
            for old, new in zip(self._originals(), values):
                if not isinstance(new, Tensor):
                    raise ValueError(f"right_inverse: expected a Tensor, got {type(new).__name__}")
                if new.dtype is not old.dtype:
                    raise ValueError(f"right_inverse: expected dtype {old.dtype}, got {new.dtype}")
                _set(old, new)

    def forward(self) -> Tensor:
        """The tensor that the module shows."""
        first, *rest = self
        x = first(*self._originals())
        for module in rest:
            x = module(x)
        return x


def _check(new: Any, shape: Any, dtype: Any, what: str) -> None:
    if not isinstance(new, Tensor):
        raise ValueError(f"{what}: expected a Tensor, got {type(new).__name__}")
    if new.dtype is not dtype:
        raise ValueError(
            f"{what} may not change the dtype of the tensor, unless `unsafe` flag is enabled: "
            f"{dtype} became {new.dtype}"
        )
    if new.shape != shape:
        raise ValueError(
            f"{what} may not change the shape of the tensor, unless `unsafe` flag is enabled: "
            f"{shape} became {new.shape}"
        )


# ------------------------------------------------------------------ the module's class


def _refuse_pickling(self: Module) -> None:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict()."
    )


def _deepcopy(self: Module, memo: dict) -> Module:
    copied = type(self).__new__(type(self))
    memo[id(self)] = copied
    copied.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return copied


def _inject_class(module: Module) -> None:
    """Give `module` a class of its own, below that it has, for the property of each tensor."""
    cls = type(module)
    own = {"__getstate__": _refuse_pickling, "__module__": __name__}
    if not hasattr(cls, "__deepcopy__"):
        own["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), own)


def _inject_property(module: Module, name: str) -> None:
    def get(self: Any) -> Tensor:
        if not _depth:
            return self.parametrizations[name]()
        key = id(self), name
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def set_(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, set_))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let `module.<tensor_name>` be what `parametrization` computes of it from now on.

    The parameter itself moves to `module.parametrizations.<tensor_name>.original`; a second
    parametrization takes what the first one returns. With a method `right_inverse` the tensor can
    be assigned to.

    Raises: ValueError for a name that is no parameter and no buffer, and where the shape or the
        dtype changes, unless `unsafe`.

    >>> import minitorch as torch
    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = torch.nn.Linear(3, 3)
    >>> _ = torch.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all()), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        present = module.parametrizations[tensor_name]
        if not unsafe:
            _check_next(getattr(module, tensor_name), parametrization)
        present.append(parametrization)
        present.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_class(module)
            module.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"register_parametrization: expected a parameter or a buffer of {module}, got "
            f"'{tensor_name}'"
        )
    return module


def _check_next(now: Tensor, parametrization: Module) -> None:
    new = parametrization(now)
    _check(new, now.shape, now.dtype, "a parametrization")
    if hasattr(parametrization, "right_inverse"):
        back = parametrization.right_inverse(new)
        _check(back, now.shape, now.dtype, "right_inverse")


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of `module`, or the one of that name, is parametrized."""
    present = module._modules.get("parametrizations")
    if not isinstance(present, ModuleDict):
        return False
    return len(present) > 0 if tensor_name is None else tensor_name in present


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a tensor an ordinary one again: as it is computed now, or as its original.

    Raises: ValueError where it is not parametrized, or where there is not one original to leave.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    present = module.parametrizations[tensor_name]
    if present.is_tensor:
        original = present.original
        if leave_parametrized:
            with no_grad():
                _set(original, getattr(module, tensor_name))
    elif leave_parametrized:
        t = getattr(module, tensor_name)
        original = Parameter(t) if t.requires_grad else t
    else:
        raise ValueError(
            "remove_parametrizations: leave_parametrized=False, but the tensor is made of "
            f"{present.ntensors} others"
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _registered(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of `module` without the one that its parametrizations gave it."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give `to_module` the parametrizations of `from_module` and what they start from.

    Raises: AssertionError where there is none of that name.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        if not is_parametrized(from_module, name):
            raise AssertionError(f"{from_module}: {name} is not parametrized")
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            _registered(to_module, name, copy.deepcopy(getattr(from_module, name).detach()))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization, unsafe=source.unsafe)
        for old, new in zip(to_module.parametrizations[name]._originals(), source._originals()):
            _set(old, new)
    return to_module
