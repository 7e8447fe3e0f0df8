"""A library that orders the products of einsum: not used."""

from __future__ import annotations

__all__ = ["get_opt_einsum", "is_available"]

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """Whether opt_einsum orders the products: no."""
    return False


def get_opt_einsum() -> None:
    """The library, None: it is not used."""
    return
