"""torch.jit: nothing is compiled, and what asks for a compiled file is refused."""

from __future__ import annotations

import typing

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

torch = pytest.importorskip("torch")


def double(x):
    return 2 * x


def values(T):
    fork = T.jit.fork(double, T.ones(1))
    return [
        T.jit.script(double)(T.ones(2)), T.jit.trace(double, T.ones(1))(T.ones(2)),
        T.jit.trace(double, (T.ones(1),))(T.ones(2)), T.jit.annotate(int, 3), fork.wait(),
        T.jit.wait(T.jit.fork(double, x=T.ones(1))), T.jit.Attribute(3, int).value,
        T.jit.is_scripting(), T.jit.is_tracing(),
    ]  # fmt: skip


def layers(T):
    T.manual_seed(0)
    layer = T.nn.Sequential(T.nn.Linear(2, 3), T.nn.ReLU())
    traced = T.jit.trace(layer, T.ones(4, 2))
    scripted = T.jit.script(layer.eval())
    frozen = T.jit.freeze(scripted)
    x = T.ones(1, 2)
    return traced(x), scripted(x), frozen(x).detach(), attempt(T.jit.script, 3)


def marks(T):
    def wrapped(f):
        return f

    return [
        mark(wrapped)(1)
        for mark in (T.jit.ignore, T.jit.ignore(), T.jit.unused, T.jit.export)
    ]  # fmt: skip


def types(T):
    kinds = [
        int, list[int], list[int], dict[str, int], tuple[int, str],
        typing.Optional[int], tuple[int, int, int],  # noqa: UP045
    ]  # fmt: skip
    things = [1, "a", None, [1, 2], [1, "a"], {"a": 1}, {1: 1}, (1, "a"), (1, 1, 1)]
    return [[T.jit.isinstance(x, kind) for x in things] for kind in kinds]


def tensors(T):
    return T.jit.isinstance([T.ones(1)], typing.List[T.Tensor])  # noqa: UP006


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore")  # torch deprecates all of it
@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_scripts_are_torchs(program) -> None:
    same(program)


def test_classes_and_functions_stay_what_they_are():
    class Pair:
        pass

    class Net(minitorch.jit.ScriptModule):
        @minitorch.jit.script_method
        def forward(self, x):
            return x

    assert minitorch.jit.script(Pair) is Pair
    assert Net()(3) == 3
    net = Net().eval()
    assert minitorch.jit.optimize_for_inference(minitorch.jit.freeze(net)) is net
    assert minitorch.jit.trace_module(net, {"forward": 1}) is net
    with minitorch.jit.optimized_execution(True), minitorch.jit.fuser("fuser1"):
        assert not isinstance(double, minitorch.jit.ScriptFunction)
    minitorch.jit.enable_onednn_fusion(True)
    assert minitorch.jit.onednn_fusion_enabled()
    minitorch.jit.enable_onednn_fusion(False)


def test_what_tracing_is_given_is_run_and_checked():
    calls = []
    minitorch.jit.trace(calls.append, 1)
    minitorch.jit.trace(lambda x, y: calls.append(x + y), example_kwarg_inputs={"x": 1, "y": 2})
    assert calls == [1, 3]
    with pytest.raises(RuntimeError, match="example_inputs"):
        minitorch.jit.trace(double)
    with pytest.raises(RuntimeError, match="evaluation mode"):
        minitorch.jit.freeze(minitorch.nn.Linear(1, 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda T: T.jit.save(T.nn.Linear(1, 1), "x.pt"), lambda T: T.jit.load("x.pt"),
        lambda T: T.jit.CompilationUnit("def f(x): return x"),
        lambda T: T.onnx.export(T.nn.Linear(1, 1), T.ones(1, 1), "x.onnx"),
        lambda T: T.utils.cpp_extension.load("ext", ["a.cpp"]),
        lambda T: T.utils.cpp_extension.CUDAExtension("ext", ["a.cu"]),
        lambda T: T.utils.cpp_extension.BuildExtension(),
    ],
)  # fmt: skip
def test_what_needs_compiled_code_is_refused_with_what_to_do_instead(call):
    with pytest.raises(NotImplementedError, match=r"state_dict|autograd\.Function"):
        call(minitorch)


def test_questions_of_exporters_are_answered():
    assert minitorch.onnx.is_in_onnx_export() is torch.onnx.is_in_onnx_export() is False
    assert minitorch.utils.cpp_extension.CUDA_HOME is None
    assert minitorch.utils.cpp_extension.include_paths() == []
    assert not minitorch.utils.cpp_extension.is_ninja_available()
    with pytest.raises(RuntimeError, match="cannot be built"):
        minitorch.utils.cpp_extension.verify_ninja_availability()
