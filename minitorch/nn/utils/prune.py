"""Pruning: parameters times masks, by hooks that multiply before every forward.

A pruned parameter `weight` is `weight_orig` times the buffer `weight_mask`; who prunes again
combines the masks.
Source: https://docs.pytorch.org/tutorials/intermediate/pruning_tutorial.html
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from minitorch._tensor import Tensor
from minitorch.nn.utils.convert_parameters import parameters_to_vector
from minitorch.ops.norms import norm
from minitorch.ops.order import kthvalue, topk
from minitorch.sampling import rand, rand_like
from minitorch.sized import ones_like, zeros_like


class BasePruningMethod(ABC):
    """A hook that masks one parameter of a module; a method says by `compute_mask` what falls.

    `PRUNING_TYPE` is 'unstructured', 'structured' (whole slices along `self.dim`) or 'global': what
    is still there is handed to `compute_mask` accordingly.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask for scores `t` of which `default_mask` has let some fall before."""

    def apply_mask(self, module: Any) -> Tensor:
        """The original times the mask."""
        original = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune `name` by a method of this class, on top of what pruned it before."""
        original = getattr(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        before = _hook_of(module, name)
        if before is not None:
            key, old = before
            container = old if isinstance(old, PruningContainer) else PruningContainer(old)
            container.add_pruning_method(method)
            method = container
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores: expected shape {original.shape}, that of {name}, got "
                f"{importance_scores.shape}"
            )
        if before is None:
            mask = method.compute_mask(importance_scores, ones_like(original))
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
        else:
            mask = getattr(module, f"{name}_mask").detach().clone()
            mask = method.compute_mask(importance_scores, mask)
            del module._forward_pre_hooks[key]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None,
        importance_scores: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """`t` with what falls by this method at 0; no module is involved."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError(f"importance_scores: expected {t.shape}, got {scores.shape}")
        default_mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask)

    def remove(self, module: Any) -> None:
        """Let the parameter be what it is after pruning, without mask."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        original.data = weight.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def _hook_of(module: Any, name: str) -> tuple[int, BasePruningMethod] | None:
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


class PruningContainer(BasePruningMethod):
    """Several methods, each of which prunes what those before it have left."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add a method. Raises: TypeError for something else, ValueError for another tensor's."""
        if method is None:
            return
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"PruningContainer: expected a method for '{self._tensor_name}', got one for "
                f"'{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method on what `default_mask` leaves, and that mask."""
        method, mask = self._pruning_methods[-1], default_mask.to(dtype=t.dtype)
        left: Any = slice(None)
        if method.PRUNING_TYPE == "unstructured":
            left = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.ndim
            there = (mask != 0).sum([d for d in range(t.ndim) if d != dim]) != 0
            left = (slice(None),) * dim + (there,)
        elif method.PRUNING_TYPE != "global":
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        new = mask.clone()
        new[left] = method.compute_mask(t[left], default_mask=mask[left]).to(dtype=mask.dtype)
        return new


class Identity(BasePruningMethod):
    """Nothing falls: a parameter gets its mask of ones."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask that was there."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """What falls is given as a mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask and the one that was there. Raises: AssertionError for another shape."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"expected a mask of shape {default_mask.shape}, got {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


# ------------------------------------------------------------------ how much falls


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not isinstance(amount, numbers.Integral) and amount > 1):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer"
        )


def _count(amount: Any, size: int) -> int:
    """How many of `size` fall. Raises: ValueError for more than there are."""
    if not isinstance(amount, numbers.Integral):
        return round(amount * size)
    if amount > size:
        raise ValueError(
            f"amount={amount} should be smaller than the number of parameters to prune={size}"
        )
    return int(amount)


class _Amount(BasePruningMethod):
    """A method that lets a part, or a number, of the elements fall."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def _order(self, t: Tensor) -> tuple[Tensor, bool]:
        """(scores, whether the largest fall)."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask that was there without the elements that fall."""
        count, mask = _count(self.amount, t.nelement()), default_mask.clone()
        if count:
            scores, largest = self._order(t)
            fallen = topk(scores.reshape(-1), count, largest=largest).indices
            mask.view(-1)[fallen] = 0
        return mask


class RandomUnstructured(_Amount):
    """Elements chosen at random fall."""

    def _order(self, t: Tensor) -> tuple[Tensor, bool]:
        return rand_like(t), True


class L1Unstructured(_Amount):
    """The smallest elements fall."""

    def _order(self, t: Tensor) -> tuple[Tensor, bool]:
        return t.abs(), False


class _Structured(BasePruningMethod):
    """A method that lets whole slices along one dimension fall."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def _kept(self, t: Tensor, count: int) -> Tensor:
        """Which slices stay, as an index."""
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask that was there without the slices that fall.

        Raises: ValueError for a vector; IndexError for a dimension that is not there.
        """
        if t.ndim <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.ndim} dims"
            )
        if self.dim >= t.ndim:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = _count(self.amount, t.shape[self.dim])
        if not count:
            return default_mask
        mask = zeros_like(t)
        mask[(slice(None),) * (self.dim % t.ndim) + (self._kept(t, count),)] = 1
        return mask * default_mask.to(dtype=mask.dtype)


class RandomStructured(_Structured):
    """Slices chosen at random fall."""

    def _kept(self, t: Tensor, count: int) -> Tensor:
        scores = rand(t.shape[self.dim])
        return scores > kthvalue(scores, count).values


class LnStructured(_Structured):
    """The slices with the smallest n-norm fall."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, count: int) -> Tensor:
        dims = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        scores = norm(t.detach(), p=self.n, dim=dims)
        return topk(scores, t.shape[self.dim] - count).indices


# ------------------------------------------------------------------ functions


def identity(module: Any, name: str) -> Any:
    """Give a parameter a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    """Let a part (a float) or a number (an int) of the elements fall, chosen at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Any, name: str, amount: Any, importance_scores: Tensor | None = None
) -> Any:
    """Let a part or a number of the elements fall: those with the smallest scores, or sizes.

    >>> import minitorch as torch
    >>> layer = torch.nn.utils.prune.l1_unstructured(torch.nn.Linear(2, 2), "weight", amount=3)
    >>> int((layer.weight == 0).sum()), list(layer.state_dict())
    (3, ['bias', 'weight_orig', 'weight_mask'])
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    """Let a part or a number of the slices along `dim` fall, chosen at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
) -> Any:
    """Let a part or a number of the slices along `dim` fall: those of the smallest n-norm."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Tensor) -> Any:
    """Let fall what `mask` says."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Any, pruning_method: type, importance_scores: dict | None = None, **kwargs: Any
) -> None:
    """Let elements of several parameters, pairs (module, name), fall as if they were one.

    Raises: TypeError for no iterable, or for a method that is not unstructured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    parameters = list(parameters)
    scores = importance_scores or {}
    tensors = [getattr(module, name) for module, name in parameters]
    relevant = parameters_to_vector(
        scores.get(pair, t).reshape(-1) for pair, t in zip(parameters, tensors)
    )
    masks = parameters_to_vector(
        getattr(module, f"{name}_mask", ones_like(t))
        for (module, name), t in zip(parameters, tensors)
    )
    container, method = PruningContainer(), pruning_method(**kwargs)
    container._tensor_name = method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(f"global_unstructured: {pruning_method} is not an unstructured method")
    container.add_pruning_method(method)
    final, start = container.compute_mask(relevant, masks), 0
    for (module, name), t in zip(parameters, tensors):
        custom_from_mask(module, name, final[start : start + t.numel()].view(t.shape))
        start += t.numel()


def remove(module: Any, name: str) -> Any:
    """Make what is left of a parameter an ordinary one. Raises: ValueError if it is not pruned."""
    found = _hook_of(module, name)
    if found is None:
        raise ValueError(
            f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
        )
    key, hook = found
    hook.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Any) -> bool:
    """Whether a parameter of `module`, or of a module below it, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod)
        for m in module.modules()
        for hook in m._forward_pre_hooks.values()
    )
