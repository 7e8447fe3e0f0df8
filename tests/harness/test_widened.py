"""The float64 witness draws what the float32 run draws, computes wider, and leaves no trace."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch
from harness import doctor, initial, streams
from harness.backends import Backend
from harness.widened import NOT_EQUAL, widened

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))
ENGINES = ["minitorch", pytest.param("torch", marks=pytest.mark.differential)]
ROUNDED = ("dropout", "Dropout", "rrelu")
"""What is drawn is multiplied by the input, and the products are rounded to float64."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Any:
    """An engine with torch's names."""
    return pytest.importorskip(request.param)


def state(engine: Any) -> bytes:
    return engine.get_rng_state().numpy().tobytes()


def drawn(engine: Any, stream: streams.Stream) -> tuple[list[np.ndarray], bytes]:
    """What a stream gives from its first seed, and the generator's state after it."""
    engine.manual_seed(stream.seeds[0])
    made = stream.draw(*[engine] * len(stream.engines))
    return list(doctor._arrays(made)), state(engine)


def equal(stream: streams.Stream, narrow: list[np.ndarray], wide: list[np.ndarray]) -> bool:
    """Whether floats were widened, and the numbers are the same."""
    if [x.shape for x in narrow] != [x.shape for x in wide]:
        return False
    for x, y in zip(narrow, wide):
        if y.dtype != (np.float64 if x.dtype == np.float32 else x.dtype):
            return False
        if x.dtype == np.float32 and any(word in stream.name for word in ROUNDED):
            if not np.allclose(x, y, rtol=2**-21, atol=2**-21):
                return False
        elif not np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
            return False
    return True


def differing(engine: Any) -> list[str]:
    """The streams whose numbers or whose state differ when widened."""
    narrow = [drawn(engine, stream) for stream in streams.STREAMS]
    with widened(engine):
        wide = [drawn(engine, stream) for stream in streams.STREAMS]
    return [
        stream.name
        for stream, (numbers, before), (wider, after) in zip(streams.STREAMS, narrow, wide)
        if before != after or not equal(stream, numbers, wider)
    ]


def of_float32(dtype: Any) -> str:
    """What NumPy calls a dtype, one that a script calls float32."""
    return str(dtype).removeprefix("torch.").replace("float64", "float32")


def test_every_stream_is_drawn_as_in_float32(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "array_type", of_float32)
    assert [name for name in differing(engine) if "float64" not in name] == []
    assert "float64" in NOT_EQUAL  # where the others draw, only the dtype says float64


@pytest.mark.parametrize("name", initial.DRAWING)
def test_initial_weights_are_those_of_float32(engine: Any, name: str) -> None:
    engine.manual_seed(3)
    narrow = initial.values(initial.build(engine, name))
    after = state(engine)
    with widened(engine):
        engine.manual_seed(3)
        wide = initial.values(initial.build(engine, name))
        assert state(engine) == after
    for x, y in zip(narrow, wide, strict=True):
        assert y.dtype is (engine.float64 if x.dtype is engine.float32 else x.dtype)
        assert np.array_equal(x.numpy(), y.numpy())


def training(engine: Any, steps: int) -> list[tuple[float, bytes]]:
    """Losses and random states of a network with dropout, fed by a shuffling loader."""
    nn, data = engine.nn, engine.utils.data
    engine.manual_seed(1)
    x = engine.randn(96, 8)
    y = (x.sum(1) > 0).long()
    model = nn.Sequential(
        nn.Linear(8, 24), nn.ReLU(), nn.Dropout(0.3), nn.LayerNorm(24), nn.RReLU(), nn.Linear(24, 2)
    )
    optimizer = engine.optim.Adam(model.parameters(), lr=0.01)
    loader = data.DataLoader(data.TensorDataset(x, y), batch_size=32, shuffle=True)
    found: list[tuple[float, bytes]] = []
    while len(found) < steps:
        for inputs, targets in loader:
            loss = nn.functional.cross_entropy(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append((loss.item(), state(engine)))
    return found


def test_a_training_run_keeps_its_random_state_and_its_losses(engine: Any) -> None:
    narrow = training(engine, 30)
    with widened(engine):
        wide = training(engine, 30)
    assert [s for _, s in narrow] == [s for _, s in wide]
    apart = [abs(a - b) for (a, _), (b, _) in zip(narrow, wide)]
    assert 0 < max(apart) < 1e-5  # not 0: it was computed in another precision


def run(script: Path) -> tuple[str, bytes]:
    """What a script prints on torch, and the state of torch's generator after it."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(script)])
        runpy.run_path(str(script), run_name="__main__")
    return output.getvalue(), state(sys.modules["torch"])


@pytest.mark.differential
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_run_unchanged(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    # torch's own test database freezes its flags in any process that reads it.
    room = torch.backends.ContextProp.__set__.__globals__
    monkeypatch.setitem(room, "flags_frozen", lambda: False)
    narrow, before = run(script)
    with widened(torch):
        wide, after = run(script)
    assert before == after
    assert len(narrow.splitlines()) == len(wide.splitlines())


# What enters, and what is asked


def entering(T: Any) -> dict[str, Any]:
    """Tensors of float32 by the ways in which scripts get them."""
    T.manual_seed(0)
    single, x = np.arange(6, dtype=np.float32).reshape(2, 3) / 3, T.arange(4) / 2
    file = io.BytesIO()
    return {
        "a list": T.tensor([0.5]),
        "tensor of an array": T.tensor(single),
        "as_tensor": T.as_tensor(single),
        "asarray": T.asarray(single),
        "from_numpy": T.from_numpy(single),
        "frombuffer": T.frombuffer(bytearray(single.tobytes()), dtype=T.float32),
        "FloatTensor": T.FloatTensor([1, 2]),
        "Tensor": T.Tensor(2, 2).fill_(1),
        "float()": T.arange(3).float(),
        "half, then float()": T.arange(3).half().float(),
        "to(float32)": T.arange(3).to(T.float32),
        "type": T.arange(3).type(T.FloatTensor),
        "type by name": T.arange(3).type("torch.FloatTensor"),
        "zeros(dtype=float)": T.zeros(2, dtype=T.float),
        "division": x,
        "a layer": T.nn.Linear(2, 2).weight,
        "a layer's float()": T.nn.LayerNorm(2, dtype=T.float16).float().weight,
        "collated": T.utils.data.default_collate([single, single]),
        "file": (T.save(single := T.ones(2), file), file.seek(0), T.load(file))[2] * single,
    }


def test_what_is_float32_enters_as_float64(engine: Any) -> None:
    narrow = entering(engine)
    with widened(engine):
        wide = entering(engine)
        assert {name: x.dtype for name, x in wide.items()} == dict.fromkeys(wide, engine.float32)
    for name, x in wide.items():
        assert x.dtype is engine.float64, name
        assert np.allclose(x.detach().numpy(), narrow[name].detach().numpy(), rtol=1e-6), name


def test_a_checkpoint_of_float32_is_widened(engine: Any, tmp_path: Path) -> None:
    model = engine.nn.Linear(3, 2)
    optimizer = engine.optim.Adam(model.parameters())
    model(engine.ones(1, 3)).sum().backward()
    optimizer.step()
    file = tmp_path / "all.pt"
    engine.save({"model": model.state_dict(), "states": [optimizer.state_dict()]}, file)
    with widened(engine):
        loaded = engine.load(file)
        other = engine.nn.Linear(3, 2)
        other.load_state_dict(loaded["model"])
    assert loaded["model"]["weight"].dtype is engine.float64
    assert loaded["states"][0]["state"][0]["exp_avg"].dtype is engine.float64
    assert np.array_equal(other.weight.detach().numpy(), model.weight.detach().numpy())


def test_other_dtypes_stay(engine: Any) -> None:
    with widened(engine) as T:
        assert T.tensor([1]).dtype is T.int64
        assert T.zeros(2).half().dtype is T.float16
        assert T.rand(3, dtype=T.float16).dtype is T.float16
        assert T.from_numpy(np.zeros(2)).dtype is T.float64


def test_what_a_script_makes_float64_itself_is_drawn_in_float64(engine: Any) -> None:
    def draws(T: Any) -> list:
        weights = T.as_tensor([0.3, 0.5, 0.2], dtype=T.float64)
        return [
            T.rand(20, dtype=T.float64),
            T.randn(20, dtype=T.double),
            weights.bernoulli(),
            T.from_numpy(np.array([0.3, 0.9])).bernoulli(),
            T.from_numpy(np.array([0.3, 0.9])).float().bernoulli(),
            T.binomial(T.from_numpy(np.array([9.0])), T.from_numpy(np.array([0.5])) / 2),
            T.finfo(T.float64).eps,
        ]

    engine.manual_seed(0)
    narrow, before = draws(engine), state(engine)
    with widened(engine) as T:
        engine.manual_seed(0)
        wide = draws(T)
        assert state(engine) == before
    assert [np.asarray(x).tolist() for x in wide] == [np.asarray(x).tolist() for x in narrow]


def test_a_script_that_computes_in_float64_draws_in_float64(engine: Any) -> None:
    def draws(T: Any) -> Any:
        T.set_default_dtype(T.float64)
        made = T.rand(9), T.nn.Linear(3, 2).weight
        T.set_default_dtype(T.float32)
        return (*made, T.rand(9))

    engine.manual_seed(0)
    narrow, before = draws(engine), state(engine)
    with widened(engine) as T:
        engine.manual_seed(0)
        wide = draws(T)
        assert state(engine) == before
    for x, y in zip(narrow, wide):
        assert np.array_equal(x.detach().numpy(), y.detach().numpy())


@pytest.mark.parametrize("view", [lambda x: x.t(), lambda x: x[1:, ::2], lambda x: x[:, :1]])
def test_strides_decide_the_order_of_draws(engine: Any, view: Any) -> None:
    def draws() -> Any:
        engine.manual_seed(0)
        x = engine.zeros(8, 6)
        view(x).normal_(1, 2)
        return x

    narrow = draws()
    with widened(engine):
        assert np.array_equal(draws().numpy(), narrow.numpy())


def test_constants_of_float32_stay_in_formulas(engine: Any) -> None:
    x = np.float32([[1e-4, 2e-4]])
    narrow = engine.nn.RMSNorm(2)(engine.from_numpy(x))
    with widened(engine) as T:
        assert T.finfo(T.float32).eps == T.finfo(T.zeros(1).dtype).eps == 2.0**-23
        wide = T.nn.functional.rms_norm(input=T.from_numpy(x), normalized_shape=(2,))
    assert np.allclose(narrow.detach().numpy(), wide.detach().numpy(), rtol=1e-6)


def test_a_gamma_has_its_gradient_in_float64(engine: Any) -> None:
    def gradient() -> Any:
        engine.manual_seed(0)
        a = engine.tensor([0.5, 3.0], requires_grad=True)
        engine._standard_gamma(a).sum().backward()
        return a.grad

    narrow = gradient()
    with widened(engine):
        wide = gradient()
    assert wide.dtype is engine.float64
    assert np.allclose(narrow.numpy(), wide.numpy(), rtol=1e-5)


@pytest.mark.parametrize("family", ["Normal", "Uniform", "Gamma", "Beta", "Gumbel", "Cauchy"])
def test_distributions_draw_as_in_float32(engine: Any, family: str) -> None:
    def samples() -> list:
        engine.manual_seed(0)
        made = getattr(engine.distributions, family)(engine.zeros(40) + 0.5, engine.ones(40))
        return [made.sample(), engine.distributions.Categorical(logits=engine.ones(5)).sample((9,))]

    narrow, before = samples(), state(engine)
    with widened(engine):
        wide = samples()
        assert state(engine) == before
    for x, y in zip(narrow, wide):
        assert np.allclose(x.numpy(), y.numpy(), rtol=1e-5)


# What it leaves


def names(engine: Any) -> dict[tuple[str, str], Any]:
    modules = {engine.__name__: engine, "init": engine.nn.init, "F": engine.nn.functional}
    found = {(m, name): v for m, module in modules.items() for name, v in vars(module).items()}
    return found | {("Tensor", name): value for name, value in vars(engine.Tensor).items()}


def test_it_puts_everything_back(engine: Any) -> None:
    with widened(engine):
        pass
    before, default, kept = names(engine), engine.get_default_dtype(), []

    def fail() -> None:
        with widened(engine):
            assert engine.zeros(1).dtype is engine.float64
            kept.append(engine.rand)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    after = names(engine)
    assert [key for key in before if after.get(key) is not before[key]] == []
    assert before.keys() == after.keys()
    assert engine.get_default_dtype() is default is engine.float32
    assert kept[0](3).dtype is engine.float32  # a function that someone kept


def test_a_module_that_was_loaded_meanwhile_is_put_right(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = types.ModuleType(f"{engine.__name__}.made")
    with widened(engine):
        made.rand, made.wide = engine.rand, engine.DoubleTensor
        monkeypatch.setitem(sys.modules, made.__name__, made)
    assert made.rand is engine.rand
    assert made.wide is engine.DoubleTensor is not engine.FloatTensor


def test_a_function_replaced_between_two_runs_is_seen(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for low in (1, 2):
        monkeypatch.setattr(engine, "rand", lambda *n, low=low, **how: engine.ones(*n, **how) * low)
        with widened(engine):
            assert engine.rand(1).item() == low
            with widened(engine):
                assert engine.rand(1).dtype is engine.float64


def test_what_the_harness_makes_is_drawn_in_float32(engine: Any) -> None:
    backend, p = Backend(engine.__name__), np.full(9, 0.5)
    engine.manual_seed(0)
    engine.bernoulli(engine.from_numpy(p.astype(np.float32)))
    before = state(engine)
    with backend.widened():
        engine.manual_seed(0)
        engine.bernoulli(backend.tensor(p))
    assert state(engine) == before


def test_a_backend_is_widened_by_name() -> None:
    backend = Backend("minitorch")
    with backend.widened() as engine:
        assert engine is minitorch
        assert minitorch.ones(2).dtype is minitorch.float64
    assert minitorch.ones(2).dtype is minitorch.float32
