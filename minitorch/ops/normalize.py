"""Normalizations over groups, instances and channels."""

__all__: list[str] = []
