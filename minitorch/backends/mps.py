"""Apple's GPU: not here."""

from __future__ import annotations

__all__ = ["is_available", "is_built", "is_macos13_or_newer", "is_macos_or_newer"]


def is_available() -> bool:
    """Whether Apple's GPU can be used: never."""
    return False


def is_built() -> bool:
    """Whether this engine was built for it: no."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """Whether the system is this macOS or a newer one."""
    import platform

    release = platform.mac_ver()[0]
    return bool(release) and tuple(map(int, release.split(".")[:2])) >= (major, minor)


def is_macos13_or_newer(minor: int = 0) -> bool:
    """Whether the system is macOS 13 or a newer one."""
    return is_macos_or_newer(13, minor)
