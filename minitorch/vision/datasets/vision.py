"""What the datasets of pictures have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minitorch.utils.data import Dataset

__all__ = ["StandardTransform", "VisionDataset", "not_found"]


class VisionDataset(Dataset):
    """A dataset below the folder `root`: with `transforms` of (picture, target) together, or a
    `transform` of the picture and a `target_transform` of the target.

    Raises: ValueError where both ways are given.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: Any = None,
        transforms: Callable | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        self.root = str(Path(root).expanduser()) if isinstance(root, (str, Path)) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform, self.target_transform = transform, target_transform
        if separate:
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def _transformed(self, picture: Any, target: Any) -> tuple[Any, Any]:
        return StandardTransform(self.transform, self.target_transform)(picture, target)

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__")

    def extra_repr(self) -> str:
        """More lines for the text of the dataset."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines += [repr(self.transforms)]
        return "\n    ".join([f"Dataset {type(self).__name__}", *lines])


class StandardTransform:
    """A transform of the picture and one of the target, as one of both."""

    def __init__(
        self, transform: Callable | None = None, target_transform: Callable | None = None
    ) -> None:
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = ["StandardTransform"]
        for name, function in (
            ("Transform: ", self.transform),
            ("Target transform: ", self.target_transform),
        ):
            if function is not None:
                first, *others = repr(function).splitlines()
                lines += [name + first, *(" " * len(name) + line for line in others)]
        return "\n".join(lines)


def not_found(dataset: Any, folder: Any, files: Sequence[str], source: str) -> RuntimeError:
    """The error of a dataset whose files are not there."""
    return RuntimeError(
        f"Dataset not found: {type(dataset).__name__} wants {', '.join(files)} in {folder}. "
        f"minitorch does not download, also not with download=True; the files are usually had "
        f"from {source}"
    )
