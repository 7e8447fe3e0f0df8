"""Losses by margins and pairs, and CTC: part of `functional`."""

__all__: list[str] = []
