"""Engines that are not ours: HIPS autograd in 120 lines, and what a student writes in one file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.backends import MINITORCH, TORCH, Backend, find
from harness.local import compare

ENGINES = Path(__file__).parent / "engines"
DRAW = np.random.default_rng(0)
X, Y, W = (DRAW.standard_normal(shape).astype(np.float32) for shape in [(4, 5), (5,), (5, 3)])
POSITIVE = np.abs(X) + np.float32(0.5)
EDGES = np.float32([[-1, 0, 0.5], [1, 1, 2]])

WORDS = {
    "exp sin cos tan sinh cosh tanh expm1 square sigmoid relu erf exp2 neg": [X],
    "log log2 log10 log1p sqrt reciprocal lgamma digamma": [POSITIVE],
    "atan sum mean prod amax amin t tril triu var": [X],
    "add sub mul div maximum minimum logaddexp": [X, Y],
    "matmul mm kron": [X, W],
    "mv": [X, Y],
    "outer": [Y, Y],
    "pow": [POSITIVE, Y],
}
FUNCTIONS = {
    "softmax": (lambda T, x: T.softmax(x, dim=-1), [X]),
    "log_softmax": (lambda T, x: T.nn.functional.log_softmax(x, 0), [X]),
    "logsumexp": (lambda T, x: x.logsumexp(1), [X]),
    "gelu": (lambda T, x: T.nn.functional.gelu(x), [X]),
    "linear": (lambda T, x, w: T.nn.functional.linear(x, w, w[:, 0]), [X, W.T.copy()]),
    "einsum": (lambda T, x, w: T.einsum("ij,jk->ik", x, w), [X, W]),
    "cat": (lambda T, x, y: T.cat([x, y.unsqueeze(0)], dim=0), [X, Y]),
    "stack": (lambda T, x: T.stack([x, 2 * x], dim=1), [X]),
    "where": (lambda T, x: T.where(x > 0, x, 2 * x), [X]),
    "operators": (lambda T, x: (1 - x) / (2 + x * x) - x**3 + (-x) * 3 - 1 / (x + 9), [X]),
    "index": (lambda T, x: x[1:, ::2] * x[0, 0], [X]),
    "several outputs": (lambda T, x: [x * x, {"deep": (x.exp(),)}], [X]),
    "reductions": (lambda T, x: x.sum(1, keepdim=True) * x.amax(dim=0), [X]),
    "shapes": (lambda T, x: T.permute(x, (1, 0)).reshape((2, 10)).transpose(0, 1), [X]),
    "clamp": (lambda T, x: x.clamp(-0.5, max=0.5).cumsum(1), [X]),
}  # fmt: skip


@pytest.fixture(scope="module")
def hips() -> Backend:
    pytest.importorskip("autograd")
    pytest.importorskip("torch")
    return find(f"{ENGINES / 'hips.py'}:hips")


@pytest.fixture(scope="module")
def student() -> Backend:
    return find(f"{ENGINES / 'student.py'}:student")


def test_a_third_engine_takes_at_most_120_lines():
    assert len((ENGINES / "hips.py").read_text().splitlines()) <= 120


@pytest.mark.differential
@pytest.mark.parametrize(("names", "inputs"), WORDS.items(), ids=[n.split()[0] for n in WORDS])
def test_words_of_a_third_engine_and_both_their_derivatives(hips, names, inputs):
    for name in names.split():
        found = compare(lambda T, *x, name=name: getattr(T, name)(*x), inputs, hips, TORCH)
        assert found.ok, f"{name}: {found}"
        assert found.order == 2


@pytest.mark.differential
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_a_third_engine(hips, name):
    function, inputs = FUNCTIONS[name]
    found = compare(function, inputs, hips, TORCH)
    assert found.ok, str(found)
    assert found.order >= 1


@pytest.mark.differential
def test_what_a_third_engine_lacks_is_unsupported_in_every_direction(hips):
    lacks = [
        lambda T, x: T.fft.fft(x),
        lambda T, x: (x * 2).neg_(),
        lambda T, x: T.nn.Linear(5, 2)(x),
        lambda T, x: T.kron(x, x).sort()[0],
    ]
    for function in lacks:
        found = compare(function, [X], hips, TORCH)
        assert (found.ok, found.findings) == (False, [])
        assert found.unsupported.startswith("AttributeError in forward")


@pytest.mark.differential
@pytest.mark.parametrize(
    ("function", "x", "said"),
    [
        (lambda T, x: T.prod(x), EDGES, "gradient of input 0"),  # divides by the element: 0 / 0
        (lambda T, x: x.clamp(0, 1), EDGES, "gradient of input 0"),  # 0 on a bound
        (lambda T, x: T.abs(x), X, "second gradient of input 0"),  # rounding, where it is 0
    ],
)
def test_where_autograd_differs_from_torch_the_tensor_is_named(hips, function, x, said):
    found = compare(function, [x], hips, TORCH)
    assert not found.ok
    assert found.odd == "candidate"
    assert next(f.what for f in found.findings if not f.ok) == said


STUDENTS = {
    "tanh": (lambda T, x: T.tanh(x), [X]),
    "broadcast": (lambda T, x, y: x * y + y, [X, Y]),
    "difference": (lambda T, x, y: x - y, [X, X[:, :1].copy()]),
    "layer": (lambda T, x, w, b: T.relu(x @ w + b), [X, W, W[0].copy()]),
    "loss": (lambda T, x: T.mean(x * x * 3.0), [X]),
    "two outputs": (lambda T, x: [T.tanh(x) * x, T.tanh(x)], [X]),
}


@pytest.mark.differential
@pytest.mark.parametrize("name", STUDENTS)
def test_a_students_engine_computes_what_torch_computes(student, name):
    pytest.importorskip("torch")
    found = compare(*STUDENTS[name], student, TORCH)
    assert found.ok, str(found)
    assert found.order == 1  # it says that it has no double backward


def test_what_a_students_engine_lacks_is_unsupported(student):
    found = compare(lambda T, x: T.softmax(x, 0), [X], student, MINITORCH)
    assert "has no attribute 'softmax'" in found.unsupported
    whole = compare(lambda T, x, i: x[i], [X, np.arange(2)], student, MINITORCH)
    assert whole.unsupported == "NotImplementedError in forward: tensors of int64"


FAULTS = {
    "no sum over what was broadcast": (
        "unbroadcast(rule(t.grad), parent.data.shape)", "rule(t.grad)",
        "gradient of input 1: shape (4, 5) on", "broadcast",
    ),
    "a derivative that is slightly off": (
        "g * (1 - out * out)", "g * (1 - 0.9999 * out * out)", "gradient of input 0: error", "tanh",
    ),
    "the last gradient in place of the sum": (
        "g if self.grad is None else self.grad + g", "g", "gradient of input 1: error", "broadcast",
    ),
    "a product the wrong way round": (
        "x.data.T @ g", "g.T @ x.data", "gradient of input 1: shape", "layer",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_students_engine_is_found_and_named(fault, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.backends._registered", {"minitorch": MINITORCH})
    right, wrong, said, name = FAULTS[fault]
    text = (ENGINES / "student.py").read_text()
    assert text.count(right) == 1
    (tmp_path / "faulty.py").write_text(text.replace(right, wrong))
    faulty = find(f"{tmp_path / 'faulty.py'}:student")
    found = compare(*STUDENTS[name], faulty, MINITORCH)
    assert not found.ok
    assert said in str(found)


# --- a script that a student's engine trains ------------------------------------------------------


def _trained(engine: Path, out: Path):
    from harness import report
    from harness.run import Options, run

    options = Options(
        script=str(ENGINES / "by_hand.py"),
        arguments=["--steps", "3"],
        backends=(f"{engine}:student", "minitorch"),
        ensemble=1,
        pairs=0,
        out=out,
    )
    result = run(options)
    return result, report.summary(result, report.write(result))


def test_a_students_engine_trains_as_another_does(tmp_path):
    result, said = _trained(ENGINES / "student.py", tmp_path)
    assert said.startswith("PASS  student computed what minitorch"), said
    assert result.steps == 3
    assert {"loss", "gradient b1", "parameter w2"} <= result.judge.series.keys()


def test_a_fault_in_training_is_named_before_the_first_number(tmp_path):
    text = (ENGINES / "student.py").read_text()
    (tmp_path / "faulty.py").write_text(text.replace(*FAULTS["no sum over what was broadcast"][:2]))
    result, said = _trained(tmp_path / "faulty.py", tmp_path)
    assert result.outcome == 2
    assert "step 1: gradient b1 is (32, 8) on student, (8,) on minitorch" in said


def test_random_programs_need_more_than_a_student_has(capsys):
    from harness import fuzz

    with pytest.raises(SystemExit) as end:
        fuzz.main(["--backends", f"{ENGINES / 'student.py'}:student,minitorch"])
    assert end.value.code == 3
    assert capsys.readouterr().err == (
        "fuzz: student lacks what random programs use: in place, training\n"
    )


# --- the commands that try every operation --------------------------------------------------------


@pytest.mark.differential
def test_a_third_engine_goes_through_ops(hips, tmp_path):
    from harness import ops

    which = ["--backends", f"{ENGINES / 'hips.py'}:hips,torch", "--op", "^(mv|trace)$"]
    assert ops.main([*which, "--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "ops" / "ops.json").read_text())
    states = {op["name"]: op["states"] for op in told["ops"]}
    assert states["mv"]["pass"] > 5
    assert states["trace"].keys() == {"unsupported"}


@pytest.mark.differential
def test_a_third_engine_goes_through_opinfo(hips, tmp_path):
    from harness import opinfo

    which = ["--backend", f"{ENGINES / 'hips.py'}:hips", "--db", "op", "--only", "^(mv|sort)$"]
    opinfo.main([*which, "--quick", "--out", str(tmp_path)])
    text = (tmp_path / "opinfo" / "opinfo.md").read_text()
    assert "| `mv` | T1 | supported | yes | yes | yes |" in text
    assert "| `sort` | T1 | absent |" in text
