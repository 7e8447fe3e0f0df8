"""`python -m harness.tiers`: renew what tiers.json says of torch, from the samples of its tests.

Which name is in which tier stays as it is written there; forms, derivatives and the call by which
harness/coverage.py tries a name are looked up.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from harness import coverage, samples

UNTRIED = {"bfloat16"}  # whether it is there depends on what is installed

TRIED = 60
"""How many samples of an operation are looked at; the smallest of the best is taken."""


def renewed(name: str, entries: list[Any]) -> dict[str, Any]:
    """The facts of one operation from its entries in op_db."""
    import torch

    where = coverage.places(name)
    has_method = entries[0].get_method() is not None
    forms = "".join(
        form
        for form, path in where.items()
        if coverage.has(torch, path)
        and (form not in "mi" or "." not in name or has_method)
        and (form not in "fF" or callable(coverage.find(torch, path)))  # torch.float is a dtype
    )
    home = "F" if name.startswith("nn.functional.") else forms[0]
    operation = coverage.caller(coverage.find(torch, where[home]), where[home])
    best: tuple[int, float, Any] = (-1, 0, None)
    for call in calls(name, entries):
        level = coverage.differentiate(torch, operation, *call)
        if name not in UNTRIED and level is not None and (level, -size(call)) > best[:2]:
            best = (level, -size(call), call)
    facts: dict[str, Any] = {"forms": forms, "derivatives": max(best[0], 0)}
    if best[2] is not None:
        facts["call"], named = best[2]
        facts |= {"named": named} if named else {}
    return facts


def calls(name: str, entries: list[Any]) -> Iterator[tuple[list, dict]]:
    """Samples of an operation, (arguments, named arguments), as tiers.json writes them."""
    for entry in entries:
        for sample in islice(samples.of(entry), TRIED):
            for kind in ("float", "definite"):
                args, named = samples.arguments(name, sample)
                try:
                    call = (
                        [told(a, kind) for a in args],
                        {k: told(v, kind) for k, v in named.items()},
                    )
                except samples.Untold:
                    break
                yield call


def told(value: Any, kind: str) -> Any:
    """`value` in the words of tiers.json; tensors that ask for a gradient as `kind`."""
    import torch

    if isinstance(value, torch.Tensor):
        return _tensor(value, kind)
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and np.isfinite(value):
        return value
    if isinstance(value, list):
        return [told(v, kind) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [told(v, kind) for v in value]}
    if isinstance(value, dict) and len(value) != 1:
        return {k: told(v, kind) for k, v in value.items()}
    if isinstance(value, dict):
        return {"dict": {k: told(v, kind) for k, v in value.items()}}
    raise samples.Untold(repr(value))


def _tensor(value: Any, kind: str) -> dict[str, Any]:
    name = str(value.dtype).removeprefix("torch.")
    if name == "float32":
        square = value.ndim >= 2 and value.shape[-1] == value.shape[-2]
        kind = "constant" if not value.requires_grad else kind if square else "float"
        return {kind: list(value.shape)}
    if name in ("int64", "bool"):
        return {name: value.tolist()}
    raise samples.Untold(name)


def size(call: Any) -> float:
    """How unwieldy a call is: by the elements of its tensors, best some, then by its length."""
    text = json.dumps(call)
    counts = [
        int(np.prod(json.loads(sizes)))
        for sizes in re.findall(r'"(?:float|definite|constant)": (\[[^]]*\])', text)
    ]
    return sum(n if n > 1 else 50 if n else 10_000 for n in counts) + len(text) / 1000


def main() -> None:
    """Renew tiers.json in place."""
    table = samples.tiers()
    by_name: dict[str, list[Any]] = {}
    for _, entry in samples.entries():
        by_name.setdefault(entry.name, []).append(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tier in table["tiers"].values():
            tier["operations"] = {
                name: renewed(name, by_name[name]) for name in sorted(tier["operations"])
            }
    coverage.TIERS.write_text(written(table), encoding="utf-8")


def written(table: dict[str, Any]) -> str:
    """The table as text, one line for each operation and each list."""
    tiers = []
    for name, tier in table["tiers"].items():
        lines = [f'   "{n}": {json.dumps(facts)}' for n, facts in tier["operations"].items()]
        operations = "{\n" + ",\n".join(lines) + "\n  }"
        parts = {k: operations if k == "operations" else json.dumps(v) for k, v in tier.items()}
        tiers.append(
            f' "{name}": {{\n' + ",\n".join(f'  "{k}": {v}' for k, v in parts.items()) + "\n }"
        )
    about = json.dumps(table["about"])
    return f'{{"about": {about},\n"tiers": {{\n' + ",\n".join(tiers) + "\n}}\n"


if __name__ == "__main__":
    main()
