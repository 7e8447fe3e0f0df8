"""Boxes (x1, y1, x2, y2)."""

from __future__ import annotations

import minitorch
from minitorch import Tensor

__all__ = ["batched_nms", "box_area", "box_convert", "box_iou", "clip_boxes_to_image", "nms"]


def box_area(boxes: Tensor) -> Tensor:
    """(x2 - x1) (y2 - y1)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Area of the intersection over area of the union, of each of n boxes with each of m.

    >>> box_iou(minitorch.tensor([[0.0, 0.0, 2.0, 2.0]]), minitorch.tensor([[1.0, 0.0, 3.0, 2.0]]))
    tensor([[0.3333]])
    """
    corner = minitorch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    opposite = minitorch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    common = (opposite - corner).clamp(min=0).prod(-1)
    return common / (box_area(boxes1)[:, None] + box_area(boxes2) - common)


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Between xyxy, xywh (corner and size) and cxcywh (middle and size).

    Raises: ValueError for another format.
    """
    if not {in_fmt, out_fmt} <= {"xyxy", "xywh", "cxcywh"}:
        raise ValueError(f"box_convert: expected xyxy, xywh or cxcywh, got {in_fmt}, {out_fmt}")
    a, b = boxes[..., :2], boxes[..., 2:]
    if in_fmt == "xywh":
        a, b = a, a + b
    elif in_fmt == "cxcywh":
        a, b = a - b / 2, a + b / 2
    if out_fmt == "xywh":
        a, b = a, b - a
    elif out_fmt == "cxcywh":
        a, b = (a + b) / 2, b - a
    return minitorch.cat([a, b], -1)


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """The boxes within a picture (height, width)."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return minitorch.stack([x, y], -1).reshape(boxes.shape)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The boxes, by falling score, that overlap none with a higher one by more than the threshold.

    Shape: (n, 4), (n) -> (kept).
    """
    order = scores.argsort(descending=True, stable=True)
    overlap = (box_iou(boxes[order], boxes[order]) > iou_threshold).numpy()
    kept: list[int] = []
    for i in range(len(overlap)):
        if not overlap[i, kept].any():
            kept.append(i)
    return order[kept]


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """`nms` within each category of `idxs`: the categories are moved apart."""
    if not len(boxes):
        return minitorch.empty(0, dtype=minitorch.int64)
    apart = idxs.to(boxes.dtype) * (boxes.max() + 1)
    return nms(boxes + apart[:, None], scores, iou_threshold)
