"""Padding, interpolation, grids and folding: what samples cannot say."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from minitorch.backend import ROWS
from minitorch.nn import functional as F
from tests.errors.compare import check, run
from tests.sampling import numbers

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

REFUSED = {
    "F.pad(image(), (1, 1, 1))": ("3",),
    "F.pad(image(), (1, 1), 'reflect')": ("reflect", "[1, 1, 4, 4]"),
    "F.pad(ones(4), (1, 1), 'circular')": ("circular", "[4]"),
    "F.pad(image(), (4, 0, 0, 0), 'reflect')": ("3", "(4, 0)"),
    "F.pad(image(), (5, 0, 0, 0), 'circular')": ("4", "(5, 0)"),
    "F.pad(image(), (-3, -3, 0, 0), 'replicate')": ("4", "(-3, -3)"),
    "F.pad(ones(1, 1, 4), (-2, -2), 'replicate')": ("[1, 1, 4]",),
    "F.pad(image(), (-3, -2))": ("4", "(-3, -2)"),
    "F.pad(image(1, 0, 4, 4), (1, 1, 1, 1), 'reflect')": ("[1, 0, 4, 4]",),
    "F.pad(image() > 0, (1, 1, 1, 1), 'reflect')": ("reflect", "bool"),
    "F.pad(image(), (1, 1, 1, 1), 'reflect', 2.0)": ("reflect", "2.0"),
    "F.pad(image(), (1, 1), 'mirror')": ("mirror",),
    "F.pad(image(), (True, 1))": ("ints",),
    "F.pad(image().to(torch.uint8), (1, 1), value=300)": ("300",),
    "torch.constant_pad_nd(image(), (1,))": ("1",),
    "torch.constant_pad_nd(image(), (1,) * 10)": ("10",),
    "torch.constant_pad_nd(image(), (1, 1), 'a')": ("str",),
    "F.interpolate(image())": ("size", "scale_factor"),
    "F.interpolate(image(), 4, 2)": ("4", "2"),
    "F.interpolate(image(), (4, 4, 4))": ("(4, 4, 4)", "[4, 4]"),
    "F.interpolate(image(), (4.5, 3))": ("float",),
    "F.interpolate(image(), scale_factor='a')": ("a",),
    "F.interpolate(image(), scale_factor=0.1)": ("[0, 0]",),
    "F.interpolate(image(1, 0, 4, 4), 4)": ("[1, 0, 4, 4]",),
    "F.interpolate(image(), 4, align_corners=True)": ("align_corners", "nearest"),
    "F.interpolate(image(), 4, mode='area', align_corners=False)": ("align_corners", "area"),
    "F.interpolate(image(), 4, mode='linear')": ("linear", "3"),
    "F.interpolate(image(), 4, mode='trilinear')": ("trilinear", "5"),
    "F.interpolate(ones(1, 2, 3), 4, mode='bicubic')": ("bicubic", "4"),
    "F.interpolate(ones(2, 3), 4)": ("[2, 3]",),
    "F.interpolate(image(), 4, mode='cubic')": ("cubic",),
    "F.interpolate(image(), 4, antialias=True)": ("nearest",),
    "F.interpolate(ones(1, 1, 3), 4, mode='linear', antialias=True)": ("[1, 1, 3]",),
    "F.interpolate(image(), 4, mode='lanczos')": ("antialias",),
    "F.interpolate(image(), 4, recompute_scale_factor=True)": ("recompute",),
    "F.interpolate(image().long(), 4)": ("int64",),
    "F.interpolate(image().to(torch.uint8), 4, mode='area')": ("uint8", "area"),
    "F.grid_sample(image(), ones(1, 2, 2, 2), 'cubic', align_corners=True)": ("cubic",),
    "F.grid_sample(image(), ones(1, 2, 2, 2), padding_mode='zero', align_corners=True)": ("zero",),
    "F.grid_sample(image(), ones(2, 2, 2, 2), align_corners=True)": ("[2, 2, 2, 2]",),
    "F.grid_sample(image(), ones(1, 2, 2, 3), align_corners=True)": ("[1, 2, 2, 3]",),
    "F.grid_sample(image(), ones(2, 2, 2), align_corners=True)": ("[2, 2, 2]",),
    "F.grid_sample(image(), ones(1, 2, 2, 2).double(), align_corners=True)": ("float64",),
    "F.grid_sample(image(1, 1, 0, 4), ones(1, 2, 2, 2), align_corners=True)": ("[1, 1, 0, 4]",),
    "F.grid_sample(ones(1, 1, 2, 2, 2), ones(1, 1, 1, 1, 3), 'bicubic', align_corners=True)": (
        "bicubic",),
    "torch.grid_sampler_3d(image(), ones(1, 2, 2, 2), 0, 0, True)": ("[1, 1, 4, 4]",),
    "F.affine_grid(ones(1, 2, 3), (1, 1, 4), align_corners=True)": ("(1, 1, 4)",),
    "F.affine_grid(ones(1, 2, 2), (1, 1, 4, 4), align_corners=True)": ("[1, 2, 2]",),
    "F.affine_grid(ones(1, 2, 3), (1, 1, 0, 4), align_corners=True)": ("(1, 1, 0, 4)",),
    "F.affine_grid(ones(1, 2, 3), (2, 1, 4, 4), align_corners=True)": ("2", "[1, 2, 3]"),
    "F.affine_grid(ones(1, 2, 3).long(), (1, 1, 4, 4), align_corners=True)": ("int64",),
    "F.unfold(image(), (2,))": ("kernel_size", "(2,)"),
    "F.unfold(image(), 2.0)": ("float",),
    "F.unfold(image(), 5)": ("(5, 5)",),
    "F.unfold(image(), 0)": ("kernel_size", "(0, 0)"),
    "F.unfold(image(), 2, 0)": ("dilation",),
    "F.unfold(image(), 2, 1, -1)": ("padding",),
    "F.unfold(image(), 2, 1, 0, 0)": ("stride",),
    "F.unfold(image().long(), 2)": ("int64",),
    "F.unfold(ones(3, 4), 2)": ("[3, 4]",),
    "F.unfold(image(1, 0, 4, 4), 2)": ("[1, 0, 4, 4]",),
    "F.fold(ones(1, 8, 3), (2, 4), 2)": ("[1, 8, 3]",),
    "F.fold(ones(1, 7, 3), (2, 4), 2)": ("[1, 7, 3]",),
    "F.fold(ones(8), (2, 4), 2)": ("[8]",),
    "F.fold(ones(1, 8, 3), (2, 4, 4), 2)": ("output_size",),
    "torch.pixel_shuffle(image(), 2)": ("4", "1"),
    "torch.pixel_shuffle(image(), 0)": ("0",),
    "torch.pixel_shuffle(ones(4, 4), 2)": ("[4, 4]",),
    "torch.pixel_unshuffle(image(), 3)": ("3", "4 x 4"),
    "torch.pixel_unshuffle(image(), 2.0)": ("float",),
    "torch.channel_shuffle(image(1, 4, 2, 2), 3)": ("3", "4"),
    "torch.channel_shuffle(image(), 0)": ("0",),
    "torch.channel_shuffle(ones(2, 3), 1)": ("[2, 3]",),
}  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_refused_as_by_torch(source: str) -> None:
    check(source, source, *REFUSED[source])


@pytest.mark.parametrize(
    "source",
    [
        "F.upsample(image(), 2)", "F.upsample_nearest(image(), 2)",
        "F.upsample_bilinear(image(), 2)", "F.interpolate(image(), 2)",
        "F.grid_sample(image(), ones(1, 2, 2, 2))", "F.affine_grid(ones(1, 2, 3), (1, 1, 2, 2))",
        "F.affine_grid(ones(1, 2, 3), (1, 1, 1, 2), align_corners=True)",
        "F.affine_grid(ones(1, 2, 3), (1, 1, 1, 2), align_corners=False)",
    ],
)  # fmt: skip
def test_warns_as_torch(source: str) -> None:
    assert run(source, minitorch).warned == run(source, torch).warned


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos", "nearest", "nearest-exact"])
@pytest.mark.parametrize("antialias", [False, True])
def test_bytes_come_out_as_torchs(mode: str, antialias: bool) -> None:
    if antialias == mode.startswith("nearest") or (mode == "lanczos") > antialias:
        return
    x = (numbers(2, 3, 9, 11, low=0, high=256)).astype(np.uint8)
    for size in [(4, 5), (13, 20), (9, 7), (9, 11)]:
        how = {"size": size, "mode": mode, "antialias": antialias}
        found = F.interpolate(minitorch.from_numpy(x), **how).numpy()
        assert np.array_equal(found, torch.nn.functional.interpolate(torch.from_numpy(x), **how))


@pytest.mark.parametrize("mode", ["linear", "nearest", "nearest-exact"])
@pytest.mark.parametrize("scale", [0.3, 0.6, 1.1, 1.7, 2.0, 2.3, 3.7])
def test_positions_of_a_long_line_are_torchs_to_the_last_bit(mode: str, scale: float) -> None:
    x = numbers(1, 1, 700).astype(np.float32) * 100
    found = F.interpolate(minitorch.from_numpy(x), scale_factor=scale, mode=mode).numpy()
    expected = torch.nn.functional.interpolate(torch.from_numpy(x), scale_factor=scale, mode=mode)
    assert np.allclose(found, expected.numpy(), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "cubic", "area"])
@pytest.mark.parametrize("new", [(3, 4), (5, 7), (6, 11), (13, 2)])
def test_gradient_is_the_adjoint(mode: str, new: tuple) -> None:
    """Also where a scale says otherwise than the size: there torch's is not."""
    how = {"scales": (1.1, 1.7), "mode": mode}
    x, g = numbers(1, 2, 5, 6), numbers(1, 2, *new, seed=1)
    forward, back = ROWS["resample"].public, ROWS["resample_back"].public
    there = (forward(x, size=new, **how) * g).sum()
    assert np.isclose(there, (back(g, size=(5, 6), **how) * x).sum(), rtol=1e-12)


@pytest.mark.parametrize("mode", ["nearest", "area", "bilinear"])
def test_an_infinity_stays_where_it_is(mode: str) -> None:
    x = np.ones((1, 1, 6, 6))
    x[..., 2, 3] = np.inf
    how = {"size": (4, 4), "mode": mode}
    for T in (minitorch, torch):
        leaf = T.from_numpy(x.copy()).requires_grad_()
        out = T.nn.functional.interpolate(leaf, **how)
        g = T.ones(1, 1, 4, 4, dtype=T.float64)
        g[..., 1, 1] = float("inf")
        out.backward(g)
        result = out.detach().numpy(), leaf.grad.numpy()
        if T is minitorch:
            found = result
    for a, b in zip(found, result):
        assert np.array_equal(np.isfinite(a), np.isfinite(b))


def test_a_pixel_outside_the_samples_is_not_looked_at() -> None:
    x = np.full((1, 1, 3, 3), np.nan)
    x[..., 1, 1] = 2.0
    grid = np.array([[[[0.0, 0.0], [5.0, 0.0]]]])
    found = F.grid_sample(minitorch.from_numpy(x), minitorch.from_numpy(grid), "nearest",
                          align_corners=True)  # fmt: skip
    assert found.tolist() == [[[[2.0, 0.0]]]]


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_places_that_are_no_numbers_read_nothing_foreign(mode: str, padding: str) -> None:
    grid = minitorch.tensor([[[[float("nan"), 0.0], [float("inf"), 0.0], [1e30, -1e30]]]])
    out = F.grid_sample(minitorch.ones(1, 1, 3, 3), grid, mode, padding, align_corners=False)
    assert all(np.isnan(n) or -1e-3 <= n <= 1.5 for n in out.flatten().tolist())


def test_the_gradient_of_a_reflected_crop() -> None:
    """torch's forgets to crop in three dimensions."""
    x = minitorch.from_numpy(numbers(1, 2, 5, 3, 5)).requires_grad_()
    pad = (4, -1, -3, 0, -3, -2)
    assert minitorch.autograd.gradcheck(lambda x: F.pad(x, pad, "reflect"), (x,))


def test_pixel_unshuffle_of_nothing_has_the_right_shape() -> None:
    assert F.pixel_unshuffle(minitorch.ones(0, 2, 4, 6), 2).shape == (0, 8, 2, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda T, x: T.nn.functional.pad(x, (0, 0, 0, 0), "reflect"),
        lambda T, x: T.nn.functional.pad(x, (0, 0)),
        lambda T, x: T.pixel_shuffle(x, 1),
        lambda T, x: T.pixel_unshuffle(x, 1),
        lambda T, x: T.channel_shuffle(x, 1),
        lambda T, x: T.nn.functional.interpolate(x, (3, 3)),
        lambda T, x: T.nn.functional.interpolate(x.to(T.uint8), (3, 3), mode="bilinear"),
    ],
)
def test_the_result_is_a_copy_even_where_nothing_changes(call) -> None:
    for T in (minitorch, torch):
        x = T.ones(1, 4, 3, 3)
        out = call(T, x)
        out.zero_()
        assert x.sum() == 36
