"""Pooling windows of one to three dimensions."""

__all__: list[str] = []
