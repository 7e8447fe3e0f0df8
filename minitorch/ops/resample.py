"""Padding, interpolation, folding: elements laid out anew in space."""

__all__: list[str] = []
