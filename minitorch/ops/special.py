"""Functions of one number beyond the elementary ones, and what torch.special adds."""

__all__: list[str] = []
