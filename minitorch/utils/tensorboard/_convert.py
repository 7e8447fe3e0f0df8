"""From what users hand in to arrays, and from arrays to pictures and sounds."""

from __future__ import annotations

import io
import math
import sys
import warnings
import wave
from typing import Any

import numpy as np

from minitorch._tensor import Tensor


def make_np(x: Any) -> np.ndarray:
    """A tensor, array or number as an array.

    Raises: NotImplementedError for anything else.
    """
    if isinstance(x, Tensor):
        array = x._array
        return array.astype(np.float32) if array.dtype.kind == "V" else array
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    raise NotImplementedError(f"expected a Tensor, an array or a number, got {type(x).__name__}")


# ------------------------------------------------------------------ pictures


def to_hwc(x: np.ndarray, form: str) -> np.ndarray:
    """Pictures whose dimensions are named by `form` as one picture (height, width, 3).

    Several lie side by side, eight in a row. Raises: AssertionError for a form that does not fit.
    """
    form = form.upper()
    if len(set(form)) != len(form):
        raise AssertionError(f"dataformats: expected each letter once, got {form!r}")
    if x.ndim != len(form):
        raise AssertionError(f"dataformats: expected {len(form)} dimensions, got {list(x.shape)}")
    if not {"H", "W"} <= set(form) <= {"N", "C", "H", "W"} or ("N" in form and "C" not in form):
        raise ValueError(f"dataformats: expected H, W, with C or with C and N, got {form!r}")
    if "C" not in form:
        x, form = x[None], "C" + form
    if "N" not in form:
        x, form = x[None], "N" + form
    return grid(x.transpose([form.index(letter) for letter in "NCHW"])).transpose(1, 2, 0)


def grid(x: np.ndarray, columns: int = 8) -> np.ndarray:
    """Pictures (n, channels, height, width) side by side, in three channels, without borders."""
    n, channels, height, width = x.shape
    if channels not in (1, 3):
        raise AssertionError(f"expected pictures of 1 or 3 channels, got {channels}")
    columns = min(n, columns)
    rows = math.ceil(n / columns)
    made = np.zeros((3, height * rows, width * columns), x.dtype)
    for i, picture in enumerate(x):
        top, left = i // columns * height, i % columns * width
        made[:, top : top + height, left : left + width] = picture
    return made


def to_bytes(x: np.ndarray) -> np.ndarray:
    """Pixels as uint8: of other dtypes, 1 is full brightness; what is beyond is cut off."""
    scale = 1 if x.dtype == np.uint8 else 255
    return (x.astype(np.float32) * np.float32(scale)).clip(0, 255).astype(np.uint8)


def figure_to_image(figures: Any, close: bool = True) -> np.ndarray:
    """A figure of matplotlib as (3, height, width), a list of them as (n, 3, height, width)."""
    if isinstance(figures, list):
        return np.stack([figure_to_image(figure, close) for figure in figures])
    canvas = figures.canvas
    if hasattr(canvas, "buffer_rgba"):
        canvas.draw()
        pixels = np.array(canvas.buffer_rgba())
    else:  # a canvas that shows a window or writes vectors
        made = io.BytesIO()
        figures.savefig(made, format="rgba", dpi=figures.dpi)
        width, height = (int(n) for n in figures.bbox.size)
        pixels = np.frombuffer(made.getvalue(), np.uint8).reshape(height, width, 4)
    plots = sys.modules.get("matplotlib.pyplot")
    if close and plots is not None:
        plots.close(figures)
    return pixels[:, :, :3].transpose(2, 0, 1)


# ------------------------------------------------------------------ sounds


def to_wave(x: np.ndarray, rate: int) -> tuple[bytes, int]:
    """(a wave file of one channel with 16 bits, its number of samples) from numbers in [-1, 1]."""
    x = x.squeeze()
    if x.ndim != 1:
        raise AssertionError(f"audio: expected one dimension, got {list(x.shape)}")
    if np.abs(x).max(initial=0) > 1:
        warnings.warn("audio: samples beyond [-1, 1] are cut off", stacklevel=4)
    samples = (x.clip(-1, 1) * np.iinfo(np.int16).max).astype("<i2")
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return made.getvalue(), samples.size
