"""Verification: the same script on two engines, compared step by step and timed in pairs.

python -m harness run train.py -- --model mlp      compare minitorch with torch, write reports/
python -m harness report                           write the index of all reports anew

A script is watched as it is. One that tells its steps itself has two lines more:
`probe = open_probe(torch, model)` before its loop, `probe.step(loss, model, optimizer)` in it.

From Python, one function, and one script:

    from harness import Twin, find
    Twin(find("mylib"), find("torch"))(lambda T, x: T.softmax(x, -1), shapes=[(4, 5)])

    from harness.run import Options, run
    run(Options("train.py", ["--model", "mlp"], mode="lockstep", pairs=0)).divergence

BACKENDS.md says how an engine plugs in.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.backends import Backend, BackendError, find, load, register_backend
    from harness.probe import open_probe
    from harness.twin import Twin

__all__ = ["Backend", "BackendError", "Twin", "find", "load", "open_probe", "register_backend"]

_HOMES = {"Twin": "twin", "open_probe": "probe"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for: a pytest plugin lives here and must cost nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'harness' has no attribute '{name}'")
    return getattr(importlib.import_module(f"harness.{_HOMES.get(name, 'backends')}"), name)
