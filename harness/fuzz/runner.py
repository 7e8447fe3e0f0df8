"""Run a program on an engine, and keep what can be seen after each statement."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from harness.backends import Backend
from harness.fuzz.grammar import MODES, PRELUDE, Program, Statement
from harness.tolerance import one_ulp_away


class Facts(NamedTuple):
    """A tensor as it stood: its numbers, and what else can be asked of it."""

    value: np.ndarray
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool
    is_leaf: bool
    has_history: bool
    raised: str = ""  # the exception where it cannot even be asked


_UNKNOWN = Facts(np.zeros(0), "", (), (), False, False, False)


class Step(NamedTuple):
    """A statement that ran, was skipped for want of a name, or `raised`, with what it left."""

    raised: str = ""
    message: str = ""
    skipped: bool = False
    facts: dict[str, Facts | None] = {}  # noqa: RUF012  never written to


class Run(NamedTuple):
    """The steps of a program, every tensor at its end, and which of them share memory."""

    steps: list[Step]
    end: dict[str, Facts | None]
    shared: dict[str, str]  # the first name with the same memory

    @property
    def raised(self) -> list[str]:
        """The exception of each statement, or nothing."""
        return [s.raised for s in self.steps]


class Witness(NamedTuple):
    """How a run differs from the plain one.

    `wide`: in float64; `moved`: the inputs by an ulp, with this seed; `results`: these too, after
    each statement; `lenient`: where the engine can, it keeps copies of what it saved and is then
    overwritten, instead of refusing to go backwards.
    """

    wide: bool = False
    moved: int | None = None
    results: bool = False
    lenient: bool = False


PLAIN = Witness()


class Runner:
    """Runs programs on one backend, in a namespace of its own for each program."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.engine = backend.namespace()
        for part in ("nn.functional", "utils.checkpoint", "autograd"):
            with contextlib.suppress(ImportError):
                importlib.import_module(f"{self.engine.__name__}.{part}")
        self.names: dict[str, Any] = {"torch": self.engine}
        for source in PRELUDE.values():
            exec(source, self.names)
        self.tensor = self.engine.Tensor

    def run(self, program: Program, witness: Witness = PLAIN) -> Run:
        """Run it to its end, or to the first sweep backwards that raises.

        What such a sweep has left in `.grad` is undefined, and the statements after it with it.
        """
        names = dict(self.names)
        steps: list[Step] = []
        missing: set[str] = set()
        broken = False
        with warnings.catch_warnings(), self._quiet(witness.lenient):
            for statement, code in zip(program.statements, compiled(program, witness.wide)):
                if missing and not missing.isdisjoint(statement.reads):
                    missing.update(statement.outs)
                    steps.append(Step(skipped=True))
                    continue
                try:
                    if statement.kind == "leaf":
                        names[statement.outs[0]] = self._leaf(statement, witness)
                    else:
                        exec(code, names)
                except Exception as error:  # an engine may refuse in any words
                    steps.append(Step(type(error).__name__, str(error)))
                    missing.update(statement.outs)
                    broken = statement.op.startswith(("backward", "grad"))
                    if broken:
                        break
                    continue
                if witness.results and statement.kind == "call":
                    self._move(statement, names, witness)
                steps.append(Step(facts=dict(self._seen(statement, names))))
            known = {n for s, done in zip(program.statements, steps) for n in s.outs} - missing
            tensors = {n: names[n] for n in sorted(known) if isinstance(names[n], self.tensor)}
            end: dict[str, Facts | None] = {n: self.facts(t) for n, t in tensors.items()}
            end |= {} if broken else self._grads(tensors)
        return Run(steps, end, self._shared(tensors))

    def facts(self, x: Any) -> Facts:
        """What can be seen of a tensor."""
        try:
            array = np.array(self.backend.numpy(x))
            dtype = str(x.dtype).rpartition(".")[2]
            return Facts(
                array, dtype, tuple(x.shape), tuple(x.stride()), x.requires_grad, x.is_leaf,
                x.grad_fn is not None,
            )  # fmt: skip
        except Exception as error:  # a view whose base was written in a way it cannot follow
            return _UNKNOWN._replace(raised=type(error).__name__)

    def _leaf(self, s: Statement, witness: Witness) -> Any:
        values, dtype = s.values, s.dtype
        if witness.wide and dtype == "float32":
            dtype = "float64"
            if witness.moved is not None:
                values = one_ulp_away(np.array(values, "float32"), witness.moved).tolist()
        return self.engine.tensor(
            values, dtype=getattr(self.engine, dtype), requires_grad=s.requires_grad
        )

    def _move(self, s: Statement, names: dict, witness: Witness) -> None:
        """Move the results of a statement by an ulp of float32."""
        for name in s.outs:
            x = names[name]
            if isinstance(x, self.tensor) and x.is_floating_point() and x.is_contiguous():
                array = self.backend.numpy(x)
                moved = array + one_ulp_away(array.astype("float32"), witness.moved or 0)
                moved -= array.astype("float32")
                if not np.array_equal(moved, array, equal_nan=True):
                    with self.engine.no_grad():
                        x.data.copy_(self.engine.from_numpy(np.array(moved)))

    def _seen(self, s: Statement, names: dict) -> Iterator[tuple[str, Facts | None]]:
        """The names a statement made or wrote to; after a derivative, the gradients too."""
        for name in (*s.outs, *(s.reads[:1] if s.kind == "write" else ())):
            x = names[name]
            yield name, self.facts(x) if isinstance(x, self.tensor) else None
        if s.kind == "autograd" and not s.outs:
            tensors = {n: x for n, x in names.items() if isinstance(x, self.tensor)}
            yield from self._grads(tensors).items()

    def _grads(self, tensors: dict) -> dict[str, Facts | None]:
        """The .grad of each that may have one."""
        found = {}
        for name, x in tensors.items():
            try:
                if not (x.is_leaf or x.retains_grad):
                    continue
                g = x.grad
            except Exception as error:
                found[f"{name}.grad"] = _UNKNOWN._replace(raised=type(error).__name__)
            else:
                found[f"{name}.grad"] = None if g is None else self.facts(g)
        return found

    def _shared(self, tensors: dict) -> dict[str, str]:
        """For each tensor with elements, the first name that shares its memory."""
        first: dict[int, str] = {}
        return {
            name: first.setdefault(x.untyped_storage().data_ptr(), name)
            for name, x in tensors.items()
            if x.numel()
        }

    @contextlib.contextmanager
    def _quiet(self, lenient: bool) -> Iterator[None]:
        """No warnings; no error of NumPy's either, since torch is silent about overflow."""
        warnings.simplefilter("ignore")
        graph = getattr(self.engine.autograd, "graph", None)
        copying = getattr(graph, "allow_mutation_on_saved_tensors", contextlib.nullcontext)
        with np.errstate(all="ignore"), copying() if lenient else contextlib.nullcontext():
            yield


def compiled(program: Program, wide: bool) -> Iterator[CodeType | None]:
    """The code of each statement; None for leaves."""
    cache = program.__dict__.setdefault("_wide" if wide else "_plain", [])
    if not cache:
        for s in program.statements:
            cache.append(None if s.kind == "leaf" else _compile(s, wide))
    return iter(cache)


def _compile(s: Statement, wide: bool) -> CodeType:
    line = s.line.replace("torch.float32", "torch.float64") if wide else s.line
    return compile(f"with {MODES[s.mode]}: {line}" if s.mode else line, "<program>", "exec")
