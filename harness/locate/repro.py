"""A script of at most 30 lines that shows what was located, and shows when it is mended.

    script = repro.make(located, candidate, reference)
    script.text, script.confirmed

It needs the two engines alone, prints what both make of the smallest failing call, with float64
beside them, and exits with 1 while they differ and with 0 once they do not.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate import passage, shrink, updates
from harness.locate.search import Located
from harness.locate.trace import Call, Named, Slot, Update
from harness.tolerance import FACTOR

MANY = 5
"""Tensors that have a line each; more share lines."""


@dataclass
class Script:
    """A script that fails: its text, the elements of each tensor, whether it ran and did fail."""

    text: str
    sizes: list[int]
    confirmed: bool = False

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.text.splitlines())


def make(
    located: Located,
    candidate: Backend,
    reference: Backend,
    seconds: float = 2.5,
    run: Callable[[str], int] | None = None,
) -> Script | None:
    """The smallest script that was found in `seconds`; None where nothing fails alone.

    `run` runs a script and answers its exit code, in a process of its own where it is not given.
    """
    if located.update is not None:
        update = updates.shrunk(located.update, located.tensor, candidate, reference)
        if update is None:
            return None
        text = framed(f"update of {located.op}", *_stepping(update), candidate, reference)
        sizes = [v.array.size for v in update.parameters]
        return _confirmed(Script(text, sizes), run)
    if located.interaction:
        found = passage.shrunk(located.around, candidate, reference, seconds + 1)
        if found is None:
            return None
        sizes = [v.array.size for v in found.inputs]
        title = f"{located.direction} around {located.op}"
        drawn = any(call.random is not None for call in found.calls)
        text = framed(title, *_passing(found), candidate, reference, drawn)
        return _confirmed(Script(text, sizes), run)
    if located.call is None:
        return None
    call = shrink.shrunk(located.call, located.direction, candidate, reference, seconds)
    if call is None:
        return None
    sizes = [v.array.size for v in _unique(call)]
    return _confirmed(Script(written(call, located.direction, candidate, reference), sizes), run)


def _confirmed(script: Script, run: Callable[[str], int] | None) -> Script:
    """`script` after it was run."""
    script.confirmed = (run or in_a_process)(script.text) == 1
    return script


def in_a_process(text: str, seconds: float = 120) -> int:
    """The exit code of a script; -1 where it did not start, or still runs after `seconds`."""
    room = os.pathsep.join(dict.fromkeys([os.getcwd(), *(p for p in sys.path if p)]))
    try:
        done = subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONPATH": room},
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return (
        -1 if re.match(r"(\w+\.)*(ModuleNotFound|Import|Backend)Error", last) else done.returncode
    )


def save(script: Script, folder: Path, op: str) -> Path:
    """Write it to `repro_<op>.py` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"repro_{op}.py"
    path.write_text(script.text, encoding="utf-8")
    return path


# ------------------------------------------------------------------ the text


def written(call: Call, direction: str, candidate: Backend, reference: Backend) -> str:
    """The script that makes `call` on both engines."""
    names, body = _body(call, direction)
    given = [call.arrived[k] for k in sorted(call.arrived)]
    floor = local.floor("gradient", given) if direction == "backward" else 0.0
    title, drawn = f"{direction} of {call.op}", call.random is not None
    return framed(title, names, body, candidate, reference, drawn, floor)


def framed(
    title: str,
    names: list[str],
    body: list[str],
    candidate: Backend,
    reference: Backend,
    drawn: bool = False,
    floor: float = 0.0,
) -> str:
    """A script around the `body` of a function `run(T, kind)` that returns tensors.

    What was `drawn` is judged by the reference in float32: float64 draws other numbers. `floor` is
    the least size that rounding is relative to.
    """
    (mine, first), (theirs, second) = _imported(candidate), _imported(reference)
    wide = "float32" if drawn else "float64"
    special = "from math import inf, nan\n" if re.search(r"\b(inf|nan)\b", "".join(body)) else ""
    inside = "\n    ".join(body)
    return f'''"""{title}: exits with 1 while {mine} and {theirs} differ, then with 0."""
{special}
import numpy as np
{first}
{second}


def run(T, kind):
    {inside}


legs, wrong = (({mine}, "float32"), ({theirs}, "float32"), ({theirs}, "{wide}")), False
for name, *found in zip({names!r}, *(run(*leg) for leg in legs)):
    mine, theirs, true = (x.detach().numpy() for x in found)
    print(name, "{mine}", mine, "{theirs}", theirs, "{wide}", true, sep="\\n  ")
    same = [(x == true) | ((x != x) & (true != true)) for x in (mine, theirs)]
    off, own = (np.where(s, 0, abs(x - 1.0 * true)).max() for s, x in zip(same, (mine, theirs)))
    budget = {FACTOR:g} * max(2**-23 * abs(true[np.isfinite(true)]).max(initial={floor:g}), own)
    wrong |= mine.shape != theirs.shape or not off <= budget
raise SystemExit(int(wrong))
'''


def _imported(backend: Backend) -> tuple[str, str]:
    """What a script calls the engine, and the line that makes it so."""
    if type(backend).namespace is Backend.namespace and not backend.environment:
        return backend.module, f"import {backend.module}"
    name = re.sub(r"\W", "_", backend.name)
    module = sys.modules.get(type(backend).__module__)
    file = getattr(module, "__file__", None)
    inside = importlib.util.find_spec(module.__name__.partition(".")[0]) if module else None
    spec = backend.name if inside or not file else f"{file}:{backend.name}"
    return name, f"import harness; {name} = harness.load({spec!r})  # noqa: E702"


def _body(call: Call, direction: str) -> tuple[list[str], list[str]]:
    """What `run` returns, by name, and its lines: the tensors, the call, results or gradients."""
    names = _names(call)
    written = {call.inputs[i].tensor for i in call.written}
    lines, wanted = [], []
    for value in _unique(call):
        name = f"x{names[value.tensor]}"
        asks = direction == "backward" and value.wants
        lines.append(f"{name} = {tensor(value.array, asks)}")
        wanted += [name] if asks else []
    if len(lines) > MANY:
        lines = ["; ".join(lines[n : n + 4]) for n in range(0, len(lines), 4)]
    copies = {t: f"y{names[t]}" for t in written}
    lines += [f"{copy} = x{names[t]}.clone()" for t, copy in copies.items()]
    slots = [copies.get(v.tensor, f"x{names[v.tensor]}") for v in call.inputs]
    if call.random is not None:
        lines.append("T.manual_seed(0)")
    lines += _call(call, slots)
    outs = _results(call.result)
    seen = {v.tensor for v in call.outputs}
    if direction == "forward":
        outs += [copy for t, copy in copies.items() if t not in seen or not outs]
        return outs, [*lines, f"return [{', '.join(outs)}]"]
    outs = outs or list(copies.values())
    starts = [(o, k) for k, (o, v) in enumerate(zip(outs, call.outputs)) if v.wants]
    cotangents = [
        tensor(call.arrived.get(k, np.zeros_like(call.outputs[k].array)), False) for _, k in starts
    ]
    given = f"[{', '.join(o for o, _ in starts)}], xs, [{', '.join(cotangents)}]"
    lines += [
        f"xs = [{', '.join(wanted)}]",
        f"found = T.autograd.grad({given}, allow_unused=True)",
        "return [T.zeros_like(x) if g is None else g for g, x in zip(found, xs)]",
    ]
    return [f"gradient of {x}" for x in wanted], lines


def _stepping(update: Update) -> tuple[list[str], list[str]]:
    """What `run` returns and its lines for one step of an optimizer."""
    hyper = [
        ", ".join(f"{k}={_said(v, [])}" for k, v in group.items() if k not in _NO_ARGUMENT)
        for group in update.groups
    ]
    lines, names, groups = [], [], []
    for i, value in enumerate(update.parameters):
        lines.append(f"w{i} = T.nn.Parameter({tensor(value.array)})")
        if update.gradients[i] is not None:
            lines.append(f"w{i}.grad = {tensor(update.gradients[i])}")
        groups.append(f"dict(params=[w{i}], {hyper[update.members[i]]})")
    given = f"[{', '.join(groups)}]"
    if len(groups) == 1:
        given = f"[w0], {hyper[0]}".rstrip(", ")
    lines.append(f"opt = T.optim.{update.name.rpartition('.')[2]}({given})")
    results = []
    for i, (state, after) in enumerate(zip(update.state, update.state_after)):
        if state:
            told = (
                f"{k!r}: {tensor(v) if isinstance(v, np.ndarray) else _said(v, [])}"
                for k, v in state.items()
            )
            lines.append(f"opt.state[w{i}] = {{{', '.join(told)}}}")
        keys = [k for k, v in sorted(after.items()) if isinstance(v, np.ndarray)]
        results += [f"w{i}", *(f"opt.state[w{i}][{k!r}]" for k in keys)]
        names += [f"parameter {i}", *(f"{k} of parameter {i}" for k in keys)]
    return names, [*lines, "opt.step()", f"return [{', '.join(results)}]"]


def _passing(found: passage.Passage) -> tuple[list[str], list[str]]:
    """What `run` returns and its lines for several calls."""
    names = {v.tensor: f"x{n}" for n, v in enumerate(found.inputs)}
    lines = [f"{names[v.tensor]} = {tensor(v.array, v.wants)}" for v in found.inputs]
    wanted = [names[v.tensor] for v in found.inputs if v.wants]
    for number in found.written:
        lines.append(f"y{names[number][1:]} = {names[number]}.clone()")
        names[number] = f"y{names[number][1:]}"
    for n, (call, arguments) in enumerate(zip(found.calls, found.arguments)):
        slots = [names[v.tensor] for v in call.inputs]
        if call.random is not None:
            lines.append("T.manual_seed(0)")
        lines += _call(replace(call, arguments=arguments), slots, f"v{n}")
        names.update(zip((v.tensor for v in call.outputs), _results(call.result, f"v{n}")))
    rest = [number for number in found.written if number not in found.made]
    outs = [names[number] for number in (*found.made, *rest)]
    weights = "T.ones_like(o)"
    if found.weights is passage.counting:
        weights = "T.arange(1, 1 + o.numel()).reshape(o.shape).to(o.dtype)"
    if wanted:
        lines += [
            f"ends = [o for o in [{', '.join(outs)}] if o.requires_grad]",
            f"T.autograd.backward(ends, [{weights} for o in ends])",
        ]
    lines.append(f"return [{', '.join([*outs, *(f'{x}.grad' for x in wanted)])}]")
    return outs + [f"gradient of {x}" for x in wanted], lines


_NO_ARGUMENT = ("initial_lr",)  # what a scheduler adds to a group


def _unique(call: Call) -> list[Any]:
    """Each tensor that is given, once."""
    return list({v.tensor: v for v in call.inputs}.values())


def _names(call: Call) -> dict[int, int]:
    return {v.tensor: n for n, v in enumerate(_unique(call))}


def _results(template: Any, at: str = "out") -> list[str]:
    """How to reach each tensor in what came back."""
    if isinstance(template, Slot):
        return [at]
    if isinstance(template, (list, tuple)):
        return [r for i, part in enumerate(template) for r in _results(part, f"{at}[{i}]")]
    if isinstance(template, dict):
        return [r for k, part in template.items() for r in _results(part, f"{at}[{k!r}]")]
    return []


_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "matmul": "@", "pow": "**", "mod": "%",
    "floordiv": "//", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "and": "&", "or": "|", "xor": "^",
}  # fmt: skip


def _call(call: Call, slots: list[str], out: str = "out") -> list[str]:
    """The lines that make a call, and name what comes back."""
    args, kwargs, more = call.arguments
    bare = call.name.rpartition(".")[2]
    said = [_said(a, slots) for a in args]
    given = ", ".join([*said, *(f"{k}={_said(v, slots)}" for k, v in kwargs.items())])
    if call.is_layer:
        settings = dict(call.settings or {})
        mode = "" if settings.pop("training", True) else ".eval()"
        made = ", ".join(f"{k}={_said(v, slots)}" for k, v in settings.items())
        names = ", ".join(f"{k!r}: {_said(v, slots)}" for k, v in more.items())
        return [
            f"layer = T.nn.{bare}({made}){mode}",
            f"{out} = T.func.functional_call(layer, {{{names}}}, ({', '.join(said)},))",
        ]
    lines = [f"{slots[int(k.partition('.')[0])]}.grad = {_said(v, slots)}" for k, v in more.items()]
    if not call.name.startswith("torch.Tensor."):
        return [*lines, f"{out} = T.{call.name.removeprefix('torch.')}({given})"]
    sign = _SIGNS.get(bare.strip("_"))
    if bare.startswith("__r") and bare.strip("_")[1:] in _SIGNS:
        return [f"{out} = {said[1]} {_SIGNS[bare.strip('_')[1:]]} {said[0]}"]
    if bare.startswith("__") and sign is not None and len(said) == 2:
        return [f"{out} = {said[0]} {sign} {said[1]}"]
    if bare in ("T", "mT", "H", "mH"):
        return [f"{out} = {said[0]}.{bare}"]
    if bare == "__getitem__":
        return [f"{out} = {said[0]}[{_index(args[1], slots)}]"]
    if bare == "__setitem__":
        return [f"{said[0]}[{_index(args[1], slots)}] = {said[2]}"]
    if bare == "__iter__":
        return [f"{out} = list({said[0]})"]
    return [f"{out} = {said[0]}.{bare}({given.partition(', ')[2]})"]


def _index(value: Any, slots: list[str]) -> str:
    """What stands in brackets."""
    if isinstance(value, tuple) and not isinstance(value, (Slot, Named)) and value:
        return ", ".join(_index(v, slots) for v in value)
    if isinstance(value, slice):
        ends = ["" if v is None else _said(v, slots) for v in (value.start, value.stop)]
        return ":".join(ends) + ("" if value.step is None else f":{_said(value.step, slots)}")
    return _said(value, slots)


def _said(value: Any, slots: list[str]) -> str:
    """An argument in Python."""
    if isinstance(value, Slot):
        return slots[value.number]
    if isinstance(value, Named):
        return "getattr(T, kind)" if value.name == "float32" else f"T.{value.name}"
    if value is ...:
        return "..."
    if isinstance(value, slice):
        return f"slice({', '.join(_said(v, slots) for v in (value.start, value.stop, value.step))})"
    if isinstance(value, list):
        return f"[{', '.join(_said(v, slots) for v in value)}]"
    if isinstance(value, tuple):
        return f"({''.join(_said(v, slots) + ', ' for v in value)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!r}: {_said(v, slots)}' for k, v in value.items())}}}"
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r}, {str(value.dtype)!r})"
    return repr(value.item() if isinstance(value, np.generic) else value)


def tensor(array: np.ndarray, asks: bool = False) -> str:
    """A tensor in Python; what is float32 is of the dtype of the run."""
    kind = "getattr(T, kind)" if array.dtype == np.float32 else f"T.{array.dtype}"
    wants = ", requires_grad=True" if asks else ""
    if array.size == 0 or (array.size > 1 and (array == array.flat[0]).all() and array.ndim):
        filled = 0 if array.size == 0 else array.flat[0].item()
        return f"T.full({array.shape}, {filled!r}, dtype={kind}{wants})"
    return f"T.tensor({array.tolist()!r}, dtype={kind}{wants})"
