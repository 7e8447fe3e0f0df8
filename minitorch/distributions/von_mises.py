"""The von Mises distribution: the normal distribution of angles."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size, float64
from minitorch.grad_mode import no_grad
from minitorch.ops.elementwise import cos, log, sign, sqrt, where
from minitorch.ops.special import acos, i0e, i1e

from . import constraints
from .distribution import Distribution
from .utils import _uniform, broadcast_all, lazy_property

__all__ = ["VonMises"]


class VonMises(Distribution):
    """Density proportional to e ** (concentration cos(x - loc)) on the circle.

    Differs: torch's Bessel functions are right to some 1e-7, these to the last digits.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: Any = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, Size(), validate_args)

    expand = Distribution._expand_parameters

    def log_prob(self, value: Tensor) -> Tensor:
        """concentration (cos(x - loc) - 1) - log(2 pi) - log(I0 e ** -concentration)."""
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return c * (cos(value - self.loc) - 1) - (math.log(2 * math.pi) + log(i0e(c)))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """By rejection from a wrapped Cauchy distribution, in double precision.

        Source: Best and Fisher 1979, https://doi.org/10.2307/2346732
        """
        with no_grad():
            loc, c = self.loc.to(float64), self.concentration.to(float64)
            r = _proposal(c)
            angle = loc.new_zeros(self._extended_shape(sample_shape))
            done = angle != 0
            while not done.all():
                u1, u2, u3 = _uniform(loc, (3, *angle.shape)).unbind()
                f = cos(math.pi * u1)
                f = (1 + r * f) / (r + f)
                height = c * (r - f)
                accepted = (height * (2 - height) - u2 > 0) | (log(height / u2) + 1 - height >= 0)
                angle = where(accepted, sign(u3 - 0.5) * acos(f), angle)
                done = done | accepted
            around = (angle + math.pi + loc) % (2 * math.pi) - math.pi
            return around.to(self.loc.dtype)

    @property
    def mean(self) -> Tensor:
        """The circular mean, loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:  # type: ignore[override]
        """The circular variance, 1 - I1 / I0."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)


def _proposal(c: Tensor) -> Tensor:
    """The parameter of the Cauchy distribution to reject from."""
    tau = 1 + sqrt(1 + 4 * c**2)
    rho = (tau - sqrt(2 * tau)) / (2 * c)
    return where(c < 1e-5, 1 / c + c, (1 + rho**2) / (2 * rho))
