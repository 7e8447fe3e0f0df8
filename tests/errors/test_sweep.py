"""Every public function, called with one thing wrong: the same kind of error as torch's."""

from __future__ import annotations

import pytest

import minitorch
from tests.errors.compare import run

WRONG = ("[1.0, 2.0]", "'a'", "None", "1.5", "{}", "-7", "ones(2, 3, 4)")
PATTERNS = ("{f}({wrong})", "{f}(x, {wrong})", "{f}(x, dim={wrong})", "{f}(x, dtype={wrong})")
CALLS = ("{f}()", "{f}(x, x, x, x, x, x, x, x, x)", "{f}(x, nosuch=1)")

STATE = {"manual_seed", "seed", "set_default_dtype", "set_num_threads", "set_printoptions"}
"""Functions that change what the next test sees."""

NONE = "None stands for all dimensions"
COMPARED = "NumPy compares with None"
POINTS = "None stands for points at equal distances"

LENIENT = {
    "bernoulli": "None stands for no p",
    "clone": "torch takes the order of memory by name only",
    "eq": COMPARED,
    "ne": COMPARED,
    "not_equal": COMPARED,
    "flip": "no dims are none to flip",
    "logsumexp": NONE,
    "max": NONE,
    "median": NONE,
    "nanmedian": NONE,
    "min": NONE,
    "prod": NONE,
    "squeeze": NONE,
    "squeeze_copy": NONE,
    "normal": "with a tensor the dtype is the tensor's, whatever is asked",
    "result_type": "takes any number of operands",
    "round": "torch takes the second operand by name only",
    "stack": "a tensor is a sequence of its slices",
    "where": "None stands for what is not given",
    "cumulative_trapezoid": POINTS,
    "trapezoid": POINTS,
    "trapz": POINTS,
    "tril": "NumPy cuts the fraction off",
    "triu": "NumPy cuts the fraction off",
}
"""Functions that take what torch refuses, and what that is."""

SIZES = "one size without a sequence is a size like any other"
FIRST = "of two things that are wrong, the other is named"

OTHERWISE = {
    "broadcast_shapes": "torch takes None alone",
    "broadcast_to": SIZES,
    "permute": SIZES,
    "reshape": SIZES,
    "tile": SIZES,
    "view_copy": SIZES,
    "unique": FIRST,
    "unique_consecutive": FIRST,
    "flip": FIRST,
    "max": FIRST,
    "min": FIRST,
    "stack": FIRST,
    "randint_like": "torch takes a 0-d tensor as a bound, and says so",
    "norm": "torch looks for the layout of what is no tensor",
    "einsum": "an equation that is no text is a TypeError",
    "tensordot": "torch lets an AttributeError out",
}
"""Functions that refuse with another type than torch, or what torch takes, and why."""


def public() -> list[str]:
    """The functions of the engine's own namespace."""
    found = []
    for name in sorted(set(dir(minitorch)) - STATE):
        value = getattr(minitorch, name)
        if callable(value) and not isinstance(value, type) and not name.startswith("_"):
            found.append(name)
    return found


def scripts(name: str) -> list[str]:
    """The calls of one function that have one thing wrong (or, for some functions, nothing)."""
    texts = [p.format(f=f"torch.{name}", wrong=w) for p in PATTERNS for w in WRONG]
    texts += [c.format(f=f"torch.{name}") for c in CALLS]
    return [f"x = ones(2, 3); {text}" for text in texts]


@pytest.mark.differential
@pytest.mark.parametrize("name", public())
def test_wrong_argument(name):
    torch = pytest.importorskip("torch")
    if not hasattr(torch, name):
        pytest.skip(f"torch.{name} does not exist")
    lenient, otherwise = [], []
    for script in scripts(name):
        ours, theirs = run(script, minitorch), run(script, torch)
        if ours.kind != theirs.kind:
            line = f"{script}: {theirs.kind} in torch, here {ours.kind}: {ours.message}"
            (lenient if ours.kind is None else otherwise).append(line)
    assert bool(lenient) == (name in LENIENT), "accepted:\n" + "\n".join(lenient)
    assert bool(otherwise) == (name in OTHERWISE), "otherwise:\n" + "\n".join(otherwise)
