"""`module_db` against an engine: layers as they are built, their values and gradients."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from harness import samples
from harness.backends import Backend
from harness.coverage import find, has
from harness.local import With, evaluate
from harness.opinfo.engines import Engines, Job, job
from harness.opinfo.found import RIGHT, UNSUPPORTED, WRONG, Check, Entry
from harness.opinfo.operations import LOOKED, Call, derivatives, refused
from harness.opinfo.telling import Told, remembered, tell


def jobs(only: str) -> Iterator[Job]:
    """The entries of module_db whose name matches."""
    from torch.testing._internal.common_modules import module_db

    tier = {n: t for t, row in samples.tiers()["tiers"].items() for n in row["layers"]}
    for info in module_db:
        name = info.module_cls.__name__
        if re.search(only, info.name):
            yield info.name, job(examine, info, f"nn.{name}", tier.get(f"nn.{name}", ""))


def examine(info: Any, name: str, tier: str, engines: Engines) -> Entry:
    """Everything about one class of layers."""
    made = Entry("modules", name, tier)
    if not has(engines.candidate.namespace(), name):
        made.absent = name
        return made
    for training in (True, False):
        for layer in layers(info, name, training, engines.samples, made):
            built(made, layer, engines)
            weights = state(engines.reference, layer)
            if isinstance(weights, Exception):
                made.skipped[f"torch refuses it: {type(weights).__name__}"] += 1
                continue
            told = layer.told
            arrays = [*told.arrays, *weights.values()]
            told = told._replace(
                arrays=arrays, constant=[*told.constant, *range(len(told.arrays), len(arrays))]
            )
            derivatives(made, Call(told, forward(layer, list(weights)), None), engines, 1)
    errors(made, info, name, engines)
    return made


class Layer(NamedTuple):
    """How a layer is built and called: two pairs of arguments, told as one."""

    name: str
    told: Told
    training: bool

    def make(self, T: Any, tensors: Any, seed: Callable[[int], None]) -> tuple[Any, tuple, dict]:
        """The layer on engine `T`, and the arguments it is called with."""
        seed(0)
        args, kwargs, given, named = self.told.fill(T, tensors[: len(self.told.arrays)])
        layer = find(T, self.name)(*args, **kwargs)
        if self.told.wide(tensors):
            layer = layer.double()
        return (layer.train() if self.training else layer.eval()), given, named


def layers(info: Any, name: str, training: bool, limit: int, made: Entry) -> Iterator[Layer]:
    """The inputs of an entry that can be told, evenly out of all; the others by their reasons."""
    import torch

    torch.default_generator.manual_seed(0)
    with remembered():
        inputs = info.module_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=True, training=training
        )
        looked = list(itertools.islice(inputs, LOOKED))
    for sample in samples.spread(looked, limit):
        try:
            yield Layer(name, told_of(sample), training)
        except samples.Untold as reason:
            made.skipped[str(reason)] += 1


def told_of(sample: Any) -> Told:
    """A ModuleInput, told. Raises: Untold."""
    given = sample.forward_input
    call = ((), {}) if given is None else (given.args, given.kwargs)
    return tell((sample.constructor_input.args, sample.constructor_input.kwargs, *call))


def state(backend: Backend, layer: Layer) -> dict[str, np.ndarray] | Exception:
    """What a fresh layer holds, by name; a lazy one after it has seen its input."""
    kept = fresh(backend, layer)
    if isinstance(kept, Exception):
        return kept
    return {k: np.array(backend.numpy(v)) for k, v in kept.state_dict().items()}


def fresh(backend: Backend, layer: Layer) -> Any:
    """A layer as the seed 0 builds it, or what it raises."""
    try:
        T, told = backend.namespace(), layer.told
        tensors = [backend.tensor(a) for a in told.arrays]
        made, given, named = layer.make(T, tensors, backend.seed)
        if layer.name.startswith("nn.Lazy"):
            made(*given, **named)
    except Exception as error:  # an engine may refuse in any words
        return error
    return made


def forward(layer: Layer, names: list[str]) -> Callable:
    """The layer with given weights, as a function of its tensors and of those weights."""

    def function(T: Any, *tensors: Any) -> With:
        made, given, named = layer.make(T, tensors, T.manual_seed)
        count = len(layer.told.arrays)
        made.load_state_dict(dict(zip(names, tensors[count:])))
        out = made(*given, **named)
        buffers = [b for _, b in made.named_buffers()]
        return With([out, buffers], dict(made.named_parameters()))

    return function


def built(made: Entry, layer: Layer, engines: Engines) -> None:
    """What a fresh layer holds: names, shapes, dtypes, modes; its first numbers; its text."""
    mine, theirs = (fresh(e, layer) for e in (engines.candidate, engines.reference))
    if isinstance(theirs, Exception):
        return
    if isinstance(mine, Exception):
        made.add("state", Check(UNSUPPORTED, f"{type(mine).__name__}: {mine}"))
        return
    facts = [_facts(x) for x in (mine, theirs)]
    pairs = itertools.zip_longest(*facts)
    apart = next((f"{a}, torch's {b}" for a, b in pairs if a != b), "")
    made.add("state", Check(WRONG, apart) if apart else Check(RIGHT))
    if engines.same_numbers and not apart:
        a, b = (
            {k: e.numpy(v) for k, v in x.state_dict().items()}
            for e, x in ((engines.candidate, mine), (engines.reference, theirs))
        )
        differ = [k for k in a if not np.array_equal(a[k], b[k], equal_nan=True)]
        made.add("start", Check(WRONG, f"{differ[0]} starts otherwise") if differ else Check(RIGHT))
    same = repr(mine) == repr(theirs)
    made.add("repr", Check(RIGHT) if same else Check(WRONG, f"{mine!r}; torch's {theirs!r}"))


def _facts(layer: Any) -> list[tuple]:
    """Everything of a layer but its numbers."""
    return [
        ("training", [m.training for m in layer.modules()]),
        ("parameters", [(n, p.requires_grad) for n, p in layer.named_parameters()]),
        *(
            (name, tuple(t.shape), str(t.dtype).rpartition(".")[2])
            for name, t in layer.state_dict().items()
        ),
    ]


def errors(made: Entry, info: Any, name: str, engines: Engines) -> None:
    """What torch refuses, when a layer is built or called."""
    import torch

    if info.module_error_inputs_func is None:
        return
    for wrong in info.module_error_inputs_func(
        info, device="cpu", dtype=torch.float32, requires_grad=False, training=True
    ):
        try:
            layer = Layer(name, told_of(wrong.module_error_input), True)
        except samples.Untold as reason:
            made.skipped[f"error input: {reason}"] += 1
            continue

        def function(T: Any, *tensors: Any, layer: Layer = layer, on: str = wrong.error_on.name):
            module, given, named = layer.make(T, tensors, T.manual_seed)
            return module(*given, **named) if on == "FORWARD_ERROR" else []

        outcomes = (
            evaluate(function, layer.told.arrays, e, 0)
            for e in (engines.candidate, engines.reference)
        )
        refused(made, *(o.raised for o in outcomes))
