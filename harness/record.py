"""A training run on disk: a header, one line per step, and the values in one binary file.

    header.json    what does not change: engine, versions, parameters, buffers
    steps.jsonl    one line per step: the loss, and where each tensor lies in values.bin
    values.bin     the raw values, appended

Step 0 is the state before the first step. A tensor is known by its key: what it is and its name,
as in `gradient fc1.weight`.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = "harness.record/1"
RANDOM = "random state"

Arrays = dict[str, np.ndarray]


class Writer:
    """Appends steps to a record; what is written survives a crash of the script."""

    def __init__(self, folder: Path, header: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "header.json").write_text(json.dumps({"schema": SCHEMA, **header}, indent=1))
        self._index = open(folder / "steps.jsonl", "w", buffering=1)  # noqa: SIM115
        self._values = open(folder / "values.bin", "wb")  # noqa: SIM115
        self._last_random: tuple[bytes, Any] = (b"", None)

    def step(self, number: int, arrays: Arrays, random: bytes | None) -> None:
        """Append one step: its arrays, and the random state where that has changed."""
        places = {key: self._append(array) for key, array in arrays.items()}
        if random is not None:
            if random != self._last_random[0]:
                place = self._append(np.frombuffer(random, np.uint8))
                self._last_random = random, place
            places[RANDOM] = self._last_random[1]
        self._values.flush()
        self._line({"step": number, "at": places})

    def metrics(self, number: int, values: dict[str, float]) -> None:
        """Append what the script measured after step `number`, such as its test accuracy."""
        self._line({"step": number, "metrics": values})

    def close(self) -> None:
        """Close the files."""
        self._index.close()
        self._values.close()

    def _append(self, array: np.ndarray) -> list[Any]:
        place = [self._values.tell(), array.dtype.str, list(array.shape)]
        self._values.write(array.tobytes())
        return place

    def _line(self, entry: dict[str, Any]) -> None:
        self._index.write(json.dumps(entry) + "\n")


class Record:
    """A record opened for reading; arrays are read from disk when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.header = json.loads((folder / "header.json").read_text())
        lines = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
        self._steps = {line["step"]: line["at"] for line in lines if "at" in line}
        self.metrics: dict[str, list[tuple[int, float]]] = {}
        for line in lines:
            for name, value in line.get("metrics", {}).items():
                self.metrics.setdefault(name, []).append((line["step"], value))

    def __len__(self) -> int:
        """The number of training steps."""
        return len(self._steps) - 1

    def keys(self, step: int) -> list[str]:
        """What was recorded at a step, the random state apart."""
        return [key for key in self._steps[step] if key != RANDOM]

    def arrays(self, step: int) -> Arrays:
        """Every array of a step by its key, the random state apart."""
        return {key: self.array(step, key) for key in self.keys(step)}

    def array(self, step: int, key: str) -> np.ndarray:
        """One array, read-only."""
        offset, dtype, shape = self._steps[step][key]
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._values, dtype, count, offset).reshape(shape)

    def random_state(self, step: int) -> bytes | None:
        """The generator's state after a step, or None where the engine does not show it."""
        return self.array(step, RANDOM).tobytes() if RANDOM in self._steps[step] else None

    @property
    def losses(self) -> np.ndarray:
        """The loss of every step, from step 1."""
        return np.array([float(self.array(k, "loss")) for k in range(1, len(self) + 1)])

    @cached_property
    def _values(self) -> Any:
        path = self.folder / "values.bin"
        return np.memmap(path, np.uint8, "r") if path.stat().st_size else b""
