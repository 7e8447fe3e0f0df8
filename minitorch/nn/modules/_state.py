"""A module's state as a dictionary, and back: `state_dict` and `load_state_dict`.

Note [all or nothing]. Loading first walks all modules and checks every entry, then copies. So
`_load_from_state_dict` does not copy: it appends a function that will to the list `copies` of its
`local_metadata`. Called by hand, without that list, it copies at once.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.hooks import RemovableHandle
from minitorch.nn.parameter import is_lazy
from minitorch.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["State"]

STATE_STORES = (
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
EXTRA = "_extra_state"


class _IncompatibleKeys(namedtuple("_IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` returns: the keys it missed and those it had no place for."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if any(self) else "<All keys matched successfully>"

    __str__ = __repr__


class State:
    """The methods of a module that save and load its parameters and buffers."""

    _version = 1  # saved with the state; a layer whose entries change raises it and reads the old

    # ---------------------------------------------------------------- saving

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """An ordered dictionary: the name of every parameter and persistent buffer -> its tensor.

        The tensors share the module's memory and have no history, unless `keep_vars`.
        """
        if args:
            import warnings

            warnings.warn(
                "state_dict(): give destination, prefix and keep_vars by name; by position they "
                "are deprecated",
                FutureWarning,
                stacklevel=2,
            )
            given = (destination, prefix, keep_vars)
            destination, prefix, keep_vars = (*args, *given[len(args) :])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            changed = hook(self, destination, prefix, local_metadata)
            if changed is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError(
                    f"state_dict post-hook of {type(self).__name__}: expected None, got "
                    f"{type(changed).__name__}"
                )
            destination = changed
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put this module's own entries into `destination`; meant to be overridden."""
        for name, t in self._own_state():
            destination[prefix + name] = t if keep_vars else t.detach()
        if _has_extra_state(self):
            destination[prefix + EXTRA] = self.get_extra_state()

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        buffers = (
            item
            for item in self._buffers.items()
            if item[0] not in self._non_persistent_buffers_set
        )
        for name, t in itertools.chain(self._parameters.items(), buffers):
            if t is not None:
                yield name, t

    def get_extra_state(self) -> Any:
        """What else belongs to the state; to be overridden together with `set_extra_state`."""
        raise RuntimeError(
            f"{type(self).__name__} has no extra state: get_extra_state is not defined"
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned."""
        raise RuntimeError(
            f"{type(self).__name__} has no extra state: set_extra_state is not defined"
        )

    # ---------------------------------------------------------------- loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the entries of `state_dict` into this module and all modules below it.

        `strict`: the keys must be exactly those of `state_dict()`. `assign`: put the given tensors
        themselves in place of the present ones.

        Raises: TypeError where it is no mapping; RuntimeError naming every missing, unexpected and
            misshapen entry.
        Differs: everything is checked before anything is copied, so a refused state changes
            nothing (unless a hook of `register_load_state_dict_post_hook` has to see it first).
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: expected a mapping, got {type(state_dict).__name__}")
        loading = _Loading(OrderedDict(state_dict), getattr(state_dict, "_metadata", None), assign)
        loading.visit(self, "", loading.state_dict)
        wrong_keys = strict and any(loading.keys)
        if not loading.errors and not (wrong_keys and not loading.post_hooks):
            for copy in loading.copies:
                copy()
            for hook, module in loading.post_hooks:
                if hook(module, loading.keys) is not None:
                    raise AssertionError(
                        "a hook of register_load_state_dict_post_hook must return None; it may "
                        "change the lists of incompatible_keys in place"
                    )
        errors = (_key_errors(loading.keys) if strict else []) + loading.errors
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}"
            )
        return loading.keys

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: dict,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Check this module's own entries and plan their copying; meant to be overridden.

        Whatever is wrong is appended to the three lists, nothing is raised.
        """
        for hook in self._load_state_dict_pre_hooks.values():
            hook(
                state_dict,
                prefix,
                local_metadata,
                strict,
                missing_keys,
                unexpected_keys,
                error_msgs,
            )
        copies: list[Callable] = []
        own = dict(self._own_state())
        for name, t in own.items():
            key = prefix + name
            if key in state_dict:
                assign = local_metadata.get("assign_to_params_buffers", False)
                self._plan_copy(name, t, key, state_dict[key], assign, copies, error_msgs)
            elif strict:
                missing_keys.append(key)
        if _has_extra_state(self):
            if prefix + EXTRA in state_dict:
                copies.append(lambda: self.set_extra_state(state_dict[prefix + EXTRA]))
            elif strict:
                missing_keys.append(prefix + EXTRA)
        elif strict and prefix + EXTRA in state_dict:
            unexpected_keys.append(prefix + EXTRA)
        if strict:
            unexpected_keys += self._unexpected(state_dict, prefix, own)
        if "copies" in local_metadata:
            local_metadata["copies"] += copies
        else:
            for copy in copies:
                copy()

    def _plan_copy(
        self,
        name: str,
        old: Tensor,
        key: str,
        new: Any,
        assign: bool,
        copies: list[Callable],
        error_msgs: list[str],
    ) -> None:
        if not isinstance(new, Tensor):
            error_msgs.append(
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
                f"object from checkpoint but received {type(new)}"
            )
            return
        if is_lazy(old):
            if not is_lazy(new):
                copies.append(lambda: _materialize(old, new))
            return
        if not old.shape and new.shape == (1,):  # how 0-d entries were saved in torch's early days
            new = new[0]
        if new.shape != old.shape:
            error_msgs.append(
                f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, "
                f"the shape in current model is {old.shape}."
            )
        elif assign:
            copies.append(lambda: setattr(self, name, _as_kind_of(old, new)))
        else:
            copies.append(lambda: _copy(old, new))

    def _unexpected(self, state_dict: Mapping, prefix: str, own: dict) -> Iterator[str]:
        for key in state_dict:
            if not key.startswith(prefix) or key == prefix + EXTRA:
                continue
            name, dot, _ = key[len(prefix) :].partition(".")
            if name not in (self._modules if dot else own):
                yield key

    # ---------------------------------------------------------------- hooks

    def register_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the module's entries are collected."""
        return RemovableHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` afterwards; returns None."""
        hook._from_public_api = True
        return RemovableHandle(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Callable) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "_register_state_dict_hook: this hook is registered by "
                "register_state_dict_post_hook already"
            )
        return RemovableHandle(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)` before the module's entries are checked.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable, with_module: bool = False
    ) -> RemovableHandle:
        return RemovableHandle(
            self._load_state_dict_pre_hooks, _WithModule(hook, self) if with_module else hook
        )

    def register_load_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after copying; may change the lists of keys."""
        return RemovableHandle(self._load_state_dict_post_hooks, hook)


class _WithModule:
    """A hook that is given its module first; the module is held weakly, and not pickled."""

    def __init__(self, hook: Callable, module: Any) -> None:
        import weakref

        self.hook, self.module = hook, weakref.ref(module)

    def __call__(self, *args: Any) -> Any:
        return self.hook(self.module(), *args)

    def __getstate__(self) -> tuple:
        return self.hook, self.module()

    def __setstate__(self, state: tuple) -> None:
        self.__init__(*state)  # type: ignore[misc]


class _Loading:
    """One call of `load_state_dict`: what was found so far, and what to do if all is well."""

    def __init__(self, state_dict: OrderedDict, metadata: Any, assign: bool) -> None:
        self.state_dict, self.metadata, self.assign = state_dict, metadata or {}, assign
        if metadata is not None:
            state_dict._metadata = metadata  # type: ignore[attr-defined]
        self.keys = _IncompatibleKeys([], [])
        self.errors: list[str] = []
        self.copies: list[Callable] = []
        self.post_hooks: list[tuple[Callable, Any]] = []

    def visit(self, module: Any, prefix: str, entries: Mapping[str, Any]) -> None:
        """Check `module`, then its children; `entries` are those whose keys start with `prefix`."""
        local_metadata = dict(self.metadata.get(prefix[:-1], {}))
        local_metadata["assign_to_params_buffers"] = self.assign
        local_metadata["copies"] = self.copies
        module._load_from_state_dict(entries, prefix, local_metadata, True, *self.keys, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                self.visit(child, below, {k: v for k, v in entries.items() if k.startswith(below)})
        self.post_hooks += [(h, module) for h in module._load_state_dict_post_hooks.values()]


def _materialize(old: Any, new: Tensor) -> None:
    """Give a tensor without a shape that of `new`, and its elements."""
    old.materialize(new.shape)
    _copy(old, new)


def _copy(old: Tensor, new: Tensor) -> None:
    with no_grad():
        old.copy_(new)


def _as_kind_of(old: Tensor, new: Tensor) -> Tensor:
    """`new` as what is to stand where `old` stands: a parameter for a parameter."""
    if not isinstance(old, Parameter):
        return new
    if not isinstance(new, Parameter):
        return Parameter(new, requires_grad=old.requires_grad)
    return new.requires_grad_(old.requires_grad)


def _has_extra_state(module: Any) -> bool:
    return type(module).get_extra_state is not State.get_extra_state


def _key_errors(keys: _IncompatibleKeys) -> list[str]:
    errors = []
    for kind, found in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
        if found:
            named = ", ".join(f'"{key}"' for key in found)
            errors.insert(0, f"{kind} key(s) in state_dict: {named}. ")
    return errors
