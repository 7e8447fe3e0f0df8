"""A pytest plugin: the fixture `twin` compares a function or a training step on two engines.

    def test_gelu(twin):
        twin(lambda T, x: T.nn.functional.gelu(x), shapes=[(4, 5)], edges=True)

    @pytest.mark.steps(50)
    def test_training(twin):
        twin.train(build)          # build(T) makes a model, an optimizer and a step: see twin.py

    pytest --twin-backends mylib,torch --verify-report=reports/twin

Installed with the harness, it is there in every pytest run, and costs nothing until a test asks for
the fixture: no engine, and not even NumPy, is imported before. In a GitHub workflow every failure
is noted beside the test's line and, where an engine raised, beside the engine's.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]

SCHEMA = "harness.twin/1"
PROPERTIES = ("err_ratio", "budget", "share", "first_op")
"""What of its tensor that used most of the budget a test tells JUnit, where it is known."""

_RECORDS = pytest.StashKey[list[Record]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("twin", "one function on two engines")
    group.addoption(
        "--twin-backends",
        default="minitorch,torch",
        metavar="A,B",
        help="candidate and reference: names, or path/to/file.py:name (minitorch,torch)",
    )
    group.addoption(
        "--verify-report", type=Path, metavar="DIR", help="write twin.json and twin.md there"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and in the process that reports, what gathers the records."""
    config.addinivalue_line("markers", "steps(n): how many steps twin.train takes")
    _names(config)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathered(config), "twin records")


@pytest.fixture
def twin(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Compares a function on two engines, see `harness.twin.Twin`; fails where they differ."""
    from harness.backends import BackendError, find
    from harness.twin import Twin

    try:
        backends = [find(name) for name in _names(request.config)]
        for backend in backends:
            backend.check()
    except BackendError as error:
        pytest.fail(f"twin: {error}", pytrace=False)
    marker = request.node.get_closest_marker("steps")
    made = Twin(*backends, test=request.node.nodeid)
    if marker is not None:
        made.steps = marker.args[0]
    request.node.stash[_RECORDS] = made.records
    yield made
    worst = max(made.records, key=lambda record: record.get("share", -1.0), default={})
    for name in PROPERTIES:
        if name in worst:
            request.node.user_properties.append((name, _said(worst[name])))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let the report of a test carry its records, also from one process to another."""
    report = yield
    if call.when == "call" and item.stash.get(_RECORDS, None):
        report.twin = [{k: _plain(v) for k, v in r.items()} for r in item.stash[_RECORDS]]
    return report


class Gathered:
    """The records of all tests: written at the end, noted and summed up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: list[Record] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records of a test."""
        self._records += getattr(report, "twin", [])

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write what was asked for; after Ctrl-C what there is."""
        folder = self._config.getoption("--verify-report")
        if folder is None or self._config.getoption("collectonly"):
            return
        candidate, reference = _names(self._config)
        told = {
            "schema": SCHEMA,
            "candidate": candidate,
            "reference": reference,
            "finished": exitstatus != pytest.ExitCode.INTERRUPTED,
            "verdicts": dict(Counter(record["verdict"] for record in self._records)),
            "comparisons": self._records,
        }
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(told, indent=1, allow_nan=False)
        (folder / "twin.json").write_text(text + "\n", encoding="utf-8")
        (folder / "twin.md").write_text(markdown(told), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line of all comparisons, and notes for GitHub."""
        if not self._records:
            return
        from harness.annotations import wanted

        terminalreporter.write_line(summary(self._records))
        folder = self._config.getoption("--verify-report")
        if folder is not None:
            terminalreporter.write_line(f"wrote {folder / 'twin.json'} and twin.md")
        if wanted():
            for record in filter(_failed, self._records):
                for line in _notes(record):
                    terminalreporter.write_line(line)


def _names(config: pytest.Config) -> list[str]:
    told = config.getoption("--twin-backends")
    names = told.split(",")
    if len(names) != 2 or not all(names):
        raise pytest.UsageError(f"--twin-backends: expected A,B; got {told!r}")
    return names


def summary(records: list[Record]) -> str:
    """All comparisons in one line.

    >>> summary([{"verdict": "pass", "share": 0.25, "tensor": "value", "test": "t.py::test"}])
    'twin: 1 comparison, 0 failed; at most 0.25 of the budget (value, t.py::test)'
    """
    failed = sum(map(_failed, records))
    text = f"twin: {len(records)} comparison{'s' * (len(records) != 1)}, {failed} failed"
    unsupported = sum(record["verdict"] == "unsupported" for record in records)
    if unsupported:
        text += f", {unsupported} of them unsupported"
    numbers = [r for r in records if isinstance(r.get("share"), float)]
    if numbers:
        worst = max(numbers, key=lambda record: record["share"])
        text += f"; at most {worst['share']:.3g} of the budget ({worst['tensor']}, {worst['test']})"
    return text


def markdown(told: Record) -> str:
    """The comparisons as a table, those that failed first."""
    records = sorted(told["comparisons"], key=lambda r: (not _failed(r), -_number(r, "share")))
    lines = [
        f"# {told['candidate']} beside {told['reference']}",
        "",
        summary(records),
        "",
        "| test | inputs | verdict | tensor | error | budget | set by | share of budget"
        f" | times {told['reference']}'s error | born in |",
        "|---|---|---|---|--:|--:|---|--:|--:|---|",
    ]
    for record in records:
        test = record["test"].replace("|", r"\|")
        cells = [test, record["inputs"], record["verdict"]]
        if "tensor" in record:
            cells += [record["tensor"], _said(record["error"]), _said(record["budget"])]
            cells += [record["term"], _said(record["share"]), _said(record.get("err_ratio", ""))]
            cells.append(record.get("first_op", ""))
        else:
            cells += [record["said"].replace("|", r"\|"), *[""] * 6]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _notes(record: Record) -> Iterator[str]:
    """Annotations: the test's line, and the engine's where it is known."""
    from harness.annotations import annotate

    said = f"{record['test']}, {record['inputs']}: {record['said']}"
    yield annotate("error", said, record["file"], record["line"], "engines differ")
    if record.get("engine_file"):
        yield annotate("error", said, record["engine_file"], record["engine_line"], "born here")


def _failed(record: Record) -> bool:
    return record["verdict"] in ("numbers", "structure", "unsupported")


def _number(record: Record, key: str) -> float:
    value = record.get(key)
    return math.inf if value == "inf" else value if isinstance(value, float) else -1.0


def _plain(value: Any) -> Any:
    """A value that JSON has: an infinity by its name."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return float(value) if isinstance(value, float) else value


def _said(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
