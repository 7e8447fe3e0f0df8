"""Moments, quantiles and distances."""

__all__: list[str] = []
