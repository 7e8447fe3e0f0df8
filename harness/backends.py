"""The engines that a script can be run on, by name.

A backend is a `Backend`: a name, and the module that a script uses as `torch`. The class below
suits every engine with torch's names; another one overrides what it does differently:

    namespace()            the module a script calls `torch`
    version()              what the report prints
    numpy(tensor)          the values as a NumPy array
    assign(tensor, array)  overwrite the values in place, unrecorded
    tensor(array, wants)   a leaf with these values; `wants`: it asks for a gradient
    is_tensor(value)       whether a value is a tensor of the engine
    wants_gradient(tensor) whether a gradient of it can be asked for
    dtype(tensor)          the bare name of its dtype
    gradient(tensor)       the values of what backward() left with a leaf, or None
    grad(outputs, inputs, cotangents, create_graph)
                           the gradients of the inputs, None where none arrives
    random_state()         the generator's state as bytes, or None where there is none to compare
    set_random_state(b)    put it back
    set_threads(count)     how many threads the engine may use
    stand_in()             let `import torch` give the engine
    widened()              inside it a script computes in float64, see widened.py
    source(call, ...)      the line of the engine that computes a recorded call
    environment            variables that its processes are started with
    plain()                the engine as its sources say, without kernels over them
    capabilities           what it can do: see CAPABILITIES

BACKENDS.md has the contract of each, a complete example, and how to check a new engine.
Three ways to register one:

    [project.entry-points."harness.backends"]     in the pyproject.toml of an installed package
    mylib = "mylib.backend:MyLib"

    @register_backend("mylib")                    in a file: --backends path/to/file.py:mylib,torch
    class MyLib(Backend): ...

    --backends mylib,torch                        nothing, where `import mylib` has torch's names

A script takes its engine's name from `--backend NAME` and imports it, or calls
`harness.load(NAME)`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from harness.widened import widened

INSTALL = {"torch": "pip install torch==2.13.0"}

CAPABILITIES = frozenset({"double backward", "float64", "in place", "training"})
"""What an engine may be able to do. What needs one that it lacks counts as unsupported:

    double backward    gradients of gradients: `grad(..., create_graph=True)`
    float64            tensors of that dtype too
    in place           tensors may be written to
    training           modules and optimizers with torch's names, so that scripts run
"""


class BackendError(Exception):
    """A backend is unknown or not installed; the message is one line for the user."""


class Backend:
    """An engine with torch's names: the module `module`, imported when it is first used."""

    capabilities: frozenset[str] = CAPABILITIES
    environment: Mapping[str, str] = MappingProxyType({})
    """What its processes find in their environment, besides what this one has."""

    def __init__(self, name: str, module: str | None = None) -> None:
        self.name = name
        self.module = module or name

    def check(self) -> None:
        """Raises: BackendError where the engine is not installed. Nothing is imported to tell."""
        own = type(self).namespace is not Backend.namespace
        if not own and importlib.util.find_spec(self.module) is None:
            how = INSTALL.get(self.module, "no such module")
            raise BackendError(f"backend {self.name} is not installed: {how}")

    def namespace(self) -> Any:
        """The module that a script uses as `torch`. Raises: BackendError where it is missing."""
        if self.module not in sys.modules:
            self.check()
        return self.ready(importlib.import_module(self.module))

    def ready(self, module: Any) -> Any:
        """The imported module, in the state that this backend is for."""
        return module

    def plain(self) -> Backend:
        """The engine that runs what is written in its sources, where something else may run."""
        return self

    def version(self) -> str:
        """The engine's version; empty where it has none."""
        return str(getattr(self.namespace(), "__version__", ""))

    def numpy(self, tensor: Any) -> np.ndarray:
        """The values of a tensor; a dtype that NumPy lacks is widened to float32."""
        tensor = tensor.detach()
        if str(tensor.dtype).endswith("bfloat16"):
            tensor = tensor.float()
        return np.asarray(tensor.numpy(force=True))  # torch has zeros that are not stored

    def assign(self, tensor: Any, array: np.ndarray) -> None:
        """tensor[...] = array, in place, unrecorded and without a new version.

        A graph that a script still holds stays valid.
        """
        tensor.data.copy_(self.namespace().from_numpy(np.array(array)))

    def tensor(self, array: np.ndarray, wants_gradient: bool = False) -> Any:
        """A leaf with a copy of these values."""
        # Detached: what a script took from a float64 array itself would be drawn in float64.
        made = self.namespace().from_numpy(np.array(array)).detach()
        return made.requires_grad_() if wants_gradient else made

    def is_tensor(self, value: Any) -> bool:
        """Whether `value` is a tensor."""
        return isinstance(value, self.namespace().Tensor)

    def wants_gradient(self, tensor: Any) -> bool:
        """Whether a gradient of the tensor can be asked for; True where the engine does not say."""
        return bool(getattr(tensor, "requires_grad", True))

    def dtype(self, tensor: Any) -> str:
        """The bare name of a tensor's dtype: `float32`; that of its values where it has none."""
        found = getattr(tensor, "dtype", None)
        return str(self.numpy(tensor).dtype if found is None else found).rpartition(".")[2]

    def gradient(self, tensor: Any) -> np.ndarray | None:
        """The values of what `backward()` left with a leaf; None where it left nothing."""
        return None if tensor.grad is None else self.numpy(tensor.grad)

    def grad(
        self,
        outputs: Sequence[Any],
        inputs: Sequence[Any],
        cotangents: Sequence[Any],
        create_graph: bool = False,
    ) -> list[Any]:
        """The gradient of each input for the outputs' cotangents; None where none arrives."""
        grad = self.namespace().autograd.grad
        return list(grad(outputs, inputs, cotangents, create_graph=create_graph, allow_unused=True))

    def random_state(self) -> bytes | None:
        """The default generator's state."""
        state = getattr(self.namespace(), "get_rng_state", None)
        return None if state is None else self.numpy(state()).tobytes()

    def set_random_state(self, state: bytes) -> None:
        """Put the default generator's state back."""
        engine = self.namespace()
        engine.set_rng_state(engine.from_numpy(np.frombuffer(state, np.uint8).copy()))

    def seed(self, seed: int) -> None:
        """Seed the default generator, where there is one."""
        engine = self.namespace()
        generator = getattr(engine, "default_generator", engine)  # a fraction of what torch's own
        tell = getattr(generator, "manual_seed", None)  # manual_seed takes, for devices: 5 ms
        if tell is not None:
            tell(seed)

    def stand_in(self) -> None:
        """Let `import torch` in this process give the engine."""
        stand_in_for_torch(self.namespace())

    def widened(self) -> AbstractContextManager[Any]:
        """Inside, an unchanged script computes in float64 from the same random numbers."""
        return widened(self.namespace())

    def source(self, call: Any, direction: str, reference: Backend) -> tuple[str, int] | None:
        """(file, line) of what computes `direction` of a recorded call; None where that is unknown.

        `direction` is "forward", "backward" or "update"; an engine that can tell which of its
        rules runs in a call and is wrong overrides this.
        """
        from harness.locate import sources

        return sources.public(self.namespace(), call)

    def set_threads(self, count: int) -> None:
        """Let the engine use `count` threads, where it can be told."""
        tell = getattr(self.namespace(), "set_num_threads", None)
        if tell is not None:
            tell(count)


class Minitorch(Backend):
    """minitorch, which tells the row that ran and its rule, and has its own way to be torch.

    With its kernels in C, unless the environment forbids them (MINITORCH_NATIVE=0); or on NumPy
    alone, in processes of its own and in one that it shares with the former.
    """

    _silenced = False  # the kernels are off in this process because the one on NumPy runs

    def __init__(self, name: str, native: bool = True) -> None:
        super().__init__(name, "minitorch")
        self.native = native
        if not native:
            self.environment = MappingProxyType({"MINITORCH_NATIVE": "0"})

    def check(self) -> None:
        """As any engine's; and its kernels are compiled now, not while runs wait for each other."""
        super().check()
        if self.native:
            kernels = getattr(importlib.import_module(self.module), "native", None)
            if hasattr(kernels, "prepare") and kernels.is_enabled():
                kernels.prepare()

    def ready(self, module: Any) -> Any:
        """minitorch with its kernels on or off."""
        kernels = getattr(module, "native", None)  # an old commit has none
        if kernels is None:
            return module
        if not self.native and kernels.is_enabled():
            kernels.disable()
            Minitorch._silenced = True
        elif self.native and Minitorch._silenced:
            Minitorch._silenced = False
            kernels.enable(1 if os.environ.get("MINITORCH_NATIVE") == "always" else None)
        return module

    def plain(self) -> Backend:
        """Every row and rule as it is written."""
        return MINITORCH_NUMPY

    def stand_in(self) -> None:
        """As `python -m minitorch script.py` does."""
        self.namespace()
        importlib.import_module("minitorch.shim").install()

    def source(self, call: Any, direction: str, reference: Backend) -> tuple[str, int] | None:
        """(file, line) of the row or the rule at fault."""
        from harness.locate import rows

        return rows.source(self, call, direction, reference)


MINITORCH = Minitorch("minitorch")
MINITORCH_NUMPY = Minitorch("minitorch-numpy", native=False)
TORCH = Backend("torch")

_registered: dict[str, Backend] = {b.name: b for b in (MINITORCH, MINITORCH_NUMPY, TORCH)}


def register_backend(name: str) -> Callable[[type[Backend]], type[Backend]]:
    """Register the decorated class under `name`, for this process."""

    def register(backend: type[Backend]) -> type[Backend]:
        _registered[name] = backend(name)
        return backend

    return register


def find(spec: str) -> Backend:
    """The backend called `spec`: a registered or installed name, or `path/to/file.py:name`.

    Raises: BackendError for an unknown one, naming those that are known.
    """
    path, colon, name = spec.rpartition(":")
    if colon and path.endswith(".py"):
        _run_file(Path(path))
        if name not in _registered:
            raise BackendError(f"{path} registers no backend {name}: {_known()}")
        return _registered[name]
    if spec in _registered:
        return _registered[spec]
    for entry in _entry_points():
        if entry.name == spec:
            found = entry.load()
            return found(spec) if isinstance(found, type) else found
    if not spec.isidentifier() or importlib.util.find_spec(spec) is None:
        raise BackendError(_unknown(spec))
    return Backend(spec)


def load(name: str) -> Any:
    """Import the backend called `name`; what comes back is used as `torch`."""
    return find(name).namespace()


def names() -> list[str]:
    """Every registered name."""
    return sorted({*_registered, *(entry.name for entry in _entry_points())})


def stand_in_for_torch(engine: Any) -> None:
    """Let `import torch`, and every `import torch.a.b` that `engine` has, give `engine`."""
    if getattr(engine, "__name__", "") == "torch":
        return
    waiting, seen = [("torch", engine)], set()
    for name, module in waiting:  # which grows; shortest names first, since modules hold each other
        if name in sys.modules or id(module) in seen:
            continue
        sys.modules[name] = module
        seen.add(id(module))
        for own, value in vars(module).items():
            if isinstance(value, ModuleType) and not own.startswith("_"):
                waiting.append((f"{name}.{own}", value))


def _entry_points() -> Any:
    from importlib.metadata import entry_points

    return entry_points(group="harness.backends")


def _run_file(path: Path) -> None:
    """Import a file once, so that its `register_backend` lines run."""
    name = f"harness backends of {path.resolve()}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise BackendError(f"--backends {path}: no such file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _known() -> str:
    return f"known are {', '.join(names())}"


def _unknown(name: str) -> str:
    return f"unknown backend {name!r}: {_known()}, or path/to/file.py:name"
