"""What can be spoiled in an engine: sites, and the mutants of each.

An engine offers its own sites through a module `harness.mutate.<name of the engine>` with functions
`sites()` and `cases()`, or its backend through a method `mutation_sites()`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from harness.backends import Backend, BackendError
from harness.mutate.kinds import Kind
from harness.mutate.rewrite import Edited, Rewritten, mutants, rewritten

RULES, OPTIMIZERS, SWEEP = "rules", "optimizers", "engine"
"""What a mutant is judged by: cases of operations, forced optimizers, small programs."""


@dataclass(frozen=True)
class Mutant:
    """One planted mistake: inside `plant()` the engine makes it.

    `structural`: somebody thought of it; the others are made by rewriting and by general mistakes.
    What `plant()` gives may have an attribute `changed`, true once the mistake made a difference.
    """

    text: str
    kind: Kind
    plant: Callable[[], AbstractContextManager[Any]]
    path: str
    line: int
    structural: bool = False
    show: Callable[[], tuple[str, str]] = lambda: ("", "")

    @property
    def shown(self) -> tuple[str, str]:
        """The source there, before and after; empty where the mistake is not in the source."""
        return self.show()


@dataclass
class Site:
    """One function of an engine, and its mutants.

    `reached` is the code that a check has to run to see it. `by` says what judges it. `room` is the
    part of the engine, for the table; `rows` the operations that use it.
    """

    title: str
    room: str
    by: str
    reached: frozenset[CodeType]
    rows: tuple[str, ...] = ()
    makers: list[Callable[[], Iterable[Mutant]]] = field(default_factory=list)

    def mutants(self) -> Iterator[Mutant]:
        """Every mutant, in the same order in every run."""
        for maker in self.makers:
            yield from maker()


def sites(backend: Backend) -> list[Site]:
    """What can be spoiled in an engine. Raises: BackendError where nobody says."""
    own = getattr(backend, "mutation_sites", None)
    if own is not None:
        return list(own())
    module = _module(backend)
    if module is None:
        raise BackendError(f"{backend.name} has no mutation_sites() that say what can be spoiled")
    return list(module.sites())


def own_cases(backend: Backend) -> list[Any]:
    """An engine's own cases, for what the shared table has no words for."""
    return list(getattr(_module(backend), "cases", list)())


def _module(backend: Backend) -> Any:
    name = f"{__package__}.{backend.module}"
    found = backend.module.isidentifier() and importlib.util.find_spec(name)
    return importlib.import_module(name) if found else None


def of_function(function: FunctionType, operands: set[str]) -> Callable[[], Iterator[Mutant]]:
    """The maker of every mutant that rewriting a function gives."""

    def make() -> Iterator[Mutant]:
        for found in mutants(function, operands):
            yield of_rewritten(function, found)

    return make


def of_rewritten(function: FunctionType, found: Rewritten | Edited, title: str = "") -> Mutant:
    """One rewritten function as a mutant; structural where it has a title."""
    return Mutant(
        title or found.text,
        found.kind,
        lambda: rewritten(function, found.code),
        function.__code__.co_filename,
        found.line,
        bool(title),
        lambda: found.shown,
    )


def codes(functions: Sequence[Callable]) -> frozenset[CodeType]:
    """The code of functions and methods."""
    return frozenset(getattr(f, "__func__", f).__code__ for f in functions)
