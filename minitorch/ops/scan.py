"""Running products, extremes and differences along a dimension."""

__all__: list[str] = []
