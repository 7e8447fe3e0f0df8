"""The report of a run: its page needs nothing but itself, its data keeps to its schema."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib import resources
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

for _needed in ("matplotlib", "pandas", "tabulate", "tqdm"):
    pytest.importorskip(_needed)

from harness import index, report
from harness.compare import Divergence
from harness.report import data
from tests.harness.report.made_up import a_run, a_survey


class Page(HTMLParser):
    """What a page refers to, the elements that are open, and its words."""

    VOID = frozenset({"meta", "br", "circle", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.links += [told[k] for k in ("src", "href") if k in told]
        if tag not in self.VOID or tag in ("circle", "rect", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.unbalanced.append(tag)

    def handle_data(self, text):
        self.words += text + " "


@pytest.mark.parametrize("fault", [None, 7])
def test_a_page_needs_nothing_but_itself(tmp_path, fault):
    folder = report.write(a_run(tmp_path, fault=fault))
    text = (folder / "index.html").read_text()
    page = Page(text)
    assert not page.unbalanced
    assert set(page.links) <= {"report.md", "run.json", "../index.html"}
    outside = re.findall(r"(?:https?:)?//[a-z]|url\(|@import|fetch\(", text)
    assert outside == []
    assert len(text) < 3e6


@pytest.mark.parametrize(("fault", "word"), [(None, "PASS"), (7, "FAIL")])
def test_the_first_screen_answers(tmp_path, fault, word):
    folder = report.write(a_run(tmp_path, fault=fault))
    words = Page((folder / "index.html").read_text()).words
    top = words[: words.index("How far the engines part")]
    assert word in top
    assert "31/31" in top
    assert "as fast" in top
    assert re.search(r"Accuracy\s+\d", top)
    assert ("step 7" in top) == bool(fault)
    assert ("gradient <b>" in top) or not fault


def test_names_are_escaped(tmp_path):
    text = (report.write(a_run(tmp_path)) / "index.html").read_text()
    assert "<b>, step" not in text
    assert "gradient &lt;b&gt;" in text


def test_run_json_keeps_to_its_schema(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    text = resources.files("harness.report").joinpath("run.schema.json").read_text()
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    for number, fault in enumerate((None, 7)):
        out = tmp_path / str(number)
        result = a_run(out, fault=fault)
        result.survey = a_survey() if fault else None
        told = json.loads((report.write(result) / "run.json").read_text())
        jsonschema.validate(told, schema)
    told["outcome"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schema)


def test_numbers_that_are_none_are_null():
    told = data.clean({"a": float("nan"), "b": [np.inf, np.float32(0.1), 3], "c": np.bool_(True)})
    assert told == {"a": None, "b": [None, 0.1, 3], "c": True}


def test_a_long_run_is_thinned_and_its_peaks_stay(tmp_path):
    result = a_run(tmp_path, steps=1500, fault=900, timed=False)
    told = data.of(result)
    assert len(told["course"]["step"]) == data.POINTS
    assert told["course"]["step"][-1] == 1500
    (tensor,) = (t for t in told["tensors"] if t["key"] == "gradient <b>")
    assert len(tensor["share"]) == data.TENSOR_POINTS
    assert tensor["histogram"]["step"] == tensor["worst"]["step"] >= 900
    assert sum(tensor["histogram"]["mine"]) == sum(tensor["histogram"]["theirs"]) == 2
    assert max(np.flatnonzero(tensor["histogram"]["mine"])) == 18  # a hundredth is no rounding
    assert max(tensor["share"]) == pytest.approx(tensor["worst"]["share"], rel=1e-5)


@pytest.mark.parametrize(("fault", "failures"), [(None, 0), (7, 1)])
def test_junit_has_a_case_for_every_question(tmp_path, fault, failures):
    folder = report.write(a_run(tmp_path, fault=fault))
    suite = ET.parse(folder / "junit.xml").getroot()
    assert suite.get("failures") == str(failures)
    failed = [
        case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None
    ]
    assert failed == (["gradients"] if fault else [])
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert float(properties["err_ratio"]) > 0
    assert (float(properties["share"]) > 1) == bool(fault)


def test_in_a_workflow_a_fault_is_a_note_at_the_engine_s_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = a_run(tmp_path, fault=7)
    assert "::error file=it.py,line=1::FAIL  step 7" in report.summary(result, tmp_path)
    result.located = SimpleNamespace(engine_line="minitorch/ops/fused.py:53")
    assert "::error file=minitorch/ops/fused.py,line=53::" in report.summary(result, tmp_path)
    assert "::error" not in report.summary(a_run(tmp_path), tmp_path)


def test_the_index_lists_every_run_and_what_else_was_found(tmp_path):
    report.write(a_run(tmp_path))
    mutate = tmp_path / "mutate"
    mutate.mkdir()
    found = {"schema": "harness.mutate/1", "totals": {"killed": 8, "survived": 1},
             "survivors": [{"site": "mul", "where": "x.py:3", "kind": "sign", "before": "g * <y>",
                            "after": "-g"}]}  # fmt: skip
    (mutate / "mutate.json").write_text(json.dumps(found))
    path = index.write(tmp_path)
    page = Page(path.read_text())
    assert {"it/index.html", "mutate/mutate.md"} <= set(page.links)
    assert "PASS" in page.words
    assert "8 of 9 caught, 1 survived" in page.words
    assert "x.py:3" in page.words
    assert "- g * <y>" in page.words
    assert "[it](it/report.md)" in (tmp_path / "index.md").read_text()
    folder = report.write(a_run(tmp_path))
    assert "88.89%" in (folder / "index.html").read_text()


def test_a_fault_is_what_is_out_of_budget(tmp_path):
    result = a_run(tmp_path, fault=7, timed=False)
    assert isinstance(result.divergence, Divergence)
    assert (result.divergence.step, result.divergence.key) == (7, "gradient <b>")
    assert a_run(tmp_path, timed=False).judge.outs == []


def test_the_operations_of_a_step_are_listed_and_folded(tmp_path):
    result = a_run(tmp_path, timed=False)
    result.survey = a_survey()
    folder = report.write(result)
    text = (folder / "index.html").read_text()
    page = Page(text)
    assert not page.unbalanced
    table = page.words[page.words.index("Operations of one step") :]
    assert table.index("relu") < table.index("it.py:3 (body.0, body.1)") < table.index("where")
    assert "an argument &lt;cannot&gt; be said" in text
    assert "← ∞" in page.words
    assert "body.1: mm" in page.words
    markdown = (folder / "report.md").read_text()
    assert "## Operations of step 2, the worst 3 of 3" in markdown
    assert "| relu " in markdown
    told = json.loads((folder / "run.json").read_text())["operations"]
    assert [row["op"] for row in told["rows"]] == ["relu", "mm", "where"]
    assert told["rows"][1]["calls"] == 3
    assert told["calls"][3]["run"]


def test_the_colours_of_the_heat_map_differ_in_lightness():
    """So that they can be told apart without red and green, or in print."""
    style = resources.files("harness.report").joinpath("assets", "page.css").read_text()
    schemes = [re.findall(r"--c\d: #(\w{6})", line) for line in style.splitlines()]
    schemes = [s for s in schemes if s]
    assert [len(s) for s in schemes] == [7, 7, 7]
    for scheme in schemes:
        lightness = [_lightness(colour) for colour in scheme]
        steps = np.diff(lightness) * np.sign(lightness[-1] - lightness[0])
        assert min(steps) > 2.5, lightness


def _lightness(colour: str) -> float:
    """L* of CIELAB."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    y = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y
