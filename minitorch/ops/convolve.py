"""Convolutions of one and three dimensions and transposed ones."""

__all__: list[str] = []
