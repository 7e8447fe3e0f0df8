"""From "step k differs" to the operation, the engine's line, the model's line and a small script.

with observing(candidate) as mine: ...      # the same step of the same script, from the same
with observing(reference) as theirs: ...    # state, on both engines
located = locate.step(mine, theirs, candidate, reference)
script = repro.make(located, candidate, reference)
"""

from __future__ import annotations

from harness.locate.search import Located, align, step

__all__ = ["Located", "align", "step"]
