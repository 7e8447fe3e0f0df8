"""Decompositions, solutions and norms of matrices."""

__all__: list[str] = []
