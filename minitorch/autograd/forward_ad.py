"""torch.autograd.forward_ad: dual numbers, which this engine does not carry along.

Derivatives forwards are `torch.func.jvp` and `torch.autograd.functional.jvp`, which run backwards
twice.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


def _refuse(name: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"torch.autograd.forward_ad.{name}: there are no dual tensors here. Use "
            "torch.func.jvp(func, primals, tangents), which gives the same numbers."
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises: NotImplementedError, naming `torch.func.jvp`."
    return function


dual_level = _refuse("dual_level")
enter_dual_level = _refuse("enter_dual_level")
exit_dual_level = _refuse("exit_dual_level")
make_dual = _refuse("make_dual")
unpack_dual = _refuse("unpack_dual")
