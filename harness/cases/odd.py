"""Where torch's derivatives are known to be wrong, and what it does there.

A difference quotient that sides with an engine against torch is not enough to excuse the engine:
torch may differ on purpose. The gradient of `nextafter` where both numbers are equal is 0 to it,
and a mean from which `normal` draws has none; a rule that gives the true slope there would not
compute what torch does. Elsewhere than here the quotient excuses nobody.
"""

from __future__ import annotations

ODD = {
    "as_strided_scatter": "the gradient of the input passes through what was written over",
    "nn.functional.prelu": "the second gradient of the weight at a 0",
    "sinc": "the second gradient very near 0 is not finite",
    "sparse.mm": "the second gradient of a place that is there twice",
    "special.log_ndtr": "the gradient far out is not finite",
}
"""Operations by the name that cases give them."""
