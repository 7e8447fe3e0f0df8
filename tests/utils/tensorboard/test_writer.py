"""Event files, read by TensorBoard's own reader and compared with what torch's writer writes."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import minitorch
from minitorch import _png
from minitorch.utils.tensorboard import SummaryWriter, _records, summary

pytest.importorskip("tensorboard")
torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
    from torch.utils.tensorboard import SummaryWriter as TheirWriter

ENGINES = {"ours": (minitorch, SummaryWriter), "theirs": (torch, TheirWriter)}
PICTURE = np.random.RandomState(0).rand(3, 4, 5).astype("f4")
NUMBERS = np.random.RandomState(1).randn(200)

CALLS = {
    "scalar": lambda w, t: w.add_scalar("a/b c", 1.5, 3, walltime=100.0),
    "scalar of 0": lambda w, t: w.add_scalar("zero", 0, 0),
    "scalar of a tensor": lambda w, t: w.add_scalar("a", t.tensor([2.5], requires_grad=True), 1),
    "scalar without a step": lambda w, t: w.add_scalar("a", np.float32(0.1)),
    "scalar at -1": lambda w, t: w.add_scalar("a", float("nan"), -1),
    "scalar at a tensor": lambda w, t: w.add_scalar("a", 1, t.tensor(3)),
    "scalar, new style": lambda w, t: w.add_scalar("a", t.tensor(3), 4, new_style=True),
    "scalar, double": lambda w, t: w.add_scalar(
        "a", 0.1, 4, new_style=True, double_precision=True),
    "scalars": lambda w, t: w.add_scalars("m/n", {"x": 1, "y": t.tensor(2.0)}, 6),
    "histogram": lambda w, t: w.add_histogram("h", t.tensor(NUMBERS), 7),
    "histogram of zeros": lambda w, t: w.add_histogram("h", t.zeros(3), 7),
    "histogram, auto": lambda w, t: w.add_histogram("h", NUMBERS, 7, bins="auto"),
    "histogram, ints": lambda w, t: w.add_histogram("h", t.tensor([1, 2, 5]), bins=4),
    "histogram, edges": lambda w, t: w.add_histogram(
        "h", np.array([-1.0, 0, 0, 3]), bins=[-2, -1, 0, 1, 5, 9]),
    "histogram, few bins": lambda w, t: w.add_histogram("h", NUMBERS, bins=20, max_bins=6),
    "histogram, counted": lambda w, t: w.add_histogram_raw(
        "h", 0.0, 3.0, 6, 9.0, 14.0, [1.0, 2.0, 3.0], [1, 2, 3], 7),
    "image": lambda w, t: w.add_image("i", t.tensor(PICTURE), 8),
    "image, grey": lambda w, t: w.add_image("i", PICTURE[:1], 8),
    "image, HW": lambda w, t: w.add_image("i", (PICTURE[0] * 255).astype("u1"), dataformats="HW"),
    "image, HWC": lambda w, t: w.add_image("i", PICTURE.transpose(1, 2, 0), dataformats="HWC"),
    "image, beyond": lambda w, t: w.add_image("i", PICTURE * 3 - 1),
    "image, doubles": lambda w, t: w.add_image("i", PICTURE.astype("f8")),
    "images": lambda w, t: w.add_images("i", t.tensor(np.stack([PICTURE] * 11)), 8),
    "images, NHWC": lambda w, t: w.add_images(
        "i", np.stack([PICTURE.transpose(1, 2, 0)] * 2), dataformats="NHWC"),
    "text": lambda w, t: w.add_text("t", "hello *ä*", 9),
    "audio": lambda w, t: w.add_audio("s", t.tensor([[0.0, 0.5, -1.0, 0.3]]), 10, 8000),
    "pr curve": lambda w, t: w.add_pr_curve(
        "p", NUMBERS > 0, t.sigmoid(t.tensor(NUMBERS + 0.3)), 11, num_thresholds=9),
    "pr curve, weighted": lambda w, t: w.add_pr_curve(
        "p", NUMBERS > 0, np.abs(NUMBERS) % 1, 11, num_thresholds=200, weights=NUMBERS**2),
    "pr curve, counted": lambda w, t: w.add_pr_curve_raw("p", *np.ones((6, 3)), 11, 3),
    "mesh": lambda w, t: w.add_mesh(
        "m", t.ones(1, 4, 3), t.ones(1, 4, 3).int(), t.ones(1, 2, 3).int(), {"b": 1, "a": 2}, 12),
    "mesh of points": lambda w, t: w.add_mesh("m", np.ones((1, 4, 3))),
    "custom scalars": lambda w, t: w.add_custom_scalars(
        {"T": {"one": ["Multiline", ["a", "b"]], "two": ["Margin", ["x", "y", "z"]]}, "U": {}}),
    "a multiline chart": lambda w, t: w.add_custom_scalars_multilinechart(["a", "b"]),
    "a margin chart": lambda w, t: w.add_custom_scalars_marginchart(["a", "b", "c"], "c", "t"),
    "tensor": lambda w, t: w.add_tensor("t", t.arange(6.0).reshape(2, 3), 13),
    "tensor of ints": lambda w, t: w.add_tensor("t", t.tensor([1, -2])),
    "tensor of bools": lambda w, t: w.add_tensor("t", t.tensor([True, False])),
    "tensor, empty": lambda w, t: w.add_tensor("t", t.zeros(0, 2, dtype=t.float64)),
    "hparams": lambda w, t: w.add_hparams(
        {"lr": 0.1, "n": 3, "name": "x", "flag": True, "none": None, "t": t.tensor([2.0])},
        {"acc": 0.5, "loss": t.tensor(1.0)}, run_name="run", global_step=4),
    "hparams, domains": lambda w, t: w.add_hparams(
        {"lr": 0.1, "s": "x"}, {}, {"lr": [0.1, 0.0], "s": ["x", "y"]}, run_name="run"),
}  # fmt: skip


def events(folder):
    """The events of each file below `folder`, by its folder."""
    found = {}
    for path in sorted(glob.glob(f"{folder}/**/events.out.tfevents.*", recursive=True)):
        home = os.path.relpath(os.path.dirname(path), folder)
        loader = RawEventFileLoader(path)
        found.setdefault(home, []).extend(Event.FromString(data) for data in loader.Load())
    return found


def plain(event):
    """An event as a text, with pictures and maps as what they mean."""
    event = Event.FromString(event.SerializeToString())
    if event.wall_time != 100.0:
        assert event.wall_time > 1.7e9
        event.wall_time = 0
    rest = []
    for value in event.summary.value:
        if value.HasField("image"):
            rest.append(_png.decode_png(value.image.encoded_image_string).tolist())
            value.image.encoded_image_string = b""
        if value.metadata.plugin_data.plugin_name == "hparams":
            data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
            told = data.session_start_info.hparams
            rest.append(sorted((name, str(told[name])) for name in told))
            rest.append(str(data.experiment) + str(data.session_end_info))
            value.metadata.plugin_data.content = b""
    return str(event), rest


@pytest.mark.differential
@pytest.mark.parametrize("name", CALLS)
def test_the_same_events(name, tmp_path):
    found = {}
    for engine, (module, writer) in ENGINES.items():
        with writer(str(tmp_path / engine)) as w:
            CALLS[name](w, module)
        found[engine] = events(tmp_path / engine)
    assert found["ours"].keys() == found["theirs"].keys()
    for home, expected in found["theirs"].items():
        first, *rest = found["ours"][home]
        assert first.file_version == "brain.Event:2"
        assert [plain(e) for e in rest] == [plain(e) for e in expected[1:]]


@pytest.mark.differential
def test_tensorboard_reads_all_of_it(tmp_path):
    read = {}
    for engine, (module, writer) in ENGINES.items():
        with writer(str(tmp_path / engine)) as w:
            for call in CALLS.values():
                call(w, module)
        found = EventAccumulator(str(tmp_path / engine), size_guidance=dict.fromkeys(
            ("scalars", "histograms", "images", "audio", "tensors"), 0)).Reload()  # fmt: skip
        read[engine] = found.Tags(), [(e.step, e.value) for e in found.Scalars("zero")]
    assert read["ours"] == read["theirs"]
    assert {"h", "i"} <= {*read["ours"][0]["histograms"], *read["ours"][0]["images"]}


@pytest.mark.differential
@pytest.mark.parametrize(
    "call",
    [
        lambda w, t: w.add_scalar("a", t.ones(2)),
        lambda w, t: w.add_scalar("a", "x"),
        lambda w, t: w.add_scalar("a", None),
        lambda w, t: w.add_scalar("a", [1.0]),
        lambda w, t: w.add_histogram("h", t.zeros(0)),
        lambda w, t: w.add_histogram("h", t.tensor([float("nan")]), bins="auto"),
        lambda w, t: w.add_histogram_raw("h", 0, 0, 0, 0, 0, [1.0], [1, 2]),
        lambda w, t: w.add_image("i", t.zeros(3, 4)),
        lambda w, t: w.add_image("i", t.zeros(3, 4), dataformats="HH"),
        lambda w, t: w.add_text("t", ["x"]),
        lambda w, t: w.add_audio("s", t.zeros(2, 3)),
        lambda w, t: w.add_mesh("m", t.ones(2, 3)),
        lambda w, t: w.add_custom_scalars_marginchart(["a"]),
        lambda w, t: w.add_hparams(1, {}),
        lambda w, t: w.add_hparams({"a": [1]}, {}),
        lambda w, t: w.add_hparams({"a": 1}, {}, {"b": [1]}),
        lambda w, t: w.add_hparams({"a": 1}, {}, {"a": ["x"]}),
        lambda w, t: w.add_embedding(t.ones(2)),
        lambda w, t: w.add_embedding(t.ones(2, 2), metadata=["a"]),
        lambda w, t: w.add_embedding(t.ones(2, 2), label_img=t.ones(3, 3, 2, 2)),
    ],
)
def test_what_is_refused(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    errors = []
    for engine, (module, writer) in ENGINES.items():
        with writer(str(tmp_path / engine)) as w, pytest.raises(Exception) as raised:
            call(w, module)
        errors.append(raised.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0])


def test_what_is_not_written(tmp_path):
    with SummaryWriter(tmp_path) as w:
        with pytest.warns(UserWarning, match="add_graph"):
            w.add_graph(minitorch.nn.Linear(1, 1), minitorch.ones(1, 1))
        with pytest.warns(UserWarning, match="cut off"):
            w.add_audio("s", minitorch.tensor([2.0, 0.0]))
        with pytest.raises(NotImplementedError, match="add_images"):
            w.add_video("v", minitorch.zeros(1, 2, 3, 4, 4))
        with pytest.raises(NotImplementedError, match="add_image"):
            w.add_image_with_boxes("v", minitorch.zeros(3, 4, 4), minitorch.zeros(1, 4))
        with pytest.raises(NotImplementedError, match="rescale"):
            summary.image("i", minitorch.zeros(1, 3, 4, 4), rescale=2)


@pytest.mark.differential
def test_embeddings(tmp_path, capsys):
    for engine, (module, writer) in ENGINES.items():
        with writer(str(tmp_path / engine)) as w:
            x = module.arange(10.0).reshape(5, 2) / 3
            w.add_embedding(x, list("abcde"), module.tensor(PICTURE[None, :, :, :4].repeat(5, 0)),
                            global_step=14, tag="a b/c%ä")  # fmt: skip
            w.add_embedding(x[:2], [("p", 1), ("q", 2)], metadata_header=["s", "n"])
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    files = [p.relative_to(theirs) for p in theirs.rglob("*") if p.is_file()]
    assert len(files) == 7
    for file in files:
        if "events" in file.name:
            continue
        a, b = (ours / file).read_bytes(), (theirs / file).read_bytes()
        if file.suffix == ".png":
            a, b = _png.decode_png(a).tolist(), _png.decode_png(b).tolist()
        assert a == b, file


@pytest.mark.differential
def test_figures(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for engine, (_, writer) in ENGINES.items():
        with writer(str(tmp_path / engine)) as w:
            figure = plt.figure(figsize=(2, 1))
            figure.gca().plot([1, 3, 2])
            w.add_figure("kept", [figure, figure], 1, close=False)
            assert plt.get_fignums()
            w.add_figure("closed", figure, 2)
            assert not plt.get_fignums()
    found, expected = events(tmp_path / "ours")["."], events(tmp_path / "theirs")["."]
    assert [plain(e) for e in found[1:]] == [plain(e) for e in expected[1:]]
    alone = matplotlib.figure.Figure(figsize=(2, 1))
    alone.gca().plot([1, 3, 2])
    with SummaryWriter(tmp_path / "alone") as w:
        w.add_figure("closed", alone, 2)
    assert plain(events(tmp_path / "alone")["."][1]) == plain(found[2])


@pytest.mark.differential
def test_purging_closing_and_suffixes(tmp_path):
    found = {}
    for engine, (_, writer) in ENGINES.items():
        w = writer(str(tmp_path / engine), purge_step=5, filename_suffix=".end")
        w.add_scalar("a", 1.0, 5)
        w.close()
        w.close()
        w.add_scalar("a", 2.0, 6)
        w.close()
        found[engine] = [
            plain(e) for e in events(tmp_path / engine)["."] if not e.HasField("source_metadata")
        ]
        paths = os.listdir(tmp_path / engine)
        assert len(paths) == 2
        for path in paths:
            assert path.endswith(".end")
            assert path.split(".")[5] == str(os.getpid()) or str(os.getpid()) in path
    assert found["ours"] == found["theirs"]


def test_the_folder_that_nobody_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_note") as w:
        assert w.get_logdir() == w.log_dir
        assert w.log_dir.startswith("runs" + os.sep)
        assert w.log_dir.endswith("_note")
        assert len(os.listdir(w.log_dir)) == 1


def test_events_reach_the_file_in_time(tmp_path, monkeypatch):
    def count(folder):
        return len(events(folder)["."]) - 1

    slow = SummaryWriter(tmp_path / "slow", max_queue=3)
    for step in range(3):
        slow.add_scalar("a", step, step)
    assert count(tmp_path / "slow") == 0
    slow.add_scalar("a", 3, 3)
    assert count(tmp_path / "slow") == 4
    slow.add_scalar("a", 4, 4)
    slow.flush()
    assert count(tmp_path / "slow") == 5
    slow.close()
    quick = SummaryWriter(tmp_path / "quick", flush_secs=0)
    quick.add_scalar("a", 0, 0)
    assert count(tmp_path / "quick") == 1
    quick.close()


def test_nothing_is_lost_when_a_script_just_ends(tmp_path):
    code = (
        "from minitorch.utils.tensorboard import SummaryWriter\n"
        f"w = SummaryWriter({str(tmp_path)!r})\n"
        "w.add_scalar('a', 1.0, 1)\n"
        "raise SystemExit\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(events(tmp_path)["."]) == 2


def test_numbers_of_the_checksum():
    # Source: RFC 3720, appendix B.4
    assert _records.crc32c(bytes(32)) == 0x8A9136AA
    assert _records.crc32c(b"\xff" * 32) == 0x62A8AB43
    assert _records.crc32c(bytes(range(32))) == 0x46DD794E
    assert _records.crc32c(b"123456789") == 0xE3069283


def test_a_summary_made_by_hand_is_written(tmp_path):
    with SummaryWriter(tmp_path) as w:
        for part in summary.hparams({"lr": 0.1}, {"acc": 1}):
            w.file_writer.add_summary(part)
        w.file_writer.add_summary(summary.scalar("acc", 0.5), 3, walltime=100)
    assert [e.step for e in events(tmp_path)["."]] == [0, 0, 0, 0, 3]
