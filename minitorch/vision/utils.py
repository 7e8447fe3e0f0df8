"""Pictures of tensors: several in a grid, written to a file."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch._png import encode_png
from minitorch.vision._pictures import pillow
from minitorch.vision.io._netpbm import encode_ppm

__all__ = ["draw_bounding_boxes", "make_grid", "save_image"]

_OWN = {"png": encode_png, "ppm": encode_ppm, "pgm": encode_ppm, "pnm": encode_ppm}


@minitorch.no_grad()
def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Pictures (n, channels, height, width), or a list of them, side by side, `nrow` in a row.

    Grey ones get three channels; `normalize` stretches from the smallest to the largest value, or
    from `value_range`, to [0, 1], with `scale_each` each picture by itself.

    Raises: TypeError for what is neither a tensor nor a list of tensors.
    """
    if isinstance(tensor, (list, tuple)) and all(isinstance(t, Tensor) for t in tensor):
        tensor = minitorch.stack(list(tensor))
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    if tensor.ndim == 2:
        tensor = tensor.unsqueeze(0)
    if tensor.ndim == 3:
        tensor = tensor.unsqueeze(0)
    if tensor.shape[1] == 1:
        tensor = minitorch.cat((tensor, tensor, tensor), 1)
    if normalize:
        tensor = tensor.clone()
        for part in tensor if scale_each else [tensor]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))
    if len(tensor) == 1:
        return tensor.squeeze(0)
    columns = min(nrow, len(tensor))
    rows = math.ceil(len(tensor) / columns)
    channels, height, width = tensor.shape[1:]
    h, w = height + padding, width + padding
    grid = tensor.new_full((channels, h * rows + padding, w * columns + padding), pad_value)
    for i, picture in enumerate(tensor):
        top, left = i // columns * h + padding, i % columns * w + padding
        grid[:, top : top + height, left : left + width] = picture
    return grid


@minitorch.no_grad()
def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """Write `make_grid(tensor, **kwargs)`, of colours in [0, 1], to a file or its path.

    PNG and PPM are written without Pillow, other formats with it.

    Raises: ValueError where neither `format` nor the file's name says which format.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add(0.5).clamp(0, 255).to(minitorch.uint8)
    array = np.ascontiguousarray(pixels.numpy().transpose(1, 2, 0))
    name = os.fspath(fp) if isinstance(fp, (str, os.PathLike)) else getattr(fp, "name", "")
    kind = (format or os.path.splitext(str(name))[1][1:]).lower()
    if kind not in _OWN:
        if not kind:
            raise ValueError(f"save_image: expected a format, or a name that has one, got {fp!r}")
        pillow().fromarray(array).save(fp, format=format)
        return
    data = _OWN[kind](array)
    if hasattr(fp, "write"):
        fp.write(data)
        return
    with open(fp, "wb") as file:
        file.write(data)


@minitorch.no_grad()
def draw_bounding_boxes(
    image: Tensor, boxes: Tensor, colors: Any = (255, 0, 0), width: int = 1
) -> Tensor:
    """A uint8 picture (3, height, width) with the outlines of boxes (x1, y1, x2, y2).

    `colors` is one (red, green, blue) or one for each box.

    Raises: ValueError for another picture, or boxes with x1 > x2 or y1 > y2.
    Differs: no labels, no fill, no names of colours.
    """
    if image.dtype != minitorch.uint8 or image.ndim != 3:
        raise ValueError(
            "draw_bounding_boxes: expected a uint8 picture (channels, height, width), got "
            f"{image.dtype}, {list(image.shape)}"
        )
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("draw_bounding_boxes: expected x1 <= x2 and y1 <= y2")
    out = image.expand(3, -1, -1).clone()
    each = colors if isinstance(colors[0], (tuple, list)) else [colors] * len(boxes)
    for (x1, y1, x2, y2), colour in zip(boxes.long().tolist(), each):
        paint = minitorch.tensor(colour, dtype=minitorch.uint8)[:, None, None]
        for top, bottom, left, right in (
            (y1, y1 + width, x1, x2 + 1),
            (y2 + 1 - width, y2 + 1, x1, x2 + 1),
            (y1, y2 + 1, x1, x1 + width),
            (y1, y2 + 1, x2 + 1 - width, x2 + 1),
        ):
            out[:, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = paint
    return out
