"""Under the shim every name of torch's is minitorch's, and what is missing says so when used."""

from __future__ import annotations

from pathlib import Path

import pytest

import minitorch

IMPORTS = """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    import torch.optim.lr_scheduler
    from torch import optim, Tensor, nn as again
    from torch.utils.data import DataLoader, Dataset
    from torch.autograd import Function, grad
    from functorch import grad as gradient, vmap
    import minitorch, minitorch.ops.elementwise
    import importlib, importlib.metadata, importlib.util, sys

    assert vmap is torch.vmap is torch.func.vmap and gradient is torch.func.grad
    assert torch is minitorch and nn is again is minitorch.nn is torch.nn
    assert F is minitorch.nn.functional and sys.modules["torch.nn"] is nn
    assert Tensor is minitorch.Tensor and DataLoader is minitorch.utils.data.DataLoader
    assert importlib.util.find_spec("torch") and importlib.util.find_spec("torch.nn.functional")
    assert importlib.util.find_spec("torch.nowhere") is None
    assert importlib.import_module("torch.nn.init") is nn.init
    assert nn.__name__ == "minitorch.nn" and nn.__spec__.name == "minitorch.nn"
    assert torch.__version__ == importlib.metadata.version("torch") == "2.13.0+minitorch"
    assert torch.__version__ > (2, 9) and importlib.metadata.version("numpy")
    assert not hasattr(torch, "ops") and not hasattr(torch, "nothing")
    x = torch.ones(2)
    shown = [str(type(t)) for t in (x, x.shape, x.dtype, x.device, nn.Parameter(x))]
    assert shown[:4] == [f"<class 'torch.{n}'>" for n in ("Tensor", "Size", "dtype", "device")]
    assert shown[4] == "<class 'torch.nn.parameter.Parameter'>"
    import copy, pickle
    assert pickle.loads(pickle.dumps([type(x), x]))[0] is torch.Tensor
    assert (copy.deepcopy(x) == x).all()
    print("good")
"""
MISSING = """
    import torch
    import torch.nowhere.deep
    from torch.nowhere import Thing, other as renamed
    from torch.nn import Unknown
    from typing import Optional

    def annotated(x: Thing, y: Optional[Thing] = None, z: "Thing | int" = 0) -> Unknown | None:
        return x

    assert not isinstance(3, Thing) and not issubclass(int, Unknown)
    tries = [
        lambda: Thing(1),
        lambda: renamed.attribute,
        lambda: torch.nowhere.deep.run(),
        lambda: types.new_class("T", (Thing,)),
        lambda: Unknown.method(),
        lambda: torch.fancy,
        lambda: torch.nn.functional.fancy(2),
        lambda: importlib.import_module("torch.elsewhere"),
        lambda: torch.ops.aten,
    ]
    import importlib, types
    for trial in tries:
        try:
            trial()
            print("nothing happened")
        except Exception as error:
            print(type(error).__name__, error)
    try:
        from torch.nowhere import Thing
    except ImportError as error:
        print("tried:", error)
    import contextlib
    with contextlib.suppress(ImportError):
        import torch.elsewhere
        print("not here")
"""
SAID = """\
NotImplementedError minitorch has no torch.nowhere.Thing (imported in script.py, line 4)
NotImplementedError minitorch has no torch.nowhere.other (imported in script.py, line 4)
AttributeError minitorch has no torch.nowhere.deep.run (used in script.py, line 15)
NotImplementedError minitorch has no torch.nowhere.Thing (imported in script.py, line 4)
NotImplementedError minitorch has no torch.nn.Unknown (imported in script.py, line 5)
AttributeError minitorch has no torch.fancy (used in script.py, line 18)
AttributeError minitorch has no torch.nn.functional.fancy (used in script.py, line 19)
ModuleNotFoundError minitorch has no torch.elsewhere (imported in script.py, line 20)
AttributeError minitorch has no torch.ops (used in script.py, line 21)
tried: minitorch has no torch.nowhere.Thing (imported in script.py, line 31)
"""
TWICE = """
    import sys
    import minitorch
    from minitorch import shim

    minitorch.ops
    before = set(sys.modules), minitorch.__version__
    for _ in range(2):
        shim.install()
        shim.install()
        import torch
        import torch.nn.functional
        from torch.nowhere import Thing
        assert shim.installed() and not hasattr(torch, "fancy")
        try:
            torch.nn.fancy
        except AttributeError as error:
            assert "minitorch has no torch.nn.fancy" in str(error)
        shim.uninstall()
        shim.uninstall()
        assert not [n for n in sys.modules if n.partition(".")[0] == "torch"]
        assert minitorch.__version__ == before[1] and minitorch.ops.elementwise
        try:
            torch.nn.fancy
        except AttributeError as error:
            assert str(error) == "module 'minitorch.nn' has no attribute 'fancy'", error
    assert minitorch.linalg and minitorch.shim is shim
    assert str(minitorch.Tensor) == "<class 'minitorch._tensor.Tensor'>"
    print("good")
"""
PROCESSES = """
    import multiprocessing, sys

    def work(queue, x):
        import torch
        queue.put((torch.__version__, torch.nn.Linear(2, 1)(x).shape, x.sum().item()))

    if __name__ == "__main__":
        import torch
        for method in sys.argv[1:]:
            context = multiprocessing.get_context(method)
            queue = context.Queue()
            process = context.Process(target=work, args=(queue, torch.ones(3, 2)))
            process.start()
            print(method, queue.get(timeout=60))
            process.join()
"""
PROCESSES_MODULE_FIRST = PROCESSES.replace(
    "import multiprocessing, sys", "import multiprocessing, sys\n    import torch"
)


def test_names_are_minitorchs(desk):
    desk.write("script.py", IMPORTS)
    ran = desk.shim("script.py")
    assert (ran.stdout, ran.stderr) == ("good\n", "")


def test_a_missing_name_fails_when_it_is_used(desk):
    desk.write("script.py", MISSING)
    ran = desk.shim("script.py")
    assert (ran.stdout, ran.stderr) == (SAID, "")


def test_installing_twice_and_uninstalling_leave_no_trace(desk):
    desk.write("script.py", TWICE)
    ran = desk.python("script.py")
    assert (ran.stdout, ran.stderr) == ("good\n", "")


@pytest.mark.parametrize("source", [PROCESSES, PROCESSES_MODULE_FIRST], ids=["inside", "at top"])
def test_processes_started_anew_have_the_shim_too(desk, source):
    desk.write("script.py", source)
    ran = desk.shim("script.py", "fork", "spawn", "forkserver")
    said = "('2.13.0+minitorch', torch.Size([3, 1]), 6.0)"
    expected = [f"{method} {said}" for method in ("fork", "spawn", "forkserver")]
    assert ran.stdout.splitlines() == expected, ran.stderr


def test_pytorch_imported_before_is_named():
    pytest.importorskip("torch")
    with pytest.raises(RuntimeError, match=r"PyTorch was imported already, from .*torch"):
        minitorch.shim.install()
    assert not minitorch.shim.installed()


def test_packages_that_are_absent_are_stood_in_for(desk):
    source = """
        import importlib.machinery, sys
        sys.path[:] = [p for p in sys.path if not p.endswith("site-packages")] + [{numpy!r}]
        import torch, torchvision.transforms as t
        from safetensors.torch import save_file, load_file
        from safetensors import safe_open
        save_file({{"w": torch.ones(2)}}, "w.safetensors")
        with safe_open("w.safetensors", framework="pt", device="cpu") as f:
            print(f.get_tensor("w"), load_file("w.safetensors"), t.__name__)
        print(safe_open.__module__)
    """
    import numpy

    alone = desk.folder / "alone"  # NumPy, and nothing else that is installed
    alone.mkdir()
    for folder in Path(numpy.__file__).parent.parent.glob("numpy*"):
        (alone / folder.name).symlink_to(folder)
    desk.write("script.py", source.format(numpy=str(alone)))
    ran = desk.shim("script.py")
    assert ran.stdout.splitlines() == [
        "tensor([1., 1.]) {'w': tensor([1., 1.])} minitorch.vision.transforms",
        "minitorch.utils.safetensors",
    ], ran.stderr


def test_a_torchvision_of_their_own_is_left_alone(desk):
    desk.write("torchvision/__init__.py", "mine = True")
    desk.write("torchvision/transforms.py", "import torch\nmine = torch.ones(1)")
    desk.write("script.py", "import torchvision.transforms as t\nprint(t.mine, t.__name__)")
    ran = desk.shim("script.py")
    assert ran.stdout == "tensor([1.]) torchvision.transforms\n", ran.stderr


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("2.9.1", "2.13.0"),
        ("2.13.0rc1", "2.13.0"),
        ("2.13.0", "2.13.0+minitorch"),
        ("1.13", (2, 0)),
        ("2.0.0a0", "2"),
    ],
)
def test_versions_compare_by_number(smaller, larger):
    version = minitorch.torch_version.TorchVersion
    assert version(smaller) < larger
    assert version(smaller) <= larger
    assert not version(smaller) >= larger
    assert version(smaller) != larger
    assert version("2.13") == "2.13.0"
    assert {version("2.13.0"): 1}["2.13.0"] == 1
