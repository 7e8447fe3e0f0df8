"""Module: the base of every layer and every model.

A module is a place for parameters, buffers and other modules. Assigning one of these to an
attribute registers it, and what is registered below a module is found by walking the tree.
`_hooks.py` has what is called around forward and backward, `_state.py` what saves and loads.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from minitorch import backend, dtypes, sized
from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.nn.modules._global_hooks import *
from minitorch.nn.modules._global_hooks import REGISTRATION, to_be_registered
from minitorch.nn.modules._hooks import HOOK_STORES, Hooks, call_with_hooks
from minitorch.nn.modules._state import STATE_STORES, State
from minitorch.parameter import Buffer, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Module"]


class Module(State, Hooks):
    """Base class of all layers and models: define `__init__`, which assigns parts, and `forward`.

    >>> import minitorch
    >>> class Scale(minitorch.nn.Module):
    ...     def __init__(self, size):
    ...         super().__init__()
    ...         self.factor = minitorch.nn.Parameter(minitorch.ones(size))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> [name for name, _ in Scale(3).named_parameters()]
    ['factor']
    """

    call_super_init = False
    dump_patches = False
    _quick_names = True  # False where names are the user's data: see `_Registered`
    training: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            wrong = f"got an unexpected keyword argument '{next(iter(kwargs), None)}'"
            if args:
                wrong = f"takes 1 positional argument but {len(args) + 1} were given"
            raise TypeError(f"{type(self).__name__}.__init__() {wrong}")
        self.__dict__.update(
            {store: OrderedDict() for store in (*HOOK_STORES, *STATE_STORES)},
            training=True,
            _parameters={},
            _buffers={},
            _non_persistent_buffers_set=set(),
            _modules={},
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ---------------------------------------------------------------- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooked:
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    _call_impl = _wrapped_call_impl = __call__

    def forward(self, *args: Any) -> Any:
        """What the module computes; to be defined by each module."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # ---------------------------------------------------------------- registering

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None keeps the name for one that is absent.

        Raises: KeyError for a name that is taken, empty or has a dot; TypeError for no Parameter.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_name("parameter", name, self._parameters)
        if not (param is None or isinstance(param, Parameter)):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        self._store("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state but not learned; it is saved only where `persistent`.

        Raises: KeyError for a name that is taken, empty or has a dot; TypeError for no Tensor.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_name("buffer", name, self._buffers)
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._store("_buffers", name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module below this one.

        Raises: KeyError for a name that is taken, empty or has a dot; TypeError for no Module.
        """
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._store("_modules", name, module)

    register_module = add_module

    def _check_name(self, kind: str, name: str, store: dict) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in store:
            raise KeyError(f"attribute '{name}' already exists")

    def _store(self, store: str, name: str, value: Any) -> None:
        if REGISTRATION[store] and not (value is None and store == "_parameters"):
            value = to_be_registered(self, store, name, value)
        self.__dict__[store][name] = value
        cls = type(self)
        if (
            self._quick_names
            and cls is not Module
            and cls.__getattr__ is Module.__getattr__
            and not any(name in c.__dict__ for c in cls.__mro__)
        ):
            setattr(cls, name, _Registered(store, name))

    # ---------------------------------------------------------------- attributes

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for store in ("_parameters", "_buffers", "_modules"):
            if store in own and name in own[store]:
                return own[store][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, but="_parameters")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            self._refuse(value, f"as parameter '{name}' (torch.nn.Parameter or None expected)")
            self._parameters[name] = None
        elif isinstance(value, Module):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, but="_modules")
            self._store("_modules", name, value)
        elif name in own.get("_modules", ()):
            self._refuse(value, f"as child module '{name}' (torch.nn.Module or None expected)")
            self._modules[name] = None
        elif isinstance(value, Tensor) and isinstance(value, Buffer):
            self._forget(name, but="_buffers")
            self.register_buffer(name, value, value.persistent)
        elif name in own.get("_buffers", ()):
            if not isinstance(value, Tensor):
                expected = "(torch.nn.Buffer, torch.Tensor or None expected)"
                self._refuse(value, f"as buffer '{name}' {expected}")
            self._buffers[name] = to_be_registered(self, "_buffers", name, value)
        else:
            object.__setattr__(self, name, value)

    @staticmethod
    def _refuse(value: Any, where: str) -> None:
        if value is not None:
            raise TypeError(f"cannot assign '{_typename(value)}' {where}")

    def _forget(self, name: str, but: str) -> None:
        """Remove `name` from everywhere `but` from there, before it is registered there."""
        own = self.__dict__
        own.pop(name, None)
        for store in ("_parameters", "_buffers", "_modules"):
            if store != but:
                own[store].pop(name, None)
        if but != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        for store in (self._parameters, self._buffers, self._modules):
            if name in store:
                del store[name]
                self._non_persistent_buffers_set.discard(name)
                return
        try:
            object.__delattr__(self, name)
        except AttributeError:
            raise AttributeError(
                f"'{type(self).__name__}' object has no attribute '{name}'"
            ) from None

    def __dir__(self) -> list[str]:
        names = {
            *dir(type(self)),
            *self.__dict__,
            *self._parameters,
            *self._buffers,
            *self._modules,
        }
        return sorted(name for name in names if not name[0].isdigit())

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)

    # ---------------------------------------------------------------- walking the tree

    def named_modules(
        self, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) for this module and all below it, each once unless `remove_duplicate`."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from child.named_modules(memo, path, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) for each module directly below this one."""
        seen = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        for _, child in self.named_children():
            yield child

    def _named_members(
        self,
        members_of: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, member in members_of(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) for every parameter, in the order in which they were registered."""
        return self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, each once: what an optimizer is given."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) for every buffer."""
        return self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; "" is this one. Raises: AttributeError where it ends."""
        module = self
        for name in target.split(".") if target else ():
            module = _member(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises: AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        found = _member(self.get_submodule(path), name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path. Raises: AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = _member(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at a dotted path; with `strict` there must be one already."""
        path, _, name = target.rpartition(".")
        if not name:
            raise ValueError(f"set_submodule: expected a path that ends in a name, got {target!r}")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: expected a Module, got {_typename(module)}")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    # ---------------------------------------------------------------- changing all of it

    def apply(self, fn: Callable[[Module], None]) -> Module:
        """Call `fn` on every module below this one, then on this one: to initialise parameters."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Put this module and all below it in training mode. Raises: ValueError for no bool."""
        if not isinstance(mode, bool):
            raise ValueError(f"train(): expected mode to be a bool, got {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Module:
        """Put this module and all below it in evaluation mode: no dropout, running statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Say for every parameter whether it is learned: `requires_grad_(False)` freezes."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter._grad = None
            elif parameter._grad is not None:
                parameter._grad = parameter._grad.detach()
                parameter._grad.zero_()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        """Put `fn` of every parameter, gradient and buffer in place; parameters stay themselves."""
        if recurse:
            for child in self.children():
                child._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is None:
                    continue
                parameter.data = fn(parameter)
                if parameter._grad is not None:
                    parameter._grad.data = fn(parameter._grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Module:
        """Convert all floating-point parameters and buffers: `to(dtype)`, `to(device, dtype)`,
        `to(tensor)`, as `Tensor.to`.

        `memory_format` lays what has 4 or 5 dimensions in that order.

        Raises: TypeError for a dtype that is not floating; what `Tensor.to` raises for a device.
        """
        dtype = _dtype_of_to(args, kwargs)
        if dtype is not None and dtype.category < dtypes.FLOAT:
            raise TypeError(f"Module.to(): expected a floating-point dtype, got {dtype!r}")
        made = self if dtype is None else self._to_floating(dtype)
        order = kwargs.get("memory_format")
        if order is None:
            return made
        return made._apply(lambda t: t.contiguous(memory_format=order) if t.ndim in (4, 5) else t)

    def _to_floating(self, dtype: dtypes.dtype) -> Module:
        dtypes.to_numpy(dtype)  # raises where it is not supported, before anything is converted
        return self._apply(lambda t: t.to(dtype) if t.dtype.is_floating_point else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Module:
        """Give all parameters and buffers memory that holds anything."""
        backend.require(device)
        return self._apply(sized.empty_like, recurse=recurse)

    def float(self) -> Module:
        """Convert floating-point parameters and buffers to float32."""
        return self._to_floating(dtypes.float32)

    def double(self) -> Module:
        """Convert floating-point parameters and buffers to float64."""
        return self._to_floating(dtypes.float64)

    def half(self) -> Module:
        """Convert floating-point parameters and buffers to float16."""
        return self._to_floating(dtypes.float16)

    def bfloat16(self) -> Module:
        """Convert floating-point parameters and buffers to bfloat16."""
        return self._to_floating(dtypes.bfloat16)

    def type(self, dst_type: Any) -> Module:
        """Convert all parameters and buffers, also integer ones, as `Tensor.type`."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Module:
        """This module: its memory is the CPU's already."""
        return self

    def cuda(self, device: Any = None) -> Module:
        """Raises: AssertionError; there are no other devices."""
        return self.to(backend.device("cuda" if device is None else device))

    def xpu(self, device: Any = None) -> Module:
        """Raises: AssertionError; there are no other devices."""
        return self.to(backend.device("xpu" if device is None else device))

    def ipu(self, device: Any = None) -> Module:
        """Raises: NotImplementedError, a RuntimeError; there are no other devices."""
        return self.to(backend.device("ipu" if device is None else device))

    def share_memory(self) -> Module:
        """Call `share_memory_` of all parameters and buffers.

        Differs: memory is not shared with other processes; each works on its own copy.
        """
        return self._apply(lambda t: t.share_memory_())

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: the module runs as it is."""

    # ---------------------------------------------------------------- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What `repr` says of the module itself, such as its sizes; to be overridden."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        own = extra.split("\n") if extra else []
        return _layout(self._get_name(), own, [(k, repr(m)) for k, m in self._modules.items()])


class _Registered:
    """Finds a registered parameter, buffer or module about as fast as a plain attribute.

    Put on the class when the name is first registered: `__getattr__`, which runs only after the
    ordinary search has failed, takes 350 ns, this 75. It says AttributeError where an instance has
    no such name, upon which Python asks `__getattr__`; an instance attribute goes before it.
    """

    __slots__ = ("name", "store")

    def __init__(self, store: str, name: str) -> None:
        self.store, self.name = store, name

    def __get__(self, module: Any, owner: Any = None) -> Any:
        try:
            return module.__dict__[self.store][self.name]
        except (AttributeError, KeyError):
            raise AttributeError(self.name) from None


def _layout(name: str, own: list[str], parts: list[tuple[str, str]]) -> str:
    """`name(...)` with the lines of a module itself and its numbered or named parts, indented."""
    lines = own + [f"({key}): " + text.replace("\n", "\n  ") for key, text in parts]
    if not lines:
        return f"{name}()"
    if len(own) == 1 and not parts:
        return f"{name}({own[0]})"
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


def _typename(x: Any) -> str:
    """What torch calls the type of `x`: 'torch.FloatTensor', 'int'."""
    return f"torch.{x.dtype.title}Tensor" if isinstance(x, Tensor) else type(x).__name__


def _member(module: Module, name: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def _dtype_of_to(args: tuple, kwargs: dict) -> dtypes.dtype | None:
    """The dtype that the arguments of `to` ask for; checks the device they ask for."""
    dtype = kwargs.get("dtype")
    device = kwargs.get("device")
    for x in args:
        if isinstance(x, dtypes.dtype):
            dtype = x
        elif isinstance(x, Tensor):
            dtype = x.dtype
        elif isinstance(x, (str, int, backend.device)) and not isinstance(x, bool):
            device = x
        elif x is not None and not isinstance(x, bool):
            raise TypeError(f"to(): expected a device, dtype or Tensor, got {type(x).__name__}")
    unknown = kwargs.keys() - {"device", "dtype", "non_blocking", "memory_format"}
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument '{unknown.pop()}'")
    backend.require(device)
    return dtype
