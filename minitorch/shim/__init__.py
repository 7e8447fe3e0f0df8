"""`import torch` gives minitorch: for scripts that were written for PyTorch and know nothing of us.

`python -m minitorch script.py ARGS...` runs such a script as `python script.py ARGS...` would; here
is the same from code and in notebooks. Processes that `multiprocessing` starts have it too::

    import minitorch

    minitorch.shim.install()
    import torch  # minitorch, of version '2.13.0+minitorch'
"""

from __future__ import annotations

import sys
from typing import Any

import minitorch
from minitorch.shim import processes
from minitorch.shim.finder import FINDER, ours
from minitorch.torch_version import TorchVersion

__all__ = ["install", "installed", "uninstall"]

VERSION = TorchVersion("2.13.0+minitorch")
PRINTED = {
    minitorch.Tensor: "torch",
    minitorch.Size: "torch",
    minitorch.device: "torch",
    minitorch.dtype: "torch",
    minitorch.nn.Parameter: "torch.nn.parameter",
}
"""Classes that scripts print the type of, and the module that is to be read there."""

_before: dict[str, Any] = {}  # attributes of minitorch as they were
_homes: dict[type, str] = {}  # and where those classes are from


def install() -> None:
    """Let `torch` name minitorch in this process, and stand in for torchvision and safetensors.

    The latter only where they are absent.

    Raises: RuntimeError where PyTorch was imported before.
    """
    if installed():
        return
    other = sys.modules.get("torch")
    if other is not None and not ours(other):
        raise RuntimeError(
            "minitorch.shim.install(): PyTorch was imported already, from "
            f"{getattr(other, '__file__', '?')}; install the shim before anything imports torch"
        )
    sys.meta_path.insert(0, FINDER)
    _before["__version__"] = minitorch.__version__
    minitorch.__version__ = VERSION
    _before["ops"] = minitorch.ops  # the table of rows; torch.ops is something else, and absent
    del minitorch.ops
    for cls, module in PRINTED.items():
        _homes[cls] = cls.__module__
        cls.__module__ = module
    processes.install()


def uninstall() -> None:
    """Forget the names again; modules that hold minitorch under torch's name keep it."""
    if not installed():
        return
    processes.uninstall()
    sys.meta_path.remove(FINDER)
    FINDER.forget()
    for name, value in _before.items():
        setattr(minitorch, name, value)
    _before.clear()
    for cls, module in _homes.items():
        cls.__module__ = module
    _homes.clear()


def installed() -> bool:
    """Whether `import torch` gives minitorch."""
    return FINDER in sys.meta_path
