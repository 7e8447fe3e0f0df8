"""`python -m harness coverage`: which of torch's names are there, written to SUPPORTED.md.

Every operation that is found is also called once, on the call that tiers.json holds for it, and
differentiated twice where torch can. Needs the engine alone, not torch.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.stop import stop

_stop = partial(stop, "coverage")

HERE = Path(__file__).parent
TIERS, CENSUS = HERE / "tiers.json", HERE / "census.json"
SUPPORTED = HERE.parent / "SUPPORTED.md"
FORMS = {"f": "torch", "m": "method", "i": "in place", "F": "nn.functional"}
CLASSES = {"layers": "", "optimizers": "optim.", "schedulers": "optim.lr_scheduler."}


class Found(NamedTuple):
    """What the engine makes of one operation of torch's."""

    name: str
    facts: Mapping[str, Any]
    present: bool
    forms: str = ""
    kind: str = ""
    derivatives: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every form is there, and every derivative."""
        wanted = self.facts.get("derivatives", 0)
        return self.present and set(self.forms) >= set(self.facts["forms"]) and (
            self.derivatives is not None and self.derivatives >= wanted
        )  # fmt: skip


class Tier(NamedTuple):
    """One tier: what was found of its operations, and of its classes which there are."""

    name: str
    means: str
    operations: list[Found]
    classes: dict[str, dict[str, bool]]


# --- looking --------------------------------------------------------------------------------------


def look(engine: Any, tiers: Mapping[str, Any]) -> list[Tier]:
    """Look every name of every tier up in `engine`."""
    found = []
    for name, tier in tiers["tiers"].items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            operations = [examine(engine, *item) for item in sorted(tier["operations"].items())]
        classes = {
            kind: {n: has(engine, prefix + n) for n in tier[kind]}
            for kind, prefix in CLASSES.items()
        }
        found.append(Tier(name, tier["means"], operations, classes))
    return found


def has(engine: Any, path: str) -> bool:
    """Whether `engine` has what torch calls `path`, as in 'nn.functional.relu'."""
    try:
        find(engine, path)
    except (AttributeError, ImportError):
        return False
    return True


def find(engine: Any, path: str) -> Any:
    """What torch calls `path`, a module on the way imported. Raises: AttributeError."""
    found = engine
    for part in path.split("."):
        if not hasattr(found, part) and inspect.ismodule(found) and hasattr(found, "__path__"):
            try:
                importlib.import_module(f"{found.__name__}.{part}")
            except ImportError:
                raise AttributeError(part) from None
        found = getattr(found, part)
    return found


def places(name: str) -> dict[str, str]:
    """Where the forms of an operation are, from the engine: 'f': 'relu', 'i': 'Tensor.relu_'."""
    base = name.rpartition(".")[2]
    inside = base if name.startswith("nn.functional.") else name
    function = {"f": inside, "F": f"nn.functional.{base}"}
    return function | {"m": f"Tensor.{base}", "i": f"Tensor.{base}_"}


def examine(engine: Any, name: str, facts: Mapping[str, Any]) -> Found:
    """Which forms of one operation there are, how it is made, how many derivatives it has."""
    where = places(name)
    forms = "".join(f for f in facts["forms"] if has(engine, where[f]))
    home = "F" if name.startswith("nn.functional.") else facts["forms"][0]
    if home not in forms:
        return Found(name, facts, False, forms)
    operation = find(engine, where[home])
    return Found(
        name,
        facts,
        True,
        forms,
        "row" if hasattr(inspect.unwrap(operation), "row") else "composition",
        differentiate(
            engine, caller(operation, where[home]), facts.get("call"), facts.get("named", {})
        ),
    )


def caller(operation: Any, path: str) -> Callable:
    """`operation` as a function; an attribute of Tensor is read."""
    if callable(operation):
        return operation
    return lambda x: getattr(x, path.rpartition(".")[2])


def differentiate(
    engine: Any, operation: Callable, given: Sequence | None, named: Mapping[str, Any]
) -> int | None:
    """How many derivatives `operation` has, up to 2, on one call; None where it refuses the call.

    Where tiers.json has no call there is nothing to refuse.
    """
    if given is None:
        return 0
    leaves: list[Any] = []
    level = None
    try:
        args = [said(value, engine, leaves) for value in given]
        how = {name: said(value, engine, leaves) for name, value in named.items()}
        outputs = [o for o in flat(operation(*args, **how)) if o.requires_grad]
        level = 0
        if not outputs or not leaves:
            return level
        ones = [engine.ones_like(o).requires_grad_() for o in outputs]
        grads = engine.autograd.grad(outputs, leaves, ones, create_graph=True, allow_unused=True)
        level = 1
        again = [g for g in grads if g is not None and g.requires_grad]
        if again:
            weights = [engine.ones_like(g) for g in again]
            engine.autograd.grad(again, [*leaves, *ones], weights, allow_unused=True)
            level = 2
    except Exception:  # what it says of the reason is no concern here
        pass
    return level


def flat(value: Any) -> list:
    """The tensors in what an operation returned."""
    if isinstance(value, (list, tuple)):
        return [x for part in value for x in flat(part)]
    return [value] if hasattr(value, "requires_grad") else []


def said(value: Any, engine: Any, leaves: list) -> Any:
    """A value of tiers.json as an argument of `engine`."""
    if isinstance(value, list):
        return [said(v, engine, leaves) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, what),) = value.items() if len(value) == 1 else [("", None)]
    if kind in ("float", "definite"):
        leaves.append(engine.from_numpy(NUMBERS[kind](what, len(leaves))).requires_grad_())
        return leaves[-1]
    if kind == "constant":
        return engine.from_numpy(uneven(what, 7))
    if kind in ("int64", "bool"):
        return engine.tensor(what, dtype=getattr(engine, kind))
    if kind == "dtype":
        return getattr(engine, what)
    if kind == "tuple":
        return tuple(said(v, engine, leaves) for v in what)
    if kind == "dict":
        value = what
    return {k: said(v, engine, leaves) for k, v in value.items()}


def uneven(sizes: Sequence[int], start: int = 0) -> np.ndarray:
    """Numbers between 0.1 and 0.9, no two alike."""
    count = int(np.prod(sizes))
    steps = (np.arange(count) + 0.37 * start + 1) * 0.6180339887
    return (steps % 0.8 + 0.1).reshape(sizes).astype(np.float32)


def definite(sizes: Sequence[int], start: int = 0) -> np.ndarray:
    """A positive definite matrix, or several."""
    root = uneven(sizes, start)
    return root @ root.swapaxes(-1, -2) + np.eye(sizes[-1], dtype=np.float32)


NUMBERS = {"float": uneven, "definite": definite}


# --- what scripts use -----------------------------------------------------------------------------


def used(engine: Any, counts: Mapping[str, int]) -> tuple[float, list[str]]:
    """The share of uses that exist, and the names that do not, those first that are used most."""
    absent = {name: n for name, n in counts.items() if not _known(engine, name)}
    share = 1 - sum(absent.values()) / sum(counts.values())
    return share, sorted(absent, key=lambda name: -absent[name])


class Whole(NamedTuple):
    """Of the public training scripts, how many have all their names; what the others lack."""

    complete: int
    of: int
    lacking: list[str]  # those first that most scripts lack

    @property
    def share(self) -> float:
        """The complete ones among all."""
        return self.complete / self.of


def whole_scripts(engine: Any, census: Mapping[str, Any]) -> Whole:
    """Count the scripts of the census all of whose names `engine` has."""
    names = [*census["names"], *census["stubs"]]
    absent = {str(place) for place, name in enumerate(names) if not _known(engine, name)}
    scripts = [absent.intersection(script.split()) for script in census["scripts"]]
    lacked = Counter(place for script in scripts for place in script)
    lacking = [names[int(place)] for place, _ in sorted(lacked.items(), key=lambda p: (-p[1], p))]
    return Whole(sum(not script for script in scripts), len(scripts), lacking)


def _known(engine: Any, name: str) -> bool:
    owner, _, rest = name.partition(".")
    if owner == "torch":
        return has(engine, rest)
    return any(has(holder, rest) for holder in _holders(engine, owner))


def _holders(engine: Any, owner: str) -> Iterator[Any]:
    """What a name of the census may be an attribute of: 'TM' is a tensor or a module."""
    if "T" in owner:
        yield engine.zeros(1, 1)
    if "M" in owner:
        yield engine.nn.Linear(1, 1)
    if "O" in owner:
        optimizer = engine.optim.SGD([engine.zeros(1, requires_grad=True)], lr=0.1)
        yield optimizer
        yield engine.optim.lr_scheduler.StepLR(optimizer, 1)
    if "D" in owner and has(engine, "distributions"):
        yield engine.distributions.Normal(0.0, 1.0)


# --- writing --------------------------------------------------------------------------------------


def text(tiers: Sequence[Tier], share: float, whole: Whole) -> str:
    """The whole of SUPPORTED.md."""
    lines = [
        "# What of torch is there",
        "",
        "Written by `python -m harness coverage` from the package itself; `make lint` fails when",
        "it is stale. Every operation listed was called, and differentiated as often as it says.",
        "",
        *_table(["tier", "", "operations", "complete", *CLASSES], map(_summary, tiers)),
        "",
        "*Complete*: every form that torch has, and every derivative.",
        "",
        f"Of the uses of torch's names in public training scripts {share:.1%} are there. Of",
        f"{whole.of} such scripts {whole.complete} ({whole.share:.0%}) have every name they use,",
        "accelerators, profiling and compilation included"
        + (f"; what the others lack: {_code(whole.lacking[:12])}." if whole.lacking else "."),
    ]
    for tier in tiers:
        lines += ["", f"## {tier.name}: {tier.means}", ""]
        present = [f for f in tier.operations if f.present]
        lines += _table(
            ["operation", *FORMS.values(), "made as", "derivatives"], map(_row, present)
        )
        lines += _not_yet("operations", [f.name for f in tier.operations if not f.present])
        for kind, names in tier.classes.items():
            there = [name for name, is_there in names.items() if is_there]
            lines += ["", f"{kind.capitalize()}: {_code(there)}."] if there else []
            lines += _not_yet(kind, [name for name, is_there in names.items() if not is_there])
    return "\n".join(lines) + "\n"


def summary(tiers: Sequence[Tier], share: float, whole: Whole) -> str:
    """What is printed: one line per tier, one for the scripts."""
    said = []
    for tier in tiers:
        parts = dict(zip(["operations", "complete", *CLASSES], _summary(tier)[2:]))
        said.append(f"{tier.name}  " + ", ".join(f"{k} {v}" for k, v in parts.items() if v))
    said.append(f"uses in public training scripts  {share:.1%}")
    said.append(f"such scripts that have all names  {whole.complete} of {whole.of}")
    if whole.lacking:
        said.append(f"lacking, most wanted first  {', '.join(whole.lacking)}")
    return "\n".join(said)


def _summary(tier: Tier) -> list[str]:
    of = len(tier.operations)
    return [
        tier.name,
        tier.means,
        _share(sum(f.present for f in tier.operations), of),
        _share(sum(f.complete for f in tier.operations), of),
        *(_share(sum(names.values()), len(names)) for names in tier.classes.values()),
    ]


def _share(count: int, of: int) -> str:
    return f"{count} of {of} ({count / of:.0%})" if of else ""


def _row(found: Found) -> list[str]:
    marks = [
        "yes" if form in found.forms else "no" if form in found.facts["forms"] else ""
        for form in FORMS
    ]
    wanted = found.facts.get("derivatives", 0)
    if found.derivatives is None:
        derivatives = "refused"
    elif found.derivatives < wanted:
        derivatives = f"{found.derivatives} of {wanted}"
    else:
        derivatives = str(wanted) if wanted else ""
    return [f"`{found.name}`", *marks, found.kind, derivatives]


def _table(head: Sequence[str], rows: Any) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _not_yet(kind: str, names: Sequence[str]) -> list[str]:
    return ["", f"Not yet, {kind}: {_code(names)}."] if names else []


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main(argv: Sequence[str]) -> int:
    """Write SUPPORTED.md, or with --check say whether it is the one that would be written."""
    parser = argparse.ArgumentParser(prog="python -m harness coverage", description=main.__doc__)
    parser.error = _stop  # type: ignore[method-assign]
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(argv)
    import minitorch

    tiers = look(minitorch, json.loads(TIERS.read_text(encoding="utf-8")))
    census = json.loads(CENSUS.read_text(encoding="utf-8"))
    share, _ = used(minitorch, census["names"])
    whole = whole_scripts(minitorch, census)
    from harness import namespaces  # it looks names up as this module does

    names = json.loads(namespaces.NAMES.read_text(encoding="utf-8"))
    written = text(tiers, share, whole) + namespaces.text(minitorch, names)
    if options.check:
        if SUPPORTED.exists() and SUPPORTED.read_text(encoding="utf-8") == written:
            return 0
        print(f"{SUPPORTED.name} is stale: run `make coverage`")
        return 1
    SUPPORTED.write_text(written, encoding="utf-8")
    print(summary(tiers, share, whole), f"wrote {SUPPORTED}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
