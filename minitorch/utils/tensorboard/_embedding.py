"""Embeddings: tables beside the event file, and a text that says where they are."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from minitorch import _png
from minitorch.utils.tensorboard._convert import grid, make_np, to_bytes


def write(
    folder: str, tag: str, step: Any, mat: Any, metadata: Any, label_img: Any, header: Any
) -> None:
    """Write the points `mat` (n, dimensions), their labels and their pictures below `folder`."""
    points = make_np(mat)
    if points.ndim != 2:
        raise AssertionError(f"add_embedding: expected two dimensions, got {list(points.shape)}")
    step = f"{0 if step is None else step:05}" if not isinstance(step, str) else step.zfill(5)
    place = f"{step}/{tag.replace('%', '%25').replace('/', '%2f').replace(chr(92), '%5c')}"
    home = os.path.join(folder, place)
    labels = None if metadata is None else _table(metadata, header, len(points))
    sprite = None if label_img is None else _sprite(make_np(label_img), len(points))
    os.makedirs(home, exist_ok=True)
    config = [f'  tensor_name: "{_quoted(tag)}:{step}"']
    if labels is not None:
        _save(home, "metadata.tsv", labels.encode("utf-8"))
        config.append(f'  metadata_path: "{_quoted(place)}/metadata.tsv"')
    if sprite is not None:
        data, side = sprite
        _save(home, "sprite.png", data)
        config += ["  sprite {", f'    image_path: "{_quoted(place)}/sprite.png"']
        config += [f"    single_image_dim: {side}"] * 2 + ["  }"]
    rows = ("\t".join(map(str, row)) + "\n" for row in points.tolist())
    _save(home, "tensors.tsv", "".join(rows).encode())
    config.append(f'  tensor_path: "{_quoted(place)}/tensors.tsv"')
    with open(os.path.join(folder, "projector_config.pbtxt"), "a", encoding="utf-8") as file:
        file.write("\n".join(["embeddings {", *config, "}", ""]))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _save(home: str, name: str, data: bytes) -> None:
    with open(os.path.join(home, name), "wb") as file:
        file.write(data)


def _table(metadata: Any, header: Any, n: int) -> str:
    """A line for each point, columns between tabs where there is a header."""
    if len(metadata) != n:
        raise AssertionError(f"add_embedding: expected {n} labels, got {len(metadata)}")
    if not header:
        return "".join(f"{label}\n" for label in metadata)
    if any(len(row) != len(header) for row in metadata):
        raise AssertionError(f"add_embedding: expected {len(header)} columns as in the header")
    return "".join("\t".join(map(str, row)) + "\n" for row in [header, *metadata])


def _sprite(pictures: np.ndarray, n: int) -> tuple[bytes, int]:
    """All pictures in one square, and the side of each. Raises: AssertionError for wrong ones."""
    if len(pictures) != n:
        raise AssertionError(f"add_embedding: expected {n} pictures, got {len(pictures)}")
    height, width = pictures.shape[2:]
    if height != width:
        raise AssertionError(f"add_embedding: expected square pictures, got {height} x {width}")
    side = math.ceil(math.sqrt(n))
    room = np.zeros((side * side, *pictures.shape[1:]), pictures.dtype)
    room[:n] = pictures
    return _png.encode_png(to_bytes(grid(room, side)).transpose(1, 2, 0)), height
