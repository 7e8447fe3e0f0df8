"""The picture holds every node once, every name and shape, and reads the same for either engine."""

from __future__ import annotations

import importlib
import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest

from harness.graph_svg import draw, render

ENGINES = ["minitorch", pytest.param("torch", marks=pytest.mark.differential)]


@pytest.fixture(params=ENGINES)
def torch(request):
    """The engine as a script sees it."""
    return importlib.import_module(request.param)


def texts(svg: str) -> list[str]:
    """The text of every <text>, in the order of the file."""
    root = ElementTree.fromstring(svg)
    return [
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]


def mlp_step(torch):
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3), torch.nn.ReLU()
    )
    loss = model(torch.randn(5, 4)).square().mean()
    return loss, model


def test_every_parameter_stands_there_with_its_shape(torch):
    loss, model = mlp_step(torch)
    written = texts(render(loss, model.named_parameters()))
    for name, parameter in model.named_parameters():
        assert written.count(name) == 1
        assert written[written.index(name) + 1] == str(list(parameter.shape))


def test_operations_are_named_as_their_grad_fn_and_edges_carry_shapes(torch):
    loss, model = mlp_step(torch)
    written = texts(render(loss, model.named_parameters()))
    assert written.count("TanhBackward0") == written.count("ReluBackward0") == 1
    assert loss.grad_fn.name() in written
    assert "[5, 8]" in written
    assert "[5, 3]" in written


def test_loss_stands_at_the_bottom_with_its_value(torch):
    loss, model = mlp_step(torch)
    written = texts(render(loss, model.named_parameters()))
    assert written[-2:] == ["loss", f"{loss.item():.4g}"]


def test_shared_node_is_drawn_once(torch):
    w = torch.randn(3, requires_grad=True)
    shared = w.exp()
    loss = (shared.sin() + shared.cos()).sum()
    written = texts(render(loss, [("w", w)]))
    assert written.count("ExpBackward0") == 1
    assert written.count("w") == 1


def test_input_used_twice_by_one_operation_says_so(torch):
    w = torch.randn(3, requires_grad=True)
    assert "×2" in texts(render((w * w).sum(), [("w", w)]))


def test_leaf_without_a_name_is_drawn_as_a_tensor(torch):
    x = torch.randn(2, 3, requires_grad=True)
    written = texts(render(x.exp().sum(), []))
    assert written[written.index("tensor") + 1] == "[2, 3]"


def test_loss_without_a_graph_is_refused(torch):
    with pytest.raises(ValueError, match="grad_fn"):
        render(torch.ones(()), [])


def test_drawing_leaves_gradients_alone(torch, tmp_path):
    loss, model = mlp_step(torch)
    draw(loss, model.named_parameters(), tmp_path / "graph.svg")
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()


def test_file_is_self_contained_and_reproducible(torch, tmp_path):
    loss, model = mlp_step(torch)
    for name in ("one.svg", "two.svg"):
        draw(loss, model.named_parameters(), tmp_path / name)
    one, two = ((tmp_path / name).read_text(encoding="utf-8") for name in ("one.svg", "two.svg"))
    assert one == two
    assert set(re.findall(r"https?://[^\"]*", one)) == {"http://www.w3.org/2000/svg"}
    assert "prefers-color-scheme: dark" in one


def test_deep_graph_is_drawn_without_recursion(torch):
    x = torch.ones(2, requires_grad=True)
    y = x
    for _ in range(1100):
        y = y.neg()
    assert "1101 operations, 0 parameters" in texts(render(y.sum(), []))


def test_names_are_escaped():
    leaf = SimpleNamespace(shape=(2,))
    accumulate = SimpleNamespace(name=lambda: "", next_functions=(), variable=leaf)
    node = SimpleNamespace(name=lambda: "<F>&Backward", next_functions=((accumulate, 0),))
    loss = SimpleNamespace(grad_fn=node, shape=(), numel=lambda: 1, item=lambda: 0.5)
    written = texts(render(loss, [("a<b>&", leaf)]))
    assert "a<b>&" in written
    assert "<F>&Backward" in written


def test_several_outputs_carry_their_own_shapes(torch):
    x = torch.randn(5, 4, requires_grad=True)
    one, two = x.exp().split([2, 3])
    written = texts(render(one.sum() + two.sum(), []))
    assert "[2, 4]" in written
    assert "[3, 4]" in written
