"""What a program does with derivatives: backward, grad, hooks, flags, and the .grad of leaves."""

from __future__ import annotations

from harness.fuzz.scope import Choices, Scope, Var, room


def _grad(v: Var) -> bool:
    return v.grad


def _inner(v: Var) -> bool:
    return v.grad and not v.leaf


def _leaf(v: Var) -> bool:
    return v.grad and v.leaf


def _start(v: Var) -> str:
    return "" if v.shape == () else f"uneven({v.name})"


def history(scope: Scope, c: Choices) -> bool:
    """One statement about derivatives."""
    return HISTORIES[c.of(tuple(HISTORIES))](scope, c)


def _backward(scope: Scope, c: Choices) -> bool:
    x = scope.take(c, _inner)
    if x is None:
        return False
    more = c.of(("retain_graph=True", "retain_graph=True", "", "create_graph=True"))
    leaves = [scope.vars[n] for n in sorted(x.leaves) if n in scope.vars]
    if leaves and c.chance(6):
        more = ", ".join(filter(None, (more, f"inputs=[{c.of(leaves).name}]")))
    arguments = ", ".join(filter(None, (_start(x), more)))
    scope.add("backward", "autograd", f"{x.name}.backward({arguments})", [x])
    return True


def gradients(scope: Scope, x: Var, wanted: list[Var], create: bool, keep: bool) -> list[Var]:
    """Add a call of autograd.grad, and return the names of what it returns."""
    more = ", create_graph=True" if create else ", retain_graph=True" if keep else ""
    names = ", ".join(v.name for v in wanted)
    start = _start(x)
    text = (
        f"torch.autograd.grad({x.name}, [{names}]{f', {start}' if start else ''}{more}, "
        "materialize_grads=True)"
    )
    outs = [(room(v.shape), v.dtype) for v in wanted]
    text = text if len(outs) > 1 else f"{text}[0]"
    scope.call(
        "grad (create_graph)" if create else "grad", text, [x, *wanted], outs, "", "autograd"
    )
    made = [scope.vars[n] for n in scope.statements[-1].outs]
    if not create:
        for v in made:
            scope.vars[v.name] = v._replace(grad=False, leaf=True, leaves=frozenset())
    return [scope.vars[v.name] for v in made]


def _first(scope: Scope, c: Choices) -> bool:
    return _gradients(scope, c, create=False)


def _recorded(scope: Scope, c: Choices) -> bool:
    return _gradients(scope, c, create=True)


def _gradients(scope: Scope, c: Choices, create: bool) -> bool:
    x = scope.take(c, _inner)
    if x is None or not x.leaves:
        return False
    known = [scope.vars[n] for n in sorted(x.leaves)]
    inner = [v for v in scope.vars.values() if v.grad and not v.leaf and v.leaves <= x.leaves]
    wanted = [c.of(known)]
    if c.chance(3) and inner:
        wanted.append(c.of(inner))
    gradients(scope, x, wanted, create, keep=not c.chance(4))
    return True


def _hook(scope: Scope, c: Choices) -> bool:
    x = scope.take(c, _grad)
    if x is None:
        return False
    change = c.of(("g * 2", "g + 0.5", "g.clamp(-1, 1)", "None", "g.flip(0) if g.dim() else g"))
    first = "" if x.base == x.name else f"{x.name}.grad_fn; "  # see ledger.py: hooks on views
    text = f"{first}{x.name}.register_hook(lambda g: {change})"
    scope.add("register_hook", "autograd", text, [x])
    return True


def _retain(scope: Scope, c: Choices) -> bool:
    x = scope.take(c, _inner)
    if x is None:
        return False
    scope.add("retain_grad", "autograd", f"{x.name}.retain_grad()", [x])
    return True


def _toggle(scope: Scope, c: Choices) -> bool:
    viewed = {v.base for v in scope.vars.values() if v.base != v.name}
    x = scope.take(c, lambda v: v.leaf and v.floating, lambda v: v.name not in viewed)
    if x is None or x.base != x.name:  # a view remembers what its base was
        return False
    flag = c.chance(2)
    text = f"{x.name}.requires_grad_({'' if not flag else 'False'})"
    if x.leaf:
        own = frozenset() if flag else frozenset((x.name,))
        scope.vars[x.name] = x._replace(grad=not flag, leaves=own)
    scope.add("requires_grad_", "autograd", text, [x])
    return True


def _with_grad(scope: Scope, c: Choices) -> Var | None:
    """A leaf that may have its .grad by now; a backward is added where there was none."""
    x = scope.take(c, _leaf)
    if x is not None and not any(s.op == "backward" for s in scope.statements):
        _backward(scope, c)
    return x


def _read(scope: Scope, c: Choices) -> bool:
    x = _with_grad(scope, c)
    if x is None:
        return False
    text = c.of((f"{x.name}.grad * 1.5", f"{x.name}.grad.view_as({x.name})"))
    scope.call("grad (read)", text, [x], [(room(x.shape), x.dtype)], cut=True)
    return True


def _step(scope: Scope, c: Choices) -> bool:
    x = _with_grad(scope, c)
    if x is None:
        return False
    text = f"{x.name}.sub_({x.name}.grad, alpha=0.25)"
    scope.add("step", "write", text, [x], "no_grad")
    return True


def _written(scope: Scope, c: Choices) -> bool:
    x = _with_grad(scope, c)
    if x is None:
        return False
    text = c.of((".grad.zero_()", ".grad = None", ".grad.mul_(0.5)"))
    scope.add("grad (written)", "autograd", x.name + text, [x], "no_grad")
    return True


HISTORIES = {
    "backward": _backward, "grad (create_graph)": _recorded, "register_hook": _hook,
    "retain_grad": _retain, "requires_grad_": _toggle, "grad (read)": _read,
    "grad (written)": _written, "step": _step, "grad": _first,
}  # fmt: skip
"""Each name, and what adds it."""


def epilogue(scope: Scope, c: Choices) -> None:
    """End with a loss of the newest results, its gradients, and often theirs."""
    kind = c.of(("backward", "backward", "double", "backward", "double", "none"))
    ends = [v for v in reversed(scope.vars.values()) if v.grad and not v.leaf][:3]
    if kind == "none" or not ends:
        return
    terms = " + ".join(
        v.name if v.shape == () else f"({v.name} * uneven({v.name})).sum()" for v in ends
    )
    dtype = max((v.dtype for v in ends), key=len)
    scope.call("loss", terms, ends, [(room(()), dtype)])
    loss = next(reversed(scope.vars.values()))
    wanted = [scope.vars[n] for n in sorted(loss.leaves) if n in scope.vars][:3]
    if kind == "backward" or not wanted:
        scope.add("backward", "autograd", f"{loss.name}.backward()", [loss])
        return
    found = gradients(scope, loss, wanted, create=True, keep=True)
    squares = " + ".join(f"({v.name} * {v.name}).sum()" for v in found)
    scope.add("backward (second)", "autograd", f"({squares}).backward()", found)
