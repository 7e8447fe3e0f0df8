"""`python -m minitorch script.py` behaves as `python script.py` does."""

from __future__ import annotations

import pytest

SHOWS_ITSELF = """
    import sys
    print(__name__, sys.argv, sys.path[0], __spec__, __file__ if "__file__" in dir() else None)
    print(sys.modules["__main__"].__dict__ is globals(), __builtins__)
"""
ENDINGS = {
    "runs through": "print(1)",
    "exit code": "import sys; print(2); sys.exit(7)",
    "exit text": "raise SystemExit('so ends it')",
    "an error": "def f():\n    raise ValueError('boom')\nf()",
    "an error from another": "try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError(3) from e",
    "no syntax": "x = = 3",
    "interrupted": "raise KeyboardInterrupt",
    "at exit": "import atexit; atexit.register(print, 'last'); print('first')",
    "own excepthook": "import sys; sys.excepthook = lambda *a: print(a[0].__name__)\n1 / 0",
}


def same(ran, expected):
    assert (ran.returncode, ran.stdout) == (expected.returncode, expected.stdout)
    assert ran.stderr == expected.stderr


@pytest.mark.parametrize("end", ENDINGS)
def test_a_script_ends_as_it_would(desk, end):
    desk.write("script.py", ENDINGS[end])
    same(desk.shim("script.py"), desk.python("script.py"))


def test_a_script_sees_what_it_would(desk):
    desk.write("sub/script.py", SHOWS_ITSELF)
    same(desk.shim("sub/script.py", "-x", "--lr=3", "m"), desk.python(
        "sub/script.py", "-x", "--lr=3", "m"
    ))  # fmt: skip


def test_a_module_a_text_and_standard_input(desk):
    desk.write("pkg/__init__.py", "print('pkg')")
    desk.write("pkg/tool.py", "import sys; print(__name__, sys.argv, __spec__.name); sys.exit(4)")
    same(desk.shim("-m", "pkg.tool", "a"), desk.python("-m", "pkg.tool", "a"))
    text = "import sys; print(sys.argv, repr(sys.path[0]), __name__); 1 / 0"
    same(desk.shim("-c", text, "b"), desk.python("-c", text, "b"))
    same(desk.shim("-", "c", input=text), desk.python("-", "c", input=text))


def test_a_folder_with_a_main(desk):
    desk.write("app/__main__.py", "import helper, sys; print(helper.x, sys.argv)")
    desk.write("app/helper.py", "x = 3")
    same(desk.shim("app", "a"), desk.python("app", "a"))


def test_siblings_are_imported(desk):
    desk.write("model.py", "import torch.nn as nn\nnet = nn.Linear(2, 1)")
    desk.write("script.py", "from model import net\nprint(net)")
    ran = desk.shim("script.py")
    assert ran.stdout == "Linear(in_features=2, out_features=1, bias=True)\n", ran.stderr


@pytest.mark.parametrize("args", [["nowhere.py"], ["-m"], ["--fast", "script.py"], []])
def test_a_wrong_command_line_is_refused(desk, args):
    ran = desk.shim(*args)
    assert ran.returncode == 2
    assert "python -m minitorch" in ran.stderr + ran.stdout
    assert "Traceback" not in ran.stderr


def test_a_method_that_tensors_lack_is_named(desk):
    desk.write("script.py", "import torch\nx = torch.ones(2)\nx.frobnicate()")
    ran = desk.shim("script.py")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-2:] == [
        "AttributeError: 'Tensor' object has no attribute 'frobnicate'",
        "minitorch has no Tensor.frobnicate (used in script.py, line 3)",
    ]
