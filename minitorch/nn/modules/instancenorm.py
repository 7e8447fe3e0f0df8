"""Instance normalization; also lazily."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.nn import functional as F
from minitorch.nn.modules.batchnorm import _LazyNormBase, _NormBase

__all__ = [
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _InstanceNorm(_NormBase):
    """(x - mean) / sqrt(variance + eps) per image and channel, times weight, plus bias.

    With `track_running_stats` the running statistics normalize in evaluation.
    Source: Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
    Raises: ValueError for another number of dimensions, or of channels where there are weights.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input):
        """The normalized input; in training it may also move the running statistics."""
        self._check_input_dim(input)
        single = input.dim() == self.ranks[0]
        self._check_channels(input, 0 if single else 1)
        out = F.instance_norm(
            input.unsqueeze(0) if single else input, self.running_mean, self.running_var,
            self.weight, self.bias, self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return out.squeeze(0) if single else out

    def _check_channels(self, input: Any, dim: int) -> None:
        if input.size(dim) == self.num_features:
            return
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), "
                f"but got: {input.size(dim)}."
            )
        warnings.warn(
            f"{type(self).__name__}: expected {self.num_features} channels at dim={dim}, got "
            f"{input.size(dim)}; num_features is not used when affine=False",
            stacklevel=4,
        )

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        if local_metadata.get("version", None) is None and not self.track_running_stats:
            # Before torch 0.4 there were always running statistics, which it used in evaluation.
            for name in ("running_mean", "running_var"):
                if state_dict.pop(prefix + name, None) is not None:
                    error_msgs.append(
                        f'Unexpected running stats buffer "{prefix + name}" for '
                        f"{type(self).__name__} with track_running_stats=False: remove it, or say "
                        "track_running_stats=True"
                    )
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalization of (N, C, L) or (C, L)."""

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalization of (N, C, H, W) or (C, H, W)."""

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalization of (N, C, D, H, W) or (C, D, H, W)."""

    ranks = (4, 5)


class LazyInstanceNorm1d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm1d` with as many features as the first input has at dimension 1."""

    cls_to_become, ranks = InstanceNorm1d, InstanceNorm1d.ranks


class LazyInstanceNorm2d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm2d` with as many features as the first input has at dimension 1."""

    cls_to_become, ranks = InstanceNorm2d, InstanceNorm2d.ranks


class LazyInstanceNorm3d(_LazyNormBase, _InstanceNorm):
    """An `InstanceNorm3d` with as many features as the first input has at dimension 1."""

    cls_to_become, ranks = InstanceNorm3d, InstanceNorm3d.ranks
