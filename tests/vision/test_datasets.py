"""Datasets of pictures, from files made here in their formats."""

from __future__ import annotations

import gzip
import pickle
import struct
import sys
import tarfile

import numpy as np
import pytest

import minitorch
from minitorch.utils.data import DataLoader
from minitorch.vision import datasets, transforms
from minitorch.vision.datasets.folder import find_classes, make_dataset

draw = np.random.RandomState(0)
DIGITS, CLASSES = draw.randint(0, 256, (12, 28, 28)).astype(np.uint8), draw.randint(0, 10, 12)
PHOTOS, KINDS = draw.randint(0, 256, (20, 3072)).astype(np.uint8), draw.randint(0, 10, 20)


@pytest.fixture
def no_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)


def idx(array):
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_digits(root, name, part=("train", "train"), zipped=False):
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    for what, array in ((f"{part[0]}-images-idx3", DIGITS), (f"{part[0]}-labels-idx1", CLASSES)):
        data = idx(array)
        path = folder / f"{what}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(data) if zipped else data)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
def test_digits_are_read(tmp_path, name, zipped):
    write_digits(tmp_path, name, zipped=zipped)
    made = getattr(datasets, name)(tmp_path, train=True, download=True)
    assert (made.data.numpy() == DIGITS).all()
    assert (made.targets.numpy() == CLASSES).all()
    assert (made.data.dtype, made.targets.dtype) == (minitorch.uint8, minitorch.int64)
    picture, target = made[3]
    assert (picture.mode, picture.size) == ("L", (28, 28))
    assert (np.asarray(picture) == DIGITS[3]).all()
    assert type(target) is int
    assert len(made) == 12
    assert made.class_to_idx[made.classes[4]] == 4
    assert made.train_data is made.data
    with pytest.raises(RuntimeError, match=rf"t10k-images-idx3-ubyte.*{name}.raw.*download"):
        getattr(datasets, name)(tmp_path, train=False, download=True)


def test_letters_are_read(tmp_path):
    write_digits(tmp_path, "EMNIST", ("emnist-letters-test", "test"))
    made = datasets.EMNIST(str(tmp_path), "letters", train=False)
    assert len(made) == 12
    assert [len(datasets.EMNIST.classes_split_dict[s]) for s in datasets.EMNIST.splits] == [
        62, 47, 47, 27, 10, 10,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="words"):
        datasets.EMNIST(tmp_path, "words")


def test_damaged_digits_are_refused(tmp_path):
    write_digits(tmp_path, "MNIST")
    path = tmp_path / "MNIST/raw/train-images-idx3-ubyte"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(RuntimeError, match=r"damaged.*9408 bytes, the file has 9407"):
        datasets.MNIST(tmp_path)
    path.write_bytes(b"<html>")
    with pytest.raises(RuntimeError, match="no IDX file"):
        datasets.MNIST(tmp_path)


def test_digits_train_without_pillow(tmp_path, no_pillow):
    write_digits(tmp_path, "MNIST")
    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.25,))])
    loader = DataLoader(datasets.MNIST(tmp_path, transform=steps), batch_size=5)
    pictures, targets = next(iter(loader))
    expected = (DIGITS[:5, None].astype(np.float32) / 255 - 0.5) / 0.25
    np.testing.assert_allclose(pictures.numpy(), expected, rtol=1e-6)
    assert targets.tolist() == CLASSES[:5].tolist()


def write_photos(root, hundred=False, archive=False):
    base = root / ("cifar-100-python" if hundred else "cifar-10-batches-py")
    base.mkdir()
    key, names = ("fine_labels", "fine_label_names") if hundred else ("labels", "label_names")
    parts = (
        ["train", "test"] if hundred else [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    )
    for i, part in enumerate(parts):
        half = slice(4 * i % 20, 4 * i % 20 + 4)
        content = {"data": PHOTOS[half], key: KINDS[half].tolist(), "batch_label": part}
        (base / part).write_bytes(pickle.dumps(content, protocol=2))
    meta = {names: [f"class {i}" for i in range(10)]}
    (base / ("meta" if hundred else "batches.meta")).write_bytes(pickle.dumps(meta, protocol=2))
    if archive:
        name = "cifar-100-python.tar.gz" if hundred else "cifar-10-python.tar.gz"
        with tarfile.open(root / name, "w:gz") as tar:
            tar.add(base, base.name)
        for file in base.iterdir():
            file.unlink()
    return base


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize("hundred", [False, True])
def test_photographs_are_read(tmp_path, hundred, archive):
    write_photos(tmp_path, hundred, archive)
    made = (datasets.CIFAR100 if hundred else datasets.CIFAR10)(root=str(tmp_path), train=True)
    n = 4 if hundred else 20
    assert made.targets == KINDS[:n].tolist()
    assert (made.data == PHOTOS[:n].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)).all()
    picture, target = made[2]
    assert (picture.mode, picture.size, target) == ("RGB", (32, 32), KINDS[2])
    assert (transforms.ToTensor()(picture).numpy().ravel() * 255).round().tolist() == PHOTOS[
        2
    ].tolist()
    assert made.classes[3] == "class 3"
    assert made.class_to_idx["class 3"] == 3
    if not hundred:
        assert len(datasets.CIFAR10(tmp_path, train=False)) == 4


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(RuntimeError, match=r"data_batch_1.*batches.meta.*cifar-10-python.tar.gz"):
        datasets.CIFAR10(tmp_path, download=True)
    with pytest.raises(AttributeError, match=r"CelebA.*ImageFolder"):
        _ = datasets.CelebA


def test_a_pickle_that_calls_something_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("called",)

    base = write_photos(tmp_path)
    (base / "test_batch").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print"):
        datasets.CIFAR10(tmp_path, train=False)


ADDRESSES = b"".join(
    [
        b"\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
        b"(K\x01K\x01\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R",
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x08AAAAAAAAtbs.",
    ]
)


def test_bytes_of_a_file_are_not_taken_for_objects(tmp_path):
    """NumPy's own array, unpickled from this, holds an object at the address 0x4141414141414141."""
    base = write_photos(tmp_path)
    for data in (ADDRESSES, ADDRESSES.replace(b"O8", b"i8")):
        (base / "test_batch").write_bytes(data)
        with pytest.raises(pickle.UnpicklingError, match=r"'u1'"):
            datasets.CIFAR10(tmp_path, train=False)


def pictures(root, files):
    image = pytest.importorskip("PIL.Image")
    for i, file in enumerate(files):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".png", ".jpg"):
            image.new("L" if i % 2 else "RGB", (4 + i, 3), i).save(path)
        else:
            path.write_text("no picture")


def test_folders_are_classes(tmp_path):
    pictures(
        tmp_path, ["dog/b.png", "dog/a.png", "cat/deep/x.JPG".lower(), "cat/note.txt", "a.png"]
    )
    made = datasets.ImageFolder(str(tmp_path), transform=transforms.ToTensor())
    assert made.classes == ["cat", "dog"]
    assert [path[len(str(tmp_path)) + 1 :] for path, _ in made.imgs] == [
        "cat/deep/x.jpg", "dog/a.png", "dog/b.png",
    ]  # fmt: skip
    assert made.targets == [0, 1, 1]
    assert [tuple(made[i][0].shape) for i in range(3)] == [(3, 3, 6), (3, 3, 5), (3, 3, 4)]
    assert made[2][1] == 1
    everything = datasets.DatasetFolder(tmp_path, str, is_valid_file=lambda path: True)
    assert len(everything) == 4
    with pytest.raises(FileNotFoundError, match="dog"):
        make_dataset(tmp_path, extensions=".txt")
    assert make_dataset(tmp_path, extensions=".txt", allow_empty=True)[0][1] == 0
    with pytest.raises(FileNotFoundError, match="class folder"):
        find_classes(tmp_path / "dog")


def test_folders_without_pillow(tmp_path, no_pillow):
    from minitorch.vision.io import write_png

    picture = minitorch.arange(24, dtype=minitorch.uint8).reshape(3, 2, 4)
    (tmp_path / "one").mkdir()
    write_png(picture, tmp_path / "one" / "a.png")
    made = datasets.ImageFolder(tmp_path, transform=transforms.ToTensor())
    assert ((made[0][0] * 255).round() == picture).all()


def test_noise_is_the_same_each_time_and_leaves_the_stream_alone():
    made = datasets.FakeData(5, (3, 8, 6), 4, transforms.ToTensor(), random_offset=2)
    minitorch.manual_seed(1)
    before = minitorch.get_rng_state()
    first, again = made[3], made[3]
    assert (minitorch.get_rng_state() == before).all()
    assert (first[0] == again[0]).all()
    assert first[1] == again[1]
    minitorch.manual_seed(5)
    noise = minitorch.randn(3, 8, 6)
    assert ((first[0] * 255).round() == noise.mul(255).byte()).all()
    assert len(list(DataLoader(made, 2))) == 3
    with pytest.raises(IndexError):
        _ = made[5]


def test_the_text_of_a_dataset(tmp_path):
    write_digits(tmp_path, "MNIST")
    steps = transforms.Compose([transforms.ToTensor()])
    assert repr(datasets.MNIST(tmp_path, transform=steps)) == (
        "Dataset MNIST\n    Number of datapoints: 12\n"
        f"    Root location: {tmp_path}\n    Split: Train\n"
        "    StandardTransform\nTransform: Compose(\n               ToTensor()\n           )"
    )
    with pytest.raises(ValueError, match="transforms"):
        datasets.VisionDataset(tmp_path, transforms=len, transform=len)
