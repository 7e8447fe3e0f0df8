"""Verification: the same script on two engines, compared step by step and timed in pairs.

python -m harness run train.py -- --model mlp      compare minitorch with torch, write reports/
python -m harness report                           write the index of all reports anew

A script takes part with two lines: `probe = open_probe(torch, model)` before its loop and
`probe.step(loss, model, optimizer)` after every optimizer step.
"""

from __future__ import annotations

from harness.backends import Backend, BackendError, load, register_backend
from harness.probe import open_probe

__all__ = ["Backend", "BackendError", "load", "open_probe", "register_backend"]
