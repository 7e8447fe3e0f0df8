"""The tensors of a run on disk, each content once, in a space that is bounded.

    store = Store.open("reports/mlp/store")
    store.array("minitorch", 12, "gradient fc1.weight")

Arrays lie in files named by their hash. When the space is used up every second step that was kept
is dropped, so that of a long run steps at even distances stay, and always the first ones.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.channel import Arrays

SCHEMA = "harness.store/1"
FIRST = 5
"""Steps at the beginning that are never dropped: most differences begin there."""

Steps = dict[int, dict[str, dict[str, str]]]
"""Step, witness, key: hash."""


class Store:
    """Keeps steps of several witnesses; `limit` is in bytes."""

    def __init__(self, folder: Path, limit: int, steps: Steps | None = None) -> None:
        self.folder, self.limit = folder, limit
        self.stride, self.size = 1, 0
        self._steps: Steps = {} if steps is None else steps
        self._uses: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """A store for reading. Raises: FileNotFoundError where there is none."""
        told = json.loads((Path(folder) / "steps.json").read_text(encoding="utf-8"))
        steps = {int(number): witnesses for number, witnesses in told["steps"].items()}
        return cls(Path(folder), told["limit"], steps)

    @property
    def steps(self) -> list[int]:
        """The steps that were kept."""
        return sorted(self._steps)

    def keys(self, witness: str, step: int) -> list[str]:
        """What was kept of a witness. Raises: KeyError for a step or a witness that was not."""
        return list(self._steps[step][witness])

    def array(self, witness: str, step: int, key: str) -> np.ndarray:
        """One array. Raises: KeyError for what was not kept."""
        return np.load(self._path(self._steps[step][witness][key]))

    def add(self, step: int, witnesses: Mapping[str, Arrays]) -> None:
        """Keep a step, if it is one of those that are kept at this length."""
        if step > FIRST and step % self.stride:
            return
        self._steps[step] = {
            title: {key: self._put(array) for key, array in arrays.items()}
            for title, arrays in witnesses.items()
        }
        while self.size > self.limit and any(number > FIRST for number in self._steps):
            self._thin()

    def close(self) -> None:
        """Write the list of what was kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {"schema": SCHEMA, "limit": self.limit, "stride": self.stride, "steps": self._steps}
        (self.folder / "steps.json").write_text(json.dumps(told), encoding="utf-8")

    def _put(self, array: np.ndarray) -> str:
        told = f"{array.dtype.str}{array.shape}".encode()
        name = hashlib.blake2b(array.tobytes() + told, digest_size=16).hexdigest()
        self._uses[name] += 1
        if self._uses[name] == 1:
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, array)
            self._sizes[name] = _space(path)
            self.size += self._sizes[name]
        return name

    def _thin(self) -> None:
        """Drop every second of the kept steps."""
        self.stride *= 2
        for step in [s for s in self._steps if s > FIRST and s % self.stride]:
            for arrays in self._steps.pop(step).values():
                for name in arrays.values():
                    self._uses[name] -= 1
                    if not self._uses[name]:
                        self._path(name).unlink()
                        self.size -= self._sizes.pop(name)
                        del self._uses[name]

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name[2:]}.npy"


def _space(path: Path) -> int:
    """What a file takes of the disk, which gives whole blocks."""
    told = path.stat()
    return max(told.st_size, getattr(told, "st_blocks", 0) * 512)
