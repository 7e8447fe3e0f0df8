"""Watches a script that knows nothing of the harness: its models, its losses, its optimizer steps.

A step is one `optimizer.step()`, whichever optimizer; its losses are the roots of the backward
calls since the step before, so a sum, several losses, accumulated gradients and closures are told
as they are. Where a script has no optimizer, each backward call is a step, and the parameters are
the leaves that its variables name.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np

from harness.follow import Follower
from harness.state import Subject, as_array


class Watch:
    """What was seen of a script so far."""

    def __init__(self, follower: Follower, script: str) -> None:
        self._follower = follower
        self._engine = follower.backend.namespace()
        self._folder = os.path.dirname(os.path.abspath(script))
        self._modules: list[weakref.ref] = []
        self._optimizers: list[weakref.ref] = []
        self._losses: list[float] = []
        self._called = False  # whether a model has computed before there was an optimizer
        self._backwards = 0  # those that are running: the ones they start are theirs
        self._inside = 0  # steps that are running
        self._looking: Any = None  # the hook that sees the first call of a model

    def install(self) -> None:
        """Look at the engine's modules, optimizers and backward calls from now on."""
        engine = self._engine
        self._after(engine.nn.Module, "__init__", self._made(self._modules))
        self._after(engine.optim.Optimizer, "__init__", self._made(self._optimizers))
        home = sys.modules[engine.optim.Optimizer.__module__]
        home.register_optimizer_step_pre_hook(self._before_step)
        home.register_optimizer_step_post_hook(self._after_step)
        for owner in (engine.Tensor, engine.autograd):
            self._around_backward(owner)
        first_call = getattr(engine.nn.modules.module, "register_module_forward_pre_hook", None)
        if first_call is not None:
            self._looking = first_call(self._before_forward)

    def finish(self) -> None:
        """The script has ended."""
        if not self._follower.told:
            if not self._follower.begun:
                self._begin(self._subject())
            self._follower.end()

    # ---------------------------------------------------------------- looking

    def _after(self, cls: Any, name: str, look: Callable[[Any], None]) -> None:
        method = getattr(cls, name)

        def watched(self: Any, *args: Any, **kwargs: Any) -> None:
            method(self, *args, **kwargs)
            look(self)

        watched.__wrapped__ = method  # type: ignore[attr-defined]
        setattr(cls, name, watched)

    def _made(self, found: list[weakref.ref]) -> Callable[[Any], None]:
        return lambda thing: found.append(weakref.ref(thing))

    def _around_backward(self, owner: Any) -> None:
        backward = owner.backward

        def watched(root: Any, *args: Any, **kwargs: Any) -> Any:
            if self._backwards or self._follower.told:
                return backward(root, *args, **kwargs)
            self._before_backward(sys._getframe(1))
            self._backwards += 1
            try:
                result = backward(root, *args, **kwargs)
            finally:
                self._backwards -= 1
            self._after_backward(root, sys._getframe(1))
            return result

        watched.__wrapped__ = backward  # type: ignore[attr-defined]
        owner.backward = watched

    def _before_forward(self, module: Any, args: tuple) -> None:
        """Begin where a model is first called: its buffers are what they are at the start."""
        if not self._has_optimizer():
            self._called = True
        elif not self._follower.begun:
            self._begin(self._subject())

    def _before_backward(self, frame: FrameType) -> None:
        if not self._follower.begun:
            alone = not self._has_optimizer()
            self._begin(Subject(loose=self._variables(frame)) if alone else self._subject())
        self._follower.mark("forward")

    def _has_optimizer(self) -> bool:
        return any(ref() is not None for ref in self._optimizers)

    def _after_backward(self, root: Any, frame: FrameType) -> None:
        self._follower.mark("backward")
        if not self._follower.timing:
            roots = root if isinstance(root, (list, tuple)) else [root]
            self._losses += [float(as_array(self._follower.backend, r).sum()) for r in roots]
        if not self._has_optimizer():
            self._tell(lambda: Subject(loose=self._variables(frame)))

    def _before_step(self, optimizer: Any, args: tuple, kwargs: dict) -> None:
        self._inside += 1
        if self._inside > 1:
            return
        if not self._follower.begun:
            self._begin(self._subject())
        closure = args[0] if args else kwargs.get("closure")
        subject = None if self._follower.told else self._subject
        self._follower.before_update(subject, callable(closure))

    def _after_step(self, optimizer: Any, args: tuple, kwargs: dict) -> None:
        self._inside -= 1
        if self._inside or self._follower.told:
            return
        self._follower.mark("update")
        self._tell(self._subject)

    # ---------------------------------------------------------------- telling

    def _begin(self, subject: Subject) -> None:
        if self._looking is not None:
            self._looking.remove()
        self._follower.begin(subject, fresh=not self._called)

    def _tell(self, subject: Callable[[], Subject]) -> None:
        """Tell the step; what it left behind is gathered where somebody wants it."""
        losses, self._losses = np.array(self._losses), []
        self._follower.step(lambda: (subject(), losses))

    def _subject(self) -> Subject:
        """The models whose parameters are trained, the optimizers, and tensors of no model."""
        optimizers = [o for ref in self._optimizers if (o := ref()) is not None]
        trained = {
            id(p): p for o in optimizers for group in o.param_groups for p in group["params"]
        }
        models = {
            name: model
            for name, model in self._roots()
            if not trained or any(id(p) in trained for p in model.parameters())
        }
        if len(models) == 1:
            models = {"": next(iter(models.values()))}
        owned = {id(p) for model in models.values() for p in model.parameters()}
        loose = [p for key, p in trained.items() if key not in owned]
        return Subject(models, {f"tensor{i}": p for i, p in enumerate(loose)}, optimizers)

    def _roots(self) -> Iterator[tuple[str, Any]]:
        """Modules that are in no other one, in the order of their making, by class and number."""
        alive = [m for ref in self._modules if (m := ref()) is not None]
        inner = {id(child) for m in alive for child in m.children()}
        count: dict[str, int] = {}
        for module in alive:
            if id(module) in inner:
                continue
            title = type(module).__name__
            count[title] = count.get(title, 0) + 1
            yield title if count[title] == 1 else f"{title}{count[title]}", module

    def _variables(self, frame: FrameType | None) -> dict[str, Any]:
        """The leaves that the script's variables name, outermost frame first."""
        frames = []
        while frame is not None:
            file = frame.f_code.co_filename
            if os.path.isfile(file) and os.path.abspath(file).startswith(self._folder):
                frames.append(frame)
            frame = frame.f_back
        found: dict[str, Any] = {}
        seen: set[int] = set()
        for frame in reversed(frames):
            for name, value in list(frame.f_locals.items()):
                for title, tensor in self._leaves(name, value):
                    if id(tensor) not in seen:
                        seen.add(id(tensor))
                        found[title] = tensor
        return found

    def _leaves(self, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, self._engine.Tensor):
            if value.requires_grad and value.is_leaf:
                yield name, value
        elif isinstance(value, self._engine.nn.Module):
            yield from ((f"{name}.{own}", p) for own, p in value.named_parameters())
        elif isinstance(value, dict):
            for key, part in value.items():
                if isinstance(part, self._engine.Tensor):
                    yield from self._leaves(f"{name}.{key}", part)
        elif isinstance(value, (list, tuple)):
            for key, part in enumerate(value):
                if isinstance(part, self._engine.Tensor):
                    yield from self._leaves(f"{name}.{key}", part)
