"""Activations that are not elementary: rows for torch.nn.functional."""

__all__: list[str] = []
