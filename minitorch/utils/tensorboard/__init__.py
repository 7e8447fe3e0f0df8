"""Event files for TensorBoard, written without TensorBoard, TensorFlow or protobuf."""

from __future__ import annotations

from minitorch.utils.tensorboard import summary, writer
from minitorch.utils.tensorboard.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "SummaryWriter", "summary", "writer"]
