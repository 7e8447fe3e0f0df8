"""Optimizer: parameter groups, state and its dictionary, hooks.

An optimizer is one update rule per parameter, written once: a function on arrays that changes them
in place (`sgd_rule`, `adam_rule`). Learning rates are read from `param_groups` and step counts from
`state` in every step, never kept elsewhere.
"""

from __future__ import annotations

import copy
import functools
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from minitorch._tensor import Tensor
from minitorch.dtypes import float32, float64, get_default_dtype
from minitorch.grad_mode import enable_grad, set_grad_enabled
from minitorch.hooks import RemovableHandle

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Optimizer",
    "ParamsT",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]

ParamsT: TypeAlias = "Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]"


class _RequiredParameter:
    """Stands in `defaults` for what every group must say itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

_global_pre_hooks: OrderedDict[int, Any] = OrderedDict()
_global_post_hooks: OrderedDict[int, Any] = OrderedDict()


def _watchable(step: Callable) -> Callable:
    """`step`, with the optimizer's step hooks around it; `hooked` tells that it is."""

    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if not self._watched:
            return step(self, *args, **kwargs)
        self._opt_called = True
        self._watched = False  # a step that calls the one it overrides is one step
        try:
            return _with_hooks(step, self, args, kwargs)
        finally:
            self._watched = True

    hooked.hooked = True  # type: ignore[attr-defined]
    return hooked


def _with_hooks(step: Callable, self: Optimizer, args: tuple, kwargs: dict) -> Any:
    own_pre, own_post = (  # a subclass may never have called __init__
        self.__dict__.get(f"_optimizer_step_{when}_hooks", {}) for when in ("pre", "post")
    )
    for hook in (*_global_pre_hooks.values(), *own_pre.values()):
        changed = hook(self, (self, *args), kwargs)
        if changed is not None:
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"pre-hook of {step.__qualname__}: expected None or (args, kwargs), got "
                    f"{changed!r}"
                )
            (_, *args), kwargs = changed
    loss = step(self, *args, **kwargs)
    for hook in (*own_post.values(), *_global_post_hooks.values()):
        hook(self, (self, *args), kwargs)
    return loss


class Optimizer:
    """Base class of all optimizers.

    A subclass either defines `_update_group(group)`, which runs its rule on each parameter that
    has a gradient, or overrides `step`.

    Raises: TypeError for `params` that are no ordered collection of tensors, dicts or named
        tensors; ValueError for none, for tensors that were computed, and for one given twice.
    """

    # Set on an instance by its first step hook or scheduler of lr, on the class by the first
    # hook of all optimizers: until then a step costs nothing more.
    _watched = False
    _opt_called = False  # whether `step` ran since it is watched

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _watchable(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._clear_hooks()
        if isinstance(params, Tensor):
            raise TypeError(
                f"{type(self).__name__}: expected params to be an iterable of tensors or dicts, "
                f"got one torch.{params.dtype.title}Tensor"
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: expected parameters, got an empty list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _clear_hooks(self) -> None:
        for store in (
            "_optimizer_step_pre_hooks",
            "_optimizer_step_post_hooks",
            "_optimizer_state_dict_pre_hooks",
            "_optimizer_state_dict_post_hooks",
            "_optimizer_load_state_dict_pre_hooks",
            "_optimizer_load_state_dict_post_hooks",
        ):
            setattr(self, store, OrderedDict())

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: `params` and whatever is to differ from the defaults there.

        Raises: as the constructor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"add_param_group: expected a dict, got {type(param_group).__name__}")
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else _ordered(params)
        names = [p[0] for p in params if isinstance(p, tuple)]
        if names and len(names) != len(params):
            raise ValueError(
                f"add_param_group: expected a name for all parameters or for none, got "
                f"{len(names)} names for {len(params)}"
            )
        param_group["params"] = params = [p[1] if isinstance(p, tuple) else p for p in params]
        if names:
            param_group["param_names"] = names
        for p in params:
            self._check_parameter(p)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"add_param_group: expected a value for {name}, got none")
            param_group.setdefault(name, default)
        self._check_group(param_group)
        self.param_groups.append(param_group)

    def _check_parameter(self, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise TypeError(
                f"{type(self).__name__}: expected parameters that are tensors, got "
                f"{type(p).__name__}"
            )
        if not (p.is_leaf or p.retains_grad or self.defaults.get("differentiable")):
            raise ValueError(
                f"{type(self).__name__}: expected leaf tensors, got one of shape {list(p.shape)} "
                f"that was computed by {p.grad_fn.name()}"
            )

    def _check_group(self, group: dict[str, Any]) -> None:
        params = group["params"]
        if len(set(params)) != len(params):
            import warnings

            warnings.warn(
                "a group has duplicate parameters: each is updated as often as it appears",
                stacklevel=4,
            )
        before = {p for g in self.param_groups for p in g["params"]}
        if not before.isdisjoint(params):
            raise ValueError(
                "add_param_group: expected new parameters, got some of another parameter group"
            )
        for other in self.param_groups:
            if ("param_names" in other) != ("param_names" in group):
                wanted, got = ("with", "without")[:: 1 if "param_names" in other else -1]
                raise ValueError(
                    f"add_param_group: expected parameters {wanted} names, as in the other groups, "
                    f"got some {got}"
                )

    # ---------------------------------------------------------------- a step

    @_watchable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        `closure` computes the gradients anew and returns the loss, which is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._update_group(group)
        return loss

    def _update_group(self, group: dict[str, Any]) -> None:
        """Update the parameters of one group; to be defined by each optimizer."""
        raise NotImplementedError(f"{type(self).__name__} defines neither _update_group nor step")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad = p._grad.detach()
                    p._grad.zero_()

    # ---------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """{'state': per parameter, 'param_groups': ...}, parameters numbered in their order.

        The tensors are the optimizer's own, not copies.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        number: dict[Any, int] = {}
        packed = []
        for group in self.param_groups:
            for p in group["params"]:
                number.setdefault(p, len(number))
            rest = {name: value for name, value in group.items() if name != "params"}
            packed.append({**rest, "params": [number[p] for p in group["params"]]})
        state = {number.get(key, key): value for key, value in self.state.items()}
        result = {"state": state, "param_groups": packed}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, result)
            result = result if changed is None else changed
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and hyper-parameters; parameters correspond by their order.

        State tensors are converted to the dtype of their parameter, step counts are not.

        Raises: ValueError where number or sizes of the groups differ; nothing is changed then.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        saved_groups = copy.deepcopy(state_dict["param_groups"])
        self._check_same_groups(saved_groups)
        params = [p for group in self.param_groups for p in group["params"]]
        numbers = [n for group in saved_groups for n in group["params"]]
        parameter = dict(zip(numbers, params))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in parameter:
                state[parameter[key]] = _fitted(value, parameter[key])
            else:
                state[key] = value
        for group, saved in zip(self.param_groups, saved_groups):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def _check_same_groups(self, saved_groups: list[dict]) -> None:
        if len(saved_groups) != len(self.param_groups):
            raise ValueError(
                f"load_state_dict: expected {len(self.param_groups)} parameter groups, got "
                f"{len(saved_groups)}"
            )
        for i, (group, saved) in enumerate(zip(self.param_groups, saved_groups)):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    f"load_state_dict: expected {len(group['params'])} parameters in group {i}, "
                    f"got {len(saved['params'])}"
                )

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._clear_hooks()
        for group in self.param_groups:  # saved by a version that had fewer hyper-parameters
            for name, default in self.defaults.items():
                if default is not required:
                    group.setdefault(name, default)

    # ---------------------------------------------------------------- hooks

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; may return (args, kwargs)."""
        self._watched = True
        return RemovableHandle(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        self._watched = True
        return RemovableHandle(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return _add(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict`; may return another one."""
        return _add(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before it is loaded; may return another one."""
        return _add(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` after `load_state_dict`."""
        return _add(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer."""
    Optimizer._watched = True
    return RemovableHandle(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    Optimizer._watched = True
    return RemovableHandle(_global_post_hooks, hook)


def _ordered(params: Any) -> list:
    if isinstance(params, set):
        raise TypeError(
            "add_param_group: expected params in an ordered collection, got a set, whose order "
            "changes from run to run; give a list"
        )
    return list(params)


def _fitted(value: Any, p: Tensor, name: Any = None) -> Any:
    """A loaded state value with its tensors in the dtype of the parameter it belongs to."""
    if isinstance(value, Tensor):
        if name == "step" or not p.dtype.is_floating_point:
            return value
        return value.to(p.dtype)
    if isinstance(value, dict):
        return {k: _fitted(v, p, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_fitted(v, p) for v in value)
    return value


def _add(hooks: OrderedDict, hook: Callable, prepend: bool) -> RemovableHandle:
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


# -------------------------------------------------------------------- for optimizers of users

_params_doc = "params (iterable): tensors, (name, tensor) pairs, or dicts that define groups"
_foreach_doc = "foreach (bool, optional): accepted, and chooses nothing (default: None)"
_fused_doc = "fused (bool, optional): accepted, and chooses nothing (default: None)"
_maximize_doc = "maximize (bool, optional): ascend the gradient (default: False)"
_capturable_doc = "capturable (bool, optional): refused on a CPU (default: False)"
_differentiable_doc = "differentiable (bool, optional): record the step (default: False)"


def _use_grad_for_differentiable(step: Callable) -> Callable:
    """`step`, in which operations are recorded if the optimizer is differentiable, else not."""

    @functools.wraps(step)
    def call(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        with set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **kwargs)

    return call


def _get_value(x: Any) -> Any:
    """A tensor with one element as a number; other things as they are."""
    return x.item() if isinstance(x, Tensor) else x


_to_scalar = _get_value


def _default_to_fused_or_foreach(
    params: list, differentiable: bool, use_fused: bool = False
) -> tuple[bool, bool]:
    """Which of torch's implementations would run where none was asked for: (fused, foreach)."""
    fused = use_fused and not differentiable and all(p.is_floating_point() for p in params)
    return fused, False


def _get_scalar_dtype(is_fused: bool | None = None) -> Any:
    """The dtype of step counts."""
    return float32 if is_fused or get_default_dtype() is not float64 else float64
