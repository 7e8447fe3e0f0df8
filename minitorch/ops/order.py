"""Sorting, searching, counting."""

__all__: list[str] = []
