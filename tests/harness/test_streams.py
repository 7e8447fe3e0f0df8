"""Every random stream of the table beside torch's, and nothing that draws is missing from it."""

from __future__ import annotations

import inspect
import re

import pytest

import minitorch
from harness import doctor
from harness.initial import LAYERS, build
from harness.streams import STREAMS, Stream
from minitorch.random import Generator

NAMES = [stream.name for stream in STREAMS]


@pytest.mark.differential
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_stream_is_torchs(stream: Stream) -> None:
    torch = pytest.importorskip("torch")
    check = doctor.against(minitorch, torch)(stream)
    assert check.verdict in (doctor.EXACT, doctor.WITHIN), check.line()


def mentioned(name: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", stream) for stream in NAMES)


def test_no_two_streams_have_one_name():
    assert len(set(NAMES)) == len(NAMES)


def test_every_tolerance_has_its_reason():
    assert [s.name for s in STREAMS if bool(s.tolerance) != bool(s.reason)] == []
    assert {s.name.partition(" of ")[0] for s in STREAMS if s.tolerance} == {"nn.init.orthogonal_"}


def test_every_layer_is_built():
    nn = minitorch.nn
    layers = [name for name in nn.__all__ if isinstance(getattr(nn, name), type)]
    layers = [name for name in layers if issubclass(getattr(nn, name), nn.Module)]
    assert sorted(LAYERS) == sorted(set(layers) - {"Container", "NLLLoss2d", "DataParallel"})


def test_every_layer_that_draws_when_it_is_built_has_a_stream():
    for name in LAYERS:
        before = minitorch.get_rng_state()
        build(minitorch, name)
        drew = bool((minitorch.get_rng_state() != before).any())
        assert not drew or mentioned(f"nn.{name}"), name


def test_every_initializer_has_a_stream():
    initializers = [n for n in dir(minitorch.nn.init) if re.fullmatch(r"[a-z]\w*_", n)]
    assert len(initializers) > 10
    assert [n for n in initializers if not mentioned(f"nn.init.{n}")] == []


def test_every_fill_has_a_stream():
    fills = [f"{n.removeprefix('fill_')}_" for n in dir(Generator) if n.startswith("fill_")]
    fills = [name for name in fills if hasattr(minitorch.Tensor, name)]
    assert len(fills) > 7
    assert [name for name in fills if not mentioned(name)] == []


def test_every_dropout_has_a_stream():
    dropouts = [n for n in minitorch.nn.functional.__all__ if re.fullmatch(r"\w*dropout(\dd)?", n)]
    assert len(dropouts) >= 5
    assert [n for n in dropouts if not mentioned(n)] == []


def test_every_function_that_takes_a_generator_has_a_stream():
    def takes_one(name: str) -> bool:
        function = getattr(minitorch, name)
        if not callable(function) or isinstance(function, type):
            return False
        return "generator" in inspect.signature(function).parameters

    drawing = [name for name in minitorch.__all__ if takes_one(name)]
    assert len(drawing) > 10
    assert [name for name in drawing if not mentioned(name)] == []


def test_everything_random_about_data_has_a_stream():
    words = re.compile(r"\w*Random\w*|random_\w+|DataLoader")
    random = [name for name in dir(minitorch.utils.data) if words.fullmatch(name)]
    assert len(random) >= 5
    assert [name for name in random if not mentioned(name)] == []
