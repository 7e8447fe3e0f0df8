"""Tensors seen through other sizes and strides, and copies of such views."""

__all__: list[str] = []
