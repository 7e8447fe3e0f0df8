"""Where the time of a step goes: every public call by torch's name, forward and backward.

A clock stands in the place of each public name (`harness.names`); of calls inside each other the
outermost counts, and a layer that has no layers inside is one call. The nodes that a call adds to
the graph are found by walking back from its results, and a hook tells when each begins: its time
runs until the next one begins, so that all of a backward pass is told, gradients that are added up
at leaves included. Both need nothing but torch's own names, so any engine is measured alike.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from harness.names import Maker, dressed, replaced

START, REST = "backward, until its first node", "between calls"
CLOCKS = "the clocks themselves"
"""Looking for nodes; what a hook costs in the backward pass is in the times there."""

Rows = dict[str, list[float]]
"""Calls, seconds forward, seconds backward of every name."""


def attribute(engine: Any, step: Callable[[], object], steps: int) -> tuple[float, Rows]:
    """Seconds per step with clocks on, and where they went; what is left is `between calls`."""
    clock = _Clock(engine)
    seconds = 0.0
    with clock.on():
        for _ in range(steps):
            start = time.perf_counter()
            step()
            seconds += time.perf_counter() - start
            clock.forget()
    told = sum(forward + backward for _, forward, backward in clock.rows.values())
    clock.rows[REST] = [0, seconds - told, 0.0]
    rows = {name: [value / steps for value in row] for name, row in clock.rows.items()}
    return seconds / steps, rows


class _Clock(Maker):
    """Makes what stands for public names, and sums up what they take."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.rows: Rows = {CLOCKS: [0, 0.0, 0.0]}
        self._inside = False  # of a public call, or of a backward pass
        self._nodes: dict[int, Any] = {}  # of the graph, kept alive so that an id is one node
        self._running: tuple[str, float] | None = None  # whose node, since when

    @contextmanager
    def on(self) -> Iterator[None]:
        """Measure in this block."""
        engine = self.engine
        with replaced(engine, self), ExitStack() as stack:
            for owner, name in (
                (engine.Tensor, "backward"),
                (engine.autograd, "backward"),
                (engine.autograd, "grad"),
            ):
                swept = self._sweep(getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, swept))
            custom = self._custom(engine.autograd.Function)
            stack.enter_context(mock.patch.object(engine.autograd.Function, "apply", custom))
            yield

    def forget(self) -> None:
        """Let go of a step's graph."""
        self._nodes.clear()

    # ------------------------------------------------------------------ what stands for a name

    def operation(self, name: str, original: Callable) -> Callable:
        """A function or a method."""
        short = name.removeprefix("torch.").removeprefix("nn.functional.")

        def public(*args: Any, **kwargs: Any) -> Any:
            return self._call(short, original, *args, **kwargs)

        return dressed(public, original)

    def layer(self, original: Callable) -> Callable:
        """The call of a module: counted where it is the engine's own and has none inside."""

        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            kind = type(module)
            own = kind.__module__.partition(".")[0] == self.engine.__name__
            if not own or next(module.children(), None) is not None:
                return original(module, *args, **kwargs)
            return self._call(f"nn.{kind.__name__}", original, module, *args, **kwargs)

        return dressed(call, original)

    def update(self, original: Callable) -> Callable:
        """An optimizer's step; or what else it does, by its name."""

        def call(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            name = f"optim.{type(optimizer).__name__}.{original.__name__}"
            return self._call(name, original, optimizer, *args, **kwargs)

        return dressed(call, original)

    unseen = update  # zero_grad

    def _custom(self, function: type) -> classmethod:
        """The `apply` of functions with a backward of their own, counted by their names."""
        original = vars(function)["apply"].__func__

        def apply(cls: type, *args: Any, **kwargs: Any) -> Any:
            return self._call(cls.__name__, original, cls, *args, **kwargs)

        return classmethod(apply)

    # ------------------------------------------------------------------ clocks

    def _call(self, name: str, original: Callable, *args: Any, **kwargs: Any) -> Any:
        if self._inside:
            return original(*args, **kwargs)
        self._inside = True
        start = time.perf_counter()
        try:
            result = original(*args, **kwargs)
        finally:
            seconds = time.perf_counter() - start
            self._inside = False
        row = self.rows.setdefault(name, [0, 0.0, 0.0])
        row[0] += 1
        row[1] += seconds
        self._hook(name, result)
        self.rows[CLOCKS][1] += time.perf_counter() - start - seconds
        return result

    def _hook(self, name: str, result: Any) -> None:
        """Let the nodes that a call added tell when they begin."""
        waiting = [_node(tensor) for tensor in self._tensors(result)]
        while waiting:
            node = waiting.pop()
            if node is None or id(node) in self._nodes or hasattr(node, "variable"):
                continue
            self._nodes[id(node)] = node
            node.register_prehook(functools.partial(self._begin, name))
            waiting += [following for following, _ in node.next_functions]

    def _tensors(self, result: Any) -> Iterator[Any]:
        if isinstance(result, self.engine.Tensor):
            yield result
        elif isinstance(result, (tuple, list)):
            for part in result:
                yield from self._tensors(part)

    def _begin(self, name: str, *_: Any) -> None:
        now = time.perf_counter()
        self._end(now)
        self._running = name, now

    def _end(self, now: float) -> None:
        if self._running is not None:
            name, since = self._running
            self.rows.setdefault(name, [0, 0.0, 0.0])[2] += now - since

    def _sweep(self, original: Callable) -> Callable:
        def sweep(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return original(*args, **kwargs)
            self._inside = True
            self._begin(START)
            try:
                return original(*args, **kwargs)
            finally:
                self._end(time.perf_counter())
                self._running = None
                self._inside = False

        return dressed(sweep, original)


def _node(tensor: Any) -> Any:
    return tensor.grad_fn if tensor.requires_grad else None
