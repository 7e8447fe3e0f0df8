"""Records every public call of an engine while one step runs, with its values and gradients.

    with observing(backend) as trace:
        loss = model(x).sum()
        loss.backward()
        optimizer.step()

A public call is one by torch's name: a function of torch, torch.nn.functional and the like, or a
method or operator of Tensor; and a layer, an optimizer's step. Of calls inside
each other the outermost is recorded, since what is called inside is the engine's own affair; a
layer's own calls are recorded as well as the layer.

The names are replaced by functions that record, in the namespaces and in the modules that imported
them. Nothing else changes: gradients are read by hooks on the nodes that a call added to the graph,
found by walking back from its outputs to its inputs, so no tensor is replaced, no node is added and
every number stays what it was, to the bit.
"""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from harness import names
from harness.backends import Backend
from harness.locate.trace import Call, Place, Slot, Trace, Update, Value, spelled
from harness.names import SWEEP, dressed, replaced

_HERE = (__file__, names.__file__)  # frames between the model and the engine
_HARNESS = str(Path(__file__).parent.parent)
_STDLIB = sysconfig.get_path("stdlib")


@contextmanager
def observing(backend: Backend, recording: bool = True) -> Iterator[Trace]:
    """Record the calls of `backend` in this block; what comes back is filled as it runs.

    With `recording=False` the names are replaced, so that whoever imports one gets the function
    that records, but nothing is recorded until `trace.recording = True`.
    """
    recorder = Recorder(backend, Trace(backend.name, recording=recording))
    with replaced(recorder.engine, recorder):
        try:
            yield recorder.trace
        finally:
            recorder.close()


class Recorder:
    """Writes a trace: what is called, and by hooks what comes back."""

    def __init__(self, backend: Backend, trace: Trace) -> None:
        self.backend, self.engine, self.trace = backend, backend.namespace(), trace
        self._home = str(Path(self.engine.__file__).parent)
        self._local = threading.local()
        self._tensors: dict[int, tuple[int, Any]] = {}  # id -> (number, the tensor, kept alive)
        self._latest: dict[int, np.ndarray] = {}  # by number: copies that are still right
        self._nodes: dict[int, Any] = {}  # seen in the graph, kept alive so that an id is one node
        self._order: dict[int, int] = {}  # which of them was seen first
        self._leaves: dict[int, Any] = {}  # by number: what takes its hook out
        self._handles: list[Any] = []
        self._counts: Counter[tuple] = Counter()
        self._clock = 0
        self._layers: list[tuple[Any, int | None]] = []  # being called: (module, number of call)
        self._paths: dict[int, str] = {}

    # ------------------------------------------------------------------ what stands for a name

    def operation(self, name: str, original: Callable) -> Callable:
        def public(*args: Any, **kwargs: Any) -> Any:
            if self._resting():
                return original(*args, **kwargs)
            return self._call(name, original, args, kwargs)

        return dressed(public, original)

    def unseen(self, original: Callable) -> Callable:
        def public(*args: Any, **kwargs: Any) -> Any:
            with self._deep():
                return original(*args, **kwargs)

        return dressed(public, original)

    def update(self, original: Callable) -> Callable:
        def step(optimizer: Any, closure: Any = None, *args: Any, **kwargs: Any) -> Any:
            if closure is not None or self._resting():
                given = (closure, *args) if closure is not None or args else ()
                return original(optimizer, *given, **kwargs)
            with self._deep():
                update = self._before_update(optimizer)
                made = original(optimizer, *args, **kwargs)
                if update is not None:
                    parameters = _parameters(optimizer)
                    update.after = [self.backend.numpy(p).copy() for p in parameters]
                    update.state_after = [self._state(optimizer, p) for p in parameters]
                    self.trace.updates.append(update)
            return made

        return dressed(step, original)

    def layer(self, original: Callable) -> Callable:
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            if self._resting():
                return original(module, *args, **kwargs)
            if not self._layers:
                self._paths = {id(m): n for n, m in module.named_modules()}
            own = type(module).__module__.partition(".")[0] == self.engine.__name__
            self._layers.append((module, self._layers[-1][1] if self._layers else None))
            try:
                if not own:
                    return original(module, *args, **kwargs)
                run = functools.partial(original, module)
                return self._call(f"torch.nn.{type(module).__name__}", run, args, kwargs, module)
            finally:
                self._layers.pop()

        return dressed(call, original)

    def _resting(self) -> bool:
        return not self.trace.recording or getattr(self._local, "deep", False)

    @contextmanager
    def _deep(self) -> Iterator[None]:
        before, self._local.deep = getattr(self._local, "deep", False), True
        try:
            yield
        finally:
            self._local.deep = before

    # ------------------------------------------------------------------ one call

    def _call(
        self, name: str, original: Callable, args: tuple, kwargs: dict, layer: Any = None
    ) -> Any:
        """Call `original` and record it; a layer's own calls are recorded too."""
        place = self._place(name)
        args = tuple([*a] if inspect.isgenerator(a) else a for a in args)
        with self._deep():
            if place is None:
                return original(*args, **kwargs)
            call, tensors = self._before(name, place, args, kwargs, layer)
            ends = [self._edge(t) for t in tensors]
            older = len(self._nodes)
            state = self.backend.random_state()
        if layer is None:
            try:
                with self._deep():
                    result = original(*args, **kwargs)
                    if name.endswith("__iter__"):
                        result = iter(parts := tuple(result))
            except Exception:
                self.trace.calls.append(call)  # without results: what raised is what one looks for
                raise
        else:
            self.trace.calls.append(call)
            self._layers[-1] = (layer, call.number)
            result = original(*args, **kwargs)
        with self._deep():
            visible = parts if name.endswith("__iter__") else result
            kept = self._after(call, visible, tensors, ends, older)
            if state != self.backend.random_state():
                call.random = state
        if kept and layer is None:
            call.number = len(self.trace.calls)
            self.trace.calls.append(call)
        return result

    def _before(
        self, name: str, place: Place, args: tuple, kwargs: dict, layer: Any
    ) -> tuple[Call, list]:
        path = self._paths.get(id(self._layers[-1][0]), "") if self._layers else ""
        tensors: list = []
        arguments = spelled((args, kwargs), self._slots(tensors))
        if layer is not None:
            extra = [*layer.named_parameters(), *layer.named_buffers()]
        elif name.startswith("torch.nn.utils."):
            extra = [(f"{i}.grad", t.grad) for i, t in enumerate(tensors) if _has_grad(t)]
        else:
            extra = []
        settings = None if layer is None else _settings(layer)
        arguments = (*arguments, {k: Slot(len(tensors) + i) for i, (k, _) in enumerate(extra)})
        tensors += [value for _, value in extra]
        inputs = [self._value(t) for t in tensors]
        inside = self._layers[-1][1] if self._layers else None
        number = len(self.trace.calls)
        made = Call(name, place, path, arguments, inputs, number, inside=inside, settings=settings)
        return made, tensors

    def _after(self, call: Call, result: Any, tensors: list, ends: list, older: int) -> bool:
        """Note results and what was written; False where no tensor came of the call."""
        outputs: list = []
        call.result = spelled(result, self._slots(outputs))
        for i, (tensor, value) in enumerate(zip(tensors, call.inputs)):
            now = self._value(tensor).array
            if now is not value.array:
                call.written[i] = now
        call.outputs = [self._value(t) for t in outputs]
        if call.name.endswith("__setitem__"):  # its result is what it wrote to
            outputs, call.outputs = tensors[:1], [self._value(tensors[0])]
        self._hook(call, outputs, ends, older)
        return bool(call.outputs or call.written)

    def _slots(self, tensors: list) -> Callable[[Any], Slot | None]:
        def slot(value: Any) -> Slot | None:
            if not isinstance(value, self.engine.Tensor) or not self._dense(value):
                return None
            tensors.append(value)
            return Slot(len(tensors) - 1)

        return slot

    def _dense(self, tensor: Any) -> bool:
        """Whether a tensor has values that an array can hold: a sparse one has not."""
        try:
            self.backend.numpy(tensor)
        except Exception:  # engines say so in many ways
            return False
        return True

    def _value(self, tensor: Any) -> Value:
        number, _ = self._tensors.setdefault(id(tensor), (len(self._tensors), tensor))
        array = self.backend.numpy(tensor)
        before = self._latest.get(number)
        if before is None or not _same(before, array):
            before = self._latest[number] = np.array(array)
        dtype = str(tensor.dtype).rpartition(".")[2]
        return Value(before, dtype, bool(tensor.requires_grad), bool(tensor.is_leaf), number)

    def _place(self, name: str) -> Place | None:
        """Where the model calls; None where the harness does, or the engine in its sweep."""
        frame: FrameType | None = sys._getframe(1)
        direct = True
        while frame is not None:
            file = frame.f_code.co_filename
            if frame.f_code is SWEEP:
                return None
            if not self._passes(file, frame.f_globals.get("__name__")):
                break
            direct = direct and file in _HERE
            frame = frame.f_back
        if frame is None or (file.startswith(_HARNESS) and "MODELS" not in frame.f_globals):
            return None
        where = (file, frame.f_lineno, name)
        self._counts[where] += 1
        return Place(file, frame.f_lineno, self._counts[where] - 1, direct)

    def _passes(self, file: str, module: Any) -> bool:
        """Whether a frame of this file stands between the model and the engine."""
        made = file.startswith("<") and module != "__main__"  # text that the engine or Python ran
        if made or file in _HERE or file.startswith(self._home):
            return True
        return file.startswith(_STDLIB) and "site-packages" not in file

    # ------------------------------------------------------------------ gradients

    def _edge(self, tensor: Any) -> Any:
        """Where the gradient of a tensor flows: a node's output, or the leaf; None for nowhere."""
        if not tensor.requires_grad:
            return None
        try:
            node = tensor.grad_fn
        except (RuntimeError, AttributeError):  # a view that may not be written to was; no graph
            return None
        if node is not None and not hasattr(node, "register_prehook"):
            return None
        if node is None:
            self._watch_leaf(tensor)
            return "leaf", self._tensors[id(tensor)][0]
        return self._seen(node), tensor.output_nr

    def _seen(self, node: Any) -> int:
        self._nodes.setdefault(id(node), node)
        self._order.setdefault(id(node), len(self._order))
        return id(node)

    def _watch_leaf(self, tensor: Any) -> None:
        number = self._tensors.setdefault(id(tensor), (len(self._tensors), tensor))[0]
        if number not in self._leaves:
            self._leaves[number] = self._hooked_leaf(number, tensor)

    def _hooked_leaf(self, number: int, tensor: Any) -> Any:
        def arrived(g: Any) -> None:
            with self._deep():
                _add(self.trace.totals, number, self.backend.numpy(g))

        with self._deep():
            return tensor.register_hook(arrived)

    def before_sweep(self) -> None:
        """Look at leaves after the model's own hooks."""
        tensors = dict(self._tensors.values())
        for number, handle in self._leaves.items():
            handle.remove()
            self._leaves[number] = self._hooked_leaf(number, tensors[number])

    def _hook(self, call: Call, outputs: list, ends: list, older: int) -> None:
        """Let the nodes that the call added to the graph tell what passes them.

        `older` nodes were there before the call.
        """
        goals = {end: i for i, end in reversed(list(enumerate(ends))) if end is not None}
        starts: dict[int, dict[int, int]] = {}
        for nr, output in enumerate(outputs):
            edge = self._edge(output)
            if edge is not None and edge not in goals and edge[0] != "leaf":
                starts.setdefault(edge[0], {}).setdefault(edge[1], nr)
        for node, numbers in starts.items():
            hook = functools.partial(self._arrive, call, numbers)
            self._handles.append(self._nodes[node].register_prehook(hook))
        waiting = [*starts]
        walked = set(starts)
        while waiting:
            node = self._nodes[waiting.pop()]
            found: dict[int, int] = {}
            for k, (target, nr) in enumerate(node.next_functions):
                if target is None:
                    continue
                edge = self._edge_to(target, nr)
                if edge in goals:
                    found[k] = goals[edge]
                elif edge[0] not in walked and self._order.get(edge[0], 0) >= older:
                    walked.add(edge[0])
                    waiting.append(edge[0])
            if found:
                hook = functools.partial(self._send, call, found)
                self._handles.append(node.register_hook(hook))

    def _edge_to(self, node: Any, nr: int) -> Any:
        leaf = getattr(node, "variable", None)
        if leaf is None:
            return self._seen(node), nr
        return "leaf", self._tensors.get(id(leaf), (-1, None))[0]

    def _arrive(self, call: Call, numbers: dict[int, int], grads: Any) -> None:
        with self._deep():
            for nr, output in numbers.items():
                if grads[nr] is not None:
                    _add(call.arrived, output, self.backend.numpy(grads[nr]))
            self._clock += 1
            call.when = self._clock

    def _send(self, call: Call, found: dict[int, int], grads: Any, _: Any) -> None:
        with self._deep():
            for k, i in found.items():
                if grads[k] is not None:
                    g = self.backend.numpy(grads[k])
                    _add(call.sent, i, _summed_to(g, call.inputs[i].array))

    def close(self) -> None:
        """Take the hooks out again."""
        for handle in (*self._handles, *self._leaves.values()):
            handle.remove()
        self.trace.recording = False
        for kept in (self._handles, self._leaves, self._tensors, self._nodes, self._latest):
            kept.clear()

    # ------------------------------------------------------------------ optimizers

    def _before_update(self, optimizer: Any) -> Update | None:
        name = f"torch.optim.{type(optimizer).__name__}"
        place = self._place(name)
        if place is None:
            return None
        none = self._slots([])
        groups = [
            {k: spelled(v, none) for k, v in group.items() if k != "params"}
            for group in optimizer.param_groups
        ]
        members = [n for n, g in enumerate(optimizer.param_groups) for _ in g["params"]]
        parameters = _parameters(optimizer)
        grads = [
            None if p.grad is None else np.array(self.backend.numpy(p.grad)) for p in parameters
        ]
        state = [self._state(optimizer, p) for p in parameters]
        values = [self._value(p) for p in parameters]
        calls = len(self.trace.calls)
        return Update(name, place, groups, members, values, grads, state, calls=calls)

    def _state(self, optimizer: Any, parameter: Any) -> dict[str, Any]:
        """The state of one parameter, tensors as arrays."""
        return {
            key: np.array(self.backend.numpy(value))
            if isinstance(value, self.engine.Tensor)
            else value
            for key, value in optimizer.state.get(parameter, {}).items()
        }


# ------------------------------------------------------------------ helpers


def _has_grad(tensor: Any) -> bool:
    return tensor.is_leaf and tensor.grad is not None


def _parameters(optimizer: Any) -> list:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _settings(layer: Any) -> dict[str, Any]:
    """What a layer was made with, as far as it remembers: attributes named as its parameters."""
    found = {}
    names = []
    for cls in type(layer).__mro__:  # some hand (*args, **kwargs) on; which mode, the class says
        parameters = inspect.signature(cls.__init__).parameters
        names += [n for n in parameters if n not in ("self", "args", "kwargs", "mode")]
        if "args" not in parameters:
            break
    for name in names:
        value = getattr(layer, name, found)
        if name == "bias":
            found[name] = bool(value) if isinstance(value, int) else value is not None
        elif isinstance(value, (bool, int, float, str, tuple)) or value is None:
            found[name] = value
    return found | {"training": layer.training}


def _add(into: dict[int, np.ndarray], key: int, array: np.ndarray) -> None:
    into[key] = into[key] + array if key in into else np.array(array)


def _summed_to(g: np.ndarray, like: np.ndarray) -> np.ndarray:
    """`g` summed over what was broadcast, in the dtype of `like`."""
    lead = g.ndim - like.ndim
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(like.shape) if n == 1 and g.shape[i + lead] != 1
    )
    return g.sum(axis=axes).reshape(like.shape).astype(like.dtype) if axes else g


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
