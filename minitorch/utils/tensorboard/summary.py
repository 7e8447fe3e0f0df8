"""Summaries: what TensorBoard shows, as the messages its files hold.

Each function returns a `Summary`, to be written by `SummaryWriter`, or by hand with
`writer.file_writer.add_summary`. Field numbers are those of tensorboard's .proto files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import _png
from minitorch.utils.tensorboard._convert import make_np, to_bytes, to_hwc, to_wave
from minitorch.utils.tensorboard._proto import Float32, message, must, varint

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Summary",
    "audio",
    "custom_scalars",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "tensor_proto",
    "text",
    "video",
]

_TAG, _SIMPLE, _IMAGE, _HISTO, _AUDIO, _TENSOR, _METADATA = 1, 2, 4, 5, 6, 8, 9  # of a value
_DTYPES = {  # NumPy's: (DataType of TensorFlow, field of the numbers)
    "float32": (1, 5), "float64": (2, 6), "int32": (3, 7), "string": (7, 8), "int64": (9, 10),
    "bool": (10, 11),
}  # fmt: skip
_CURVES = 127  # as many thresholds at most
_VERTEX, _FACE, _COLOR = 1, 2, 3  # what a tensor of a mesh is


class Summary:
    """Values with their tags, ready to be written."""

    def __init__(self, values: Iterable[dict[int, Any]] = ()) -> None:
        self._data = message({1: [message(value) for value in values]})

    def SerializeToString(self) -> bytes:
        """The bytes of the message."""
        return self._data


def _value(tag: str, field: int, content: Any) -> dict[int, Any]:
    """A value whose content is written even where it is 0."""
    return {_TAG: tag, field: [content]}


def _metadata(plugin: str, content: bytes = b"") -> bytes:
    return message({1: message({1: plugin, 2: content})})


def _tensor(array: np.ndarray | str, shape: tuple[int, ...] | None) -> bytes:
    """A TensorProto; without `shape` it says none, which is that of a number."""
    if isinstance(array, (str, bytes)):
        kind, field, content = *_DTYPES["string"], [array]
    else:
        if array.dtype.name not in _DTYPES:
            array = array.astype(np.float32)
        kind, field = _DTYPES[array.dtype.name]
        numbers = array.ravel()
        content = numbers if numbers.dtype.kind == "f" else [int(n) for n in numbers]
    sizes = None if shape is None else [message({2: [message({1: n}) for n in shape]})]
    return message({1: kind, 2: [] if sizes is None else sizes, field: content})


def _number(tag: str, x: Any) -> float:
    array = make_np(x).squeeze()
    if array.ndim:
        raise AssertionError(f"add_scalar({tag!r}): expected one number, got {list(array.shape)}")
    return float(array)


def scalar(
    name: str,
    tensor: Any,
    collections: Any = None,
    new_style: bool = False,
    double_precision: bool = False,
) -> Summary:
    """A number; in the newer style as a tensor, which may be double."""
    number = _number(name, tensor)
    if not new_style:
        return Summary([_value(name, _SIMPLE, Float32(number))])
    array = np.array([number], np.float64 if double_precision else np.float32)
    value = _value(name, _TENSOR, _tensor(array, None))
    return Summary([{**value, _METADATA: _metadata("scalars")}])


def tensor_proto(tag: str, tensor: Any) -> Summary:
    """A tensor as it is. Differs: float16 is written as float32."""
    array = make_np(tensor)
    value = _value(tag, _TENSOR, _tensor(array, array.shape))
    return Summary([{**value, _METADATA: _metadata("tensor")}])


# ------------------------------------------------------------------ histograms


def default_bins() -> np.ndarray:
    """Edges that grow by a tenth from 1e-12 to 1e20, on both sides of 0."""
    edges, edge = [], 1e-12
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return np.array([*(-e for e in reversed(edges)), 0.0, *edges])


_named_bins: dict[str, np.ndarray] = {}


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Summary:
    """How many values lie in each bin; `bins` is "tensorflow" or what `numpy.histogram` takes.

    Raises: ValueError where there is no value.
    """
    numbers = make_np(values).astype(float).reshape(-1)
    if numbers.size == 0:
        raise ValueError(f"histogram {name!r}: expected values, got none")
    if isinstance(bins, str) and bins == "tensorflow":
        if bins not in _named_bins:
            _named_bins[bins] = default_bins()
        bins = _named_bins[bins]
    counts, edges = np.histogram(numbers, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        step = len(counts) // max_bins
        starts = range(0, len(counts), step)
        counts = np.add.reduceat(counts, starts)
        edges = np.concatenate([edges[:-1:step], edges[-1:]])
    if not counts.any():
        raise ValueError(f"histogram {name!r}: expected values within the bins, got none")
    inside = np.flatnonzero(counts)
    first, last = inside[0], inside[-1]
    # A bin is known by its upper edge: an empty one before the first tells where that begins.
    limits, counts = edges[first : last + 2], np.append([0], counts[first : last + 1])
    return histogram_raw(
        name,
        min=numbers.min(),
        max=numbers.max(),
        num=len(numbers),
        sum=numbers.sum(),
        sum_squares=numbers.dot(numbers),
        bucket_limits=limits,
        bucket_counts=counts,
    )


def histogram_raw(
    name: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: Any,
    bucket_counts: Any,
) -> Summary:
    """A histogram that was counted elsewhere: each bin by its upper edge."""
    content = message(
        {
            1: float(min),
            2: float(max),
            3: float(num),
            4: float(sum),
            5: float(sum_squares),
            6: np.asarray(bucket_limits, np.float64),
            7: np.asarray(bucket_counts, np.float64),
        }
    )
    return Summary([_value(name, _HISTO, content)])


# ------------------------------------------------------------------ pictures, sounds, texts


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Summary:
    """A picture, or several side by side; floats from 0 to 1, or uint8.

    Raises: NotImplementedError for `rescale` other than 1.
    """
    if rescale != 1:
        raise NotImplementedError(f"image: expected rescale 1, got {rescale}: resize it before")
    pixels = to_bytes(to_hwc(make_np(tensor), dataformats))
    height, width, channels = pixels.shape
    content = message({1: height, 2: width, 3: channels, 4: _png.encode_png(pixels)})
    return Summary([_value(tag, _IMAGE, content)])


def video(tag: str, tensor: Any, fps: float = 4) -> Summary:
    """Raises: NotImplementedError; there is no GIF encoder. Add images at several steps."""
    raise NotImplementedError("add_video: videos are not written; add_images shows the frames")


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Summary:
    """A sound of one channel, numbers from -1 to 1."""
    data, frames = to_wave(make_np(tensor), sample_rate)
    fields = {1: Float32(sample_rate), 2: 1, 3: frames, 4: data, 5: "audio/wav"}
    return Summary([_value(tag, _AUDIO, message(fields))])


def text(tag: str, text: str) -> Summary:
    """A text in Markdown."""
    if not isinstance(text, str):
        raise AttributeError(f"add_text({tag!r}): expected a str, got {type(text).__name__}")
    value = _value(f"{tag}/text_summary", _TENSOR, _tensor(text, (1,)))
    return Summary([{**value, _METADATA: _metadata("text")}])


# ------------------------------------------------------------------ curves and meshes


def pr_curve(
    tag: str,
    labels: Any,
    predictions: Any,
    num_thresholds: int = _CURVES,
    weights: Any = None,
) -> Summary:
    """Precision over recall of predictions in [0, 1] for labels that are 0 or 1."""
    count = min(num_thresholds, _CURVES)
    curve = compute_curve(make_np(labels), make_np(predictions), count, weights)
    return pr_curve_raw(tag, *curve, count)


def compute_curve(
    labels: np.ndarray, predictions: np.ndarray, num_thresholds: int, weights: Any = None
) -> np.ndarray:
    """True and false positives, true and false negatives, precision and recall by threshold."""
    positive = labels.reshape(-1).astype(float)
    weight = np.ones_like(positive) if weights is None else make_np(weights).reshape(-1)
    place = np.floor(predictions.reshape(-1) * (num_thresholds - 1))
    found = []
    for label in (positive, 1.0 - positive):
        counts, _ = np.histogram(
            place, num_thresholds, (0, num_thresholds - 1), weights=label * weight
        )
        found.append(counts[::-1].cumsum()[::-1])  # at or above each threshold
    true, false = found
    tiny = 1e-7
    return np.stack(
        [
            true,
            false,
            false[0] - false,
            true[0] - true,
            true / np.maximum(tiny, true + false),
            true / np.maximum(tiny, true[0]),
        ]
    )


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = _CURVES,
    weights: Any = None,
) -> Summary:
    """The same, counted elsewhere."""
    rows = np.stack([make_np(row) for row in (tp, fp, tn, fn, precision, recall)])
    content = message({2: min(num_thresholds, _CURVES)})
    value = _value(tag, _TENSOR, _tensor(rows.astype(np.float32), rows.shape))
    return Summary([{**value, _METADATA: _metadata("pr_curves", content)}])


def mesh(
    tag: str,
    vertices: Any,
    colors: Any,
    faces: Any,
    config_dict: dict | None = None,
    display_name: str | None = None,
    description: str | None = None,
) -> Summary:
    """Points in space (n, points, 3) with colours and triangles."""
    parts = {"VERTEX": (_VERTEX, vertices), "FACE": (_FACE, faces), "COLOR": (_COLOR, colors)}
    there = {name: (kind, make_np(x)) for name, (kind, x) in parts.items() if x is not None}
    for name, (_, array) in there.items():
        if array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"add_mesh: expected shape (n, k, 3), got {list(array.shape)}: {name}")
    components = sum(1 << kind for kind, _ in there.values())
    values = []
    for name, (kind, array) in there.items():
        settings = json.dumps(config_dict or {}, sort_keys=True)
        sizes = b"".join(map(varint, array.shape))
        content = message({2: tag, 3: kind, 5: settings, 6: sizes, 7: components})
        metadata = message({1: message({1: "mesh", 2: content}), 2: display_name, 3: description})
        numbers = array.astype(np.float32)
        value = _value(f"{tag}_{name}", _TENSOR, _tensor(numbers, array.shape))
        values.append({**value, _METADATA: metadata})
    return Summary(values)


def custom_scalars(layout: dict) -> Summary:
    """Which scalars share a chart: {category: {title: ["Multiline" or "Margin", [tags]]}}."""
    categories = []
    for category, charts in layout.items():
        told = []
        for title, (kind, tags) in charts.items():
            if kind == "Margin":
                if len(tags) != 3:
                    raise AssertionError(f"margin chart: expected 3 tags, got {len(tags)}")
                series = message(dict(enumerate(tags, 1)))
                told.append(message({1: title, 3: [message({1: [series]})]}))
            else:
                told.append(message({1: title, 2: [message({1: list(tags)})]}))
        categories.append(message({1: category, 2: told}))
    content = message({2: categories})
    value = _value("custom_scalars__config__", _TENSOR, _tensor(content, ()))
    return Summary([{**value, _METADATA: _metadata("custom_scalars")}])


# ------------------------------------------------------------------ hyper-parameters


def hparams(
    hparam_dict: dict | None = None,
    metric_dict: dict | None = None,
    hparam_domain_discrete: dict | None = None,
) -> tuple[Summary, Summary, Summary]:
    """(experiment, start of the session, its end) for the table of hyper-parameters.

    Raises: TypeError for what is no dict, ValueError for a value that is no number or text.
    """
    hparam_dict, metric_dict = hparam_dict or {}, metric_dict or {}
    domains = hparam_domain_discrete or {}
    for name, given in (
        ("hparam_dict", hparam_dict), ("metric_dict", metric_dict), ("domain", domains)
    ):  # fmt: skip
        if not isinstance(given, dict):
            raise TypeError(f"hparams: expected {name} to be a dict, got {type(given).__name__}")
    for name, domain in domains.items():
        kind = type(hparam_dict.get(name))
        wrong = name not in hparam_dict or not isinstance(domain, list)
        if wrong or not all(isinstance(x, kind) for x in domain):
            raise TypeError(f"hparams: expected a list of values for {name!r}, got {domain!r}")
    told, values = [], []
    for name, x in hparam_dict.items():
        if x is None:
            continue
        kind, value = _plain(name, x)
        domain = [_plain(name, possible)[1] for possible in domains.get(name, ())]
        told.append(message({1: name, 4: kind, 5: message({1: domain})}))
        values.append(message({1: name, 2: [value]}))
    metrics = [message({1: [message({2: name})]}) for name in metric_dict]
    contents = {
        "experiment": must(2, message({4: told, 5: metrics})),
        "session_start_info": must(3, message({1: values})),
        "session_end_info": must(4, message({1: 1})),  # it succeeded
    }
    first, second, third = (
        Summary([{_TAG: f"_hparams_/{name}", _METADATA: _metadata("hparams", content)}])
        for name, content in contents.items()
    )
    return first, second, third


def _plain(name: str, x: Any) -> tuple[int, bytes]:
    """(the kind, the message) of a hyper-parameter: 1 for texts, 3 for numbers."""
    if isinstance(x, str):
        return 1, must(3, x)
    if not isinstance(x, (int, float, np.number)) and not hasattr(x, "_array"):
        raise ValueError(f"hparams: expected a number, a text or a Tensor for {name!r}, got {x!r}")
    return 3, must(2, _number(name, x))
