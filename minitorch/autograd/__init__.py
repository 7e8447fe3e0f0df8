"""torch.autograd's public face."""

from minitorch._later import later as _later
from minitorch._tensor import Tensor
from minitorch.autograd.engine import backward, backward_of, grad
from minitorch.autograd.function import Function, FunctionCtx, NestedIOFunction
from minitorch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from minitorch.grad_mode import enable_grad, no_grad, set_grad_enabled
from minitorch.inference import inference_mode
from minitorch.row import named

__getattr__ = _later(
    __name__,
    {
        "anomaly_mode": "detect_anomaly set_detect_anomaly",
        "forward_ad": "",
        "functional": "",
        "grad_mode": "set_multithreading_enabled",
        "graph": "",
        "profiler": "ProfilerActivity",
        "profiler_util": "",
        "variable": "Variable",
    },
)
Tensor.backward = named(
    backward_of, "backward", backward_of.__doc__
)  # the one method that needs this layer

__all__ = [
    "Function",
    "FunctionCtx",
    "GradcheckError",
    "NestedIOFunction",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
