"""The pytest plugin: what a failing test says, what is written, and what it costs.

Each run is a process of its own: an engine whose modules pytester takes away breaks.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

ENGINE = '''
import types
import minitorch
from harness import Backend, register_backend

def tanh(x):
    """tanh with a gradient that is 1e-4 too large."""
    return minitorch.tanh(x) * 1.0001 - (minitorch.tanh(x) * 0.0001).detach()

def sinh(x):
    raise ArithmeticError("too steep")

@register_backend("faulty")
class Faulty(Backend):
    def namespace(self):
        copy = types.ModuleType("faulty")
        copy.__dict__.update(minitorch.__dict__, tanh=tanh, sinh=sinh, __file__=__file__)
        del copy.cosh
        return copy
'''

TESTS = """
def test_right(twin):
    made = twin(lambda T, x: T.exp(x), shapes=[(4, 5)])
    assert made.order == 2

def test_wrong(twin):
    twin(lambda T, x: T.sin(x), shapes=[(3,)])
    twin(lambda T, x: T.tanh(x), shapes=[(4, 5)])

def test_raises(twin):
    twin(lambda T, x: T.sinh(x), inputs=[[1.0, 2.0]])

def test_lacks(twin):
    twin(lambda T, x: T.cosh(x), inputs=[[1.0, 2.0]])
"""


class Run(NamedTuple):
    """What a run of pytest left."""

    folder: Path
    text: str
    code: int

    @property
    def told(self) -> dict:
        return json.loads((self.folder / "out" / "twin.json").read_text())

    @property
    def counts(self) -> str:
        return re.sub(r" in [\d.]+s.*", "", self.text.splitlines()[-1]).strip("= ")


def run(
    folder: Path, tests: str, *options: str, backends="engine.py:faulty,minitorch", **env
) -> Run:
    """Run tests with the plugin, on a faulty engine beside minitorch."""
    (folder / "engine.py").write_text(ENGINE)
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "harness.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, f"--twin-backends={backends}", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "", **env}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return Run(folder, done.stdout + done.stderr, done.returncode)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run with all there is to ask for, in a GitHub workflow."""
    folder = tmp_path_factory.mktemp("failed")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder)}
    options = "--verify-report=out", "--junitxml=junit.xml", "-o", "junit_family=xunit2"
    return run(folder, TESTS, *options, **env)


SAID = r"""
E +harness\.twin\.Differs: gradient of input 0 differs on faulty and minitorch
E +inputs   as given: float32\[4, 5\]
E +tensor   gradient of input 0, element \d+
E +error    0\.0001\d*, budget [\d.e-]+: \d+ times the budget
E +set by   .* x 8
E +wrong    faulty: the other witnesses contradict it
E +problem  faulty raises ArithmeticError in forward: too steep; minitorch does not
E +harness\.twin\.Differs: faulty lacks what minitorch has
E +lacks    AttributeError in forward: module '.*' has no attribute 'cosh'
twin: 5 comparisons, 3 failed, 1 of them unsupported; at most \d+ of the budget \(second gradient
wrote out.twin.json and twin.md
"""


def test_a_failure_names_the_tensor_the_error_the_budget_and_who_is_wrong(failed):
    assert failed.counts == "3 failed, 1 passed"
    for pattern in SAID.strip().splitlines():
        assert re.search(f"^{pattern}", failed.text, re.MULTILINE), pattern
    assert "twin.py:" not in failed.text  # the traceback ends at the test's own line


def test_the_report_holds_every_comparison(failed):
    told = failed.told
    assert told["schema"] == "harness.twin/1"
    assert told["finished"]
    assert (told["candidate"], told["reference"]) == ("engine.py:faulty", "minitorch")
    assert told["verdicts"] == {"pass": 2, "numbers": 1, "structure": 1, "unsupported": 1}
    wrong = next(r for r in told["comparisons"] if r["verdict"] == "numbers")
    assert wrong["test"] == "test_it.py::test_wrong"
    assert (Path(wrong["file"]).name, wrong["line"]) == ("test_it.py", 8)
    assert wrong["share"] > 1
    assert wrong["err_ratio"] > 10
    lines = (failed.folder / "out" / "twin.md").read_text().splitlines()
    assert lines[0] == "# engine.py:faulty beside minitorch"
    rows = [line.split(" | ")[2] for line in lines[6:]]
    assert rows == ["numbers", "structure", "unsupported", "pass", "pass"]


def test_junit_has_the_numbers_of_the_worst_tensor(failed):
    tree = ET.parse(failed.folder / "junit.xml")
    cases = {case.get("name"): case for case in tree.iter("testcase")}
    found = {p.get("name"): p.get("value") for p in cases["test_wrong"].iter("property")}
    assert found.keys() == {"err_ratio", "budget", "share"}
    assert float(found["share"]) > 1
    assert float(found["budget"]) < 1e-5
    assert not list(cases["test_lacks"].iter("property"))


def test_in_a_workflow_failures_are_noted_at_the_test_and_at_the_engine(failed):
    lines = [line for line in failed.text.splitlines() if line.startswith("::")]
    assert [line.partition("::test_it")[0] for line in lines] == [
        "::error file=test_it.py,line=8,title=engines differ",
        "::error file=test_it.py,line=11,title=engines differ",
        "::error file=engine.py,line=11,title=born here",
        "::error file=test_it.py,line=14,title=engines differ",
    ]


KINK = """
import pytest

def build(T):
    w = T.ones(3, requires_grad=True)
    def step():
        loss = w.square().sum()
        loss.backward()
        return loss
    return {"w": w}, step

@pytest.mark.steps(3)
def test_training(twin):
    assert twin.train(build).judge.steps == 3
    assert twin.train(build, steps=2).judge.steps == 2

def test_kink(twin):
    twin((lambda T, x: x.abs() + (x == 0) * x, lambda T, x: x.abs()), shapes=[(3,)], edges=True)

def test_all(twin):
    made = twin(lambda T, x, y: x * y, shapes=[(3, 2), (3, 2)], edges=True, constant=[1])
    assert made.ok
"""


def test_edges_are_tried_and_named_and_records_come_back_from_other_processes(tmp_path):
    pytest.importorskip("xdist")
    made = run(tmp_path, KINK, "-n1", "--verify-report=out", backends="minitorch,minitorch")
    assert made.counts == "1 failed, 2 passed"
    assert re.search(r"^E +inputs   zeros: float32\[3\]", made.text, re.MULTILINE)
    assert "::error" not in made.text
    told = [r for r in made.told["comparisons"] if r["test"].endswith("all")]
    assert [r["inputs"] for r in told] == [
        "as given", "zeros", "ties", "small", "large", "empty", "broadcast",
    ]  # fmt: skip
    assert [r["shapes"] for r in told][-2:] == [[[0, 2], [0, 2]], [[3, 2], [1, 2]]]


def test_an_engine_that_is_not_there_is_told_in_one_line(tmp_path):
    made = run(tmp_path, TESTS, "-k", "right", backends="nothing,minitorch")
    assert made.counts == "3 deselected, 1 error"
    assert re.search("^twin: unknown backend 'nothing': known are .*minitorch", made.text, re.M)


def test_two_engines_are_asked_for(tmp_path):
    made = run(tmp_path, TESTS, "-k", "right", backends="minitorch")
    assert made.code == pytest.ExitCode.USAGE_ERROR
    assert "--twin-backends: expected A,B; got 'minitorch'" in made.text


def test_nothing_is_imported_before_the_fixture_is_asked_for():
    code = """
import sys
import pytest
before = set(sys.modules)
import harness.pytest_plugin
new = set(sys.modules) - before
print(sorted(n for n in new if n.partition(".")[0] not in sys.stdlib_module_names))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['harness', 'harness.pytest_plugin']"
