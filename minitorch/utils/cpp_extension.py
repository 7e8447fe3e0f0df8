"""torch.utils.cpp_extension: functions in C++ or CUDA, which this engine cannot call."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "BuildExtension",
    "CUDAExtension",
    "CUDA_HOME",
    "CppExtension",
    "include_paths",
    "is_ninja_available",
    "load",
    "load_inline",
    "verify_ninja_availability",
]

CUDA_HOME: str | None = None
ROCM_HOME: str | None = None


def load(name: str, *args: Any, **how: Any) -> NoReturn:
    """Compile and import an extension. Raises: NotImplementedError.

    A torch.autograd.Function in NumPy does the same work.
    """
    raise NotImplementedError(
        f"the extension {name!r} needs PyTorch's C++ library: minitorch is Python. Write it as a "
        "torch.autograd.Function in NumPy"
    )


load_inline = CppExtension = CUDAExtension = load


class BuildExtension:
    """The build command of extensions. Raises: NotImplementedError."""

    def __init__(self, *args: Any, **how: Any) -> None:
        load("build_ext")

    @classmethod
    def with_options(cls, **options: Any) -> type:
        """The same command with options."""
        return cls


def include_paths(*args: Any, **how: Any) -> list[str]:
    """Where the headers of the C++ library are: nowhere."""
    return []


def is_ninja_available() -> bool:
    """Whether extensions can be built: no."""
    return False


def verify_ninja_availability() -> None:
    """Raises: RuntimeError, as extensions cannot be built."""
    raise RuntimeError("extensions cannot be built: minitorch has no C++ library")
