"""Elements put, added and reduced at index tensors."""

__all__: list[str] = []
