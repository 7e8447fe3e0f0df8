"""PyTorch's own samples of its operations, in words that another engine understands too.

They come from the database that the torch wheel brings for its tests, `op_db`. An operation is
found by its public name: a function, or else a method of Tensor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.coverage import TIERS, find, has

# Where op_db puts the operand under test first and torch does not.
_ORDER: dict[str, Callable[..., tuple]] = {
    "where": lambda x, condition, other: (condition, x, other),
    "nn.functional.embedding": lambda weight, indices: (indices, weight),
    "nn.functional.embedding_bag": lambda weight, indices, *rest: (indices, weight, *rest),
    "einsum": lambda tensors, equation: (equation, tensors),
}

WORDS: dict[str, Callable] = {
    "linalg.pinv.singular": lambda T, a, b: T.linalg.pinv(a @ b.mT),
    "normal.in_place": lambda T, x, *args, **kwargs: x.clone().normal_(*args, **kwargs),
    "zero_": lambda T, x: x.clone().zero_(),
}
"""What the database calls otherwise than by the operation's name."""


class Untold(Exception):
    """A sample holds what cannot be said to another engine: a module, a generator, a layout."""


def tiers() -> dict[str, Any]:
    """The names in use, by tier: see tiers.json."""
    return json.loads(TIERS.read_text(encoding="utf-8"))


def entries() -> Iterator[tuple[str, Any]]:
    """(name, entry of op_db) of every operation in a tier; variants as 'norm.fro'.

    Raises: ImportError where torch or what its tests need is not installed.
    """
    from torch.testing._internal.common_methods_invocations import op_db

    wanted = {name for tier in tiers()["tiers"].values() for name in tier["operations"]}
    for entry in op_db:
        if entry.name in wanted:
            yield full_name(entry), entry


def full_name(entry: Any) -> str:
    """The name of an entry with that of its variant, 'norm.fro'."""
    return entry.name + (f".{entry.variant_test_name}" if entry.variant_test_name else "")


def spread(found: Sequence[Any], limit: int) -> list[Any]:
    """`limit` of them, evenly out of all."""
    if len(found) <= limit:
        return list(found)
    return [found[i * len(found) // limit] for i in range(limit)]


def of(entry: Any, seed: int = 0, dtype: Any = None) -> Iterator[Any]:
    """The samples of an entry of op_db, the same in every run; another seed has other numbers.

    `dtype` is float32 unless said; samples of whole numbers ask for no gradient.
    """
    import torch

    dtype = dtype or torch.float32
    torch.default_generator.manual_seed(seed)
    # Its method `sample_inputs` looks for the test that calls it, 50 ms a time.
    return entry.sample_inputs_func(
        entry, "cpu", dtype, requires_grad=entry.supports_autograd and dtype.is_floating_point
    )


def operation(engine: Any, name: str) -> Callable:
    """The operation `name` of `engine`: what torch has as a function, a method, or in place alone.

    Raises: AttributeError where the engine has no such name.
    """
    import torch

    if not has(torch, name) or isinstance(find(torch, name), torch.dtype):  # torch.float is one
        own = name if hasattr(torch.Tensor, name) else f"{name}_"
        method = getattr(engine.Tensor, own)
        return method if callable(method) else lambda x: getattr(x, own)
    return find(engine, name)


def arguments(name: str, sample: Any) -> tuple[tuple, dict]:
    """The arguments of a sample as the operation takes them."""
    args = (sample.input, *sample.args)
    return _ORDER[name](*args) if name in _ORDER else args, dict(sample.kwargs)


def translated(value: Any, engine: Any, leaves: list, widen: bool = False, move: float = 0) -> Any:
    """`value` in the words of `engine`.

    Tensors that ask for a gradient are appended to `leaves`. `widen`: what is float32 becomes
    float64, every number moved up or down by `move` of itself. Raises: Untold.
    """
    import torch

    if isinstance(value, torch.Tensor):
        return _tensor(value, engine, leaves, widen, move)
    if isinstance(value, torch.dtype):
        name = str(value).removeprefix("torch.")
        return getattr(engine, "float64" if widen and name == "float32" else name)
    if isinstance(value, slice):
        return value
    if value is None or value is ... or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        parts = [translated(v, engine, leaves, widen, move) for v in value]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, dict):
        return {k: translated(v, engine, leaves, widen, move) for k, v in value.items()}
    raise Untold(f"{type(value).__name__}: {value!r:.60}")


def _tensor(value: Any, engine: Any, leaves: list, widen: bool, move: float) -> Any:
    import torch

    if value.layout != torch.strided or value.is_complex() or value.dtype == torch.bfloat16:
        raise Untold(f"{value.layout} {value.dtype}")
    array = value.detach().numpy(force=True)
    if widen and array.dtype == "float32":
        up = np.random.default_rng(array.size).choice((-move, move), array.shape)
        made = engine.from_numpy(np.asarray(array * (1 + up)))
    else:
        made = engine.from_numpy(array.copy())
    if value.requires_grad:
        leaves.append(made.requires_grad_())
    return made
