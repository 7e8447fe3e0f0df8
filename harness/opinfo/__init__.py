"""`python -m harness opinfo`: what an engine supports of PyTorch, and how well.

PyTorch's own test databases run against any registered backend: every operation of `op_db`, every
layer of `module_db`, every optimizer of `optim_db`, and the schedulers of a table here. What an
engine lacks is unsupported, and named; what it claims to have has to be right.

SUPPORTED.md, written by `python -m harness coverage` without torch, tells which names there are;
this table tells which of them are right, in which dtypes and forms. `python -m harness ops` goes
deeper into values and gradients: edge inputs, layouts, accuracy.
"""

from harness.opinfo.command import main

__all__ = ["main"]
