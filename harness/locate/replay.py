"""One recorded call, alone: as a function of its tensors that both engines can run.

    replayed = Replay(call)
    replayed.compare(candidate, reference)      # a local.Comparison: values and gradients

The call runs on the tensors that the trace has, from the random state it started from, and its
gradients are those of the cotangents that arrived.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate.trace import Call, said
from harness.tolerance import judge


class Replay:
    """A call as a function of the tensors it was given, each of them once.

    `arrays` are those tensors, `constant` the numbers of those that want no gradient, `cotangents`
    what arrived for the outputs that want one, then for what was written. Raises: ValueError where
    an argument cannot be said to another engine.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.place = _once(call)
        first = [self.place.index(n) for n in range(max(self.place, default=-1) + 1)]
        self.arrays = [call.inputs[i].array for i in first]
        self.constant = [n for n, i in enumerate(first) if not call.inputs[i].wants]
        self.cotangents = [
            call.arrived.get(k, np.zeros_like(value.array)) for k, value in enumerate(call.outputs)
        ]
        self._narrow = [call.inputs[i].dtype == "bfloat16" for i in first]
        said(call.arguments, _Anything(), list(call.inputs))

    def on(self, backend: Backend) -> local.Function:
        """The call as a function on `backend`: `run(T, *tensors)`."""

        def run(T: Any, *tensors: Any) -> list[Any]:
            if self.call.random is not None:
                backend.set_random_state(self.call.random)
            written = {self.place[i] for i in self.call.written}
            given = [
                t.bfloat16()
                if narrow and t.dtype == T.float32
                else t.clone()
                if n in written
                else t
                for n, (t, narrow) in enumerate(zip(tensors, self._narrow))
            ]
            slots = [given[n] for n in self.place]
            result = called(T, self.call, said(self.call.arguments, T, slots))
            found = list(local.tensors_in(result, backend))
            return found + [
                slots[i]
                for i in sorted(self.call.written)
                if not any(slots[i] is tensor for tensor in found)
            ]

        return run

    def compare(self, candidate: Backend, reference: Backend) -> local.Comparison:
        """The call on both engines, each tensor judged; gradients where some arrived."""
        return local.compare(
            (self.on(candidate), self.on(reference)),
            self.arrays,
            candidate,
            self._witness(reference),
            self.order,
            self.constant,
            cotangents=self.cotangents,
        )

    def recorded(self, reference: Backend) -> list[local.Finding]:
        """What the trace has of the call, judged by what the reference makes of its tensors."""
        function, reference = self.on(reference), self._witness(reference)
        ask: dict[str, Any] = {
            "constant": frozenset(self.constant), "cotangents": tuple(self.cotangents)
        }  # fmt: skip
        expected = local.evaluate(function, self.arrays, reference, self.order, **ask)
        truth, moved = local.witnesses(function, self.arrays, reference, self.order, **ask)
        return [
            local.Finding(
                what,
                judge(
                    array,
                    expected.arrays[what],
                    truth.get(what),
                    [m[what] for m in moved if what in m],
                    local.floor(what, self.cotangents),
                ),
            )
            for what, array in self._results().items()
            if what in expected.arrays and expected.arrays[what].shape == array.shape
        ]

    def _results(self) -> dict[str, np.ndarray]:
        """The results that were recorded, by the names that `local` gives them."""
        call = self.call
        values = [v.array for v in call.outputs]
        seen = {v.tensor for v in call.outputs}
        values += [a for i, a in sorted(call.written.items()) if call.inputs[i].tensor not in seen]
        names = ["value"] if len(values) == 1 else [f"value {i}" for i in range(len(values))]
        found = dict(zip(names, values))
        for i, gradient in call.sent.items():
            what = f"gradient of input {self.place[i]}"
            found[what] = found[what] + gradient if what in found else gradient
        return found

    @property
    def order(self) -> int:
        """1 where gradients arrived, else 0."""
        return 1 if self.call.arrived else 0

    def _witness(self, reference: Backend) -> Backend:
        """The reference; without float64 where the call drew, since that would draw otherwise."""
        if self.call.random is None:
            return reference
        made = copy.copy(reference)
        made.capabilities = reference.capabilities - {"float64"}
        return made


def called(T: Any, call: Call, arguments: tuple) -> Any:
    """The call on engine `T`. Raises: AttributeError where the engine does not have it."""
    args, kwargs, more = arguments
    if call.is_layer:
        settings = dict(call.settings or {})
        training = settings.pop("training", True)
        layer = getattr(T.nn, call.name.rpartition(".")[2])(**settings).train(training)
        return T.func.functional_call(layer, more, args, kwargs)
    bare = call.name.rpartition(".")[2]
    if call.name.startswith("torch.Tensor."):
        method = getattr(args[0], bare)
        found = method(*args[1:], **kwargs) if callable(method) else method
        return list(found) if bare == "__iter__" else found
    if more:
        return _with_gradients(T, call, arguments)
    function: Any = T
    for part in call.name.split(".")[1:]:
        function = getattr(function, part)
    return function(*args, **kwargs)


def _with_gradients(T: Any, call: Call, arguments: tuple) -> Any:
    """A function that works on what stands in `.grad` of its arguments."""
    args, kwargs, more = arguments
    owners = list(_leaves(args))
    for key, value in more.items():
        owners[int(key.partition(".")[0])].grad = value
    return getattr(T.nn.utils, call.name.rpartition(".")[2])(*args, **kwargs)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value] if hasattr(value, "grad") else []


def _once(call: Call) -> list[int]:
    """For each slot the number of its tensor, so that one that is given twice is one."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(value.tensor, len(numbers)) for value in call.inputs]


class _Anything:
    """An engine that has every name."""

    def __getattr__(self, name: str) -> str:
        return name
