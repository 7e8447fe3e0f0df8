"""Differences that are meant, each with its reason; told by a rule, not by a list of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.fuzz.grammar import Program
from harness.fuzz.judge import Difference, Trial, last_seen, layout


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
    if found is None or found[:4] == difference[:4]:
        return True
    if found.what == "value" and any(s.op == "cdist" for s in trial.program.statements):
        return True  # torch keeps no copy for it, and is wrong: a difference quotient says so
    refuses = found.what.startswith("exception RuntimeError/") and found.at is not None
    if refuses and "modified by an" in again.mine.steps[found.at or 0].message:
        return True  # the candidate refuses, too, where it has kept none
    return bool(excuse(again))


def _reads_what_it_writes(trial: Trial, difference: Difference) -> bool:
    if difference.what == "value" and difference.at is not None:  # torch does not always notice
        s, memory = trial.program.statements[difference.at], trial.theirs.shared
        places = [memory.get(name, name) for name in s.reads]
        return s.kind == "write" and len(places) > len(set(places))
    return _refused(trial, difference, "some elements of the input tensor and the written-to")


def _no_derivative(trial: Trial, difference: Difference) -> bool:
    words = ("Found dtype", "Negation, the `-` operator, on a bool tensor")
    if any(_refused(trial, difference, w) for w in words):
        return difference.op.startswith(("backward", "grad"))
    reference = trial.theirs.steps[difference.at].message if difference.at is not None else ""
    return difference.what.endswith("/NotImplementedError") and "derivative for" in reference


def _constant_gradient(trial: Trial, difference: Difference) -> bool:
    """A gradient that the reference records though nothing depends on it, or the other way."""
    if difference.what != "requires_grad":
        return False
    statement = trial.program.statements[difference.at or 0]
    return difference.name.endswith(".grad") or statement.op == "grad (create_graph)"


def _gradient_is_a_view(trial: Trial, difference: Difference) -> bool:
    words = ("A view was created in no_grad mode and is being", "Can't detach views in-place")
    if any(_refused(trial, difference, w) for w in words):
        return True
    name, statements = difference.name, trial.program.statements
    returned = [n for s in statements if s.op.startswith("grad") for n in s.outs]
    mine, theirs = ({n for n in returned if run.shared.get(n) == run.shared.get(name)}
                    for run in (trial.mine, trial.theirs))  # fmt: skip
    return difference.what == "value" and name in returned and mine != theirs


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
    near = np.isclose(mine, theirs, rtol=1e-3, atol=1e-6) & np.isfinite(theirs)
    return known and bool((np.isnan(theirs) | near)[apart].all())


def _fused(trial: Trial, difference: Difference) -> bool:
    """The candidate has freed a product by alpha, or misses what a loss was computed from."""
    if not difference.what.startswith("exception RuntimeError/"):
        return False
    freed = "freed" in difference.detail
    alpha = any("alpha=" in s.text or "lerp" in s.op for s in trial.program.statements)
    kept = any(f"{n}: a tensor" in difference.detail for n in ("MeanBackward0", "BmmBackward0"))
    return (freed and alpha) or kept


def _one_of_equals(trial: Trial, difference: Difference) -> bool:
    whole = difference.pair is not None and difference.pair[0].dtype.kind == "i"
    return difference.op == "median" and whole


def _nothing_there(trial: Trial, difference: Difference) -> bool:
    return difference.what == "exception IndexError/RuntimeError" and (
        "setStorage" in trial.theirs.steps[difference.at or 0].message
    )


def _other_memory(trial: Trial, difference: Difference) -> bool:
    """Numbers that are not in the operand at all."""
    if (difference.op, difference.what) != ("median", "value") or difference.pair is None:
        return False
    s = trial.program.statements[difference.at or 0]
    x = last_seen(trial.theirs, difference.at or 0, s.reads[0])
    return x is not None and layout(x) == "expanded" and np.isin(difference.pair[0], x.value).all()


def _hooked(trial: Trial, difference: Difference) -> bool:
    """Asked for alone, the reference's gradient is the candidate's."""
    if difference.at is None or difference.what != "value" or not difference.op.startswith("grad"):
        return False
    s = trial.program.statements[difference.at]
    if len(s.outs) < 2 or not any(s.op == "register_hook" for s in trial.program.statements):
        return False
    x, _, rest = s.text.partition("[")
    wanted, _, rest = rest.partition("]")
    name = wanted.split(", ")[s.outs.index(difference.name)]
    alone = s._replace(outs=(difference.name,), text=f"{x}[{name}]{rest}[0]")
    program = Program([*trial.program.statements[: difference.at], alone])
    return Trial(program, trial.candidate, trial.reference).difference is None


def _layout_of_kernels(trial: Trial, difference: Difference) -> bool:
    """One engine cannot view what the other can, or as_strided picks others: the operand lies
    differently in memory.
    """
    strided = difference.op == "as_strided" and difference.what == "value"
    if difference.at is None or not (strided or "view size is not compatible" in difference.detail):
        return False
    s = trial.program.statements[difference.at]
    a, b = (last_seen(run, difference.at, s.reads[0]) for run in (trial.mine, trial.theirs))
    return a is not None and b is not None and a.strides != b.strides


def _thawed(trial: Trial, difference: Difference) -> bool:
    name = difference.name.removesuffix(".grad")
    statements = trial.program.statements
    flags = [i for i, s in enumerate(statements) if s.op == "requires_grad_" and name in s.reads]
    used = [i for i, s in enumerate(statements) if s.kind == "call" and name in s.reads]
    return difference.what == "presence" and bool(flags and used and used[0] < flags[-1])


def _kept_by_a_view(trial: Trial, difference: Difference) -> bool:
    name = difference.name.removesuffix(".grad")
    kept = any(s.op == "retain_grad" and name in s.reads for s in trial.program.statements)
    views = [s for s in trial.program.statements if s.kind == "view" and name in s.outs]
    return difference.what == "presence" and kept and bool(views)


def _detached_base(trial: Trial, difference: Difference) -> bool:
    """A flag of what shares memory with a tensor that was detached in place."""
    places = {trial.theirs.shared.get(n) for s in trial.program.statements if s.op == "detach_"
              for n in s.reads}  # fmt: skip
    history = difference.what in ("requires_grad", "has_history", "is_leaf")
    return history and trial.theirs.shared.get(difference.name) in places


def _result_is_a_view(trial: Trial, difference: Difference) -> bool:
    if (difference.op, difference.what) != ("detach_", "exception RuntimeError/-"):
        return False
    made = [n for s in trial.program.statements if s.kind == "call" for n in s.outs]
    return trial.program.statements[difference.at or 0].reads[0] in made


def _lost_history(trial: Trial, difference: Difference) -> bool:
    return difference.what == "exception RuntimeError/-" and (
        difference.op == "retain_grad" and "has no history any more" in difference.detail
    )


def _rounded_root(trial: Trial, difference: Difference) -> bool:
    """In float64, and off by no more than the rounding of 1/p times the logarithm."""
    if difference.what != "value" or difference.pair is None or "norm" not in difference.op:
        return False
    mine, theirs = difference.pair
    bound = 8 * np.finfo(np.float64).eps * (1 + 3 * np.abs(np.log(np.abs(theirs))))
    return mine.dtype == np.float64 and bool((np.abs(mine / theirs - 1) <= bound).all())


def _infinite_slope(trial: Trial, difference: Difference) -> bool:
    """The candidate has NaN where the reference has a number, in a second gradient."""
    if difference.what != "value" or difference.pair is None or not _steps(trial):
        return False
    mine, theirs = difference.pair
    apart = ~np.isclose(mine, theirs, rtol=1e-3, atol=1e-6, equal_nan=True)
    second = "(second)" in difference.op or difference.op == "grad (create_graph)"
    return second and bool((np.isnan(mine) & np.isfinite(theirs))[apart].all())


def _steps(trial: Trial) -> bool:
    steps = ("floor", "ceil", "trunc", "round", "sign")
    return any(s.op.startswith(steps) for s in trial.program.statements)


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
        "torch has none of this order there, or none for operands of two dtypes",
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
        "add(alpha=) and lerp are a sum with a product here, whose factor is freed; l1_loss keeps"
        " both its inputs, where torch keeps their difference, and matmul the tensors, where it"
        " copies",
        _fused,
    ),
    Deviation(
        "NaN in torch alone",
        "a gradient at 0 or beyond the finite that torch's formula divides by 0 (prod, sinc), and"
        " the mean of infinities in var_mean: here the limit",
        _undefined_in_torch,
    ),
    Deviation(
        "an index into nothing",
        "index 0 of an empty tensor is an IndexError here, for torch a failure of its storage",
        _nothing_there,
    ),
    Deviation(
        "other memory",
        "torch's median along an expanded dimension returns numbers that are not in the tensor",
        _other_memory,
    ),
    Deviation(
        "hooks of what is asked for",
        "autograd.grad returns a gradient after its hooks; torch before them, if another input is"
        " asked for beyond it, after them if not",
        _hooked,
    ),
    Deviation(
        "layout of kernels",
        "how a result lies in memory is up to the kernel, and so is what view() and as_strided see",
        _layout_of_kernels,
    ),
    Deviation(
        "saved, then thawed",
        "a leaf that did not require a gradient when it was used, and does in the second sweep:"
        " torch asks then, the answer here is that of the time it was used",
        _thawed,
    ),
    Deviation(
        "gradients kept by views",
        "retain_grad on a view, whose base is then written under no_grad: the history of the view"
        " is made anew, in torch with what was to be kept",
        _kept_by_a_view,
    ),
    Deviation(
        "frozen, then overwritten",
        "a leaf that was used, frozen and written with what requires a gradient is a result: what"
        " arrives for the leaf it was is dropped, torch refuses",
        lambda trial, difference: _refused(trial, difference, "moved into the graph interior"),
    ),
    Deviation(
        "views of what was detached",
        "detach_ on a tensor that a view looks at: the view asks its base, and requires no gradient"
        " from then on; in torch it keeps its flag",
        _detached_base,
    ),
    Deviation(
        "results that are views",
        "detach_ refuses what einsum or the like made, where the last step here was a view",
        _result_is_a_view,
    ),
    Deviation(
        "views without a history",
        "retain_grad on a view that was made under no_grad and whose base was written: here it is"
        " refused as all that needs its history, in torch it does nothing",
        _lost_history,
    ),
    Deviation(
        "rounded roots",
        "torch takes the p-th root as a power of a rounded 1/p: of numbers far from 1 it is off by"
        " their logarithm",
        _rounded_root,
    ),
    Deviation(
        "infinite slopes",
        "the slope 0 of a step is recorded, and 0 times an infinite one is NaN; torch drops it",
        _infinite_slope,
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
