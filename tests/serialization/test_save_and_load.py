"""Checkpoints in both directions: what torch saved is read here, and the other way round."""

from __future__ import annotations

import importlib
import io
import os
import struct
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest

import minitorch

ENGINES = ("minitorch", "torch")
DTYPES = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()


@pytest.fixture(params=[(a, b) for a in ENGINES for b in ENGINES if "minitorch" in (a, b)])
def engines(request):
    """(the one that saves, the one that loads)"""
    return tuple(pytest.importorskip(name) for name in request.param)


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def through(request, engines):
    """What becomes of an object on its way through a file."""
    saves, loads = engines

    def function(x, **how):
        file = io.BytesIO()
        saves.save(x, file, _use_new_zipfile_serialization=request.param)
        file.seek(0)
        return loads.load(file, **how)

    return function


def things(torch):
    """All that a safe load knows, by name."""
    x = torch.arange(12.0).reshape(3, 4)
    named = torch.ones(2)
    named.label = "mine"
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.label = "mine too"
    counted = Counter({"a": 2})
    return {
        **{f"torch.{d}": torch.tensor([[1, 0, 3]]).to(getattr(torch, d)) for d in DTYPES},
        "whole": x,
        "part": x[1:, 2:],
        "transposed": x.t(),
        "diagonal": x.diagonal(),
        "expanded": torch.ones(3, 1).expand(3, 5),
        "number": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "leaf": torch.ones(2, requires_grad=True),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "frozen": torch.nn.Parameter(torch.ones(2), requires_grad=False),
        "parameter with an attribute": parameter,
        "tensor with an attribute": named,
        "buffer": torch.nn.Buffer(torch.ones(2)),
        "storage": torch.tensor([1, 2]).storage(),
        "random state": torch.get_rng_state(),
        "size": torch.Size([2, 3]),
        "dtype": torch.float16,
        "device": torch.device("cuda:1"),
        "layout": torch.strided,
        "none": None,
        "bools": [True, False],
        "ints": [0, -1, 255, 65536, 2**31, -(2**31), 2**70, -(2**70)],
        "floats": [0.1, float("inf"), -0.0, 1e-300],
        "complex": 1 + 2j,
        "text": "häß\n\ud83d\ude00\x00" * 100,
        "bytes": bytes(range(256)),
        "bytearray": bytearray(b"ab"),
        "tuple": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "set": {1, 2, "x"},
        "dict": {1: "a", "b": {}, (1, 2): [], None: None, 1.5: True},
        "ordered": OrderedDict(b=1, a=2),
        "counter": counted,
    }


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_everything_that_is_data_arrives(through, engines):
    saves, loads = engines
    expected = things(saves)
    found = through(expected)
    assert list(found) == list(expected)
    for name, x in found.items():
        assert type(x).__name__ == type(expected[name]).__name__, name
        assert repr(x) == repr(expected[name]), name
        if isinstance(x, loads.Tensor):
            assert x.stride() == expected[name].stride(), name
            assert x.requires_grad == expected[name].requires_grad, name
    assert found["parameter with an attribute"].label == "mine too"
    assert found["tensor with an attribute"].label == "mine"
    assert found["buffer"].persistent


@pytest.mark.differential
def test_shared_memory_stays_shared(through, engines):
    x = engines[0].arange(6.0)
    found = through({"x": x, "same": x, "part": x[2:4]})
    assert found["x"] is found["same"]
    found["x"][3] = 100.0
    assert found["part"].tolist() == [2, 100]
    assert found["part"].storage_offset() == 2


@pytest.mark.differential
def test_a_list_that_holds_itself(through):
    x: list = [1]
    x.append(x)
    found = through(x)
    assert found[1] is found


@pytest.mark.differential
def test_a_result_becomes_a_leaf(through, engines):
    found = through(engines[0].ones(2, requires_grad=True) * 2)
    assert found.is_leaf
    assert found.requires_grad


def trained(torch):
    """A model, an optimizer that has stepped, a scheduler."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    train(torch, model, optimizer, scheduler, 2)
    return model, optimizer, scheduler


def train(torch, model, optimizer, scheduler, steps):
    """The losses of some steps."""
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(torch.randn(3, 1, 4, 4)).square().sum()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


@pytest.mark.differential
def test_training_goes_on_from_the_others_checkpoint(through, engines):
    saves, loads = engines
    parts = trained(saves)
    state = {str(i): part.state_dict() for i, part in enumerate(parts)}
    found = through({**state, "rng": saves.get_rng_state()})
    assert found["0"]._metadata == parts[0].state_dict()._metadata
    mine = trained(loads)
    for i, part in enumerate(mine):
        part.load_state_dict(found[str(i)])
    expected = train(saves, *parts, 3)
    loads.set_rng_state(found["rng"])
    assert train(loads, *mine, 3) == pytest.approx(expected, rel=1e-4)


@pytest.mark.differential
def test_whole_models_and_optimizers_go_through(through, engines):
    saves, loads = engines
    model, optimizer, scheduler = trained(saves)
    found, optimizer_found = through([model, optimizer], weights_only=False)
    assert type(found).__module__.partition(".")[0] == loads.__name__
    assert repr(found) == repr(model)
    assert optimizer_found.param_groups[0]["params"][0] is next(found.parameters())
    saves.manual_seed(1)
    expected = train(saves, model, optimizer, scheduler, 1)
    loads.manual_seed(1)
    again = loads.optim.lr_scheduler.StepLR(optimizer_found, 1)
    assert train(loads, found, optimizer_found, again, 1) == pytest.approx(expected, rel=1e-4)


LAYERS = {
    "Linear": ((8, 3), {}),
    "Conv2d": ((4, 2, 3), {"padding": 1, "padding_mode": "circular"}),
    "ConvTranspose1d": ((4, 2, 3), {}),
    "BatchNorm1d": ((4,), {}),
    "GroupNorm": ((2, 4), {}),
    "InstanceNorm2d": ((4,), {"affine": True}),
    "LSTM": ((8, 5), {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    "GRUCell": ((8, 5), {}),
    "TransformerEncoderLayer": ((8, 2, 16), {"dropout": 0.0, "activation": "gelu"}),
    "MaxPool2d": ((2,), {}),
    "Upsample": ((), {"scale_factor": 2}),
    "Unflatten": ((1, (2, 2)), {}),
    "PReLU": ((), {}),
}


@pytest.mark.differential
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_whole_layers_compute_the_same_in_the_other_engine(name, engines):
    saves, loads = engines
    args, kwargs = LAYERS[name]
    saves.manual_seed(0)
    layer = getattr(saves.nn, name)(*args, **kwargs)
    file = io.BytesIO()
    saves.save(layer, file)
    file.seek(0)
    found = loads.load(file, weights_only=False)
    assert repr(found) == repr(layer)
    size = (2, 8) if name == "GRUCell" else (2, 4, 8, 8) if "2d" in name else (2, 4, 8)
    results = []
    for engine, module in ((saves, layer), (loads, found)):
        engine.manual_seed(1)
        results.append(module(engine.randn(size) if name != "Upsample" else engine.ones(size)))
    first, second = (r[0] if isinstance(r, tuple) else r for r in results)
    np.testing.assert_allclose(first.detach().numpy(), second.detach().numpy(), atol=1e-5)
    if second.requires_grad:
        second.sum().backward()
        assert all(p.grad is not None for p in found.parameters())


@pytest.mark.differential
def test_generators_go_on_where_they_stopped(engines):
    saves, loads = engines
    generator = saves.Generator().manual_seed(5)
    saves.randn(3, generator=generator)
    file = io.BytesIO()
    saves.save(generator, file)
    file.seek(0)
    found = loads.load(file, weights_only=False)
    expected = saves.rand(4, generator=generator).tolist()
    assert loads.rand(4, generator=found).tolist() == expected


PACKAGES = """nn optim optim.lr_scheduler optim.swa_utils utils.data distributions
distributions.transforms nn.utils.rnn""".split()


@pytest.mark.differential
@pytest.mark.parametrize("package", PACKAGES)
def test_every_class_is_called_what_torch_calls_it(package):
    pytest.importorskip("torch")
    from minitorch.serialization.names import find, torch_name

    theirs, ours = (importlib.import_module(f"{engine}.{package}") for engine in ENGINES[::-1])
    seen = 0
    for name, cls in vars(theirs).items():
        mine = getattr(ours, name, None)
        if not (isinstance(cls, type) and isinstance(mine, type) and mine.__name__ == cls.__name__):
            continue
        if mine.__module__.startswith("minitorch") and cls.__module__.startswith("torch"):
            module, qualified = torch_name(mine)
            assert getattr(importlib.import_module(module), qualified) is cls, name
            assert find(cls.__module__, cls.__qualname__) is mine, name
            if issubclass(mine, minitorch.nn.Module):  # a safe load of torch's asks for this name
                assert (module, qualified) == (cls.__module__, cls.__qualname__)
            seen += 1
    assert seen >= 2


@pytest.mark.differential
@pytest.mark.parametrize("name", ["nn.functional.relu", "nn.functional.gelu", "tanh", "optim.SGD"])
def test_functions_are_found_by_torchs_name(name):
    torch = pytest.importorskip("torch")
    theirs, ours = torch, minitorch
    for part in name.split("."):
        theirs, ours = getattr(theirs, part), getattr(ours, part)
    file = io.BytesIO()
    torch.save(theirs, file)
    file.seek(0)
    assert minitorch.load(file, weights_only=False) is ours


# ------------------------------------------------------------------ files


def saved(x, **how):
    """A file with `x` in it, at its start."""
    file = io.BytesIO()
    minitorch.save(x, file, **how)
    file.seek(0)
    return file


@pytest.mark.differential
def test_the_archive_is_laid_out_as_torchs(tmp_path, engines):
    torch = pytest.importorskip("torch")
    names = []
    for i, engine in enumerate((minitorch, torch)):
        folder = tmp_path / str(i)
        folder.mkdir()
        engine.save({"a": engine.ones(3), "b": engine.arange(70)}, folder / "my.model.pt")
        with zipfile.ZipFile(folder / "my.model.pt") as archive:
            names.append(archive.namelist())
            read = {n: archive.read(n) for n in names[-1] if "data" not in n.split("/")[1][:5]}
            names.append({n: v for n, v in read.items() if "serialization_id" not in n})
            raw = (folder / "my.model.pt").read_bytes()
            for entry in archive.infolist():
                name, extra = struct.unpack_from("<HH", raw, entry.header_offset + 26)
                assert (entry.header_offset + 30 + name + extra) % 64 == 0
            assert len(archive.read("my.model/.data/serialization_id")) == 40
    assert names[0] == names[2]
    assert names[1] == names[3]


@pytest.mark.parametrize("mmap", [False, True])
def test_paths_and_maps(tmp_path, mmap):
    path = tmp_path / "x.pt"
    minitorch.save({"w": minitorch.arange(3.0), "e": minitorch.zeros(0)}, path)
    for place in (path, str(path)):
        found = minitorch.load(place, mmap=mmap)["w"]
        found += 1
        assert found.tolist() == [1, 2, 3]
        assert found.untyped_storage().nbytes() == 12
    assert minitorch.load(path)["w"].tolist() == [0, 1, 2]


@pytest.mark.differential
def test_map_location(engines):
    torch = engines[0]
    file = io.BytesIO()
    torch.save(torch.ones(2), file)

    def at(where):
        file.seek(0)
        return minitorch.load(file, map_location=where).tolist()

    seen = []

    def look(storage, location):
        seen.append((storage.nbytes(), location))
        return storage

    restore = minitorch.serialization.default_restore_location
    cpu = ("cpu", minitorch.device("cpu"), {"cuda:0": "cpu"}, look, lambda s, p: None)
    for where in (*cpu, lambda s, p: restore(s, minitorch.serialization.location_tag(s))):
        assert at(where) == [1, 1]
    assert seen == [(8, "cpu")]
    assert at(lambda storage, place: minitorch.FloatStorage([5, 6])) == [5, 6]
    file = io.BytesIO()
    torch.save(torch.ones(2), file)
    for where in ("cuda", minitorch.device("cuda:1"), {"cpu": "cuda:0"}, "meta"):
        with pytest.raises(RuntimeError, match=r"cuda|meta"):
            at(where)
    assert at(lambda storage, place: storage.clone()) == [1, 1]
    file = io.BytesIO()
    torch.save([torch.ones(2)] * 2, file, _use_new_zipfile_serialization=False)
    file.seek(0)
    first, second = minitorch.load(file, map_location=lambda storage, place: storage.clone())
    assert first.tolist() == second.tolist() == [1, 1]
    for where in (0, lambda s, p: "cpu"):
        with pytest.raises(TypeError, match=r"int|str"):
            at(where)


def test_a_checkpoint_from_a_gpu_needs_a_place():
    from tests.serialization.hostile import FOUR, tensor, told, zipped

    data = zipped(tensor().replace(told("cpu"), told("cuda:0")), ("archive/data/0", FOUR))
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        minitorch.load(io.BytesIO(data))
    assert minitorch.load(io.BytesIO(data), map_location="cpu").tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("record", [True, False])
def test_the_other_byte_order(record):
    from minitorch.serialization import LoadEndianness, set_default_load_endianness
    from tests.serialization.hostile import tensor, zipped

    order = (("archive/byteorder", b"big"),) if record else ()
    data = zipped(tensor(), ("archive/data/0", np.arange(4, dtype=">f4").tobytes()), *order)
    if not record:
        assert minitorch.load(io.BytesIO(data)).tolist() != [0, 1, 2, 3]
        set_default_load_endianness(LoadEndianness.BIG)
    try:
        assert minitorch.load(io.BytesIO(data)).tolist() == [0, 1, 2, 3]
    finally:
        set_default_load_endianness(None)


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "x.pt"
    minitorch.save(1, path)
    os.chmod(path, 0o640)
    with pytest.raises(AttributeError, match="lambda"):
        minitorch.save([minitorch.ones(3), lambda: 1], path)

    def full(handle):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        minitorch.save(2, path)
    monkeypatch.undo()
    assert minitorch.load(path) == 1
    assert os.listdir(tmp_path) == ["x.pt"]
    minitorch.save(3, path)
    assert minitorch.load(path) == 3
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_a_device_is_written_to(tmp_path):
    (tmp_path / "real.pt").write_bytes(b"")
    (tmp_path / "link.pt").symlink_to(tmp_path / "real.pt")
    minitorch.save(1, tmp_path / "link.pt")
    assert (tmp_path / "link.pt").is_symlink()
    assert minitorch.load(tmp_path / "real.pt") == 1
    minitorch.save(1, os.devnull)
    assert not os.path.isfile(os.devnull)


def test_memory_of_any_order_is_saved():
    fortran = minitorch.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    every_second = minitorch.from_numpy(np.arange(12.0)[::2])
    found = minitorch.load(saved([fortran, every_second]))
    assert found[0].tolist() == fortran.tolist()
    assert found[0].stride() == fortran.stride()
    assert found[1].tolist() == every_second.tolist()


def test_memory_seen_as_two_dtypes_is_refused():
    x = minitorch.ones(2)
    with pytest.raises(RuntimeError, match=r"FloatStorage.*IntStorage"):
        minitorch.save([x, x.view(minitorch.int32)], io.BytesIO())


# ------------------------------------------------------------------ what a safe load may use


class Mine:
    """A class of the user's."""

    def __init__(self, x):
        self.x = x


def test_names_that_the_user_allows():
    serialization = minitorch.serialization
    file = saved([Mine(1), np.arange(3), np.float64(2)])
    unsafe = serialization.get_unsafe_globals_in_checkpoint(file)
    assert f"{__name__}.Mine" in unsafe
    assert "numpy.dtype" in unsafe
    file.seek(0)
    with pytest.raises(serialization.CheckpointError, match="Mine"):
        minitorch.load(file)
    multiarray = np._core.multiarray
    allowed = [Mine, np.ndarray, np.dtype, multiarray._reconstruct, multiarray.scalar]
    with serialization.safe_globals(allowed):
        assert serialization.get_safe_globals() == allowed
        file.seek(0)
        mine, array, number = minitorch.load(file)
    assert serialization.get_safe_globals() == []
    assert (mine.x, array.tolist(), number) == (1, [0, 1, 2], 2.0)
    serialization.add_safe_globals([(Mine, "some.other.Name")])
    serialization.clear_safe_globals()
    assert serialization.get_safe_globals() == []


def test_allowed_layers_go_by_torchs_name():
    layers = [
        minitorch.nn.Linear,
        minitorch.nn.Sequential,
    ]
    with minitorch.serialization.safe_globals(layers):
        model = minitorch.nn.Sequential(minitorch.nn.Linear(2, 1))
        found = minitorch.load(saved(model))
    assert repr(found) == repr(model)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda t: t.save(1, 3), AttributeError, "int"),
        (lambda t: t.load(3), AttributeError, "int"),
        (lambda t: t.load(io.StringIO("text")), TypeError, "'rb'"),
        (lambda t: t.load(saved(1), foo=1), TypeError, "foo"),
        (lambda t: t.load(saved(1), mmap=True), ValueError, "BytesIO"),
        (lambda t: t.load(saved(1), pickle_module=io, weights_only=True), RuntimeError, "pickle"),
        (lambda t: t.save(1, "/"), RuntimeError, "folder"),
        (lambda t: t.serialization.register_package(1, id, id), NotImplementedError, "CPU"),
        (lambda t: t.serialization.skip_data(), NotImplementedError, "skip_data"),
        (lambda t: t.serialization.set_default_mmap_options(1), NotImplementedError, "SHARED"),
        (lambda t: t.serialization.set_default_mmap_options(7), ValueError, "7"),
        (lambda t: t.serialization.set_default_load_endianness("big"), TypeError, "str"),
        (lambda t: t.serialization.add_safe_globals([1]), TypeError, "1"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(minitorch)


@pytest.mark.differential
@pytest.mark.parametrize("name", ["complex64", "uint16", "float8_e5m2"])
def test_a_dtype_that_is_not_here_is_named(name):
    torch = pytest.importorskip("torch")
    if getattr(getattr(minitorch, name, None), "np", None) is not None:
        pytest.skip("it is here")
    file = io.BytesIO()
    torch.save(torch.zeros(2, dtype=getattr(torch, name)), file)
    file.seek(0)
    with pytest.raises(NotImplementedError, match=f"(?i){name[:6]}"):
        minitorch.load(file)
