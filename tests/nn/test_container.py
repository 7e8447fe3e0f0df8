"""Containers: Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

import operator
from collections import OrderedDict

import pytest

import minitorch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def sequential(t):
    return t.nn.Sequential(t.nn.Linear(1, 1), t.nn.ReLU(), t.nn.Tanh(), t.nn.Sigmoid())


def module_list(t):
    return t.nn.ModuleList(list(sequential(t)))


def module_dict(t):
    return t.nn.ModuleDict({"a": t.nn.Linear(1, 1), "b": t.nn.ReLU()})


def parameter_list(t):
    return t.nn.ParameterList([t.zeros(1), t.nn.Parameter(t.ones(2))])


def parameter_dict(t):
    return t.nn.ParameterDict({"a": t.zeros(1), "b": t.ones(2)})


def described(x):
    """A value in words that are the same for both engines."""
    if isinstance(x, (list, tuple)):
        return [described(part) for part in x]
    if hasattr(x, "__next__") or type(x).__name__ in ("dict_keys", "dict_values", "dict_items"):
        return described(list(x))
    return repr(x)


# What is done to a container: its result (or error) and what the container is afterwards.
NUMBERED = {
    "repr": lambda t, x: x,
    "len": lambda t, x: len(x),
    "iterate": lambda t, x: list(x),
    "get": lambda t, x: (x[0], x[-1], x[True]),
    "get out of range": lambda t, x: x[4],
    "get far below": lambda t, x: x[-5],
    "get by text": lambda t, x: x["0"],
    "slice": lambda t, x: x[1:3],
    "slice backwards": lambda t, x: x[::-2],
    "set": lambda t, x: operator.setitem(x, 1, t.nn.GELU()),
    "set last": lambda t, x: operator.setitem(x, -1, t.nn.GELU()),
    "set out of range": lambda t, x: operator.setitem(x, 7, t.nn.GELU()),
    "set a number": lambda t, x: operator.setitem(x, 0, 3),
    "set a slice": lambda t, x: operator.setitem(x, slice(0, 2), t.nn.GELU()),
    "delete first": lambda t, x: operator.delitem(x, 0),
    "delete last": lambda t, x: operator.delitem(x, -1),
    "delete slice": lambda t, x: operator.delitem(x, slice(1, 3)),
    "delete out of range": lambda t, x: operator.delitem(x, 9),
    "append": lambda t, x: x.append(t.nn.GELU()),
    "append a number": lambda t, x: x.append(3),
    "append after delete": lambda t, x: (operator.delitem(x, 0), x.append(t.nn.GELU())),
    "insert": lambda t, x: x.insert(1, t.nn.GELU()),
    "insert at end": lambda t, x: x.insert(4, t.nn.GELU()),
    "extend": lambda t, x: x.extend([t.nn.GELU(), t.nn.ReLU()]),
    "extend by a Sequential": lambda t, x: x.extend(t.nn.Sequential(t.nn.GELU())),
    "extend by a number": lambda t, x: x.extend(3),
    "extend by text": lambda t, x: x.extend("ab"),
    "pop": lambda t, x: x.pop(1),
    "pop a slice": lambda t, x: x.pop(slice(0, 2)),
    "dir": lambda t, x: [name for name in dir(x) if name.isdigit()],
}
SEQUENTIAL = {
    **NUMBERED,
    "insert before last": lambda t, x: x.insert(-1, t.nn.GELU()),
    "insert out of range": lambda t, x: x.insert(9, t.nn.GELU()),
    "add": lambda t, x: x + t.nn.Sequential(t.nn.GELU()),
    "add a list": lambda t, x: x + [t.nn.GELU()],
    "add in place": lambda t, x: operator.iadd(x, t.nn.Sequential(t.nn.GELU())),
    "multiply": lambda t, x: x * 2,
    "multiply from the left": lambda t, x: 2 * x,
    "multiply in place": lambda t, x: operator.imul(x, 2),
    "multiply by zero": lambda t, x: x * 0,
    "multiply by a float": lambda t, x: x * 1.5,
    "two arguments": lambda t, x: x(1, 2),
    "named": lambda t, x: t.nn.Sequential(OrderedDict(a=t.nn.ReLU(), b=t.nn.Tanh()))[1:],
    "of a number": lambda t, x: t.nn.Sequential(3),
    "empty": lambda t, x: t.nn.Sequential(),
    "attribute access": lambda t, x: getattr(x, "1"),
}
MODULE_LIST = {
    **NUMBERED,
    "add": lambda t, x: x + [t.nn.GELU()],
    "add a ModuleList": lambda t, x: x + t.nn.ModuleList([t.nn.GELU()]),
    "add a number": lambda t, x: x + 3,
    "add in place": lambda t, x: operator.iadd(x, [t.nn.GELU()]),
    "call": lambda t, x: x(1),
    "collapsed": lambda t, x: t.nn.ModuleList([sequential(t) for _ in range(2)] + [t.nn.ReLU()]),
    "empty": lambda t, x: t.nn.ModuleList(),
}
MODULE_DICT = {
    "repr": lambda t, x: x,
    "len": lambda t, x: len(x),
    "get": lambda t, x: x["a"],
    "get missing": lambda t, x: x["c"],
    "contains": lambda t, x: ("a" in x, "c" in x),
    "iterate": lambda t, x: list(x),
    "keys": lambda t, x: x.keys(),
    "values": lambda t, x: x.values(),
    "items": lambda t, x: x.items(),
    "set": lambda t, x: operator.setitem(x, "c", t.nn.GELU()),
    "set again": lambda t, x: operator.setitem(x, "a", t.nn.GELU()),
    "set a number": lambda t, x: operator.setitem(x, "a", 3),
    "set a method's name": lambda t, x: operator.setitem(x, "keys", t.nn.GELU()),
    "set a dotted name": lambda t, x: operator.setitem(x, "a.b", t.nn.GELU()),
    "delete": lambda t, x: operator.delitem(x, "a"),
    "delete missing": lambda t, x: operator.delitem(x, "c"),
    "pop": lambda t, x: x.pop("a"),
    "pop missing": lambda t, x: x.pop("c"),
    "clear": lambda t, x: x.clear(),
    "update": lambda t, x: x.update({"z": t.nn.GELU(), "a": t.nn.ReLU()}),
    "update by pairs": lambda t, x: x.update([("z", t.nn.GELU()), ("y", t.nn.GELU())]),
    "update by another": lambda t, x: x.update(t.nn.ModuleDict({"k": t.nn.GELU()})),
    "update by a number": lambda t, x: x.update(3),
    "update by numbers": lambda t, x: x.update([3]),
    "update by triples": lambda t, x: x.update([(1, 2, 3)]),
    "call": lambda t, x: x(1),
}
PARAMETER_LIST = {
    "repr": lambda t, x: t.nn.ParameterList([*x, t.zeros(()), 3, "text", None]),
    "empty": lambda t, x: t.nn.ParameterList(),
    "len": lambda t, x: len(x),
    "get": lambda t, x: (x[0], x[-1]),
    "get out of range": lambda t, x: x[5],
    "slice": lambda t, x: x[0:1],
    "iterate": lambda t, x: list(x),
    "set": lambda t, x: operator.setitem(x, 0, t.ones(1)),
    "set out of range": lambda t, x: operator.setitem(x, 4, 3),
    "append": lambda t, x: x.append(t.ones(1)),
    "append a number": lambda t, x: x.append(3),
    "extend": lambda t, x: x.extend([t.ones(1)]),
    "extend by a number": lambda t, x: x.extend(3),
    "extend by a tensor": lambda t, x: x.extend(t.ones(2)),
    "add in place": lambda t, x: operator.iadd(x, [t.ones(1)]),
    "parameters": lambda t, x: list(x.parameters()),
    "state": lambda t, x: list(x.state_dict()),
    "call": lambda t, x: x(1),
}
PARAMETER_DICT = {
    "repr": lambda t, x: t.nn.ParameterDict({"a": t.zeros(()), "b": 3, "c": t.zeros(2, 3)}),
    "empty": lambda t, x: t.nn.ParameterDict(),
    "len": lambda t, x: len(x),
    "get item": lambda t, x: x["a"],
    "get missing item": lambda t, x: x["q"],
    "get": lambda t, x: (x.get("a"), x.get("q"), x.get("q", 7)),
    "contains": lambda t, x: ("a" in x, "q" in x),
    "iterate": lambda t, x: list(x),
    "reversed": lambda t, x: list(reversed(x)),
    "keys": lambda t, x: x.keys(),
    "values": lambda t, x: x.values(),
    "items": lambda t, x: x.items(),
    "set": lambda t, x: operator.setitem(x, "c", t.ones(1)),
    "set a number": lambda t, x: operator.setitem(x, "a", 3),
    "delete": lambda t, x: operator.delitem(x, "a"),
    "delete missing": lambda t, x: operator.delitem(x, "q"),
    "pop": lambda t, x: x.pop("a"),
    "pop missing": lambda t, x: x.pop("q"),
    "popitem": lambda t, x: x.popitem(),
    "clear": lambda t, x: x.clear(),
    "setdefault": lambda t, x: (x.setdefault("a", 3), x.setdefault("q", t.ones(1))),
    "copy": lambda t, x: x.copy(),
    "fromkeys": lambda t, x: x.fromkeys(["u", "v"], t.ones(1)),
    "update": lambda t, x: x.update({"z": t.ones(1), "y": 3}),
    "update in order": lambda t, x: x.update(OrderedDict(z=t.ones(1), y=3)),
    "update by pairs": lambda t, x: x.update([("z", 1)]),
    "update by a number": lambda t, x: x.update(3),
    "update by numbers": lambda t, x: x.update([3]),
    "or": lambda t, x: x | t.nn.ParameterDict({"a": t.ones(1), "c": t.ones(1)}),
    "or in place": lambda t, x: operator.ior(x, t.nn.ParameterDict({"a": t.ones(1)})),
    "parameters": lambda t, x: list(x.parameters()),
    "state": lambda t, x: list(x.state_dict()),
    "call": lambda t, x: x(1),
}
CASES = [
    pytest.param(make, action, id=f"{make.__name__}-{name}")
    for make, actions in (
        (sequential, SEQUENTIAL),
        (module_list, MODULE_LIST),
        (module_dict, MODULE_DICT),
        (parameter_list, PARAMETER_LIST),
        (parameter_dict, PARAMETER_DICT),
    )
    for name, action in actions.items()
]


def outcome(t, make, action):
    t.manual_seed(0)
    container = make(t)
    try:
        result = described(action(t, container))
    except Exception as error:
        result = type(error)
    return result, repr(container), list(container.state_dict())


@pytest.mark.differential
@pytest.mark.parametrize(("make", "action"), CASES)
def test_same_as_torch(torch, make, action):
    assert outcome(minitorch, make, action) == outcome(torch, make, action)


def test_sequential_calls_its_modules_in_turn():
    double = minitorch.nn.Linear(1, 1, bias=False)
    with minitorch.no_grad():
        double.weight.fill_(-2.0)
    net = minitorch.nn.Sequential(double, minitorch.nn.ReLU())
    assert net(minitorch.tensor([[1.0], [-3.0]])).tolist() == [[0.0], [6.0]]


def test_module_list_inserts_as_a_list_does():
    modules = module_list(minitorch)
    modules.insert(-1, minitorch.nn.GELU())
    modules.insert(99, minitorch.nn.ReLU())
    kinds = [type(m).__name__ for m in modules]
    assert kinds == ["Linear", "ReLU", "Tanh", "GELU", "Sigmoid", "ReLU"]
    assert list(modules._modules) == [str(i) for i in range(6)]


def test_a_container_extends_by_itself():
    modules, net = module_list(minitorch), sequential(minitorch)
    modules.extend(modules)
    net += net
    assert len(modules) == len(net) == 8


@pytest.mark.parametrize(
    ("make", "action", "error"),
    [
        (sequential, lambda x: x.insert(0, 3), AssertionError),
        (module_list, lambda x: x.insert(0, 3), TypeError),
        (parameter_dict, lambda x: operator.setitem(x, 3, minitorch.ones(1)), TypeError),
        (parameter_dict, lambda x: operator.setitem(x, "a.b", minitorch.ones(1)), KeyError),
        (parameter_dict, lambda x: operator.setitem(x, "keys", minitorch.ones(1)), KeyError),
    ],
)
def test_what_is_refused_leaves_the_container_as_it_was(make, action, error):
    container = make(minitorch)
    before = repr(container)
    with pytest.raises(error):
        action(container)
    assert repr(container) == before


def test_errors_name_the_culprit():
    with pytest.raises(IndexError, match="index 7 is out of range"):
        sequential(minitorch)[7]
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        minitorch.nn.Sequential(3)
    with pytest.raises(NotImplementedError, match=r"\[ModuleList\].*forward"):
        module_list(minitorch)(1)
    with pytest.raises(ValueError, match="item 1, got length 3"):
        module_dict(minitorch).update([("c", minitorch.nn.ReLU()), (1, 2, 3)])


def test_names_of_a_dict_stay_out_of_the_class():
    module_dict(minitorch)
    assert "a" not in dir(minitorch.nn.ModuleDict)
