"""torch.backends: switches of libraries that this engine does without.

Scripts set them unasked (`torch.backends.cudnn.benchmark = True`); they keep what they are told.
"""

from __future__ import annotations

from minitorch._later import later

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]

__getattr__ = later(__name__, dict.fromkeys(__all__, ""))
