"""Elementwise arithmetic beyond the basic operations: signs, remainders, bits, extremes."""

__all__: list[str] = []
