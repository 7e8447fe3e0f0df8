"""Initial values: the same bits as torch's from the same seed."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

CALLS = [
    "uniform_(t)",
    "uniform_(t, -0.3, 0.7)",
    "normal_(t)",
    "normal_(t, 0.1, 0.02)",
    "constant_(t, 0.3)",
    "ones_(t)",
    "zeros_(t)",
    "eye_(t)",
    "xavier_uniform_(t)",
    "xavier_uniform_(t, gain=2.5)",
    "xavier_normal_(t)",
    "kaiming_uniform_(t)",
    "kaiming_uniform_(t, a=2.2, mode='fan_out')",
    "kaiming_uniform_(t, nonlinearity='relu')",
    "kaiming_normal_(t)",
    "kaiming_normal_(t, mode='fan_out', nonlinearity='relu')",
]


def made(T: Any, call: str, shape: tuple) -> bytes:
    T.manual_seed(5)
    t = T.empty(*shape)
    assert eval(f"init.{call}", {"init": T.nn.init, "t": t}) is t
    return t.numpy().tobytes() + T.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize("shape", [(3, 2), (31, 7)])
@pytest.mark.parametrize("call", CALLS)
def test_bits_and_state_are_torchs(call: str, shape: tuple) -> None:
    assert made(minitorch, call, shape) == made(torch, call, shape)


@pytest.mark.parametrize("name", "linear conv2d sigmoid tanh relu selu leaky_relu".split())
def test_gain(name: str) -> None:
    assert minitorch.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert minitorch.nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(
        torch.nn.init.calculate_gain("leaky_relu", 0.3)
    )


@pytest.mark.parametrize(
    "call",
    [
        "calculate_gain('nothing')",
        "calculate_gain('leaky_relu', 'x')",
        "kaiming_uniform_(T.empty(3))",
        "kaiming_uniform_(T.empty(3, 3), mode='fan_off')",
        "eye_(T.empty(3))",
        "xavier_normal_(T.empty(()))",
    ],
)
def test_bad_input_raises_what_torch_raises(call: str) -> None:
    raised = []
    for T in (minitorch, torch):
        with pytest.raises(Exception) as caught:
            eval(f"T.nn.init.{call}", {"T": T})
        raised.append(caught.type)
    assert raised[0] is raised[1]


def test_initialising_a_parameter_records_nothing() -> None:
    p = minitorch.nn.Parameter(minitorch.empty(3, 4))
    minitorch.nn.init.kaiming_uniform_(p)
    assert p.is_leaf
    assert p.requires_grad
