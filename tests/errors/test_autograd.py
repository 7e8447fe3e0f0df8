"""Wrong uses of gradients, graphs, hooks and custom functions end as they do in torch."""

from __future__ import annotations

import pytest

from tests.errors.compare import check

# name: (script, what our message must name ...); a script that raises nothing leaves a result in r.
CASES = {
    # ---- written after it was saved
    "saved output written": ("b = leaf(3).exp(); b.add_(1); b.sum().backward()", "Exp", "[3]", "1"),
    "saved input written": (
        "w = ones(4); b = leaf(4) * w; w.mul_(2); b.sum().backward()", "Mul", "[4]"),
    "saved written through a view": (
        "b = leaf(3, 3) * 1; c = (b**2).sum(); b[0].zero_(); c.backward()", "Pow", "[3, 3]"),
    "saved written by index": (
        "b = leaf(3) * 1; c = (b**2).sum(); b[0] = 5.0; c.backward()", "Pow"),
    "saved written through detach": (
        "b = leaf(3) * 1; c = (b**2).sum(); b.detach().mul_(3); c.backward()", "Pow", "[3]"),
    "saved written through data": (
        "a = leaf(3); c = (a**2).sum(); a.data.mul_(3); c.backward(); r = a.grad",),
    "optimizer step before backward": (
        "m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)); o = optim.SGD(m.parameters(), 0.1); "
        "y = m(ones(1, 2)).sum(); y.backward(retain_graph=True); o.step(); y.backward()", "[1, 2]"),
    "versions": (
        "a = torch.zeros(2); r = [a._version]\n"
        "a.add_(1); r += [a._version]; a[0] = 1; r += [a._version]; a.view(2).mul_(2)\n"
        "r += [a._version]; a.numpy()[0] = 3; r += [a._version]; a.data.add_(1)\n"
        "r += [a._version]; a.detach().add_(1); r += [a._version]",),
    # ---- backward
    "backward twice": ("b = (leaf(3) ** 2).sum(); b.backward(); b.backward()", "retain_graph"),
    "backward twice, nothing saved": (
        "a = leaf(3); b = (a + 1).sum(); b.backward(); b.backward(); r = a.grad",),
    "saved read after it was freed": (
        "b = leaf(3).exp(); b.sum().backward(); b.grad_fn._saved_result", "result"),
    "backward of several elements": ("(leaf(3) * 2).backward()", "[3]"),
    "gradient of other size": ("(leaf(3) * 2).backward(ones(4))", "[4]", "[3]"),
    "gradient a list": ("(leaf(3) * 2).backward([1.0, 1.0, 1.0])", "list"),
    "gradient a number": ("(leaf(3) * 2).backward(1.0)", "float"),
    "gradient a string": ("(leaf(3) * 2).backward('a')", "str"),
    "gradient of other dtype": (
        "a = leaf(3); (a * 2).backward(torch.ones(3, dtype=torch.float64)); r = a.grad",),
    "backward of a constant": ("ones(()).backward()", "element 0"),
    "backward of what no_grad made": (
        "a = leaf(())\nwith torch.no_grad():\n    b = a * 2\nb.backward()", "element 0"),
    "backward through a first derivative not recorded": (
        "a = leaf(1); (g,) = torch.autograd.grad((a**3).sum(), a); g.sum().backward()",
        "element 0"),
    "backward inputs empty": ("leaf(()).mul(2).backward(inputs=[])", "inputs"),
    "backward inputs without gradient": (
        "leaf(()).mul(2).backward(inputs=[ones(1)])", "require grad"),
    "complex loss": ("leaf(1, dtype=torch.complex64).sum().backward()", "complex"),
    # ---- autograd.grad
    "grad of unused input": (
        "a = leaf(1); torch.autograd.grad((a * 2).sum(), [a, leaf(1)])", "index 1"),
    "grad of constant input": (
        "b = ones(1); torch.autograd.grad((leaf(1) * b).sum(), [b])", "require grad"),
    "grad of a list of floats": ("torch.autograd.grad([1.0], [leaf(1)])", "float"),
    "grad of inputs that are floats": ("torch.autograd.grad(leaf(1) * 2, [1.0])", "float"),
    "grad with too many gradients": (
        "a = leaf(1); torch.autograd.grad(a * 2, a, [ones(1), ones(1)])", "list"),
    "grad of no outputs": ("r = torch.autograd.grad([], [leaf(1)], allow_unused=True)",),
    # ---- in place
    "leaf in place": ("leaf(3).add_(1)", "add_", "[3]"),
    "leaf written by index": ("leaf(3)[0] = 1", "view"),
    "leaf view in place": ("leaf(3)[:2].add_(1)", "add_", "[2]"),
    "leaf view of other sizes in place": ("leaf(3)[:2].unsqueeze_(0)", "unsqueeze_", "[2]"),
    "leaf that is a view in place": (
        "torch.ones(2, 3)[0].requires_grad_().mul_(2)", "mul_", "[3]"),
    "leaf zeroed": ("leaf(3).zero_()", "zero_"),
    "leaf filled": ("leaf(3).fill_(2)", "fill_"),
    "leaf drawn": ("leaf(3).normal_()", "normal_"),
    "leaf copied to": ("leaf(3).copy_(ones(3))", "copy_"),
    "expanded tensor in place": ("torch.zeros(1).expand(3).add_(ones(3))", "clone"),
    "view of no_grad in place": (
        "a = leaf(3) * 1\nwith torch.no_grad():\n    v = a[:2]\nv.mul_(leaf(2))",
        "no_grad", "mul_"),
    "one of several views in place": (
        "p, q = (leaf(2, 2) * 1).unbind(0); p.mul_(2)", "Output 0", "Unbind"),
    "one of several views of other sizes in place": (
        "p, q = (leaf(2, 2) * 1).unbind(0); p.unsqueeze_(0)", "Output 0", "Unbind"),
    "result too large in place": ("ones(3).add_(ones(2, 3))", "[3]", "[2, 3]"),
    "out= records nothing": ("torch.add(leaf(2), 1, out=torch.empty(2))", "add", "out="),
    "resize of a leaf": ("leaf(2).resize_(3)", "resize"),
    # ---- requires_grad, grad
    "integers require grad": ("ints(1, 2, requires_grad=True)", "floating-point"),
    "integers set to require grad": ("ints(1, 2).requires_grad = True", "floating-point"),
    "integers told to require grad": ("ints(1, 2).requires_grad_()", "int64"),
    "bools require grad": ("torch.ones(2, dtype=torch.bool, requires_grad=True)", "floating-point"),
    "parameter of integers": ("nn.Parameter(ints(1, 2))", "floating-point"),
    "result set to require no grad": ("(leaf(1) * 1).requires_grad = False", "detach"),
    "grad of other size": ("leaf(3).grad = ones(4)", "[4]", "[3]"),
    "grad of other dtype": (
        "leaf(3).grad = torch.ones(3, dtype=torch.float64)", "float64", "float32"),
    "grad a number": ("leaf(3).grad = 3.0", "float"),
    "grad itself": ("a = leaf(3); a.grad = a", "itself"),
    "grad of a result read": ("r = (leaf(3) * 1).grad",),
    "grad mode of str": ("torch.set_grad_enabled('x')", "str"),
    "grad mode of int": ("torch.set_grad_enabled(1)", "int"),
    # ---- numbers out of tensors
    "numpy of a leaf": ("leaf(1).numpy()", "detach"),
    "asarray of a leaf": ("np.asarray(leaf(1))", "detach"),
    "item of many": ("ones(3).item()", "3 elements"),
    "item of none": ("ones(0).item()", "0 elements"),
    "bool of many": ("bool(ones(3))", "more than one"),
    "bool of none": ("bool(ones(0))", "no values"),
    "float of a result": ("r = float(leaf(()) * 2)",),
    "int of many": ("int(ones(3))", "one element"),
    "float of many": ("float(ones(3))", "one element"),
    "index of a float": ("[1, 2][ones(())]", "integer"),
    "len of 0-d": ("len(ones(()))", "0-d"),
    "iterate 0-d": ("list(ones(()))", "0-d"),
    "format of many": ("f'{ones(3):.2f}'", "Tensor"),
    # ---- copies
    "deepcopy of a result": ("copy.deepcopy(leaf(1) * 2)", "Mul"),
    "deepcopy of a leaf": (
        "a = leaf(2); (a * 2).sum().backward(); b = copy.deepcopy(a); r = [b, b.grad]",),
    "pickle of a result": ("r = pickle.loads(pickle.dumps(leaf(1) * 2))",),
    "pickle of a leaf": (
        "a = leaf(2); (a * 2).sum().backward()\n"
        "b = pickle.loads(pickle.dumps(a)); r = [b, b.grad]",),
    # ---- custom functions
    "function: too few gradients": (
        "f = function(lambda c, x, y: x + y, lambda c, g: g); f(leaf(1), leaf(1)).backward()",
        "Custom", "2", "1"),
    "function: gradient of other size": (
        "f = function(lambda c, x: x * 2, lambda c, g: ones(7)); f(leaf(2)).sum().backward()",
        "Custom", "[7]", "[2]"),
    "function: gradient no tensor": (
        "f = function(lambda c, x: x * 2, lambda c, g: 3.0); f(leaf(2)).sum().backward()",
        "Custom", "float"),
    "function: no backward": (
        "f = function(lambda c, x: x * 2); f(leaf(2)).sum().backward()", "backward"),
    "function: no tensor returned": (
        "f = function(lambda c, x: 'a', lambda c, g: g); r = f(leaf(2))",),
    "function: saved read twice": (
        "save = lambda c, x: (c.save_for_backward(x), x * 2)[1]\n"
        "f = function(save, lambda c, g: c.saved_tensors[0] * g)\n"
        "y = f(leaf(2)).sum(); y.backward(); y.backward()", "retain_graph"),
    "function: saves no tensor": (
        "f = function(lambda c, x: c.save_for_backward(3), lambda c, g: g); f(leaf(2))", "int"),
    "function: error in backward": (
        "f = function(lambda c, x: x * 2, lambda c, g: throw(KeyError('mine')))\n"
        "f(leaf(2)).sum().backward()", "mine"),
    "function: second backward after an error": (
        "a, b, good = leaf(2), leaf(2), []\n"
        "rule = lambda c, g: g * 2 if good else throw(KeyError('mine'))\n"
        "f = function(lambda c, x: x * 2, rule)\n"
        "y = f(a).sum() + (b**2).sum()\n"
        "try:\n    y.backward()\nexcept KeyError:\n    pass\n"
        "good.append(1)\ny.backward()", "retain_graph"),
    "function: called as an object": (
        "class C(torch.autograd.Function):\n    pass\nC()(leaf(1))", "static", "apply"),
    # ---- hooks
    "hook raises": (
        "a = leaf(2); a.register_hook(lambda g: 1 / 0); (a * 2).sum().backward()", "zero"),
    "hook changes the size": (
        "a = leaf(2); a.register_hook(lambda g: ones(5)); (a * 2).sum().backward()",
        "<lambda>", "[2]", "[5]"),
    "hook returns a number": (
        "a = leaf(2); a.register_hook(lambda g: 3.0); (a * 2).sum().backward()",
        "<lambda>", "float"),
    "hook on a constant": ("ones(2).register_hook(lambda g: g)", "[2]"),
    "retain_grad on a constant": ("ones(2).retain_grad()", "[2]"),
    "post accumulate hook on a result": (
        "(leaf(2) * 2).register_post_accumulate_grad_hook(print)", "leaf"),
    # ---- modes
    "inference tensor saved": (
        "with torch.inference_mode():\n    x = ones(2)\n(leaf(2) * x).sum().backward()",
        "inference"),
    "inference tensor written": (
        "with torch.inference_mode():\n    x = ones(2)\nx.add_(1)", "inference"),
    "anomaly: nan in backward": (
        "with torch.autograd.detect_anomaly():\n"
        "    (torch.zeros(1, requires_grad=True).sqrt() * 0.0).sum().backward()", "SqrtBackward0"),
    "anomaly: entered": ("with torch.autograd.detect_anomaly():\n    r = 'inside'",),
    "gradcheck fails": (
        "f = function(lambda c, x: x * 2, lambda c, g: g * 3)\n"
        "torch.autograd.gradcheck(f, leaf(1, dtype=torch.float64))", "2.", "3."),
    "gradcheck without a gradient": (
        "torch.autograd.gradcheck(lambda x: x * 2, ones(1))", "requires"),
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("name", CASES)
def test_autograd(name):
    check(name, *CASES[name])
