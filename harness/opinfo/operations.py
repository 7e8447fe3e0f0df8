"""`op_db` against an engine: values, two derivatives, dtypes, every form, what is refused."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, NamedTuple

from harness import samples
from harness.coverage import find, has
from harness.local import Comparison, structure, witnesses
from harness.opinfo.engines import Engines, Job, job
from harness.opinfo.found import RIGHT, UNSUPPORTED, WRONG, Check, Entry
from harness.opinfo.telling import Told, remembered, tell
from harness.tolerance import judge

LOOKED = 400
"""How many samples of an entry are looked at; those that are compared are spread over them."""

DERIVATIVES = ("value", "gradient", "second gradient")
DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
)  # fmt: skip

NOT_COMPARED = {
    ("nn.functional.linear_cross_entropy.chunked", "second gradient"): "torch's is 0 everywhere",
    ("nn.functional.linear_cross_entropy.chunked_none", "second gradient"): "torch's is 0"
    " everywhere",
    ("linalg.norm.subgradients_at_zero", "second gradient"): "a length has none at 0",
}
"""What says nothing of an engine: torch 2.13 is wrong in float64 too, or nobody can be right."""

UNDEFINED = re.compile(r"((new_)?empty|resize_)")
"""Operations that return what happens to be in memory: shape and dtype are compared."""


def jobs(only: str) -> Iterator[Job]:
    """The entries of op_db in a tier whose name matches."""
    tier = {n: t for t, row in samples.tiers()["tiers"].items() for n in row["operations"]}
    for name, entry in samples.entries():
        if re.search(only, name):
            yield name, job(examine, name, entry, tier[entry.name])


def examine(name: str, entry: Any, tier: str, engines: Engines) -> Entry:
    """Everything about one entry of op_db."""
    made = Entry("operations", name, tier)
    try:
        samples.operation(engines.candidate.namespace(), entry.name)
    except AttributeError:
        made.absent = entry.name
        return made
    base = native(entry)
    if base is None:
        made.skipped["torch itself has it on other devices or for complex numbers alone"] += 1
        return made
    chosen = list(calls(entry, base, engines.samples, made.skipped))
    for call in chosen:
        if UNDEFINED.match(entry.name):
            add(made, "result", engines.alike(call.function, call.told))
        else:
            derivatives(made, call, engines, highest(entry))
    if not UNDEFINED.match(entry.name):
        for form, functions in forms(entry, chosen, engines.few):
            for call in functions:
                add(made, form, engines.compare(call.function, call.told, 1, moves=1))
    dtypes(made, entry, base, engines)
    errors(made, entry, engines)
    return made


# --- samples --------------------------------------------------------------------------------------


class Call(NamedTuple):
    """A sample and the function that is compared on it."""

    told: Told
    function: Callable
    sample: Any


def native(entry: Any) -> str | None:
    """The dtype that an entry is looked at in: float32 where there is that."""
    known = {str(d).removeprefix("torch.") for d in entry.dtypes}
    return next((d for d in ("float32", "int64", "bool") if d in known), None)


def highest(entry: Any) -> int:
    """How often torch says that it differentiates an entry."""
    return 0 if not entry.supports_autograd else 2 if entry.supports_gradgrad else 1


def calls(
    entry: Any, dtype: str, limit: int, skipped: Counter, words: Callable | None = None
) -> Iterator[Call]:
    """The samples of an entry that can be told, evenly out of all; the others by their reasons."""
    import torch

    with remembered():
        found = samples.of(entry, dtype=getattr(torch, dtype))
        looked = list(itertools.islice(found, LOOKED if limit > 2 else 4 * limit))
    for sample in samples.spread(looked, limit):
        try:
            told = tell(samples.arguments(entry.name, sample))
        except samples.Untold as reason:
            skipped[str(reason)] += 1
            continue
        words = words or samples.WORDS.get(samples.full_name(entry))
        yield Call(told, spoken(entry.name, told, sample.output_process_fn_grad, words), sample)


def stably(name: str) -> Callable:
    """A sort that leaves equal numbers in their order."""

    def words(T: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        return find(T, name)(x, **dict(zip(("dim", "descending"), args)), **kwargs, stable=True)

    return words


TIED = {name: stably(name) for name in ("sort", "argsort")}
"""In dtypes of few numbers there are ties, and torch's order of those is undefined."""


def spoken(
    name: str, told: Told, process: Callable | None = None, words: Callable | None = None
) -> Callable:
    """The operation `name` on a sample as a function of its tensors, or `words` in its place.

    `process` takes away what is not defined, as torch's samples say: the signs of eigenvectors.
    """

    def function(T: Any, *tensors: Any) -> Any:
        args, kwargs = told.fill(T, tensors)
        made = words(T, *args, **kwargs) if words else samples.operation(T, name)(*args, **kwargs)
        return made if process is None else process(made)

    return function


# --- what is asked --------------------------------------------------------------------------------


def add(made: Entry, column: str, found: Comparison) -> None:
    """Count a comparison that is one check as a whole."""
    if found.fault == "lenient":
        return
    if found.fault == "exception":
        made.add("errors", Check(WRONG, found.problem))
        return
    made.add(column, check(found))
    if found.odd == "reference":
        made.note("torch is the odd one out", str(found))


def check(found: Comparison) -> Check:
    """A comparison in one word."""
    if found.unsupported or found.fault == "raised":
        return Check(UNSUPPORTED, found.unsupported or found.problem)
    if not found.ok:
        return Check(WRONG, str(found))
    worst = found.worst
    return Check(RIGHT, "", *(worst.judgement[:2] if worst and found.odd == "" else ()))


def derivatives(made: Entry, call: Call, engines: Engines, highest: int) -> None:
    """Value, gradient and second gradient of a sample, each in its column."""
    refused: dict[str, Check] = {}
    if highest == 2 and "double backward" not in engines.candidate.capabilities:
        highest, refused["second gradient"] = 1, Check(UNSUPPORTED, "it has no double backward")
    for order in range(highest, -1, -1):
        found = engines.compare(call.function, call.told, order)
        if found.unsupported or found.fault == "raised":
            refused[DERIVATIVES[order]] = check(found)
        elif found.fault not in ("lenient", "exception"):
            break
        elif order == 0:
            add(made, "errors", found)
    for column, told in refused.items():
        made.add(column, told)
    if found.fault in ("shape", "dtype", "tensors"):
        made.add("result", Check(WRONG, found.problem))
        return
    if found.fault == "wants":
        made.add("gradient", Check(WRONG, found.problem))
        return
    if found.fault or found.unsupported or (found.agreed and not found.findings):
        return
    made.add("result", Check(RIGHT))
    if found.odd == "reference":
        made.note("torch is the odd one out", str(found))
    for column in DERIVATIVES[: order + 1]:
        if (made.name, column) in NOT_COMPARED:
            made.note(f"{column} not compared", NOT_COMPARED[made.name, column])
            continue
        mine = [f for f in found.findings if f.what.startswith(column)]
        if mine or column == "value":
            made.add(column, check(replace(found, findings=mine)))
    if order < highest and found.order < order:
        made.note(f"torch has no {DERIVATIVES[found.order + 1]} on some sample")


def forms(entry: Any, chosen: list[Call], few: int) -> Iterator[tuple[str, list[Call]]]:
    """The other forms that torch has of an operation, each with the calls to compare."""
    import torch

    name, base = entry.name, entry.name.rpartition(".")[2]
    usual, words = has(torch, name), {}
    if usual and entry.get_method() is not None and hasattr(torch.Tensor, base):
        words["method"] = lambda T, told, tensors: _method(base, told.fill(T, tensors))
    if entry.get_inplace() is not None and has(torch, f"Tensor.{base}_"):
        words["in place"] = lambda T, told, tensors: _in_place(f"{base}_", told.fill(T, tensors))
    elif entry.get_inplace() is not None and name.startswith("nn.functional."):
        words["in place"] = lambda T, told, tensors: _asked_in_place(
            find(T, name), told.fill(T, tensors)
        )
    for form, word in words.items():
        yield form, [_call(call.sample, word) for call in chosen[:few]]
    if entry.supports_out and usual:
        yield "out=", [_call(c.sample, _out(name), name) for c in chosen[:few]]
    for alias in entry.aliases or ():
        if has(torch, alias.name) and usual:
            yield "alias", [c._replace(function=spoken(alias.name, c.told)) for c in chosen[:1]]


def _call(sample: Any, word: Callable, name: str = "") -> Call:
    args = samples.arguments(name, sample)
    told = tell(args)
    process = sample.output_process_fn_grad or (lambda made: made)
    return Call(told, lambda T, *tensors: process(word(T, told, tensors)), sample)


def _method(name: str, call: tuple) -> Any:
    (first, *rest), kwargs = call
    return getattr(first, name)(*rest, **kwargs)


def _in_place(name: str, call: tuple) -> Any:
    """What the method returns and what became of the tensor: they have to be the same."""
    (first, *rest), kwargs = call
    changed = first.clone()
    return getattr(changed, name)(*rest, **kwargs), changed


def _asked_in_place(function: Callable, call: tuple) -> Any:
    (first, *rest), kwargs = call
    changed = first.clone()
    return function(changed, *rest, **kwargs, inplace=True), changed


def _out(name: str) -> Callable:
    """The operation written into tensors of the right dtype and of no size."""

    def word(T: Any, told: Told, tensors: Any) -> Any:
        args, kwargs = told.fill(T, [t.detach() for t in tensors])
        operation = find(T, name)
        wanted = operation(*args, **kwargs)
        many = isinstance(wanted, (list, tuple))
        places = [T.empty(0, dtype=w.dtype) for w in (wanted if many else [wanted])]
        operation(*args, **kwargs, out=tuple(places) if many else places[0])
        return tuple(places) if many else places[0]

    return word


def dtypes(made: Entry, entry: Any, usual: str, engines: Engines) -> None:
    """One check for each other dtype that torch supports."""
    known = {str(d).removeprefix("torch.") for d in entry.dtypes}
    for dtype in known.difference(DTYPES):
        made.skipped[f"dtype {dtype}"] += 1
    if find_spec("ml_dtypes") is None and "bfloat16" in known:
        made.skipped["dtype bfloat16: ml_dtypes is not installed"] += 1
        known.remove("bfloat16")
    for dtype in [d for d in DTYPES if d in known and d != usual]:
        order = min(highest(entry), dtype == "float64")
        checks = [
            in_bfloat16(call, engines)
            if dtype == "bfloat16"
            else in_dtype(engines.compare(call.function, call.told, order, moves=1))
            for call in calls(entry, dtype, engines.few, made.skipped, TIED.get(entry.name))
        ]
        checks = [c for c in checks if c is not None]
        if checks and not UNDEFINED.match(entry.name):
            worst = min(checks, key=lambda c: (WRONG, UNSUPPORTED, RIGHT).index(c.verdict))
            made.add("dtypes", worst._replace(said=f"{dtype}: {worst.said}"))


def in_dtype(found: Comparison) -> Check | None:
    """A comparison in one word; nothing where torch itself refuses the sample."""
    return None if found.fault in ("lenient", "exception") or found.agreed else check(found)


def in_bfloat16(call: Call, engines: Engines) -> Check | None:
    """A value in the dtype that NumPy lacks: judged by that dtype's rounding."""
    names: list[list[str]] = []  # of the candidate's dtypes, then the reference's

    def function(T: Any, *tensors: Any) -> Any:
        made = call.function(T, *tensors)
        flat = made if isinstance(made, (list, tuple)) else [made]
        names.append([str(getattr(x, "dtype", "")).rpartition(".")[2] for x in flat])
        return made

    found, expected = engines.outcomes(function, call.told)
    fault, problem = structure(found, expected, engines.candidate.name, engines.reference.name)
    if fault in ("lenient", "exception") or expected.raised:
        return None
    if found.raised:
        return Check(UNSUPPORTED, str(found.raised))
    mine, theirs = names
    if problem or mine != theirs:
        return Check(WRONG, problem or f"dtypes {mine}, torch's {theirs}")
    import ml_dtypes

    truth, _ = witnesses(call.function, call.told.arrays, engines.reference, 0, 0)
    judged = Check(RIGHT)
    for (what, array), dtype in zip(found.arrays.items(), [*theirs, *[""] * len(found.arrays)]):
        narrow = ml_dtypes.bfloat16 if dtype == "bfloat16" else array.dtype
        numbers = (a.astype(narrow) for a in (array, expected.arrays[what]))
        judgement = judge(*numbers, truth.get(what))
        if not judgement.ok and not engines.is_random(call.function, call.told):
            return Check(WRONG, f"{what}: {judgement}", judgement.share, judgement.term)
    return judged


def errors(made: Entry, entry: Any, engines: Engines) -> None:
    """What torch refuses has to be refused, with an exception of the same type."""
    if entry.error_inputs_func is None:
        return
    for wrong in entry.error_inputs_func(entry, "cpu"):
        try:
            told = tell(samples.arguments(entry.name, wrong.sample_input))
        except samples.Untold as reason:
            made.skipped[f"error input: {reason}"] += 1
            continue
        mine, theirs = (o.raised for o in engines.outcomes(spoken(entry.name, told), told))
        said = said_of(entry, wrong.sample_input)
        if theirs and (str(theirs.error) != said or "storage" in said):
            made.skipped["error input: what is wrong is how its memory lies"] += 1
        else:
            refused(made, mine, theirs)


def said_of(entry: Any, sample: Any) -> str:
    """What torch says of an error input itself: to an array its memory is lost."""
    import torch

    args, kwargs = samples.arguments(entry.name, sample)
    try:
        samples.operation(torch, entry.name)(*args, **kwargs)
    except Exception as error:
        return str(error)
    return ""


def refused(made: Entry, mine: Any, theirs: Any) -> None:
    """Count an error input by what both engines raise."""
    if theirs is None:
        made.skipped["error input that torch accepts on a CPU"] += 1
    elif mine is None:
        made.add("errors", Check(WRONG, f"accepted; torch raises {theirs}"))
    elif mine.name == theirs.name:
        made.add("errors", Check(RIGHT))
    else:
        made.add("errors", Check(WRONG, f"{mine}; torch raises {theirs}"))
