"""Rows for the losses."""

__all__: list[str] = []
