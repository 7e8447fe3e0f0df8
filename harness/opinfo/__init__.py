"""`python -m harness opinfo`: what an engine supports of PyTorch, and how well.

PyTorch's own test databases run against any registered backend: every operation of `op_db`, every
layer of `module_db`, every optimizer of `optim_db`, and the schedulers of a table here. What an
engine lacks is unsupported, and named; what it claims to have has to be right.
"""

from harness.opinfo.command import main

__all__ = ["main"]
