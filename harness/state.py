"""What a training step leaves behind, by key, and how it is put back.

Keys stand in the order in which a step brings things about: `buffer NAME`, `loss`, `gradient NAME`,
`parameter NAME`, `optimizer EXP_AVG NAME`, `learning rate`. With several losses or backward calls
in a step, `loss` holds all of them in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.backends import Backend
from harness.channel import Arrays

SKETCHES = 2
"""How many numbers stand for a tensor that is not sent: its norm and a projection."""


@dataclass
class Subject:
    """What is watched: models by name, tensors that belong to none, and optimizers."""

    models: Mapping[str, Any] = field(default_factory=dict)
    loose: Mapping[str, Any] = field(default_factory=dict)
    optimizers: Sequence[Any] = ()

    @classmethod
    def of(cls, model: Any, *optimizers: Any) -> Subject:
        """A module, a dict of modules, or a dict of tensors."""
        several = dict(model) if isinstance(model, Mapping) else {"": model}
        modules = {name: m for name, m in several.items() if hasattr(m, "named_parameters")}
        loose = {name: t for name, t in several.items() if name not in modules}
        return cls(modules, loose, [o for o in optimizers if o is not None])

    def named(self) -> Iterator[tuple[str, Any]]:
        """Every parameter and buffer by key."""
        for prefix, module in self.models.items():
            dot = f"{prefix}." if prefix else ""
            yield from ((f"parameter {dot}{name}", p) for name, p in module.named_parameters())
            yield from ((f"buffer {dot}{name}", b) for name, b in module.named_buffers())
        yield from ((f"parameter {name}", tensor) for name, tensor in self.loose.items())

    def without_optimizers(self) -> Subject:
        """The models and tensors alone."""
        return Subject(self.models, self.loose)

    def optimizer_state(self) -> Iterator[tuple[str, dict | list, Any]]:
        """(key, container, its key) of every number and tensor that the optimizers keep."""
        names = {id(tensor): key.partition(" ")[2] for key, tensor in self.named()}
        for number, optimizer in enumerate(self.optimizers):
            prefix = f"{number}." if len(self.optimizers) > 1 else ""
            place = 0
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    name = names.get(id(parameter), f"{prefix}{place}")
                    place += 1
                    if parameter in optimizer.state:
                        yield from _entries("optimizer {} " + name, optimizer.state[parameter])


def _entries(title: str, state: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    places = state.items() if isinstance(state, dict) else enumerate(state)
    for key, value in list(places):
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, (dict, list, tuple)):
            yield from _entries(title, value, here)
        elif value is not None and not isinstance(value, str):
            yield title.format(here), state, key


def initial_arrays(backend: Backend, subject: Subject) -> Arrays:
    """The state before the first step."""
    return {key: backend.numpy(tensor) for key, tensor in subject.named()}


def step_arrays(backend: Backend, subject: Subject, loss: np.ndarray) -> Arrays:
    """Everything that a step leaves behind, in the order in which it comes about."""
    state = dict(subject.named())
    parameters = {key: t for key, t in state.items() if key.startswith("parameter ")}
    arrays = {key: backend.numpy(t) for key, t in state.items() if key not in parameters}
    arrays["loss"] = loss
    for key, tensor in parameters.items():
        gradient = backend.gradient(tensor)
        if gradient is not None:
            arrays[key.replace("parameter", "gradient", 1)] = gradient
    arrays |= {key: backend.numpy(tensor) for key, tensor in parameters.items()}
    for key, container, at in subject.optimizer_state():
        arrays[key] = as_array(backend, container[at])
    rates = [float(group["lr"]) for o in subject.optimizers for group in o.param_groups
             if "lr" in group]  # fmt: skip
    if rates:
        arrays["learning rate"] = np.array(rates)
    return arrays


def as_array(backend: Backend, value: Any) -> np.ndarray:
    """A tensor's values, or a number's."""
    return backend.numpy(value) if backend.is_tensor(value) else np.asarray(value, np.float64)


def describe(backend: Backend, subject: Subject) -> dict[str, Any]:
    """The header of a run: who ran, what the models are made of, and how they are trained."""
    return {
        "backend": backend.name,
        "version": backend.version(),
        "numpy": np.__version__,
        "tensors": [
            {
                "key": key,
                "shape": list(backend.numpy(tensor).shape),
                "dtype": backend.dtype(tensor),
                "requires_grad": backend.wants_gradient(tensor),
            }
            for key, tensor in subject.named()
        ],
        "optimizers": [_settings(optimizer) for optimizer in subject.optimizers],
    }


def _settings(optimizer: Any) -> dict[str, Any]:
    """An optimizer's class and the numbers of its groups."""
    plain = (bool, int, float, str, list, tuple, type(None))
    return {
        "class": type(optimizer).__name__,
        "groups": [
            {name: value for name, value in group.items()
             if name not in ("params", "param_names", "lr") and isinstance(value, plain)}
            for group in optimizer.param_groups
        ],
    }  # fmt: skip


def assign(backend: Backend, subject: Subject, arrays: Arrays) -> None:
    """Overwrite parameters, buffers and optimizer state with recorded ones."""
    for key, tensor in subject.named():
        if key in arrays:
            backend.assign(tensor, arrays[key])
    for key, container, at in subject.optimizer_state():
        if key not in arrays:
            continue
        if hasattr(container[at], "detach"):
            backend.assign(container[at], arrays[key])
        elif isinstance(container, (dict, list)):
            container[at] = type(container[at])(arrays[key][()])


def assign_gradients(backend: Backend, subject: Subject, arrays: Arrays) -> None:
    """Overwrite the gradients with recorded ones."""
    for key, tensor in subject.named():
        gradient = arrays.get(key.replace("parameter", "gradient", 1))
        if gradient is not None and tensor.grad is not None:
            backend.assign(tensor.grad, gradient)


def move_one_ulp(backend: Backend, subject: Subject, rng: np.random.Generator) -> None:
    """Move every parameter up or down to the next floating-point number; zeros stay."""
    for key, tensor in subject.named():
        values = backend.numpy(tensor)
        if key.startswith("parameter ") and values.dtype.kind == "f":
            towards = rng.choice(np.array([-np.inf, np.inf], values.dtype), values.shape)
            moved = np.where(values == 0, values, np.nextafter(values, towards))
            backend.assign(tensor, moved)


# --- tensors that are not sent --------------------------------------------------------------------

_signs: dict[int, np.ndarray] = {}


def sketched(arrays: Arrays) -> Arrays:
    """Two numbers for each tensor: its norm, and its sum with random signs.

    The difference of two such sums is, give or take, the norm of the difference of the tensors.
    """
    return {
        key: _sketch(array) if array.size > SKETCHES and array.dtype.kind == "f" else array
        for key, array in arrays.items()
    }


def _sketch(array: np.ndarray) -> np.ndarray:
    flat = np.ascontiguousarray(array).reshape(-1)
    signs = _signs.get(flat.size)
    if signs is None:
        draw = np.random.default_rng(flat.size).integers(0, 2, flat.size)
        signs = _signs[flat.size] = (2 * draw - 1).astype(np.float32)
    return np.array([np.dot(flat, flat) ** 0.5, np.dot(flat, signs.astype(flat.dtype, copy=False))])
