"""torch.func: functions that take functions and return their derivatives, or run them in batches.

>>> import minitorch as torch
>>> from minitorch.func import grad, vmap
>>> loss = lambda w, x: (w * x).sum() ** 2
>>> vmap(grad(loss), in_dims=(None, 0))(torch.ones(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
tensor([[ 6., 12.],
        [42., 56.]])
"""

from minitorch.batching import vmap
from minitorch.func.jacobians import hessian, jacfwd, jacrev
from minitorch.func.stateless import functional_call, stack_module_state
from minitorch.func.transforms import (
    functionalize,
    grad,
    grad_and_value,
    jvp,
    linearize,
    vjp,
)

__all__ = [
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]
