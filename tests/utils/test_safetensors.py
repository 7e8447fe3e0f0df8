"""The safetensors format, compared with the package of that name in both directions."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import minitorch
from minitorch.utils import safetensors as ours

torch = pytest.importorskip("torch")
package = pytest.importorskip("safetensors")
theirs = pytest.importorskip("safetensors.torch")

DTYPES = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()


def tensors(engine):
    """A tensor of each dtype, an empty one, a number."""
    found = {d: engine.tensor([[1, 0, 3]]).to(getattr(engine, d)) for d in DTYPES}
    return {
        **found,
        "empty": engine.zeros(0, 3),
        "number": engine.tensor(2.5),
        'a "ä\n\x01': found["int8"].clone(),
    }


def same(found, expected):
    assert sorted(found) == sorted(expected)
    for name, x in found.items():
        assert repr(x) == repr(expected[name]), name


@pytest.mark.differential
@pytest.mark.parametrize("metadata", [None, {"format": "ä"}])
def test_the_bytes_are_the_packages(metadata):
    data = ours.save(tensors(minitorch), metadata)
    assert data == theirs.save(tensors(torch), metadata)
    same(theirs.load(data), tensors(torch))
    same(ours.load(data), tensors(minitorch))


@pytest.mark.differential
def test_files_and_parts_of_them(tmp_path):
    path = tmp_path / "x.safetensors"
    ours.save_file(tensors(minitorch), path, {"k": "v"})
    same(theirs.load_file(path), tensors(torch))
    same(ours.load_file(path), tensors(minitorch))
    with (
        ours.safe_open(path, framework="pt", device="cpu") as mine,
        package.safe_open(path, framework="pt") as reference,
    ):
        for asked in ("keys", "offset_keys", "metadata"):
            assert getattr(mine, asked)() == getattr(reference, asked)()
        assert list(mine.get_tensors()) == mine.offset_keys()
        for name in ("float32", "bfloat16", "empty"):
            a, b = mine.get_slice(name), reference.get_slice(name)
            assert (a.get_shape(), a.get_dtype()) == (b.get_shape(), b.get_dtype())
            for index in (slice(0, 1), (slice(None), slice(1, 3)), ...):
                assert repr(a[index]) == repr(b[index])
        with pytest.raises(IndexError):
            mine.get_slice("float32")[5]
        with pytest.raises(ours.SafetensorError, match="nope"):
            mine.get_tensor("nope")
    with pytest.raises(ours.SafetensorError, match="closed"):
        mine.keys()
    with ours.safe_open(path, framework="np") as mine:
        assert mine.get_tensor("int32").tolist() == [[1, 0, 3]]
        assert mine.get_slice("int32")[0].tolist() == [1, 0, 3]
    with pytest.raises(FileNotFoundError):
        ours.load_file(tmp_path / "nope")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.safetensors"
    ours.save_file({"a": minitorch.ones(1)}, path)

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        ours.save_file({"a": minitorch.zeros(1)}, path)
    assert ours.load_file(path)["a"].tolist() == [1]
    assert os.listdir(tmp_path) == ["x.safetensors"]


@pytest.mark.differential
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda t: {"a": t.ones(2, 3).t()}, "'a'"),
        (lambda t: [t.ones(1)], "list"),
        (lambda t: {"a": 1}, "int"),
        (lambda t: {1: t.ones(1)}, "1"),
        (lambda t: dict.fromkeys("ab", t.ones(1)), "'a'"),
        (lambda t: (lambda x: {"all": x, "part": x[1:]})(t.ones(3)), "part"),
    ],
)
def test_what_cannot_be_saved(make, words):
    with pytest.raises((RuntimeError, TypeError, ValueError)) as expected:
        theirs.save(make(torch))
    with pytest.raises(expected.type, match=words):
        ours.save(make(minitorch))
    with pytest.raises(TypeError, match="metadata"):
        ours.save({}, {"a": 1})


def test_parts_that_do_not_overlap_are_saved():
    x = minitorch.arange(6.0)
    assert ours.load(ours.save({"b": x[:3], "a": x[3:]}))["a"].tolist() == [3, 4, 5]


def model(engine, tied=True):
    """Two layers, with one weight where `tied`."""
    engine.manual_seed(0)
    made = engine.nn.Sequential(engine.nn.Linear(2, 2), engine.nn.Linear(2, 2))
    if tied:
        made[1].weight = made[0].weight
    return made


@pytest.mark.differential
def test_models(tmp_path):
    mine, reference = tmp_path / "mine", tmp_path / "theirs"
    ours.save_model(model(minitorch), mine)
    theirs.save_model(model(torch), reference)
    assert mine.read_bytes() == reference.read_bytes()
    for engine, functions in ((minitorch, ours), (torch, theirs)):
        for tied in (True, False):
            fresh = model(engine, tied)
            with engine.no_grad():
                fresh[0].weight.zero_()
            missing, unexpected = functions.load_model(fresh, mine, strict=tied)
            assert (missing, unexpected) == (set() if tied else {"1.weight"}, [])
            assert fresh[0].weight.abs().sum() > 0
    with pytest.raises(RuntimeError, match=r"1\.weight"):
        ours.load_model(model(minitorch, tied=False), mine)
    with pytest.raises(RuntimeError, match="size mismatch"):
        ours.load_model(minitorch.nn.Sequential(minitorch.nn.Linear(2, 3)), mine)
    part = model(minitorch)
    whole = minitorch.ones(4, 2)
    part[0].weight = minitorch.nn.Parameter(whole[:3])
    part[1].weight = minitorch.nn.Parameter(whole[1:])
    with pytest.raises(RuntimeError, match="none has all"):
        ours.save_model(part, mine)


def test_the_package_itself_runs_on_minitorch(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\n"
        "from safetensors import safe_open\n"
        "from safetensors.torch import load_file, load_model, save_file, save_model\n"
        "save_file({'a': torch.arange(3.0), 'h': torch.ones(2, 2).bfloat16()}, 'x')\n"
        "with safe_open('x', framework='pt') as file:\n"
        "    print(file.get_tensor('h').tolist(), file.get_slice('a')[1:].tolist())\n"
        "print(load_file('x')['a'].untyped_storage().nbytes())\n"
        "model = torch.nn.Linear(2, 2)\n"
        "save_model(model, 'y')\n"
        "print(load_model(model, 'y'))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", str(script)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[[1.0, 1.0], [1.0, 1.0]] [1.0, 2.0]", "12", "(set(), [])"]


def file(header, data=b"1234", length=None):
    """A file with this header, a dict or bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def one(**said):
    """A header of one tensor."""
    return {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **said}}


TWICE = (
    b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},'
    b'"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}'
)
HOSTILE = {
    "nothing": b"",
    "3 bytes": b"abc",
    "a header beyond the end": file(one(), length=10_000),
    "a header of 2**63 bytes": file(one(), length=1 << 63),
    "no JSON": file(b"{nope"),
    "a list": file(b"[]"),
    "no UTF-8": file(b'{"\xff":1}'),
    "nested 100,000 deep": file(b"[" * 100_000),
    "a number of 10,000 digits": file(b'{"a":' + b"9" * 10_000 + b"}"),
    "offsets beyond the end": file(one(data_offsets=[0, 8], shape=[2])),
    "fewer numbers than the shape": file(one(shape=[2])),
    "offsets reversed": file(one(data_offsets=[4, 0])),
    "a negative offset": file(one(data_offsets=[-4, 0])),
    "three offsets": file(one(data_offsets=[0, 2, 4])),
    "a hole": file(one(data_offsets=[4, 8]), b"12345678"),
    "an overlap": file({**one(), "b": one(data_offsets=[2, 6])["a"]}, b"123456"),
    "two in one place": file({**one(), "b": one()["a"]}, b"12345678"),
    "trailing bytes": file(one(), b"12345"),
    "cut": file(one(), b"123"),
    "an unknown dtype": file(one(dtype="F33")),
    "a dtype that is no text": file(one(dtype=["F32"])),
    "a negative size": file(one(shape=[-1])),
    "a size that is a float": file(one(shape=[1.0])),
    "a size that is a bool": file(one(shape=[True])),
    "sizes that overflow": file(one(shape=[1 << 40, 1 << 40])),
    "no shape": file({"a": {"dtype": "F32", "data_offsets": [0, 4]}}),
    "a tensor that is a number": file({"a": 1}),
    "metadata that are no texts": file({**one(), "__metadata__": {"a": 1}}),
    "metadata that are a list": file({**one(), "__metadata__": []}),
    "a name twice": file(TWICE),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_files_are_refused(name):
    with pytest.raises(ours.SafetensorError):
        ours.load(HOSTILE[name])
    if name not in ("a name twice", "a size that is a bool"):  # which the package takes
        with pytest.raises((package.SafetensorError, TypeError, ValueError)):
            theirs.load(HOSTILE[name])


def test_the_broken_files_are_broken_by_what_they_say_alone():
    assert ours.load(file(one()))["a"].shape == (1,)
    assert ours.load(file({}, b"")) == {}


def test_a_dtype_that_is_not_here_is_named():
    with pytest.raises(NotImplementedError, match="F8_E5M2"):
        ours.load(file(one(dtype="F8_E5M2", shape=[4])))
