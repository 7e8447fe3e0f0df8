"""The table of namespaces counts what is there and names what is absent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import minitorch
from harness import namespaces

ROOT = Path(__file__).parent.parent.parent
NAMES = json.loads(namespaces.NAMES.read_text(encoding="utf-8"))


def test_absent_names_are_counted_in_their_group():
    engine = SimpleNamespace(relu=1, nn=SimpleNamespace(Linear=2))
    names = {
        "torch": {"other": "relu fancy", "quantized": "qint8"},
        "torch.nn": {"other": "Linear"},
    }
    text = namespaces.text(engine, names)
    assert "| `torch` | 3 | 1 |  | 1 |  |  |  | 1 |" in text
    assert "| `torch.nn` | 1 | 1 |  |  |  |  |  |  |" in text
    assert "Absent, other, `torch`: `fancy`." in text
    assert "`torch.nn`:" not in text


@pytest.mark.differential
def test_names_are_those_of_the_installed_torch():
    pytest.importorskip("torch")
    code = "import json; from harness import namespaces; print(json.dumps(namespaces.renewed()))"
    # A process of its own: torch shows more names once a test has imported more of it.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == NAMES


def test_nothing_of_what_scripts_build_on_is_absent():
    for namespace in ("torch.nn.init", "torch.nn.utils", "torch.optim", "torch.distributions"):
        path = namespace.removeprefix("torch.")
        for name in " ".join(NAMES[namespace].values()).split():
            assert namespaces.coverage.has(minitorch, f"{path}.{name}"), f"{namespace}.{name}"
