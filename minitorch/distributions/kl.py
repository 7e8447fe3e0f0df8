"""Kullback and Leibler's divergence: how far one distribution is from another.

    KL(p || q) = E_p [log p(x) - log q(x)]

>>> from minitorch.distributions import Normal
>>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
tensor(0.5000)
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch._tensor import Tensor

__all__ = ["kl_divergence", "register_kl"]

_KL_REGISTRY: dict[tuple[type, type], Callable] = {}
_KL_MEMOIZE: dict[tuple[type, type], Any] = {}


def register_kl(type_p: type, type_q: type) -> Callable:
    """A decorator for the function that computes KL(p || q) for these classes and derived ones.

    Raises: TypeError unless both are classes of distributions.
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: expected a class of distributions as {name}, got {kind}")

    def decorate(function: Callable) -> Callable:
        _KL_REGISTRY[type_p, type_q] = function
        _KL_MEMOIZE.clear()
        return function

    return decorate


def _dispatch_kl(type_p: type, type_q: type) -> Any:
    """The function registered for the nearest base classes, None where there is none.

    Warns: where the nearest to p and the nearest to q are two functions; that of p is taken.
    """
    near_p, near_q = type_p.__mro__, type_q.__mro__
    found = [pair for pair in _KL_REGISTRY if pair[0] in near_p and pair[1] in near_q]
    if not found:
        return None
    by_p = min(found, key=lambda pair: (near_p.index(pair[0]), near_q.index(pair[1])))
    by_q = min(found, key=lambda pair: (near_q.index(pair[1]), near_p.index(pair[0])))
    if _KL_REGISTRY[by_p] is not _KL_REGISTRY[by_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}): please "
            f"register_kl({by_p[0].__name__}, {by_q[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _KL_REGISTRY[by_p]


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p || q), of the batch shape.

    Raises: NotImplementedError where nothing is registered for the two classes.
    """
    kinds = type(p), type(q)
    try:
        function = _KL_MEMOIZE[kinds]
    except KeyError:
        function = _KL_MEMOIZE[kinds] = _dispatch_kl(*kinds)
    if function is None:
        raise NotImplementedError(
            f"kl_divergence: nothing is registered for {kinds[0].__name__} and {kinds[1].__name__}"
        )
    return function(p, q)
