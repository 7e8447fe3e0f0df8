"""`python -m minitorch --check`: what a script needs that is missing, without running it."""

from __future__ import annotations

import json

import pytest

from minitorch.shim import check

SCRIPT = """
    import torch, helper
    import torch.nn.functional as F
    from torch import nn, nowhere
    from .package import part

    print("this does not run")
    model = nn.Sequential(nn.Linear(2, 2), nn.Unknown())
    F.relu(F.fancy(torch.randn(2)))
    x.frobnicate(); y.istft(); z.sum()
    late()

    def late():
        from torch.elsewhere import Thing
        return Thing.make()
"""


def test_a_script_and_its_siblings_are_read_not_run(desk):
    desk.write("script.py", SCRIPT)
    desk.write("helper.py", "import torch as t\nt.optim.Nothing")
    desk.write("package/__init__.py", "")
    desk.write("package/part.py", "from torch.linalg import everything")
    ran = desk.shim("--check", "script.py")
    assert (ran.returncode, ran.stderr) == (1, "")
    said = ran.stdout.splitlines()
    assert said[-1] == "script.py: 14 names of torch, 8 missing"
    assert said[:-1] == [
        "helper.py:2: minitorch has no torch.optim.Nothing",
        "package/part.py:1: minitorch has no torch.linalg.everything",
        "script.py:4: minitorch has no torch.nowhere",
        "script.py:8: minitorch has no torch.nn.Unknown",
        "script.py:9: minitorch has no torch.nn.functional.fancy",
        "script.py:10: minitorch has no Tensor.istft, if that is a tensor's",
        "script.py:14: minitorch has no torch.elsewhere.Thing",
        "script.py:15: minitorch has no torch.elsewhere.Thing.make",
    ]


def test_a_script_that_lacks_nothing(desk):
    desk.write("script.py", "from torch import *\nimport torch\ntorch.randn(2).sum().backward()")
    ran = desk.shim("--check", "script.py")
    assert (ran.returncode, ran.stdout) == (0, "script.py: 2 names of torch, none missing\n")


def test_a_notebook(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["import torch.nothing"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip list\n", "import torch"]},
        {"cell_type": "code", "source": ["torch.fancy(1)"]},
    ]
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": cells}))
    names = {use.name for use in check.read(tmp_path / "book.ipynb").uses}
    assert names == {"torch", "torch.fancy"}


def test_a_name_that_is_bound_anew_is_no_longer_torchs(tmp_path):
    source = """
from torch.utils import data
from torch import nn
def f(data): return data.fancy
def g():
    nn = 3
    return nn.fancy, data.here
for data in data.first: print(data.fancy)
for x in nn.second: x
"""
    (tmp_path / "script.py").write_text(source)
    names = {use.name for use in check.read(tmp_path / "script.py").uses}
    torchs = {n for n in names if n.startswith("torch.")}
    assert torchs == {"torch.utils.data", "torch.nn", "torch.utils.data.here",
                      "torch.utils.data.first", "torch.nn.second"}  # fmt: skip


@pytest.mark.parametrize("text", [None, "x = = 3"])
def test_a_script_that_cannot_be_read(desk, text):
    if text:
        desk.write("script.py", text)
    ran = desk.shim("--check", "script.py")
    assert ran.returncode == 2
    assert ran.stderr.startswith("script.py: cannot be read: ")


@pytest.mark.differential
def test_the_names_of_tensors_are_torchs():
    torch = pytest.importorskip("torch")
    theirs = {name for name in dir(torch.Tensor) if not name.startswith("_")}
    assert set(check.TENSOR_NAMES.read_text().split()) == theirs
