"""Datasets, samplers, collation and the DataLoader: torch's order, batches and random state."""

from __future__ import annotations

import collections
import dataclasses
import importlib
import itertools
import random
import sys
import types

import numpy as np
import pytest

import minitorch
import minitorch.utils.data

Point = collections.namedtuple("Point", "x y")
Fields = dataclasses.make_dataclass("Fields", ["x"])


@pytest.fixture
def torch():
    found = pytest.importorskip("torch")
    importlib.import_module("torch.utils.data")
    return found


def described(x):
    """A batch in words that are the same for both engines: types, dtypes, shapes, values."""
    if hasattr(x, "_fields"):
        return type(x).__name__, [described(part) for part in x]
    if isinstance(x, (list, tuple, collections.deque)):
        return type(x).__name__, [described(part) for part in x]
    if isinstance(x, dict):
        return type(x).__name__, {key: described(value) for key, value in x.items()}
    if hasattr(x, "grad_fn"):
        return str(x.dtype), tuple(x.shape), x.tolist(), x.requires_grad, x.is_contiguous()
    if isinstance(x, np.ndarray):
        return "array", x.tolist()
    return x


def outcome(t, scenario):
    """What a scenario gives (or the type it raises), and where the random stream is afterwards."""
    t.manual_seed(7)
    try:
        result = described(scenario(t, t.utils.data))
    except Exception as error:
        result = type(error)
    return result, t.get_rng_state().numpy().tobytes()


class Squares:
    """A dataset that is neither one of torch nor of ours."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if not 0 <= i < self.n:
            raise IndexError(i)
        return {"i": i, "square": float(i * i), "array": np.full(2, i, np.float32)}


class Unsized:
    def __getitem__(self, i):
        return i


def stream(data, n):
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

    return Stream()


def sized_stream(data, n):
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

        def __len__(self):
            return n

    return Stream()


def tensors(t, data, n=10):
    return data.TensorDataset(t.arange(n * 3).reshape(n, 3) * 0.5, t.arange(n))


def own_reading(t, data):
    class Doubled(data.TensorDataset):
        def __getitem__(self, index):
            return tuple(x * 2 for x in super().__getitem__(index))

    return Doubled(t.arange(6))


def batched_reading(t, data):
    class Batched(data.Dataset):
        def __getitems__(self, indices):
            return [-i for i in indices]

        def __len__(self):
            return 5

    return Batched()


def replaced(t, data):
    """A loader of tensors, while a function of ours stands in the table."""
    table = data._utils.collate.default_collate_fn_map
    before = table[t.Tensor]
    table[t.Tensor] = count
    try:
        return list(data.DataLoader(tensors(t, data), 4))
    finally:
        table[t.Tensor] = before


class Few:
    """Gives one sample whatever it is asked for."""

    def __len__(self):
        return 2

    def __getitems__(self, indices):
        return [0]

    def pin_memory(self):
        return "pinned"


def count(batch, *, collate_fn_map=None):
    return len(batch)


def add(batch, *, collate_fn_map=None):
    return float(sum(batch))


def added_type(collate):
    collate.default_collate_fn_map[Few] = count
    try:
        return collate.default_collate([{"a": Few()}] * 3)
    finally:
        del collate.default_collate_fn_map[Few]


COLLATE = {
    "ints": [1, 2],
    "floats": [1.0, 2.0],
    "int then float": [1, 2.5],
    "float then int": [1.5, 2],
    "bools": [True, False],
    "texts": ["a", "b"],
    "bytes": [b"a"],
    "numpy float32": [np.float32(1), np.float32(2)],
    "numpy float16": [np.float16(1)],
    "numpy float64": [np.float64(1)],
    "numpy int64": [np.int64(3)],
    "numpy uint8": [np.uint8(3)],
    "numpy bool": [np.bool_(True)],
    "numpy text": [np.str_("a")],
    "arrays": [np.zeros(2), np.ones(2)],
    "0-d arrays": [np.array(3.0, np.float32)],
    "arrays of text": [np.array(["a"])],
    "arrays of unequal sizes": [np.zeros(2), np.zeros(3)],
    "tuples": [(1, 2.0), (3, 4.0)],
    "empty tuples": [(), ()],
    "lists": [[1, 2.0], [3, 4.0]],
    "lists of unequal sizes": [[1], [1, 2]],
    "deep": [{"a": "x", "b": [1, (2,)]}, {"a": "y", "b": [3, (4,)]}],
    "dicts": [{"a": 1}, {"a": 2}],
    "dicts of other keys": [{"a": 1}, {"b": 2}],
    "ordered dicts": [collections.OrderedDict(a=1)],
    "named tuples": [Point(1, 2), Point(3, 4)],
    "ranges": [range(2), range(2)],
    "deques": [collections.deque([1, 2])],
    "empty": [],
    "None": [None],
    "objects": [object()],
    "data classes": [Fields(1)],
    "arrays of objects": [np.array([None])],
    "numpy times": [np.timedelta64(3, "s")],
    "sets": [{1, 2}],
    "complex": [1j],
    "dates": [np.datetime64("2020-01-01")],
    "number": 3,
}
CONVERT = {
    "array": np.zeros(2),
    "numpy number": np.float32(2),
    "list": [np.zeros(1), 1],
    "tuple": (np.zeros(1), 2),
    "dict": {"a": np.zeros(1)},
    "named tuple": Point(np.zeros(1), 2),
    "text": "a",
    "array of text": np.array(["a"]),
    "None": None,
}


@pytest.mark.differential
@pytest.mark.parametrize("case", COLLATE)
def test_collates_as_torch(torch, case):
    def scenario(t, data):
        return data.default_collate(COLLATE[case])

    assert outcome(minitorch, scenario) == outcome(torch, scenario)


@pytest.mark.differential
@pytest.mark.parametrize("case", CONVERT)
def test_converts_as_torch(torch, case):
    def scenario(t, data):
        return data.default_convert(CONVERT[case])

    assert outcome(minitorch, scenario) == outcome(torch, scenario)


LOADERS = {
    "range": lambda t, d: d.DataLoader(range(7), batch_size=3),
    "one at a time": lambda t, d: d.DataLoader(range(3)),
    "drop last": lambda t, d: d.DataLoader(range(7), batch_size=3, drop_last=True),
    "shuffle": lambda t, d: d.DataLoader(range(7), batch_size=3, shuffle=True),
    "shuffle, drop last": lambda t, d: d.DataLoader(
        range(7), batch_size=3, shuffle=True, drop_last=True
    ),
    "no batches": lambda t, d: d.DataLoader(Squares(3), batch_size=None),
    "no batches, shuffle": lambda t, d: d.DataLoader(range(5), batch_size=None, shuffle=True),
    "dicts": lambda t, d: d.DataLoader(Squares(5), batch_size=2, shuffle=True),
    "tensors": lambda t, d: d.DataLoader(tensors(t, d), batch_size=4),
    "tensors, shuffle": lambda t, d: d.DataLoader(tensors(t, d), batch_size=4, shuffle=True),
    "tensors in other memory order": lambda t, d: d.DataLoader(
        d.TensorDataset(t.arange(12).reshape(3, 4).t()), batch_size=3
    ),
    "tensors with history": lambda t, d: d.DataLoader(
        d.TensorDataset(t.ones(4, requires_grad=True)), batch_size=3
    ),
    "tensors of bools and bytes": lambda t, d: d.DataLoader(
        d.TensorDataset(t.tensor([True, False]), t.tensor([1, 2], dtype=t.uint8)), batch_size=2
    ),
    "tensors by negative index": lambda t, d: d.DataLoader(
        tensors(t, d), batch_sampler=[[-1, 0], [-10]]
    ),
    "tensors by bools": lambda t, d: d.DataLoader(tensors(t, d), batch_sampler=[[True, False]]),
    "tensors out of range": lambda t, d: d.DataLoader(tensors(t, d), batch_sampler=[[10]]),
    "tensors, nothing asked": lambda t, d: d.DataLoader(tensors(t, d), batch_sampler=[[]]),
    "tensors, read by a subclass": lambda t, d: d.DataLoader(own_reading(t, d), batch_size=4),
    "tensors, own collate": lambda t, d: d.DataLoader(tensors(t, d), 4, collate_fn=len),
    "subset of tensors": lambda t, d: d.DataLoader(
        d.Subset(d.Subset(tensors(t, d), [5, 3, 1, 7]), [2, 0, 1]), batch_size=2, shuffle=True
    ),
    "subset out of range": lambda t, d: d.DataLoader(d.Subset(tensors(t, d), [10]), batch_size=2),
    "read in batches": lambda t, d: d.DataLoader(batched_reading(t, d), batch_size=2),
    "subset read in batches": lambda t, d: d.DataLoader(
        d.Subset(batched_reading(t, d), [4, 2]), batch_size=2
    ),
    "sampler": lambda t, d: d.DataLoader(range(5), sampler=[3, 1, 2], batch_size=2),
    "sampler of names": lambda t, d: d.DataLoader({"a": 1, "b": 2}, sampler=["b", "a"]),
    "batch sampler": lambda t, d: d.DataLoader(range(5), batch_sampler=[[1, 2], [3]]),
    "generator": lambda t, d: d.DataLoader(
        range(7), 3, True, generator=t.Generator().manual_seed(3)
    ),
    "with replacement": lambda t, d: d.DataLoader(
        range(5), sampler=d.RandomSampler(range(5), replacement=True, num_samples=70)
    ),
    "more samples than data": lambda t, d: d.DataLoader(
        range(5), sampler=d.RandomSampler(range(5), num_samples=12)
    ),
    "subset sampler": lambda t, d: d.DataLoader(
        range(9), sampler=d.SubsetRandomSampler([8, 2, 4, 6])
    ),
    "weighted sampler": lambda t, d: d.DataLoader(
        range(4), sampler=d.WeightedRandomSampler([0.1, 0.0, 5.0, 0.7], 50)
    ),
    "weighted sampler, each once": lambda t, d: d.DataLoader(
        range(4), sampler=d.WeightedRandomSampler([0.1, 0.0, 5.0, 0.7], 3, replacement=False)
    ),
    "weighted sampler, a single sample": lambda t, d: d.DataLoader(
        range(4), sampler=d.WeightedRandomSampler(t.arange(4), 1)
    ),
    "batches of indices as a sampler": lambda t, d: d.DataLoader(
        tensors(t, d), batch_size=None, sampler=d.BatchSampler(d.RandomSampler(range(6)), 4, False)
    ),
    "stream": lambda t, d: d.DataLoader(stream(d, 5), batch_size=2),
    "stream, drop last": lambda t, d: d.DataLoader(stream(d, 5), batch_size=2, drop_last=True),
    "stream, no batches": lambda t, d: d.DataLoader(stream(d, 3), batch_size=None),
    "stream, not shuffled": lambda t, d: d.DataLoader(stream(d, 3), shuffle=False),
    "chained streams": lambda t, d: d.DataLoader(stream(d, 3) + stream(d, 2), batch_size=4),
    "nothing": lambda t, d: d.DataLoader([]),
    "concatenated": lambda t, d: d.DataLoader(tensors(t, d) + tensors(t, d, 3), batch_size=8),
    # refused
    "batch_size 0": lambda t, d: d.DataLoader(range(5), batch_size=0),
    "batch_size no integer": lambda t, d: d.DataLoader(range(5), batch_size=2.5),
    "batch_size a bool": lambda t, d: d.DataLoader(range(5), batch_size=True),
    "negative workers": lambda t, d: d.DataLoader(range(5), num_workers=-1),
    "negative timeout": lambda t, d: d.DataLoader(range(5), timeout=-1),
    "prefetch without workers": lambda t, d: d.DataLoader(range(5), prefetch_factor=2),
    "negative prefetch": lambda t, d: d.DataLoader(range(5), num_workers=1, prefetch_factor=-1),
    "persistent without workers": lambda t, d: d.DataLoader(range(5), persistent_workers=True),
    "context without workers": lambda t, d: d.DataLoader(range(5), multiprocessing_context="spawn"),
    "shuffle with sampler": lambda t, d: d.DataLoader(range(5), shuffle=True, sampler=[1]),
    "batch_sampler with batch_size": lambda t, d: d.DataLoader(
        range(5), batch_sampler=[[1]], batch_size=2
    ),
    "batch_sampler with shuffle": lambda t, d: d.DataLoader(
        range(5), batch_sampler=[[1]], shuffle=True
    ),
    "batch_sampler with sampler": lambda t, d: d.DataLoader(
        range(5), batch_sampler=[[1]], sampler=[1]
    ),
    "batch_sampler with drop_last": lambda t, d: d.DataLoader(
        range(5), batch_sampler=[[1]], drop_last=True
    ),
    "drop_last without batches": lambda t, d: d.DataLoader(
        range(5), batch_size=None, drop_last=True
    ),
    "shuffle of nothing": lambda t, d: d.DataLoader([], shuffle=True),
    "unsized": lambda t, d: d.DataLoader(Unsized(), batch_size=2),
    "stream shuffled": lambda t, d: d.DataLoader(stream(d, 3), shuffle=True),
    "stream with sampler": lambda t, d: d.DataLoader(stream(d, 3), sampler=[1]),
    "stream with batch_sampler": lambda t, d: d.DataLoader(stream(d, 3), batch_sampler=[[1]]),
    "unequal shapes": lambda t, d: d.DataLoader([t.zeros(1), t.zeros(2)], batch_size=2),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", LOADERS)
def test_loads_as_torch(torch, case):
    def scenario(t, data):
        loader = LOADERS[case](t, data)
        return list(loader), list(loader)

    assert outcome(minitorch, scenario) == outcome(torch, scenario)


@pytest.mark.differential
@pytest.mark.parametrize("taken", [0, 1, 4, 5, 6, 33])
@pytest.mark.parametrize(
    ("sampler", "options"),
    [
        ("RandomSampler", {}),
        ("RandomSampler", {"replacement": True, "num_samples": 70}),
        ("RandomSampler", {"replacement": True, "num_samples": 10**12}),
        ("RandomSampler", {"num_samples": 10**12}),
        ("SubsetRandomSampler", {}),
        ("WeightedRandomSampler", {"num_samples": 70}),
        ("WeightedRandomSampler", {"num_samples": 4, "replacement": False}),
    ],
    ids=str,
)
def test_generators_are_used_as_torch_uses_them(torch, sampler, options, taken):
    def scenario(t, data):
        generator = t.Generator().manual_seed(5)
        indices = iter(getattr(data, sampler)(range(5), generator=generator, **options))
        drawn = list(itertools.islice(indices, taken))
        return drawn, generator.get_state().numpy().tobytes()

    assert outcome(minitorch, scenario) == outcome(torch, scenario)


OTHER = {
    "lengths": lambda t, d: [
        len(d.DataLoader(range(7), batch_size=3)),
        len(d.DataLoader(range(7), batch_size=3, drop_last=True)),
        len(d.DataLoader(range(7), batch_size=None)),
        len(d.DataLoader(sized_stream(d, 7), batch_size=2)),
        len(d.DataLoader(sized_stream(d, 7), batch_size=2, drop_last=True)),
        len(d.DataLoader(sized_stream(d, 7), batch_size=None)),
        len(iter(d.DataLoader(range(7), batch_size=3))),
        len(d.RandomSampler(range(5), num_samples=9)),
        len(d.SubsetRandomSampler([1, 2])),
        len(d.WeightedRandomSampler([1, 2], 5)),
        len(d.SequentialSampler(range(4))),
        len(tensors(t, d) + tensors(t, d, 4)),
    ],
    "length of a stream": lambda t, d: len(d.DataLoader(stream(d, 3))),
    "an interrupted pass": lambda t, d: next(iter(d.DataLoader(range(7), 2, True))),
    "an unused pass": lambda t, d: iter(d.DataLoader(range(7), 2, True)) and None,
    "weights of a sampler": lambda t, d: [
        d.WeightedRandomSampler(weights, 5).weights
        for weights in ([1, 2.5], (0, 1), t.tensor([1, 2]), np.float32([0.1, 0.2]))
    ],
    "weighted sampler, each pass anew": lambda t, d: [
        [*s, *s] for s in [d.WeightedRandomSampler(t.linspace(0, 1, 9), 20)]
    ],
    "weighted sampler with a generator": lambda t, d: list(
        d.WeightedRandomSampler([0.2, 0.8], 9, generator=t.Generator().manual_seed(2))
    ),
    "split": lambda t, d: [s.indices for s in d.random_split(range(10), [3, 7])],
    "split by fractions": lambda t, d: [
        s.indices for s in d.random_split(range(11), [0.33, 0.33, 0.34])
    ],
    "split with a generator": lambda t, d: [
        s.indices for s in d.random_split(range(9), [4, 5], t.Generator().manual_seed(1))
    ],
    "split, wrong lengths": lambda t, d: d.random_split(range(5), [2, 2]),
    "split, fractions above one": lambda t, d: d.random_split(range(5), [0.5, 0.6]),
    "split, negative fraction": lambda t, d: d.random_split(range(5), [1.5, -0.5]),
    "split, lengths that are floats": lambda t, d: d.random_split(range(5), [2.0, 3.0]),
    "subset": lambda t, d: (
        d.Subset([1, 2, 3], [0, 2])[1],
        d.Subset(tensors(t, d), [2, 4])[[0, 1]],
        len(d.Subset([1, 2, 3], [0, 2])),
    ),
    "subset, out of range": lambda t, d: d.Subset([1, 2, 3], [0, 9])[1],
    "concatenated": lambda t, d: [d.ConcatDataset([[1, 2], [], [3]])[i] for i in (0, 1, 2, -1, -3)],
    "concatenated, out of range": lambda t, d: d.ConcatDataset([[1, 2], [3]])[3],
    "concatenated, far below": lambda t, d: d.ConcatDataset([[1, 2], [3]])[-4],
    "concatenated, nothing": lambda t, d: d.ConcatDataset([]),
    "concatenated stream": lambda t, d: d.ConcatDataset([stream(d, 2)]),
    "chained with a list": lambda t, d: list(stream(d, 2) + [1]),
    "chained lengths": lambda t, d: len(sized_stream(d, 2) + sized_stream(d, 3)),
    "tensor rows differ": lambda t, d: d.TensorDataset(t.zeros(2), t.zeros(3)),
    "tensor row": lambda t, d: tensors(t, d)[3],
    "tensor rows": lambda t, d: tensors(t, d)[2:4],
    "tensor row out of range": lambda t, d: tensors(t, d)[10],
    "tensors of arrays": lambda t, d: d.TensorDataset(np.zeros(2)),
    "abstract dataset": lambda t, d: d.Dataset()[0],
    "abstract stream": lambda t, d: d.IterableDataset(),
    "abstract sampler": lambda t, d: iter(d.Sampler()),
    "random sampler of nothing": lambda t, d: d.RandomSampler([]),
    "random sampler, no samples": lambda t, d: d.RandomSampler(range(3), num_samples=0),
    "random sampler, replacement": lambda t, d: d.RandomSampler(range(3), replacement=3),
    "batch sampler": lambda t, d: list(d.BatchSampler(range(5), 2, True)),
    "batch sampler, size": lambda t, d: d.BatchSampler(range(5), 0, True),
    "batch sampler, drop_last": lambda t, d: d.BatchSampler(range(5), 2, 3),
    "stacked": lambda t, d: list(d.DataLoader(d.StackDataset(range(5), tensors(t, d, 5)), 2)),
    "stacked by name": lambda t, d: list(d.DataLoader(d.StackDataset(a=range(5), b=[3] * 5), 2)),
    "stacked samples": lambda t, d: (
        len(d.StackDataset([1, 2], [3, 4])),
        d.StackDataset([1, 2], [3, 4])[1],
        d.StackDataset(x=[1, 2], y=[3, 4])[-1],
        d.StackDataset(x=[1, 2], y=[3, 4]).__getitems__([1, 0]),
    ),
    "stacked, read in batches": lambda t, d: list(
        d.DataLoader(d.StackDataset(batched_reading(t, d), range(5)), 2)
    ),
    "stacked, nothing": lambda t, d: d.StackDataset(),
    "stacked, both ways": lambda t, d: d.StackDataset([1], a=[2]),
    "stacked, other sizes": lambda t, d: d.StackDataset([1], [2, 3]),
    "stacked, a part gives too few": lambda t, d: d.StackDataset(Few(), [1, 2]).__getitems__(
        [0, 1]
    ),
    "shares": lambda t, d: [
        list(d.DistributedSampler(range(n), replicas, rank, **options))
        for n, replicas in [(10, 3), (2, 5), (6, 1), (0, 2)]
        for rank in range(replicas)
        for options in [{}, {"shuffle": False}, {"seed": 5}, {"drop_last": True}]
    ],
    "shares of an epoch": lambda t, d: [
        (s.set_epoch(3), list(s), len(s), s.total_size)
        for s in [d.DistributedSampler(range(11), 2, 1, seed=4)]
    ],
    "shares, rank": lambda t, d: d.DistributedSampler(range(3), 2, 2),
    "shares of a group that is not there": lambda t, d: d.DistributedSampler(range(3)),
    "collated by type": lambda t, d: d._utils.collate.collate(
        [(Few(), [Few()], np.float64(2)), (Few(), [Few()], np.float64(3))],
        collate_fn_map={Few: count, (int, float): add},
    ),
    "collated by the very type": lambda t, d: d._utils.collate.collate(
        [True, False], collate_fn_map={int: add, bool: count}
    ),
    "collated without functions": lambda t, d: d._utils.collate.collate([1]),
    "a type of one's own": lambda t, d: added_type(d._utils.collate),
    "tensors collated by a function of one's own": lambda t, d: replaced(t, d),
    "pinned": lambda t, d: d._utils.pin_memory.pin_memory(
        {"a": [Few()], "b": ("x", Few()), "c": Point(1, [Few()]), "d": b"y"}
    ),
    "start method": lambda t, d: d.DataLoader(
        range(3), num_workers=1, multiprocessing_context="thread"
    ),
    "no start method": lambda t, d: d.DataLoader(
        range(3), num_workers=1, multiprocessing_context=3
    ),
    "attributes": lambda t, d: [
        str(getattr(loader, name))
        for loader in [d.DataLoader(range(3)), d.DataLoader(range(3), num_workers=1)]
        for name in (
            "batch_size drop_last num_workers prefetch_factor pin_memory pin_memory_device timeout "
            "in_order persistent_workers generator worker_init_fn multiprocessing_context "
            "_dataset_kind _IterableDataset_len_called"
        ).split()
    ],
    "where the pass is": lambda t, d: [
        (next(it), it._num_yielded, it._base_seed, list(it._sampler_iter))
        for it in [iter(d.DataLoader(range(5), 2))]
    ],
    "generic names": lambda t, d: str((d.Dataset[int], d.DataLoader[int])).count("[int]"),
    "worker info": lambda t, d: d.get_worker_info(),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", OTHER)
def test_same_as_torch(torch, case):
    assert outcome(minitorch, OTHER[case]) == outcome(torch, OTHER[case])


@pytest.mark.differential
@pytest.mark.parametrize("name", ["batch_size", "dataset", "sampler", "drop_last"])
def test_what_is_fixed_after_construction(torch, name):
    def scenario(t, data):
        setattr(data.DataLoader(range(3)), name, 3)

    assert outcome(minitorch, scenario)[0] is outcome(torch, scenario)[0] is ValueError


@pytest.mark.differential
@pytest.mark.parametrize(
    ("room", "names"),
    {
        "dataset": "Dataset TensorDataset StackDataset random_split",
        "sampler": "Sampler RandomSampler BatchSampler",
        "dataloader": "DataLoader default_collate get_worker_info Dataset Sampler "
        "_BaseDataLoaderIter _SingleProcessDataLoaderIter _DatasetKind",
        "distributed": "DistributedSampler",
        "_utils.collate": "default_collate default_convert collate default_collate_fn_map "
        "collate_tensor_fn collate_numpy_array_fn collate_numpy_scalar_fn collate_float_fn "
        "collate_int_fn collate_str_fn",
        "_utils.worker": "WorkerInfo get_worker_info ExceptionWrapper",
        "_utils.pin_memory": "pin_memory",
    }.items(),
)
def test_rooms_are_torchs(torch, room, names):
    for engine in ("minitorch", "torch"):
        module = importlib.import_module(f"{engine}.utils.data.{room}")
        assert [name for name in names.split() if not hasattr(module, name)] == []


@pytest.mark.differential
def test_a_stream_longer_than_it_said_warns(torch):
    for t in (minitorch, torch):
        data = t.utils.data
        loader = data.DataLoader(sized_stream(data, 3))
        type(loader.dataset).__len__ = lambda self: 2
        assert sum(1 for _ in loader) == 3  # nobody asked for its length
        assert len(loader) == 2
        with pytest.warns(UserWarning, match=r"2.* 3 (batches|samples have been fetched)"):
            assert sum(1 for _ in loader) == 3


# -------------------------------------------------------------------- our own promises


def test_shares_follow_the_process_group(monkeypatch):
    group = types.SimpleNamespace(
        is_initialized=lambda: True, get_world_size=lambda: 2, get_rank=lambda: 1
    )
    monkeypatch.setitem(sys.modules, "minitorch.distributed", group)
    assert list(minitorch.utils.data.DistributedSampler(range(5), shuffle=False)) == [1, 3, 0]


def test_errors_name_sizes():
    data = minitorch.utils.data
    with pytest.raises(AssertionError, match=r"\[2, 3\]"):
        data.TensorDataset(minitorch.zeros(2), minitorch.zeros(3))
    with pytest.raises(ValueError, match="batch_size=0"):
        data.DataLoader(range(3), batch_size=0)
    with pytest.raises(ValueError, match="num_samples=0"):
        data.DataLoader([], shuffle=True)
    with pytest.raises(RuntimeError, match=r"\[1\].*\[2\]"):
        data.default_collate([minitorch.zeros(1), minitorch.zeros(2)])
    with pytest.raises(RuntimeError, match=r"equal size.*\[1, 2\]"):
        data.default_collate([[1], [1, 2]])
    with pytest.raises(TypeError, match="NoneType"):
        data.default_collate([None])
    with pytest.raises(IndexError, match=r"10.*10"):
        list(data.DataLoader(tensors(minitorch, data), batch_sampler=[[10]]))


def test_whole_batches_do_not_share_memory():
    data = minitorch.utils.data
    dataset = tensors(minitorch, data)
    (x, _), *_ = data.DataLoader(dataset, batch_size=4)
    x.fill_(-1)
    assert (dataset.tensors[0] >= 0).all()


def test_an_empty_part_of_a_split_warns():
    with pytest.warns(UserWarning, match="part 1 is empty"):
        minitorch.utils.data.random_split(range(1), [0.9, 0.1])


def test_pinned_memory_warns():
    loader = minitorch.utils.data.DataLoader(range(2), pin_memory=True)
    with pytest.warns(UserWarning, match="pin_memory"):
        assert len(list(loader)) == 2


def test_an_error_in_the_dataset_arrives_as_it_is():
    class Bad:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            raise ValueError(f"bad item {i}")

    with pytest.raises(ValueError, match=r"^bad item 0$"):
        list(minitorch.utils.data.DataLoader(Bad()))


def test_subclassed_samplers_are_asked():
    class Backwards(minitorch.utils.data.Sampler[int]):
        def __iter__(self):
            return iter([2, 0, 1])

        def __len__(self):
            return 3

    loader = minitorch.utils.data.DataLoader(range(3), sampler=Backwards(), batch_size=2)
    assert [b.tolist() for b in loader] == [[2, 0], [1]]
    assert len(loader) == 2


def test_order_does_not_depend_on_pythons_generators():
    minitorch.manual_seed(0)
    first = [b.item() for b in minitorch.utils.data.DataLoader(range(9), shuffle=True)]
    minitorch.manual_seed(0)
    random.random()
    np.random.rand()
    again = [b.item() for b in minitorch.utils.data.DataLoader(range(9), shuffle=True)]
    assert first == again != sorted(first)
