"""torch.onnx: models are not exported."""

from __future__ import annotations

from typing import Any

__all__ = ["OnnxExporterError", "export", "is_in_onnx_export"]


class OnnxExporterError(RuntimeError):
    """What torch raises where an export fails."""


def export(model: Any, args: Any = (), f: Any = None, **how: Any) -> None:
    """Write a model as ONNX. Raises: NotImplementedError.

    A state_dict saved here can be loaded in PyTorch and exported there.
    """
    raise NotImplementedError(
        "torch.onnx.export is not supported: save model.state_dict() here, load it in PyTorch and "
        "export it there"
    )


def is_in_onnx_export() -> bool:
    """Whether a model is being exported: never."""
    return False
