"""junit.xml: one test case for every question that a run answers.

Source: https://github.com/testmoapp/junitxml (the format that continuous integration reads)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

QUESTIONS = {
    "gradient": "gradients",
    "parameter": "parameters",
    "buffer": "buffers",
    "optimizer": "optimizer state",
    "random": "random state",
}
"""The question that a kind of tensor belongs to; a loss, to the losses."""


def write(told: dict[str, Any], path: Path) -> None:
    """Write what `data.of` tells."""
    suite = ET.Element("testsuite", name=f"harness {told['name']}")
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(told).items():
        ET.SubElement(properties, "property", name=name, value=str(value))
    failed = _failed(told)
    for question, answer in told["checks"].items():
        case = ET.SubElement(suite, "testcase", classname=told["name"], name=question)
        if question == failed:
            failure = ET.SubElement(case, "failure", message=told["headline"])
            failure.text = _details(told)
        else:
            ET.SubElement(case, "system-out").text = answer
    count = len(told["checks"])
    suite.set("tests", str(count))
    suite.set("failures", str(int(bool(failed))))
    suite.set("time", f"{told['seconds']:.1f}")
    ET.indent(suite)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _failed(told: dict[str, Any]) -> str:
    """The question that the verdict answers with no; '' for a run that passes."""
    if told["outcome"] == "pass":
        return ""
    first = told["first_divergence"]
    asked = list(told["checks"])
    if told["outcome"] == "structure" or first is None:
        return next((q for q in asked if q.startswith("final") and first is None), asked[0])
    if first["step"] == 0 and first["tensor"] != "random state":
        return "initial values"
    kind = first["tensor"].partition(" ")[0]
    wanted = QUESTIONS.get(kind, "losses")
    return next((q for q in asked if wanted in q), asked[0])


def _properties(told: dict[str, Any]) -> dict[str, Any]:
    worst = max((t["worst"]["share"] or 0 for t in told["tensors"]), default=None)
    found = {
        "err_ratio": (told["accuracy"] or {}).get("mean"),
        "share": worst,
        "budget": (told["first_divergence"] or {}).get("budget"),
        "first_op": (told["located"] or {}).get("op"),
        "speed": (told["speed"] or {}).get("median"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _details(told: dict[str, Any]) -> str:
    located = told["located"] or {}
    return "\n".join(filter(None, [located.get("text"), located.get("repro")])) or told["headline"]
