"""Pictures in files and in grids; boxes."""

from __future__ import annotations

import io as streams
import struct
import sys
import zlib

import numpy as np
import pytest

import minitorch
from minitorch import _png, vision
from minitorch.vision import io, ops, utils
from minitorch.vision.io import ImageReadMode

COLOURS = minitorch.tensor(np.random.RandomState(0).randint(0, 256, (4, 9, 7)).astype(np.uint8))


@pytest.fixture
def pillow():
    return pytest.importorskip("PIL.Image")


@pytest.fixture(params=["with Pillow", "without"])
def either_way(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "PIL", None)
        monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)
    else:
        pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("channels", [1, 3])
def test_png_there_and_back(tmp_path, either_way, channels):
    io.write_png(COLOURS[:channels], tmp_path / "x.png")
    again = io.read_image(tmp_path / "x.png")
    assert again.dtype == minitorch.uint8
    assert (again == COLOURS[:channels]).all()
    assert (io.decode_image(io.encode_png(COLOURS[:channels])) == again).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_own_reader_reads_what_pillow_writes(pillow, mode):
    channels = len(mode) if mode != "L" else 1
    steps = np.add.accumulate(
        np.ones((40, 30, channels), np.uint8) * 3, 1, np.uint8
    )  # asks for filters
    noise = np.random.RandomState(1).randint(0, 9, steps.shape).astype(np.uint8)
    array = steps + np.add.accumulate(noise, 0, np.uint8)
    file = streams.BytesIO()
    pillow.fromarray(array[:, :, 0] if mode == "L" else array).save(file, "png")
    assert (_png.decode_png(file.getvalue()) == array).all()


def test_own_reader_undoes_each_filter():
    rows = np.random.RandomState(2).randint(0, 3, (5, 1 + 12)).astype(np.uint8)  # with ties
    rows[:, 0] = range(5)
    out = _png._unfiltered(rows, 3).astype(int)
    wanted = np.zeros((6, 15), int)
    for y in range(5):
        for x in range(12):
            left, up, corner = wanted[y + 1, x], wanted[y, x + 3], wanted[y, x]
            nearest = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            guess = (0, left, up, (left + up) // 2, nearest)[y]
            wanted[y + 1, x + 3] = (int(rows[y, x + 1]) + guess) % 256
    assert (out == wanted[1:, 3:]).all()


@pytest.mark.parametrize("mode", list(ImageReadMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize("channels", [1, 3])
def test_read_in_a_mode(pillow, monkeypatch, channels, mode):
    data = io.encode_png(COLOURS[:channels])
    by_pillow = io.decode_image(data, mode)
    assert (io.decode_image(data, mode.name) == by_pillow).all()
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert (io.decode_image(data, mode) == by_pillow).all()


def test_what_is_no_picture(either_way):
    whole = io.encode_png(COLOURS[:3])
    damaged = whole.clone()
    damaged[60] += 1
    header = bytearray(whole.numpy().tobytes())
    header[16:24] = b"\xff" * 8  # a picture of 2**32 - 1 by 2**32 - 1
    header[29:33] = struct.pack(">I", zlib.crc32(header[12:29]))
    huge = minitorch.tensor(list(header), dtype=minitorch.uint8)
    with pytest.raises(RuntimeError, match="damaged"):
        _png.decode_png(bytes(header))
    for data in (minitorch.zeros(20, dtype=minitorch.uint8), whole[:70], damaged, huge):
        with pytest.raises(RuntimeError, match=r"decode_(png|image)"):
            io.decode_image(data)
    with pytest.raises(RuntimeError, match="float32"):
        io.encode_png(minitorch.rand(3, 2, 2))


def test_what_needs_pillow_says_so(tmp_path, pillow, monkeypatch):
    pillow.new("P", (3, 3)).save(tmp_path / "palette.png")
    assert tuple(io.read_image(tmp_path / "palette.png").shape) == (3, 3, 3)
    io.write_jpeg(COLOURS[:3], tmp_path / "x.jpg", quality=95)
    assert tuple(io.read_image(str(tmp_path / "x.jpg")).shape) == (3, 9, 7)
    monkeypatch.setitem(sys.modules, "PIL", None)
    for needs in (
        lambda: io.read_image(tmp_path / "palette.png"),
        lambda: io.encode_jpeg(COLOURS[:3]),
        lambda: utils.save_image(COLOURS[:3] / 255, tmp_path / "y.jpg"),
    ):
        with pytest.raises(ImportError, match="pip install pillow"):
            needs()


def test_ppm_without_pillow(tmp_path, either_way):
    for name, channels in (("x.ppm", 3), ("x.pgm", 3)):
        utils.save_image(COLOURS[:channels] / 255, tmp_path / name)
        assert (io.read_image(tmp_path / name) == COLOURS[:channels]).all()


def test_a_grid():
    pictures = minitorch.arange(5).reshape(5, 1, 1, 1).expand(5, 2, 3, 4).float()
    grid = utils.make_grid(pictures, nrow=3, padding=1, pad_value=9)
    assert tuple(grid.shape) == (2, 2 * 4 + 1, 3 * 5 + 1)
    assert grid[0, 1].tolist() == [9, 0, 0, 0, 0, 9, 1, 1, 1, 1, 9, 2, 2, 2, 2, 9]
    assert grid[1, 5].tolist() == [9, 3, 3, 3, 3, 9, 4, 4, 4, 4, *[9] * 6]
    assert (grid[:, ::4] == 9).all()
    assert tuple(utils.make_grid(list(pictures[:, :1])).shape) == (3, 7, 32)
    assert tuple(utils.make_grid(minitorch.ones(6, 7)).shape) == (3, 6, 7)
    assert utils.make_grid(pictures, normalize=True).max() == 1
    ranged = utils.make_grid(pictures[3:4], normalize=True, value_range=(2, 6))
    assert (ranged == 0.25).all()
    each = utils.make_grid(pictures + minitorch.rand(5, 2, 3, 4), normalize=True, scale_each=True)
    assert each[:, 2:5, 2:6].max() == 1
    assert (pictures[4] == 4).all()  # and the pictures are left as they were
    with pytest.raises(TypeError):
        utils.make_grid([1, 2])


def test_saved_pictures(tmp_path, either_way):
    colours = minitorch.tensor([-1.0, 0.0, 0.5, 0.999, 1.0, 7.0]).reshape(1, 1, 6).expand(3, 2, 6)
    utils.save_image(colours, tmp_path / "x.png")
    assert io.read_image(tmp_path / "x.png")[0, 0].tolist() == [0, 0, 128, 255, 255, 255]
    file = streams.BytesIO()
    utils.save_image([colours, colours], file, format="png", nrow=1, padding=0)
    again = io.decode_image(minitorch.tensor(list(file.getvalue()), dtype=minitorch.uint8))
    assert tuple(again.shape) == (3, 4, 6)
    with pytest.raises(ValueError, match="format"):
        utils.save_image(colours, streams.BytesIO())


def test_outlines():
    out = utils.draw_bounding_boxes(
        minitorch.zeros(3, 8, 8, dtype=minitorch.uint8), minitorch.tensor([[1.0, 2.0, 5.0, 6.0]])
    )
    assert out[0].sum() == 255 * 16
    assert out[0, 2, 1:6].tolist() == [255] * 5
    assert out[1:].sum() == 0
    with pytest.raises(ValueError, match="x1 <= x2"):
        utils.draw_bounding_boxes(out, minitorch.tensor([[5.0, 2.0, 1.0, 6.0]]))


def test_boxes():
    boxes = minitorch.tensor([[0, 0, 4, 4], [1, 0, 5, 4], [10, 10, 12, 12], [0, 0, 4, 4.0]])
    assert ops.box_area(boxes).tolist() == [16, 16, 4, 16]
    np.testing.assert_allclose(
        ops.box_iou(boxes, boxes[:2]).numpy(), [[1, 0.6], [0.6, 1], [0, 0], [1, 0.6]], rtol=1e-6
    )
    scores = minitorch.tensor([0.5, 0.9, 0.1, 0.6])
    assert ops.nms(boxes, scores, 0.5).tolist() == [1, 2]
    assert ops.nms(boxes, scores, 0.7).tolist() == [1, 3, 2]
    halves = minitorch.tensor([[0, 0, 1, 2], [0, 0, 1, 1.0]])
    assert ops.nms(halves, scores[:2], 0.5).tolist() == [1, 0]  # just the threshold
    kinds = minitorch.tensor([0, 1, 0, 0])
    assert ops.batched_nms(boxes, scores, kinds, 0.5).tolist() == [1, 3, 2]
    for form in ("xywh", "cxcywh", "xyxy"):
        there = ops.box_convert(boxes, "xyxy", form)
        assert (ops.box_convert(there, form, "xyxy") == boxes).all()
    assert ops.box_convert(boxes[1:2], "xyxy", "cxcywh").tolist() == [[3, 2, 4, 4]]
    assert ops.clip_boxes_to_image(boxes, (3, 4))[1].tolist() == [1, 0, 4, 3]


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"'torchvision' has no attribute 'tv_tensors'"):
        _ = vision.tv_tensors
    assert vision.__version__[0].isdigit()
    assert vision.get_image_backend() == "PIL"
    with pytest.raises(ValueError, match="accimage"):
        vision.set_image_backend("accimage")
