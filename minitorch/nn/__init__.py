"""torch.nn: layers, losses, their functions and initial values."""

from minitorch._later import later
from minitorch.nn import functional, init, modules
from minitorch.nn.modules.utils import factory_kwargs  # noqa: F401
from minitorch.parameter import Buffer, Parameter

# Loaded when first asked for: the families of layers, and rooms with the names in them that torch
# has in its `nn`.
__getattr__ = later(
    __name__,
    {
        **{f"modules.{family}": names for family, names in modules.FAMILIES.items()},
        "attention": "",
        "common_types": "",
        "grad": "",
        "parallel": "DataParallel",
        "parameter": "UninitializedBuffer UninitializedParameter",
        "utils": "",
    },
)
__all__ = [  # noqa: PLE0604
    *modules.__all__,
    "Buffer",
    "DataParallel",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
