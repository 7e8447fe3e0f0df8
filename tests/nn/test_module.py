"""Module: registration, attributes, the tree, conversion, calling with hooks, state, printing."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from collections import OrderedDict

import pytest

import minitorch
from tests.raising import assert_refused_alike


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def small_model(t):
    nn = t.nn

    class Block(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.norm = nn.BatchNorm1d(size)
            self.layers = nn.ModuleList([nn.Linear(size, size) for _ in range(3)])
            self.scale = nn.Parameter(t.ones(size))
            self.register_buffer("mask", t.zeros(size), persistent=False)
            self.register_parameter("shift", None)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x).tanh()
            return self.norm(x) * self.scale + self.mask

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Sequential(OrderedDict(first=nn.Linear(4, 8), act=nn.ReLU()))
            self.blocks = nn.ModuleDict({"a": Block(8), "b": Block(8)})
            self.head = nn.Linear(8, 2, bias=False)
            self.tied = self.head

        def forward(self, x):
            x = self.embed(x)
            return self.head(self.blocks["b"](self.blocks["a"](x)))

    return Model()


def names(pairs):
    return [name for name, _ in pairs]


# -------------------------------------------------------------------- the same on both engines


def repr_of_a_model(t):
    return repr(small_model(t))


def repr_with_several_lines_of_its_own(t):
    class Odd(t.nn.Module):
        def extra_repr(self):
            return "one\ntwo"

    odd = Odd()
    alone = repr(odd)
    odd.child = t.nn.ReLU()
    odd.nothing = None
    odd.add_module("none", None)
    return alone, repr(odd)


def the_tree(t):
    m = small_model(t)
    return [
        names(m.named_parameters()),
        names(m.named_parameters(remove_duplicate=False)),
        names(m.named_parameters(prefix="p", recurse=False)),
        names(m.blocks["a"].named_parameters(recurse=False)),
        names(m.named_buffers()),
        names(m.named_modules()),
        names(m.named_modules(prefix="root", remove_duplicate=False)),
        names(m.named_children()),
        len(list(m.parameters())),
        len(list(m.buffers())),
        len(list(m.modules())),
        len(list(m.children())),
        [p.shape[0] for p in m.parameters()],
        type(m.get_submodule("blocks.a.layers.1")).__name__,
        m.get_submodule("") is m,
        list(m.get_parameter("embed.first.weight").shape),
        list(m.get_buffer("blocks.b.norm.running_mean").shape),
    ]


def reassigning_names(t):
    nn = t.nn
    m = nn.Module()
    log = []

    def note():
        log.append(
            (list(m._parameters), list(m._buffers), list(m._modules), "x" in m.__dict__),
        )

    m.x = 3
    note()
    m.x = nn.Parameter(t.zeros(1))
    note()
    m.x = None
    note()
    del m.x
    m.x = nn.ReLU()
    note()
    m.x = nn.Tanh()
    m.x = nn.Parameter(t.zeros(2))
    note()
    del m.x
    m.register_buffer("x", t.zeros(3), persistent=False)
    m.x = t.ones(3)
    note()
    log.append(sorted(m._non_persistent_buffers_set))
    m.x = nn.ReLU()
    note()
    log.append(sorted(m._non_persistent_buffers_set))
    m.y = nn.Buffer(t.zeros(1), persistent=False)
    m.z = nn.Buffer(t.zeros(1))
    note()
    log.append((sorted(m._non_persistent_buffers_set), list(m.state_dict())))
    return log


def calling_super_init(t):
    class Other:
        def __init__(self, size):
            self.size = size

    class Both(t.nn.Module, Other):
        call_super_init = True

    return Both(3).size, Both(4).training


def training_mode_and_apply(t):
    m = small_model(t)
    m.blocks["a"].eval()
    seen = []
    m.apply(lambda module: seen.append((type(module).__name__, module.training)))
    m.train()
    everywhere = all(module.training for module in m.modules())
    m.requires_grad_(False)
    return seen, everywhere, any(p.requires_grad for p in m.parameters()), m.eval() is m


def conversions(t):
    m = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.BatchNorm1d(2))
    before = list(m.parameters())
    m(t.ones(3, 2)).sum().backward()
    log = []
    for convert in (
        lambda: m.double(),
        lambda: m.to(t.float16),
        lambda: m.half(),
        lambda: m.to("cpu", t.float64),
        lambda: m.to(dtype=t.float32, non_blocking=True),
        lambda: m.to(t.zeros(1, dtype=t.float64)),
        lambda: m.float(),
        lambda: m.cpu(),
        lambda: m.to("cpu"),
        lambda: m.to(device="cpu"),
        lambda: m.type(t.float64),
    ):
        result = convert()
        log.append([str(x.dtype) for x in m.state_dict().values()])
        log.append([str(p.grad.dtype) for p in m.parameters()])
        log.append((result is m, all(a is b for a, b in zip(before, m.parameters()))))
    return log


def converted_model_trains(t):
    m = t.nn.Linear(2, 2).double()
    m(t.ones(3, 2, dtype=t.float64)).sum().backward()
    return str(m.weight.grad.dtype), m.weight.is_leaf, m.weight.grad.tolist()


def zeroing_gradients(t):
    m = t.nn.Linear(2, 1)
    m(t.ones(1, 2)).sum().backward()
    m.zero_grad(set_to_none=False)
    zeros = m.weight.grad.tolist()
    m.zero_grad()
    return zeros, m.weight.grad


def copying(t):
    m = small_model(t)
    m.register_forward_hook(lambda *a: None)
    copied = copy.deepcopy(m)
    same = [
        (a == b).all().item() for a, b in zip(m.state_dict().values(), copied.state_dict().values())
    ]
    shallow = copy.copy(m)
    return (
        same,
        copied.tied is copied.head,
        copied.head is m.head,
        shallow.head is m.head,
        len(copied._forward_hooks),
        all(a is not b for a, b in zip(m.parameters(), copied.parameters())),
    )


def submodules_replaced_by_path(t):
    m = small_model(t)
    m.set_submodule("blocks.a.layers.1", t.nn.Tanh())
    return repr(m.blocks["a"].layers)


SAME = [
    repr_of_a_model,
    repr_with_several_lines_of_its_own,
    the_tree,
    reassigning_names,
    calling_super_init,
    training_mode_and_apply,
    conversions,
    converted_model_trains,
    zeroing_gradients,
    copying,
    submodules_replaced_by_path,
]


# -------------------------------------------------------------------- hooks


def forward_hooks_in_order(t):
    m = t.nn.Linear(2, 2)
    log = []

    def noting(name, result=None):
        def hook(*args):
            log.append((name, len(args), type(args[-1]).__name__))
            return result

        return hook

    x = t.ones(1, 2)
    m.register_forward_pre_hook(noting("pre 1"))
    handle = m.register_forward_pre_hook(noting("pre 2", (x * 2,)))
    m.register_forward_pre_hook(noting("pre 0", x * 3), prepend=True)
    m.register_forward_pre_hook(
        lambda module, args, kwargs: (log.append(dict(kwargs)), (args, {}))[1], with_kwargs=True
    )
    m.register_forward_hook(noting("post 1"))
    m.register_forward_hook(noting("post 0", t.zeros(1)), prepend=True)
    m.register_forward_hook(noting("post 2"), with_kwargs=True)
    first = m(x, unused=1).tolist()
    handle.remove()
    handle.remove()
    m(x)
    m._forward_hooks.clear()
    m(x)
    return log, first


def hooks_called_after_an_error(t):
    log = []

    class Fails(t.nn.Module):
        def forward(self, x):
            raise ValueError("in forward")

    m = Fails()
    m.register_forward_hook(lambda *a: log.append("never"))
    m.register_forward_hook(lambda *a: log.append(("always", a[-1])), always_call=True)
    m.register_forward_hook(
        lambda *a: log.append(("with kwargs", a[-2:])), always_call=True, with_kwargs=True
    )
    with pytest.raises(ValueError, match="in forward"):
        m(1)
    return log


def a_failing_hook_is_called_once(t):
    log = []

    def hook(*args):
        log.append("called")
        raise ValueError("in hook")

    m = t.nn.ReLU()
    m.register_forward_hook(hook, always_call=True)
    with pytest.raises(ValueError, match="in hook"):
        m(t.ones(1))
    return log


def full_backward_hooks(t):
    m = t.nn.Sequential(t.nn.Linear(2, 2, bias=False), t.nn.ReLU(), t.nn.Linear(2, 1, bias=False))
    with t.no_grad():
        for p in m.parameters():
            p.fill_(0.5)
    log = []

    def noting(name, scale=None):
        def hook(module, *grads):
            log.append((name, [[None if g is None else g.tolist() for g in gs] for gs in grads]))
            return None if scale is None else tuple(scale * g for g in grads[0])

        return hook

    m[1].register_full_backward_hook(noting("relu"))
    m[1].register_full_backward_pre_hook(noting("before relu", 2.0))
    m[1].register_full_backward_hook(noting("relu, first", 3.0), prepend=True)
    m[0].register_full_backward_hook(noting("no input requires grad"))
    m.register_full_backward_hook(noting("whole"))
    x = t.tensor([[1.0, 2.0]])
    with pytest.warns(UserWarning, match="[Ff]ull backward hook"):
        m(x).sum().backward()
    grads = [p.grad.tolist() for p in m.parameters()]
    x.requires_grad_()
    m(x).sum().backward()
    with t.no_grad():
        m(x)
    return log, grads, x.grad.tolist()


def backward_hooks_of_several_inputs_and_outputs(t):
    log = []

    class Two(t.nn.Module):
        def forward(self, a, number, b):
            return a * number, b, "text", a + b

    m = Two()
    m.register_full_backward_hook(
        lambda module, gi, go: log.append(
            [[None if g is None else g.tolist() for g in gs] for gs in (gi, go)]
        )
    )
    a, b = t.tensor([1.0], requires_grad=True), t.tensor([2.0])
    outs = m(a, 3.0, b)
    outs[0].sum().backward()
    outs = m(a, 3.0, b)
    (outs[0] + outs[3]).sum().backward()
    return log, a.grad.tolist(), [type(o).__name__ for o in outs]


def second_derivative_through_a_hooked_module(t):
    m = t.nn.Tanh()
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] * 2,))
    x = t.tensor([0.5], dtype=t.float64, requires_grad=True)
    (g,) = t.autograd.grad(m(x).sum(), x, create_graph=True)
    (gg,) = t.autograd.grad(g.sum(), x)
    return [round(v, 12) for v in g.tolist() + gg.tolist()]


def old_backward_hooks(t):
    log = []
    m = t.nn.Tanh()
    m.register_backward_hook(lambda module, gi, go: log.append((gi[0].tolist(), go[0].tolist())))
    x = t.zeros(2, requires_grad=True)
    m(x).sum().backward()
    return log


HOOKS = [
    forward_hooks_in_order,
    hooks_called_after_an_error,
    a_failing_hook_is_called_once,
    full_backward_hooks,
    backward_hooks_of_several_inputs_and_outputs,
    second_derivative_through_a_hooked_module,
    old_backward_hooks,
]


# -------------------------------------------------------------------- state


def keys_and_metadata_of_the_state(t):
    m = small_model(t)
    state = m.state_dict(prefix="p.")
    kept = m.state_dict(keep_vars=True)
    return (
        list(state),
        [(k, v["version"]) for k, v in m.state_dict()._metadata.items()],
        type(state).__name__,
        [v.requires_grad for v in state.values()],
        kept["head.weight"] is m.head.weight,
        state["p.head.weight"].data_ptr() == m.head.weight.data_ptr(),
    )


def loading_with_wrong_keys(t):
    source = small_model(t).state_dict()
    del source["head.weight"]
    source["extra.key"] = t.zeros(1)
    target = small_model(t)
    found = target.load_state_dict(source, strict=False)
    empty = t.nn.ReLU().load_state_dict({})
    return repr(found), list(found.missing_keys), repr(empty), tuple(found)


def extra_state(t):
    class Extra(t.nn.Module):
        def __init__(self, value):
            super().__init__()
            self.value = value

        def get_extra_state(self):
            return {"value": self.value}

        def set_extra_state(self, state):
            self.value = state["value"]

    source = t.nn.Sequential(Extra(1), Extra(2))
    target = t.nn.Sequential(Extra(3), Extra(4))
    found = target.load_state_dict(source.state_dict())
    partial = target.load_state_dict({}, strict=False)
    return list(source.state_dict()), [m.value for m in target], repr(found), repr(partial)


def state_hooks(t):
    log = []
    m = t.nn.Sequential(t.nn.Linear(1, 1), t.nn.ReLU())
    m.register_state_dict_pre_hook(lambda module, prefix, keep: log.append(("pre", prefix, keep)))
    m[0].register_state_dict_post_hook(
        lambda module, state, prefix, meta: state.update({prefix + "more": t.ones(1)})
    )
    m._register_state_dict_hook(lambda module, state, prefix, meta: OrderedDict(state, last=1))
    state = m.state_dict()
    log.append(list(state))

    def rename(module, state, prefix, *rest):
        log.append((type(module).__name__, prefix, sorted(state)))
        state.pop(prefix + "more")

    def forgive(module, keys):
        log.append((list(keys.missing_keys), list(keys.unexpected_keys)))
        keys.unexpected_keys.clear()

    target = t.nn.Sequential(t.nn.Linear(1, 1), t.nn.ReLU())
    target[0].register_load_state_dict_pre_hook(rename)
    target.register_load_state_dict_post_hook(forgive)
    log.append(repr(target.load_state_dict(state)))
    log.append((target[0].weight == m[0].weight).all().item())
    return log


def an_override_of_loading(t):
    class Old(t.nn.Linear):
        def _load_from_state_dict(self, state, prefix, meta, strict, missing, unexpected, errors):
            if meta.get("version", None) is None:
                state[prefix + "weight"] = state.pop(prefix + "kernel")
            super()._load_from_state_dict(state, prefix, meta, strict, missing, unexpected, errors)

    m = t.nn.Sequential(Old(1, 1))
    m.load_state_dict({"0.kernel": t.full((1, 1), 7.0), "0.bias": t.zeros(1)})
    return m[0].weight.item()


def assigning_instead_of_copying(t):
    m = t.nn.Linear(2, 1)
    m.bias.requires_grad_(False)
    state = {"weight": t.zeros(1, 2, dtype=t.float64), "bias": t.nn.Parameter(t.ones(1))}
    m.load_state_dict(state, assign=True)
    return (
        str(m.weight.dtype),
        m.weight.requires_grad,
        m.bias is state["bias"],
        m.bias.requires_grad,
        type(m.weight).__name__,
    )


def old_zero_dimensional_entries(t):
    m = t.nn.Module()
    m.a = t.nn.Parameter(t.zeros(()))
    m.load_state_dict({"a": t.ones(1)})
    return m.a.item()


STATE = [
    keys_and_metadata_of_the_state,
    loading_with_wrong_keys,
    extra_state,
    state_hooks,
    an_override_of_loading,
    assigning_instead_of_copying,
    old_zero_dimensional_entries,
]


@pytest.mark.differential
@pytest.mark.parametrize("scenario", SAME + HOOKS + STATE, ids=lambda f: f.__name__)
def test_same_as_torch(torch, scenario):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a non-full backward hook")  # torch's alone
        expected = scenario(torch)
    assert scenario(minitorch) == expected


@pytest.mark.differential
def test_state_goes_to_torch_and_back(torch):
    ours, theirs = small_model(minitorch), small_model(torch)
    for p in ours.parameters():
        p.data += 1
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    other = small_model(minitorch)
    other.load_state_dict(
        {k: minitorch.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()}
    )
    x = [[0.1, 0.2, 0.3, 0.4], [-1.0, 2.0, 0.5, 3.0]]
    expected = theirs.eval()(torch.tensor(x)).detach().numpy()
    assert ours.eval()(minitorch.tensor(x)).detach().numpy() == pytest.approx(expected, rel=1e-5)
    for key, value in ours.state_dict().items():
        assert (other.state_dict()[key].numpy() == value.numpy()).all(), key


# -------------------------------------------------------------------- bad input


def missing_super_init(t, part):
    class M(t.nn.Module):
        def __init__(self):
            self.part = part(t)

    return M()


def load(t, state, model=None, **options):
    model = t.nn.Linear(2, 3) if model is None else model
    return model.load_state_dict(
        {k: t.zeros(*v) if isinstance(v, tuple) else v for k, v in state.items()}, **options
    )


def two_kinds_of_backward_hooks(t):
    m = t.nn.ReLU()
    m.register_full_backward_hook(print)
    m.register_backward_hook(print)


def wrong_number_of_grad_inputs(t):
    m = t.nn.ReLU()
    m.register_full_backward_hook(lambda *a: (None, None))
    m(t.ones(1, requires_grad=True)).sum().backward()


def wrong_result_of_a_pre_hook(t):
    m = t.nn.ReLU()
    m.register_forward_pre_hook(lambda *a: 3, with_kwargs=True)
    m(t.ones(1))


def gradient_where_no_input_requires_it(t):
    m = t.nn.Linear(1, 1)
    m.register_full_backward_hook(lambda module, gi, go: go)
    with pytest.warns(UserWarning, match="[Ff]ull backward hook"):
        m(t.ones(1, 1)).sum().backward()


def result_of_a_load_post_hook(t):
    m = t.nn.ReLU()
    m.register_load_state_dict_post_hook(lambda *a: 3)
    m.load_state_dict({})


def result_of_a_state_post_hook(t):
    m = t.nn.ReLU()
    m.register_state_dict_post_hook(lambda *a: 3)
    m.state_dict()


ERRORS = {
    "submodule before super().__init__()": (
        lambda t: missing_super_init(t, lambda t: t.nn.ReLU()),
        ["module", "Module.__init__()"],
    ),
    "parameter before super().__init__()": (
        lambda t: missing_super_init(t, lambda t: t.nn.Parameter(t.zeros(1))),
        ["parameters", "Module.__init__()"],
    ),
    "arguments to Module": (lambda t: t.nn.Module(3), ["takes 1 positional argument", "2"]),
    "named arguments to Module": (lambda t: t.nn.Module(size=3), ["size"]),
    "no forward": (lambda t: t.nn.Module()(1), ["Module", "forward"]),
    "attribute missing": (lambda t: t.nn.Linear(1, 1).wieght, ["Linear", "wieght"]),
    "deleting what is not there": (
        lambda t: delattr(t.nn.Linear(1, 1), "wieght"),
        ["Linear", "wieght"],
    ),
    "tensor to a parameter's name": (
        lambda t: setattr(t.nn.Linear(2, 3), "weight", t.zeros(3, 2)),
        ["torch.FloatTensor", "weight"],
    ),
    "number to a module's name": (
        lambda t: setattr(t.nn.Sequential(t.nn.ReLU()), "0", 3),
        ["int", "'0'"],
    ),
    "number to a buffer's name": (
        lambda t: setattr(t.nn.BatchNorm1d(1), "running_mean", 3),
        ["int", "running_mean"],
    ),
    "number as module": (lambda t: t.nn.Module().add_module("a", 3), ["int"]),
    "module name with a dot": (lambda t: t.nn.Module().add_module("a.b", t.nn.ReLU()), ["a.b"]),
    "module name empty": (lambda t: t.nn.Module().add_module("", t.nn.ReLU()), ["empty"]),
    "module name of another type": (lambda t: t.nn.Module().add_module(3, None), ["int"]),
    "tensor as parameter": (
        lambda t: t.nn.Module().register_parameter("w", t.zeros(1)),
        ["torch.FloatTensor", "'w'"],
    ),
    "number as buffer": (lambda t: t.nn.Module().register_buffer("w", 3), ["int", "'w'"]),
    "buffer name taken": (
        lambda t: t.nn.Linear(1, 1).register_buffer("weight", t.zeros(1)),
        ["weight", "exists"],
    ),
    "parameter name of a method": (
        lambda t: t.nn.Module().register_parameter("forward", None),
        ["forward", "exists"],
    ),
    "training mode no bool": (lambda t: t.nn.ReLU().train("x"), ["'x'", "bool"]),
    "submodule missing": (lambda t: t.nn.Sequential().get_submodule("7"), ["Sequential", "`7`"]),
    "submodule is a parameter": (
        lambda t: t.nn.Linear(1, 1).get_submodule("weight"),
        ["`weight`"],
    ),
    "parameter missing": (lambda t: t.nn.Linear(1, 1).get_parameter("w"), ["Linear", "`w`"]),
    "buffer is a parameter": (lambda t: t.nn.Linear(1, 1).get_buffer("weight"), ["`weight`"]),
    "extra arguments": (lambda t: t.nn.Linear(2, 3)(t.zeros(1, 2), 3), ["forward", "3"]),
    "to an integer dtype": (lambda t: t.nn.Linear(1, 1).to(t.int32), ["torch.int32"]),
    "to what is no device": (lambda t: t.nn.Linear(1, 1).to("foo"), ["foo"]),
    "to a list": (lambda t: t.nn.Linear(1, 1).to([1]), ["list"]),
    "to with an unknown argument": (lambda t: t.nn.Linear(1, 1).to("cpu", foo=1), ["foo"]),
    "missing and unexpected keys": (
        lambda t: load(t, {"weight": (3, 2), "bais": (3,)}),
        ["Linear", 'Missing key(s) in state_dict: "bias"', 'Unexpected key(s) in state_dict: "bai'],
    ),
    "wrong shapes": (
        lambda t: load(t, {"weight": (4, 2), "bias": (5,)}),
        ["weight", "torch.Size([4, 2])", "torch.Size([3, 2])", "bias", "torch.Size([5])"],
    ),
    "wrong shapes, not strict": (
        lambda t: load(t, {"weight": (4, 2), "bias": (3,)}, strict=False),
        ["weight", "torch.Size([4, 2])", "torch.Size([3, 2])"],
    ),
    "missing keys below": (
        lambda t: load(t, {}, t.nn.Sequential(t.nn.Linear(1, 1), t.nn.Linear(1, 1))),
        ["Sequential", '"0.weight", "0.bias", "1.weight", "1.bias"'],
    ),
    "state that is no mapping": (lambda t: t.nn.ReLU().load_state_dict([]), ["list"]),
    "state without tensors": (
        lambda t: load(t, {"weight": [1], "bias": 3}),
        ["weight", "list", "bias", "int"],
    ),
    "extra state nobody wants": (
        lambda t: load(t, {"weight": (3, 2), "bias": (3,), "_extra_state": 1}),
        ["_extra_state"],
    ),
    "two kinds of backward hooks": (
        two_kinds_of_backward_hooks,
        ["ReLU", "register_backward_hook"],
    ),
    "wrong number of grad_input": (wrong_number_of_grad_inputs, ["expected 1", "got 2"]),
    "wrong result of a pre-hook": (wrong_result_of_a_pre_hook, ["ReLU", "got 3"]),
    "gradient where none is": (
        gradient_where_no_input_requires_it,
        ["Linear", "no input requires a gradient"],
    ),
    "result of a load post-hook": (result_of_a_load_post_hook, ["incompatible_keys"]),
    "result of a state post-hook": (result_of_a_state_post_hook, ["ReLU", "int"]),
    "parameter of integers": (
        lambda t: t.nn.Parameter(t.tensor([1, 2])),
        ["float"],
    ),
    "parameter of a list": (lambda t: t.nn.Parameter([1.0]), ["list"]),
    "set_submodule of a number": (lambda t: t.nn.Module().set_submodule("a", 3), ["int"]),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    assert_refused_alike(torch, *ERRORS[case])


# -------------------------------------------------------------------- our own promises


def test_refused_state_changes_nothing():
    m = minitorch.nn.Sequential(minitorch.nn.Linear(2, 2), minitorch.nn.BatchNorm1d(2))
    before = {k: v.clone() for k, v in m.state_dict().items()}
    for wrong in ({"1.weight": minitorch.zeros(3)}, {"surplus": minitorch.zeros(1)}):
        state = {k: v + 1 for k, v in before.items()}
        state.update(wrong)
        with pytest.raises(RuntimeError):
            m.load_state_dict(state)
        for key, value in m.state_dict().items():
            assert (value == before[key]).all(), key


def test_loading_casts_and_counts_as_a_write():
    m = minitorch.nn.Linear(2, 1)
    version = m.weight._version
    m.load_state_dict(
        {"weight": minitorch.ones(1, 2, dtype=minitorch.float64), "bias": minitorch.zeros(1)}
    )
    assert m.weight.dtype is minitorch.float32
    assert m.weight.tolist() == [[1.0, 1.0]]
    assert m.weight._version == version + 1


def test_loading_by_hand_copies_at_once():
    m = minitorch.nn.Linear(1, 1)
    lists = [], [], []
    state = {"p.weight": minitorch.full((1, 1), 5.0), "p.bias": minitorch.zeros(1)}
    m._load_from_state_dict(state, "p.", {}, True, *lists)
    assert m.weight.item() == 5.0
    assert lists == ([], [], [])


def test_registered_names_follow_the_dictionaries_not_the_class():
    class Net(minitorch.nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.part = kind

    linear, relu = Net(minitorch.nn.Linear(1, 1)), Net(minitorch.nn.ReLU())
    assert repr(relu.part) == "ReLU()"
    assert not hasattr(Net, "part")
    replaced = minitorch.nn.Tanh()
    linear._modules["part"] = replaced
    assert linear.part is replaced
    del linear.part
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'part'"):
        _ = linear.part
    linear.part = 3
    assert linear.part == 3
    assert Net(minitorch.nn.Parameter(minitorch.zeros(1))).part.item() == 0.0


def test_a_class_attribute_and_a_getattr_of_its_own_go_first():
    class Wrapper(minitorch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = minitorch.nn.Linear(2, 3)

        def __getattr__(self, name):
            if name == "inner":
                asked.append(name)
            return super().__getattr__(name)

    class Default(minitorch.nn.Module):
        part = "of the class"

    asked: list[str] = []
    assert Wrapper().inner.out_features == 3
    assert asked == ["inner"]
    module = Default()
    module._modules["part"] = minitorch.nn.ReLU()
    assert module.part == "of the class"


def test_modules_are_freed_without_the_garbage_collector():
    gc.disable()
    try:
        model = small_model(minitorch)
        model(minitorch.ones(2, 4)).sum().backward()
        gone = weakref.ref(model)
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_pickled_model_computes_the_same():
    model = minitorch.nn.Sequential(minitorch.nn.Linear(2, 2), minitorch.nn.BatchNorm1d(2))
    again = pickle.loads(pickle.dumps(model))
    x = minitorch.tensor([[1.0, 2.0], [3.0, 5.0]])
    assert (again(x) == model(x)).all()
    assert list(again.state_dict()) == list(model.state_dict())
    assert isinstance(again[0].weight, minitorch.nn.Parameter)


def test_hook_with_module_survives_copying():
    model = minitorch.nn.Linear(1, 1)
    seen = []
    model.register_load_state_dict_pre_hook(lambda module, *rest: seen.append(module))
    copied = copy.deepcopy(model)
    copied.load_state_dict(model.state_dict())
    assert seen == [copied]


def test_a_hook_handle_is_a_context_manager():
    m, calls = minitorch.nn.ReLU(), []
    with m.register_forward_hook(lambda *a: calls.append(1)):
        m(minitorch.ones(1))
    m(minitorch.ones(1))
    assert calls == [1]


def test_output_that_cannot_be_hooked_warns():
    class Dict(minitorch.nn.Module):
        def forward(self, x):
            return {"x": x}

    m = Dict()
    m.register_full_backward_hook(lambda *a: None)
    with pytest.warns(UserWarning, match="Tensor or a tuple of Tensors, not for dict"):
        m(minitorch.ones(1))


def test_state_dict_by_position_warns():
    with pytest.warns(FutureWarning, match="by name"):
        state = minitorch.nn.Linear(1, 1).state_dict(OrderedDict(), "p.")
    assert list(state) == ["p.weight", "p.bias"]


def test_cuda_is_refused():
    with pytest.raises(AssertionError, match="CUDA"):
        minitorch.nn.Linear(1, 1).cuda()


def test_parameter_shares_memory_and_is_a_leaf():
    data = minitorch.zeros(2)
    x = minitorch.ones(2, requires_grad=True) * 2
    p, q = minitorch.nn.Parameter(data), minitorch.nn.Parameter(x)
    data[0] = 5.0
    assert p.tolist() == [5.0, 0.0]
    assert p._version == data._version
    assert q.is_leaf
    assert q.requires_grad
    assert repr(p) == str(p) == "Parameter containing:\ntensor([5., 0.], requires_grad=True)"
    p.grad = minitorch.ones(2)
    p.note = "mine"
    copied = copy.deepcopy(p)
    assert type(copied) is minitorch.nn.Parameter
    assert copied.grad is None
    assert not hasattr(copied, "note")
    assert type(pickle.loads(pickle.dumps(p))) is minitorch.nn.Parameter


def test_buffer_is_a_marked_tensor():
    b = minitorch.nn.Buffer(minitorch.zeros(1), persistent=False)
    assert type(b) is minitorch.Tensor
    assert isinstance(b, minitorch.nn.Buffer)
    assert not isinstance(minitorch.zeros(1), minitorch.nn.Buffer)
    assert not b.persistent
