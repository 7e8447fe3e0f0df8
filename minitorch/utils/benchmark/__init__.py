"""torch.utils.benchmark: how long a statement takes, as torch prints it.

>>> from minitorch.utils import benchmark
>>> timer = benchmark.Timer("x + 1", globals={"x": 1})
>>> timer.timeit(1000).number_per_run
1000
"""

from __future__ import annotations

from minitorch.utils.benchmark.compare import Compare
from minitorch.utils.benchmark.measurement import Measurement, TaskSpec, select_unit
from minitorch.utils.benchmark.timer import Language, Timer

__all__ = ["Compare", "Language", "Measurement", "TaskSpec", "Timer", "select_unit"]
