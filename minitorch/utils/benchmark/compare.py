"""`Compare`: measurements as a table, a row for each thing and a column for each way."""

from __future__ import annotations

from collections.abc import Iterable

from minitorch.utils.benchmark.measurement import (
    Measurement,
    select_unit,
    significant,
    unit_name,
)

__all__ = ["Compare"]


class Compare:
    """Tables of measurements, one for each label: rows by sub_label, columns by description.

    Differs: the tables have no colours.
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trim = False
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Add measurements. Raises: ValueError for anything else."""
        results = list(results)
        for r in results:
            if not isinstance(r, Measurement):
                raise ValueError(f"Compare: expected Measurements, got {type(r).__name__}")
        self._results += results

    def trim_significant_figures(self) -> None:
        """Show only the digits that are sure."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colour the fast and the slow: the tables are plain."""

    highlight_warnings = colorize

    def print(self) -> None:
        """Print the tables."""
        print(self)

    def __str__(self) -> str:
        merged = Measurement.merge(self._results)
        labels = dict.fromkeys(m.task_spec.label or m.task_spec.stmt for m in merged)
        return "\n".join(
            self._table(
                label, [m for m in merged if (m.task_spec.label or m.task_spec.stmt) == label]
            )
            for label in labels
        )

    def _table(self, label: str, measured: list[Measurement]) -> str:
        unit, scale = select_unit(min(m.median for m in measured))
        columns = list(dict.fromkeys(m.task_spec.description or "" for m in measured))
        cells = {}
        for m in measured:
            value = significant(m.median, m.significant_figures) if self._trim else m.median
            row = (m.task_spec.num_threads, m.as_row_name, m.task_spec.env)
            cells[row, m.task_spec.description or ""] = f"{value / scale:.1f}"
        rows = sorted(dict.fromkeys(row for row, _ in cells), key=lambda row: row[0])
        names = {row: "      " + (f"({row[2]}) " if row[2] else "") + row[1] for row in rows}
        first = max(len(name) for name in names.values())
        widths = {
            c: max([len(c)] + [len(t) for (_, d), t in cells.items() if d == c]) for c in columns
        }

        def line(name: str, texts: dict) -> str:
            return "  |  ".join([name.ljust(first), *(texts[c].rjust(widths[c]) for c in columns)])

        lines = [line("", {c: c.center(widths[c]) for c in columns})]
        width, threads = len(lines[0]), None
        for row in rows:
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{threads} threads: ".ljust(width, "-"))
            lines.append(line(names[row], {c: cells.get((row, c), "") for c in columns}))
        title = f" {label} ".center(width - 2, "-")
        return "\n".join(
            [f"[{title}]", *lines, "", f"Times are in {unit_name(unit)} ({unit}).", ""]
        )
