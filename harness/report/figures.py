"""The charts of a run's page, from its data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from harness.report.charts import Chart, Scale, extent, round_ticks, steps_axis
from harness.report.shares import level, meanings

Told = dict[str, Any]

ROW, LABEL = 15, 300
LETTERS = 40
"""Letters of a name beside the heat map."""


def course(told: Told) -> str:
    """Loss difference and parameter drift over the steps, inside the budget."""
    run = told["course"]
    if not run:
        return ""
    foot = 176 if told["located"] else 256  # where a difference was located, lines stand above
    chart = Chart(1120, foot + 44, "Relative differences over the steps, inside the budget")
    bands = [8 * v if v else None for v in run["envelope"]]
    low, high = extent(run["drift"], run["loss_relative"], run["envelope"], bands, run["threads"])
    x = Scale(run["step"][0], max(run["step"][-1], run["step"][0] + 1), 58, 1105)
    y = Scale(max(low, 1e-9), high, foot, 12, log=True)
    chart.grid(x, y, y.decades())
    chart.band(run["step"], bands, x, y, "band")
    chart.line(run["step"], run["envelope"], x, y, "envelope")
    chart.line(run["step"], run["threads"], x, y, "threads")
    chart.line(run["step"], run["loss_relative"], x, y, "soft-line")
    chart.line(run["step"], run["drift"], x, y, "mine")
    steps_axis(chart, x, foot)
    for place, words in _marks(told):
        chart.add("line", "alarm", x1=x.at(place), x2=x.at(place), y1=12, y2=foot)
        side = "end" if x.at(place) > 800 else "start"
        chart.text(x.at(place) + (6 if side == "start" else -6), 26, words, "alarm-text", side)
    mine, theirs = told["backends"]
    return str(chart) + legend(
        ("mine", f"parameters, {mine} against {theirs}"),
        ("soft-line", "loss, likewise"),
        ("envelope", f"{theirs} from itself, one ulp away"),
        ("threads", f"loss of {theirs} on other threads"),
        ("band", "budget: 8 times that"),
    )


def _marks(told: Told) -> list[tuple[int, str]]:
    first, parted = told["first_divergence"], told["parted"]
    found = []
    if first and first["step"]:
        found.append((first["step"], f"first differs: {first['tensor']}, step {first['step']}"))
    if parted:
        found.append((parted["step"], "parted at a kink: no fault"))
    if told["chaos"]:
        found.append((told["chaos"], "chaotic from here: not judged"))
    return found


def losses(told: Told) -> str:
    """The training loss of both engines, the reference wide below the candidate."""
    run = told["course"]
    if not run:
        return ""
    both = [v for name in ("loss_mine", "loss_theirs") for v in run[name] if v is not None]
    if not both:
        return ""
    low, high = min(0.0, *both), max(both)
    chart = Chart(1120, 260, "Training loss of both engines")
    x = Scale(run["step"][0], max(run["step"][-1], run["step"][0] + 1), 58, 1105)
    y = Scale(low, high if high > low else low + 1, 216, 12)
    chart.grid(x, y, round_ticks(y.low, y.high, 5))
    chart.line(run["step"], run["loss_theirs"], x, y, "theirs wide-line")
    chart.line(run["step"], run["loss_mine"], x, y, "mine")
    steps_axis(chart, x, 216)
    mine, theirs = told["backends"]
    return str(chart) + legend(("mine", mine), ("theirs wide-line", theirs))


def heat_map(told: Told) -> str:
    """Tensor by step, coloured by the share of its budget that each used."""
    tensors = [t for t in told["tensors"] if t["kind"] != "learning rate"]
    if not tensors:
        return ""
    steps = max((t["step"] for t in tensors), key=len)
    height = len(tensors) * ROW + 40
    chart = Chart(1120, height, "Share of the budget by tensor and step")
    cell = (1105 - LABEL) / max(len(steps), 1)
    for row, tensor in enumerate(tensors):
        top = 4 + row * ROW
        index = told["tensors"].index(tensor)
        worst = tensor["worst"]
        hot = " hot" if worst["share"] is None or worst["share"] > 1 else ""
        words = f"{escape(short(tensor['key']))}<title>{escape(tensor['key'])}</title>"
        chart.add("text", f"tick{hot}", words, x=LABEL - 8, y=top + 11,
                  text_anchor="end", data_tensor=index)  # fmt: skip
        _row(chart, tensor, index, top, cell)
    bottom = 4 + len(tensors) * ROW
    x = Scale(steps[0], max(steps[-1], steps[0] + 1), LABEL, 1105)
    steps_axis(chart, x, bottom)
    keys = [(f"c{k}", words) for k, words in enumerate(meanings())]
    return f'<div class="heat">{chart}</div>' + legend(*keys, square=True)


def short(key: str, most: int = LETTERS) -> str:
    """A key that fits: of its longest middle parts the start stays, so that numbers can be read.

    >>> short("gradient encoder.layers.41.self_attention.out_projection.weight", 46)
    'gradient encoder.layers.41.sel….out….weight'
    """
    kind, space, name = key.rpartition(" ")
    parts = name.split(".")
    made = key
    for letters in (3, 1):
        for at in sorted(range(len(parts) - 1), key=lambda i: -len(parts[i])):
            if len(made) > most and len(parts[at].rstrip("…")) > letters:
                parts[at] = f"{parts[at][:letters]}…"
                made = f"{kind}{space}{'.'.join(parts)}"
    return made if len(made) <= most else f"{made[: most // 2 - 1]}…{made[-(most - most // 2) :]}"


def _row(chart: Chart, tensor: Told, index: int, top: float, cell: float) -> None:
    """Neighbours of one colour are one rectangle."""
    levels = [level(share) for share in tensor["share"]]
    start = 0
    for at in range(1, len(levels) + 1):
        if at == len(levels) or levels[at] != levels[start]:
            chart.add("rect", f"c{levels[start]}", x=round(LABEL + start * cell, 1), y=top,
                      width=round((at - start) * cell + 0.3, 1), height=ROW - 1.5,
                      data_tensor=index)  # fmt: skip
            start = at


def flow(told: Told) -> str:
    """Mean and largest |gradient| of every parameter, both engines, and their ratio below."""
    layers = told["flow"]
    if not layers:
        return ""
    width, base, foot = 1120, 240, 330
    numbers = [v for f in layers for side in ("mine", "theirs") if f[side] for v in f[side]]
    low, high = extent(numbers)
    chart = Chart(width, foot + 100, "Gradient size per layer of both engines")
    y = Scale(max(low, high * 1e-9), high, base, 12, log=True)
    x = Scale(0, 1, 58, 1105)
    chart.grid(x, y, y.decades())
    slot = (1105 - 58) / len(layers)
    apart = [f["apart"] for f in layers]
    _, top = extent(apart, [1e-7])
    r = Scale(1e-9, top, foot, base + 22, log=True)
    chart.grid(x, r, [10.0**k for k in range(-8, math.floor(math.log10(top)) + 1, 2)])
    for number, layer in enumerate(layers):
        left = 58 + number * slot
        for side, place in (("theirs", 0.3), ("mine", 0.62)):
            if layer[side]:
                mean, largest = layer[side]
                w, at = min(slot * 0.26, 26), left + slot * place
                if largest and largest > 0:
                    chart.add("rect", f"{side}-pale", x=round(at - w / 2, 1), y=y.at(largest),
                              width=round(w, 1), height=round(base - y.at(largest), 1))  # fmt: skip
                if mean and mean > 0:
                    chart.add("circle", f"{side} dot", cx=round(at, 1), cy=y.at(mean), r=4)
        if apart[number]:
            chart.add(
                "circle", "mine dot", cx=round(left + slot / 2, 1), cy=r.at(apart[number]), r=3
            )
        if number % max(1, len(layers) // 40) == 0:
            place = f"{left + slot / 2:.1f} {foot + 12}"
            chart.add(
                "text",
                "tick",
                escape(short(layer["name"], 26)),
                transform=f"translate({place}) rotate(35)",
            )
    mine, theirs = told["backends"]
    return str(chart) + legend(("mine dot", mine), ("theirs dot", theirs))


def ratios(told: Told) -> str:
    """The ratio of every round, its median and interval, and the control."""
    speed = told["speed"]
    rows = [
        ("as fast as the reference", speed, speed["all"]),
        ("reference against itself", speed["control"], []),
    ]
    return _intervals("Ratio of the times of every round", rows)


def speeds(rows: Sequence[tuple[str, Told]], mine: str, theirs: str) -> str:
    """The ratio of each workload with its interval."""
    label = f"How many times as fast {mine} is as {theirs}, by workload"
    return _intervals(label, [(name, ratio, []) for name, ratio in rows])


def _intervals(label: str, rows: Sequence[tuple[str, Told, Sequence[float]]]) -> str:
    values = [v for _, r, every in rows for v in (r["low"], r["high"], *every) if v]
    low, high = min([*values, 0.9]), max([*values, 1.1])
    bottom = 8 + 38 * len(rows)
    chart = Chart(1120, bottom + 26, label)
    x = Scale(low / 1.05, high * 1.05, 190, 1090, log=True)
    one = x.at(1)
    chart.add("line", "one", x1=one, x2=one, y1=6, y2=bottom)
    for number, (name, ratio, every) in enumerate(rows):
        middle = 26 + number * 38
        chart.text(180, middle + 4, name[-28:], anchor="end")
        for value in every:
            chart.add("circle", "mine faint", cx=x.at(value), cy=middle, r=3)
        chart.add(
            "line", "interval", x1=x.at(ratio["low"]), x2=x.at(ratio["high"]), y1=middle, y2=middle
        )
        chart.add("circle", "mine dot", cx=x.at(ratio["median"]), cy=middle, r=5)
    for value in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20, 50):
        if x.low < value < x.high:
            chart.text(x.at(value), bottom + 18, f"{value:g}×", anchor="middle")
    return str(chart)


def phases(told: Told) -> str:
    """Median milliseconds of every phase, an engine a bar."""
    found = told["phases"] or {}
    longest = max((sum(v for v in p.values() if v) for p in found.values()), default=0)
    if not longest:
        return ""
    chart = Chart(1120, 34 * len(found) + 10, "Milliseconds of every phase")
    names = list(next(iter(found.values())))
    for row, (label, parts) in enumerate(found.items()):
        left, top = 190.0, 6 + 34 * row
        chart.text(180, top + 17, label, anchor="end")
        for number, name in enumerate(names):
            spent = parts.get(name) or 0
            wide = spent / longest * 860
            chart.add(
                "rect",
                f"phase{number % 5}",
                x=round(left, 1),
                y=top,
                width=round(wide, 1),
                height=24,
            )
            if wide > 60:
                chart.text(
                    round(left + wide / 2, 1), top + 16, f"{spent:.2f} ms", "inside", "middle"
                )
            left += wide
    return str(chart) + legend(
        *[(f"phase{n % 5}", name) for n, name in enumerate(names)], square=True
    )


def legend(*entries: tuple[str, str], square: bool = False) -> str:
    """What the colours mean."""
    items = "".join(
        '<span><svg viewBox="0 0 18 14" width="18" height="14" aria-hidden="true">'
        f"{_swatch(cls, square)}</svg>{escape(words)}</span>"
        for cls, words in entries
    )
    return f'<p class="legend">{items}</p>'


def _swatch(cls: str, square: bool) -> str:
    if "dot" in cls:
        return f'<circle cx="9" cy="7" r="4" class="{cls}"/>'
    if square or cls == "band":
        return f'<rect width="16" height="12" y="1" class="{cls}"/>'
    return f'<line x1="0" x2="18" y1="7" y2="7" class="{cls}"/>'
