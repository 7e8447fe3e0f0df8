"""torch.compile and its kin leave what they are given as it is."""

from __future__ import annotations

import copy
import pickle

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def double(x):
    return 2 * x


def arguments(T):
    calls = [
        lambda: T.compile(3), lambda: T.compile(double, mode="nonsense"), lambda: T.compile(),
        lambda: T.compile(double, mode="default", options={"a": 1}),
        lambda: T.compile(double, nonsense=1), lambda: T.compile(mode="nonsense"),
    ]  # fmt: skip
    return [
        isinstance(found, Exception) or callable(found) or found for found in map(attempt, calls)
    ]


def disabled(T):
    return [
        wrapped(T.ones(1))
        for wrapped in (
            T.compiler.disable(double), T.compiler.disable(reason="slow")(double),
            T.compile(double, disable=True), T.compiler.assume_constant_result(double),
            T.compile(double, backend="eager", dynamic=True, fullgraph=True),
        )
    ]  # fmt: skip


def questions(T):
    return [
        T.compiler.is_compiling(), T.compiler.is_dynamo_compiling(), T.compiler.is_exporting(),
        T.compiler.cudagraph_mark_step_begin(), T.compiler.reset(), T._dynamo.reset(),
        T._dynamo.is_compiling(),
    ]  # fmt: skip


def switches(T):
    c = T._dynamo.config
    found = [c.suppress_errors, c.cache_size_limit, attempt(lambda: c.nonsense)]
    with c.patch(suppress_errors=True), c.patch({"cache_size_limit": 64}):
        found += [c.suppress_errors, c.cache_size_limit]
    c.cache_size_limit = 16
    found += [c.suppress_errors, c.cache_size_limit]
    c.cache_size_limit = 8
    i = T._inductor.config
    return found, i.coordinate_descent_tuning, i.triton.unique_kernel_names, i.fx_graph_cache


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated:DeprecationWarning")
@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_compiling_is_torchs(program) -> None:
    same(program)


def test_what_is_compiled_is_itself():
    model = minitorch.nn.Linear(2, 2)
    names = list(model.state_dict())
    compiled = minitorch.compile(model, mode="reduce-overhead")
    assert compiled is model
    assert compiled._orig_mod is model
    assert list(compiled.state_dict()) == names
    assert list(compiled.modules()) == [model]
    for again in (copy.deepcopy(compiled), pickle.loads(pickle.dumps(compiled))):
        assert again._orig_mod is again
    assert minitorch.compile(double) is double

    @minitorch.compile
    def plain(x):
        return x

    @minitorch.compile(fullgraph=True)
    def with_brackets(x):
        return x

    assert plain(1) == with_brackets(1) == 1


def test_decorators_of_the_compiler_leave_functions_alone():
    dynamo = minitorch._dynamo
    for decorate in (
        dynamo.disable, dynamo.allow_in_graph, dynamo.disallow_in_graph, dynamo.run,
        dynamo.optimize("inductor"), minitorch.compiler.set_stance("force_eager"),
        minitorch.compiler.substitute_in_graph(max), minitorch.compiler.wrap_numpy,
    ):  # fmt: skip
        assert decorate(double) is double
    with minitorch.compiler.set_stance("force_eager"):
        assert minitorch.compiler.list_backends() == []
    assert dynamo.graph_break() is dynamo.mark_dynamic(minitorch.ones(2), 0) is None


def test_switches_of_the_code_generator_are_put_back():
    config = minitorch._inductor.config
    with config.patch(max_autotune=True):
        assert config.max_autotune
    assert not config.max_autotune
