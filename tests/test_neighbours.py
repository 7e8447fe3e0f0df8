"""What scripts do with tensors beside torch: NumPy, pandas, matplotlib, scikit-learn, Python."""

from __future__ import annotations

import bisect
import collections
import copy
import functools
import heapq
import io
import itertools
import json
import math
import operator
import pickle
import random
import statistics
import sys

import numpy as np
import pytest

import minitorch
import minitorch.utils.data
from tests.programs import Raised, attempt, same

pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:__array:DeprecationWarning"),  # of torch's two methods
    pytest.mark.filterwarnings("ignore:Creating a tensor from a list:UserWarning"),
]


def matrix(T):
    return T.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def floats(T):
    return T.tensor([3.0, 1.0, 2.0])


def ints(T):
    return T.tensor([3, 1, 2])


def bools(T):
    return T.tensor([True, False, True])


def leaf(T):
    return T.tensor([3.0, 1.0, 2.0], requires_grad=True)


def number(T):
    return T.tensor(2.5)


KINDS = (matrix, floats, ints, bools, leaf, number)


# -------------------------------------------------------------------- NumPy

ONE = (
    "abs exp log sqrt sin square floor sign negative isnan isfinite array asarray asanyarray "
    "ascontiguousarray array_equal argmax argmin argsort sort cumsum unique median ravel transpose "
    "shape ndim squeeze diff nonzero average count_nonzero copy zeros_like ones_like atleast_2d "
    "stack concatenate vstack hstack dot outer add multiply maximum greater logical_and power "
    "linalg.norm histogram allclose isclose nan_to_num trace triu float32 int64 where clip "
    "expand_dims roll split interp searchsorted take delete append reshape percentile einsum"
).split()
ARGUMENTS = {
    "stack": lambda x: ([x, x],),
    "concatenate": lambda x: ([x, x],),
    "vstack": lambda x: ([x, x],),
    "hstack": lambda x: ([x, x],),
    "where": lambda x: (np.asarray(x.detach()) > 1, x, 0),
    "clip": lambda x: (x.detach(), 1, 2),
    "expand_dims": lambda x: (x, 0),
    "roll": lambda x: (x, 1),
    "split": lambda x: (x, 1),
    "interp": lambda x: (x, [0, 5], [0, 1]),
    "searchsorted": lambda x: ([1, 2, 3], x),
    "take": lambda x: (x, [0]),
    "delete": lambda x: (x, 0),
    "reshape": lambda x: (x, -1),
    "percentile": lambda x: (x, 50),
    "einsum": lambda x: ("...i->...", x),
    **dict.fromkeys(
        "array_equal dot outer add multiply maximum greater logical_and power allclose isclose "
        "append".split(),
        lambda x: (x, x),
    ),
}
BETTER = {  # torch refuses what can be done
    ("argmax", "leaf"),
    ("argmin", "leaf"),
}


@pytest.mark.parametrize("name", ONE)
def test_numpy_functions(name):
    function = functools.reduce(getattr, name.split("."), np)
    for kind in KINDS:
        if (name, kind.__name__) not in BETTER:
            same(lambda T: function(*ARGUMENTS.get(name, lambda x: (x,))(kind(T))))  # noqa: B023


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "any", "all", "max", "min"])
def test_numpy_reductions(name):
    """torch refuses all of these for NumPy's keywords."""
    x, reduce = matrix(minitorch), getattr(np, name)
    assert reduce(x).item() == reduce(x.numpy()).item()
    if name not in ("max", "min"):  # which give indices, too, along a dimension
        assert reduce(x, axis=0).tolist() == reduce(x.numpy(), axis=0).tolist()


NUMPY = {
    "tensor + array": lambda T: floats(T) + np.arange(3.0),
    "tensor @ array": lambda T: matrix(T) @ np.ones(3, np.float32),
    "float32 * tensor": lambda T: np.float32(2) * floats(T),
    "float64 * tensor": lambda T: np.float64(2) * floats(T),
    "tensor * float64": lambda T: floats(T) * np.float64(2),
    "tensor / int64": lambda T: floats(T) / np.int64(2),
    "tensor += array": lambda T: operator.iadd(floats(T), np.ones(3, np.float32)),
    "array == tensor": lambda T: np.arange(3) == ints(T),
    "array[ints]": lambda T: np.arange(5)[ints(T)],
    "array[bools]": lambda T: np.arange(3)[bools(T)],
    "array[number]": lambda T: np.arange(5)[ints(T)[0]],
    "array[...] = tensor": lambda T: set_in_array(T),
    "tensor[ints]": lambda T: floats(T)[np.array([0, 2])],
    "tensor[bools]": lambda T: floats(T)[np.array([True, False, True])],
    "tensor[number]": lambda T: floats(T)[np.int64(1)],
    "array of tensors": lambda T: np.array([floats(T), floats(T)]),
    "array of numbers": lambda T: np.array([number(T), 1.0]),
    "array of leaves": lambda T: np.array([leaf(T), leaf(T)]),
    "array in a dtype": lambda T: np.array(floats(T), dtype=np.int32),
    "array of a leaf": lambda T: np.asarray(leaf(T)),
    "assert_allclose": lambda T: np.testing.assert_allclose(floats(T), floats(T)),
    "assert_allclose, not": lambda T: np.testing.assert_allclose(floats(T), floats(T) + 1),
    "assert_array_equal": lambda T: np.testing.assert_array_equal(ints(T), [3, 1, 2]),
    "save": lambda T: saved(np.save, floats(T)),
    "choice": lambda T: np.random.RandomState(0).choice(ints(T), 2),
    "permutation": lambda T: np.random.RandomState(0).permutation(ints(T)),
    "shuffle": lambda T: shuffled(np.random.RandomState(0).shuffle, matrix(T)),
    "tensor of NumPy numbers": lambda T: T.tensor([np.float64(1), np.float32(2)]),
    "tensor of arrays": lambda T: T.tensor([np.array([1.0, 2.0])]),
    "shared": lambda T: shared(T),
}


def set_in_array(T):
    array = np.zeros((2, 3))
    array[0, 1] = number(T)
    array[1] = floats(T)
    return array


def saved(save, x):
    file = io.BytesIO()
    save(file, x)
    file.seek(0)
    return np.load(file)


def shuffled(shuffle, x):
    shuffle(x)
    return x


def shared(T):
    array = np.zeros(3, np.float32)
    x = T.from_numpy(array)
    x += 1
    array[0] = 5
    x.numpy()[1] = 7
    return x, array


@pytest.mark.parametrize("case", NUMPY)
def test_numpy(case):
    same(NUMPY[case])


def test_arrays_on_the_left_combine_with_tensors():
    """torch refuses all of these but the comparison for equality."""
    x = floats(minitorch)
    assert (np.arange(3.0) + x).tolist() == [3.0, 2.0, 4.0]
    assert (np.ones((2, 3), np.float32) @ x).tolist() == [6.0, 6.0]
    assert (np.arange(3) < ints(minitorch)).tolist() == [True, False, False]


# -------------------------------------------------------------------- pandas


@pytest.mark.parametrize(
    "case",
    {
        "frame": lambda pd, T: pd.DataFrame(matrix(T), columns=list("abc")).to_string(),
        "frame by columns": lambda pd, T: pd.DataFrame({"a": floats(T), "b": ints(T)}).to_string(),
        "frame of numbers": lambda pd, T: str(pd.DataFrame({"a": [number(T)] * 2}).dtypes),
        "series": lambda pd, T: pd.Series(floats(T)).to_string(),
        "series of a list": lambda pd, T: pd.Series(list(ints(T))).to_string(),
        "concatenated": lambda pd, T: pd.concat([pd.Series(floats(T))] * 2).to_string(),
        "a new column": lambda pd, T: pd.DataFrame({"a": [1, 2, 3]}).assign(z=ints(T)).to_string(),
        "by place": lambda pd, T: pd.Series([5, 6, 7, 8]).iloc[ints(T)].to_string(),
        "tensor of a series": lambda pd, T: T.tensor(pd.Series([1.0, 2.0])),
        "tensor of a series of ints": lambda pd, T: T.as_tensor(pd.Series([1, 2], dtype="int32")),
        "tensor of an index": lambda pd, T: T.tensor(pd.Index([1, 2])),
        "tensor of a list of series": lambda pd, T: T.tensor([pd.Series([1.0, 2.0])]),
        "tensor of values": lambda pd, T: T.tensor(pd.DataFrame({"a": [1.0, 2.0]}).values),
        "tensor of texts": lambda pd, T: T.tensor(pd.Series(["a"])),
    }.items(),
    ids=lambda case: case[0],
)
def test_pandas(case):
    pd = pytest.importorskip("pandas")
    same(lambda T: case[1](pd, T))


# -------------------------------------------------------------------- matplotlib

PLOTS = {
    "plot": lambda T, ax: ax.plot(floats(T))[0].get_xydata(),
    "plot x, y": lambda T, ax: ax.plot(ints(T), floats(T))[0].get_xydata(),
    "plot of a leaf": lambda T, ax: ax.plot(leaf(T))[0].get_xydata(),
    "plot of losses": lambda T, ax: ax.plot([number(T), number(T)])[0].get_xydata(),
    "plot of losses that need a gradient": lambda T, ax: ax.plot([*leaf(T)])[0].get_xydata(),
    "plot of columns": lambda T, ax: [line.get_xydata() for line in ax.plot(matrix(T))],
    "picture": lambda T, ax: np.asarray(ax.imshow(matrix(T)).get_array()),
    "picture in colour": lambda T, ax: np.asarray(
        ax.imshow(T.linspace(0, 1, 36).reshape(3, 3, 4).permute(1, 2, 0)[..., :3]).get_array()
    ),
    "picture of bytes": lambda T, ax: np.asarray(
        ax.imshow(T.arange(9, dtype=T.uint8).reshape(3, 3), cmap="gray").get_array()
    ),
    "matrix": lambda T, ax: np.asarray(ax.matshow(matrix(T)).get_array()),
    "histogram": lambda T, ax: ax.hist(floats(T))[:2],
    "histogram with bins": lambda T, ax: ax.hist(floats(T), bins=floats(T).sort().values)[:2],
    "scatter": lambda T, ax: np.asarray(ax.scatter(floats(T), ints(T), c=floats(T)).get_offsets()),
    "bars": lambda T, ax: [float(bar.get_height()) for bar in ax.bar(["a", "b", "c"], floats(T))],
    "contours": lambda T, ax: ax.contourf(matrix(T)).levels,
    "arrows": lambda T, ax: np.asarray(ax.quiver(*[floats(T)] * 4).U),
    "a line": lambda T, ax: float(ax.axhline(number(T)).get_ydata()[0]),
    "errors": lambda T, ax: ax.errorbar(ints(T), floats(T), yerr=floats(T))[0].get_xydata(),
    "title": lambda T, ax: ax.set_title(number(T)).get_text(),
}


@pytest.fixture
def axes():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure

    return lambda: Figure().add_subplot()


@pytest.mark.parametrize("case", PLOTS)
def test_matplotlib(axes, case):
    same(lambda T: PLOTS[case](T, axes()))


def test_histogram_of_columns_under_torchs_name(axes, monkeypatch):
    """Matplotlib knows tensors by the module `torch`, which minitorch is under the shim."""
    theirs = axes().hist(matrix(pytest.importorskip("torch")))[0]
    monkeypatch.setitem(sys.modules, "torch", minitorch)
    np.testing.assert_array_equal(axes().hist(matrix(minitorch))[0], theirs)


# -------------------------------------------------------------------- scikit-learn, SciPy, tqdm


def truth(T):
    return T.tensor([0, 1, 1, 0, 1])


def guess(T):
    return T.tensor([0, 1, 0, 0, 1])


SCORES = "accuracy_score confusion_matrix f1_score precision_score recall_score".split()


@pytest.mark.parametrize("name", SCORES)
def test_scores(name):
    score = getattr(pytest.importorskip("sklearn.metrics"), name)
    same(lambda T: score(truth(T), guess(T)))
    same(lambda T: score(truth(T).numpy(), guess(T).numpy()))
    same(lambda T: score(list(truth(T)), list(guess(T))))


def test_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    select = pytest.importorskip("sklearn.model_selection")
    linear = pytest.importorskip("sklearn.linear_model")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    same(lambda T: metrics.roc_auc_score(truth(T), T.tensor([0.1, 0.8, 0.4, 0.5, 0.6])))
    same(lambda T: metrics.mean_squared_error(floats(T), floats(T) + 1))
    same(lambda T: select.train_test_split(matrix(T).T, floats(T), random_state=0))
    same(lambda T: select.train_test_split(matrix(T).T.numpy(), floats(T).numpy(), random_state=0))
    same(lambda T: [a.tolist() for part in select.KFold(2).split(matrix(T)) for a in part])
    same(lambda T: linear.LinearRegression().fit(matrix(T).T, floats(T)).predict(matrix(T).T) > 0)
    same(lambda T: scaler.fit_transform(matrix(T)))


def test_scipy():
    stats = pytest.importorskip("scipy.stats")
    distance = pytest.importorskip("scipy.spatial.distance")
    same(lambda T: float(stats.pearsonr(floats(T), ints(T))[0]))
    same(lambda T: distance.cdist(matrix(T), matrix(T)))


def bar_of(T, loader):
    tqdm = pytest.importorskip("tqdm").tqdm
    file = io.StringIO()
    bar = tqdm(loader, file=file, mininterval=0)
    for _ in bar:
        bar.set_postfix(loss=number(T), other=number(T).item())
        bar.set_description(f"{number(T):.1f}")
    return bar.total, bar.n, bar.postfix, bar.desc, file.getvalue().count("3/4")


def test_tqdm():
    same(lambda T: bar_of(T, T.utils.data.DataLoader(range(7), 2)))
    same(lambda T: bar_of(T, enumerate(T.utils.data.DataLoader(range(7), 2)))[:1])
    same(lambda T: bar_of(T, floats(T)))


# -------------------------------------------------------------------- Python

PYTHON = {
    "shuffle of a list": lambda T: shuffled(random.Random(0).shuffle, [*floats(T)]),
    "shuffle of a tensor": lambda T: shuffled(random.Random(0).shuffle, floats(T)),
    "choice": lambda T: random.Random(0).choice(floats(T)),
    "sample": lambda T: random.Random(0).sample([*floats(T)], 2),
    "sorted": lambda T: sorted(floats(T)),
    "sorted by": lambda T: sorted(ints(T), key=lambda x: -x, reverse=True),
    "sum": lambda T: sum(floats(T)),
    "sum of leaves": lambda T: sum(x for x in leaf(T)),
    "sum of tensors": lambda T: sum([matrix(T), matrix(T)]),
    "max, min": lambda T: (max(floats(T)), min(floats(T))),
    "any, all": lambda T: (any(bools(T)), all(bools(T))),
    "map": lambda T: list(map(float, floats(T))),
    "round": lambda T: (round(number(T)), round(number(T), 1)),
    "math": lambda T: [
        getattr(math, f)(number(T)) for f in ("sqrt", "floor", "ceil", "isnan", "trunc", "exp")
    ],
    "numbers": lambda T: (int(number(T)), float(number(T)), bool(number(T)), complex(number(T))),
    "divmod": lambda T: divmod(floats(T), 2),
    "f-string": lambda T: f"{number(T):.2f} {number(T)} {ints(T)[0]:d} {floats(T)}",
    "f-string of several": lambda T: f"{floats(T):.2f}",
    "percent": lambda T: "%.3f %d %s" % (number(T), ints(T)[0], floats(T)),  # noqa: UP031
    "format": lambda T: "{:>8.3f}|{:5}".format(number(T), ints(T)[0]),  # noqa: UP032
    "range": lambda T: list(range(ints(T)[0])),
    "list[tensor]": lambda T: "abcd"[ints(T)[0]],
    "text * tensor": lambda T: "ab" * ints(T)[0],
    "key": lambda T: {ints(T)[0]: 1}.get(3, "none"),
    "set": lambda T: len(set(ints(T))),
    "in": lambda T: (3 in ints(T), 7 in ints(T), number(T) in floats(T), number(T) in [number(T)]),
    "zip": lambda T: list(zip(floats(T), ints(T))),
    "enumerate": lambda T: list(enumerate(floats(T))),
    "reversed": lambda T: list(reversed(floats(T))),
    "unpacked": lambda T: [*floats(T), *matrix(T)],
    "len": lambda T: (len(floats(T)), len(matrix(T))),
    "len of a number": lambda T: len(number(T)),
    "copy": lambda T: [f(x(T)) for f in (copy.copy, copy.deepcopy) for x in KINDS],
    "copy of a result": lambda T: copy.deepcopy(leaf(T) * 2),
    "copy of a dict": lambda T: copy.deepcopy({"a": [floats(T)], "b": number(T)}),
    "pickle": lambda T: [pickle.loads(pickle.dumps(x(T))) for x in KINDS],
    "pickle of kinds": lambda T: [
        str(pickle.loads(pickle.dumps(x))) for x in (T.float32, T.device("cpu"), T.Size([1, 2]))
    ],
    "json": lambda T: json.dumps({"a": matrix(T).tolist(), "b": number(T).item()}),
    "json of a shape": lambda T: json.dumps(matrix(T).shape),
    "json of a tensor": lambda T: json.dumps(floats(T)),
    "reduce": lambda T: functools.reduce(operator.mul, floats(T)),
    "accumulate": lambda T: list(itertools.accumulate(floats(T))),
    "largest": lambda T: heapq.nlargest(2, floats(T)),
    "bisect": lambda T: bisect.bisect([1, 2, 3], number(T)),
    "deque": lambda T: list(collections.deque(floats(T), 2)),
    "Counter": lambda T: collections.Counter(ints(T).tolist()).most_common(1),
    "statistics": lambda T: statistics.mean(floats(T).tolist()),
    "bytes": lambda T: bytes(T.tensor([1, 2, 255], dtype=T.uint8)),
    "isinstance": lambda T: (isinstance(matrix(T).shape, tuple), isinstance(leaf(T), T.Tensor)),
}


@pytest.mark.parametrize("case", PYTHON)
@pytest.mark.filterwarnings("ignore:To copy construct:UserWarning")
def test_python(case):
    same(PYTHON[case])


def test_what_cannot_be_done_is_refused_by_both():
    for case in ("f-string of several", "len of a number", "copy of a result", "json of a tensor"):
        assert isinstance(attempt(PYTHON[case], minitorch), Raised)
