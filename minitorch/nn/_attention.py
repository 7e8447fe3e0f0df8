"""Attention: part of `functional`."""

__all__: list[str] = []
