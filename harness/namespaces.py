"""The public names of torch's namespaces and which of them are there: a table in SUPPORTED.md.

`python -m harness.namespaces` renews `namespaces.json`, the names of the installed torch by what
they are for; looking them up needs the engine alone.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import coverage

NAMES = Path(__file__).with_name("namespaces.json")

NAMESPACES = (
    "torch torch.Tensor torch.nn torch.nn.functional torch.nn.init torch.nn.utils "
    "torch.nn.parallel torch.optim torch.optim.lr_scheduler torch.autograd torch.func torch.linalg "
    "torch.special torch.random torch.distributions torch.utils.data torch.testing torch.amp "
    "torch.cuda"
).split()

GROUPS = {
    "complex, fft": r"[cC]omplex|^(cfloat|cdouble|chalf|i?stft|fft|polar|imag|eig|eigvals)$|conj|"
    r"is_neg$|view_as_real",
    "quantized": r"quant|^q_|qscheme|qparams|fbgemm|^per_(channel|tensor)|^int_repr|"
    r"^u?int[1-7]$|^bits|float[48]_|scaled_|ScalingType|SwizzleType|grouped_mm|^qu?int|^QU?Int|^(ao|qat|"
    r"intrinsic)$",
    "sparse": r"sparse|(crow|ccol|col|row)_indices|coalesce|^(indices|values|dense_dim|to_dense)$|"
    r"s?spaddmm|^[dhs]s?mm$|hspmm|saddmm|nested|jagged|padded_tensor|(indices|values)_copy",
    "devices": r"cudnn|miopen|mkl|cuda|xla|ipu|mtia|maia|vulkan|batch_norm_(stats|elemt|gather|"
    r"update|backward)",
    "compiler": r"^Sym|^sym_|Script|Type$|Graph|^parse_|import_ir|^(export|fx|library|package|jit|"
    r"compile|cond|while_loop|classes|ops|cpp|Tag|Node|Block|Value|Use|Code|Argument|fork|wait)$",
}
"""What a name is for, by its form; the types of torch's own core are the compiler's, too."""


def group_of(name: str, namespace: str) -> str:
    """Which of the groups a name of torch belongs to: "other" is what a script may call."""
    if namespace == "torch.cuda":
        return "devices"
    for group, pattern in GROUPS.items():
        if re.search(pattern, name):
            return group
    core = namespace == "torch" and not name.islower()
    return "compiler" if core else "other"


_NO_NAMES = {"TYPE_CHECKING", "common_args", "inf", "multi_dim_common"}  # of its own use


def public(module: Any, namespace: str) -> Iterator[str]:
    """The names that a namespace shows as its own: no imports, nothing of Python's library."""
    stated = set(getattr(module, "__all__", ())) - _NO_NAMES
    for name in dir(module):
        if name.startswith("_") or name in _NO_NAMES or name.endswith("_notes"):
            continue
        value = getattr(module, name, None)
        home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
        ours = isinstance(home, str) and home.partition(".")[0] in ("torch", "", "builtins")
        inside = isinstance(value, ModuleType) and home != f"{namespace}.{name}"
        foreign = name == "Tensor" and namespace != "torch"
        if (name in stated or (ours and not inside)) and not foreign:
            yield name


def renewed() -> dict[str, dict[str, str]]:
    """For each namespace its names, by group, as the installed torch has them."""
    import torch

    found: dict[str, dict[str, str]] = {}
    for namespace in NAMESPACES:
        if namespace == "torch.Tensor":
            module: Any = torch.Tensor
            names = [n for n in dir(module) if n[0] != "_"]
        else:
            module = importlib.import_module(namespace)
            names = list(public(module, namespace))
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(group_of(name, namespace), []).append(name)
        found[namespace] = {group: " ".join(groups[group]) for group in sorted(groups)}
    return found


def text(engine: Any, names: Mapping[str, Mapping[str, str]]) -> str:
    """The part of SUPPORTED.md: how many names of each namespace there are, and what is absent."""
    rows, absent = [], []
    for namespace, groups in names.items():
        path = namespace.removeprefix("torch").removeprefix(".")
        lacking = {
            group: [
                n for n in listed.split() if not coverage.has(engine, f"{path}.{n}".lstrip("."))
            ]
            for group, listed in groups.items()
        }
        total = sum(len(listed.split()) for listed in groups.values())
        missing = sum(map(len, lacking.values()))
        counts = [str(len(lacking.get(g, ())) or "") for g in (*GROUPS, "other")]
        rows.append([f"`{namespace}`", str(total), str(total - missing), *counts])
        if lacking.get("other"):
            absent += ["", f"Absent, other, `{namespace}`: {coverage._code(lacking['other'])}."]
    lines = [
        "",
        "## Names by namespace",
        "",
        "Every public name of torch 2.13, whether scripts use it or not; those that are absent by",
        "what they are for.",
        "",
        *coverage._table(["namespace", "torch has", "there", *GROUPS, "other"], rows),
        *absent,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    NAMES.write_text(json.dumps(renewed(), indent=1) + "\n", encoding="utf-8")
