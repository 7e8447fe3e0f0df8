"""Differences that are meant, each with its reason; told by a rule, not by a list of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.fuzz.judge import Difference, Trial


class Deviation(NamedTuple):
    """A difference that is accepted, why, and how it is told."""

    name: str
    reason: str
    holds: Callable[[Trial, Difference], bool]


def _refused(trial: Trial, difference: Difference, words: str) -> bool:
    """Whether the reference alone raises, with these words in its message."""
    if difference.at is None or not difference.what.startswith("exception -"):
        return False
    return words in trial.theirs.steps[difference.at].message


def _kept_copies(trial: Trial, difference: Difference) -> bool:
    """The candidate went on, to the numbers that the reference has when it keeps copies too."""
    if _refused(trial, difference, "detached in-place") or (
        difference.op.startswith(("backward", "grad"))
        and _refused(trial, difference, "is a view and its base or another view")
    ):
        return True
    if not _refused(trial, difference, "modified by an inplace operation"):
        return False
    again = Trial(trial.program, trial.candidate, trial.reference, lenient=True)
    found = again.difference
    return found is None or found[:4] == difference[:4] or bool(excuse(again))


def _reads_what_it_writes(trial: Trial, difference: Difference) -> bool:
    if difference.what == "value" and difference.at is not None:  # torch does not always notice
        s, memory = trial.program.statements[difference.at], trial.theirs.shared
        places = [memory.get(name, name) for name in s.reads]
        return s.kind == "write" and len(places) > len(set(places))
    return _refused(trial, difference, "some elements of the input tensor and the written-to")


def _no_derivative(trial: Trial, difference: Difference) -> bool:
    return _refused(trial, difference, "derivative for") and "NotImpl" in difference.what


def _constant_gradient(trial: Trial, difference: Difference) -> bool:
    """A gradient that the reference records though nothing depends on it, or the other way."""
    if difference.what != "requires_grad":
        return False
    statement = trial.program.statements[difference.at or 0]
    return difference.name.endswith(".grad") or statement.op == "grad (create_graph)"


def _gradient_is_a_view(trial: Trial, difference: Difference) -> bool:
    words = ("A view was created in no_grad mode and is being", "Can't detach views in-place")
    return any(_refused(trial, difference, w) for w in words)


def _nothing_to_free(trial: Trial, difference: Difference) -> bool:
    return _refused(trial, difference, "Trying to backward through the graph a second time")


def _undefined_in_torch(trial: Trial, difference: Difference) -> bool:
    """The reference has NaN, in float64 too, where the candidate has a number."""
    if difference.what != "value" or difference.pair is None:
        return False
    mine, theirs = difference.pair
    gradient = difference.name.endswith(".grad") or difference.op.startswith("grad")
    known = gradient or difference.op in ("var_mean",)
    apart = ~((mine == theirs) | (np.isnan(mine) & np.isnan(theirs)))
    near = np.isclose(mine, theirs, rtol=1e-3, atol=0) & np.isfinite(theirs)
    return known and bool((np.isnan(theirs) | near)[apart].all())


def _fused(trial: Trial, difference: Difference) -> bool:
    """The candidate has freed a product by alpha, or misses what a loss was computed from."""
    if difference.what != "exception RuntimeError/-":
        return False
    freed = "freed" in difference.detail
    alpha = any("alpha=" in s.text for s in trial.program.statements)
    kept = any(f"{n}: a tensor" in difference.detail for n in ("MeanBackward0", "BmmBackward0"))
    return (freed and alpha) or kept


def _one_of_equals(trial: Trial, difference: Difference) -> bool:
    whole = difference.pair is not None and difference.pair[0].dtype.kind == "i"
    return difference.op == "median" and whole


LEDGER: tuple[Deviation, ...] = (
    Deviation(
        "saved, then overwritten",
        "an in-place operation computes its result apart and keeps a copy of what it saved itself;"
        " torch refuses to go backwards. The numbers are those torch has when told to keep copies",
        _kept_copies,
    ),
    Deviation(
        "reads what it writes",
        "a tensor is written with values that lie in the same memory: here they are computed"
        " first, torch refuses, or reads some that are written already",
        _reads_what_it_writes,
    ),
    Deviation(
        "no derivative in torch",
        "torch has none of this order there",
        _no_derivative,
    ),
    Deviation(
        "constant gradients",
        "whether a recorded gradient that depends on nothing, as that of relu, says that it"
        " requires a gradient; its derivative is 0 either way",
        _constant_gradient,
    ),
    Deviation(
        "written gradients",
        "a gradient that autograd.grad returned is written to: torch refuses where its rule happens"
        " to have ended in a view",
        _gradient_is_a_view,
    ),
    Deviation(
        "one of equals",
        "which of several equal numbers median names: torch's own choice depends on their layout",
        _one_of_equals,
    ),
    Deviation(
        "nothing to free",
        "a second sweep goes through a node that saved no tensor here; torch saved some, freed them"
        " and refuses",
        _nothing_to_free,
    ),
    Deviation(
        "saves more than torch",
        "add(alpha=) is a sum with a product here, whose factor is freed; l1_loss keeps both its"
        " inputs, where torch keeps their difference, and matmul the tensors, where it copies",
        _fused,
    ),
    Deviation(
        "NaN in torch alone",
        "a gradient at 0 or beyond the finite that torch's formula divides by 0 (prod, sinc), and"
        " the mean of infinities in var_mean: here the limit",
        _undefined_in_torch,
    ),
    Deviation(
        "hooks on views",
        "register_hook on a view whose base was written ends the process in torch 2.13, unless its"
        " grad_fn is asked for first: programs do so",
        lambda trial, difference: False,
    ),
)


def excuse(trial: Trial) -> str:
    """The name of the deviation that explains a difference; nothing where none does."""
    found = trial.difference
    return next((d.name for d in LEDGER if found and d.holds(trial, found)), "")
