"""torch.nn.attention: which implementation of attention torch would choose; here there is one."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

__all__ = ["SDPBackend", "WARN_FOR_UNFUSED_KERNELS", "sdpa_kernel"]

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(enum.Enum):
    """The implementations of `scaled_dot_product_attention` in torch, by name."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self) -> str:
        return f"<SDPBackend.{self.name}: {self.value}>"


_PRIORITY = (
    SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH, SDPBackend.OVERRIDEABLE,
)  # fmt: skip
_allowed: list[SDPBackend] = list(_PRIORITY)


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    if with_priority:
        return list(_allowed)
    return [backend for backend in _PRIORITY if backend in _allowed]


@contextmanager
def sdpa_kernel(
    backends: SDPBackend | Iterable[SDPBackend], set_priority: bool = False
) -> Iterator[dict]:
    """Inside, or in the function it decorates, attention is computed by one of `backends`.

    Differs: all of them are one here, so it changes no number; the flags of `torch.backends.cuda`
        stay as they are.
    Raises: AssertionError for what is neither a backend nor a list.
    """
    global _allowed
    if not isinstance(backends, (SDPBackend, list)):
        raise AssertionError(
            f"sdpa_kernel: expected a SDPBackend or a list of them, got {type(backends).__name__}"
        )
    before = _allowed
    wanted = [backends] if isinstance(backends, SDPBackend) else list(dict.fromkeys(backends))
    _allowed = wanted if set_priority else [b for b in _PRIORITY if b in wanted]
    try:
        yield {}
    finally:
        _allowed = before
