"""Derivatives of functions, as functions.

Note [levels of derivatives]. Each transform differentiates by inputs of its own: fresh tensors, of
which nobody else knows. A function inside a function does the same, on a graph that goes on to the
outer one's inputs; so d/dx of x * d/dy (x + y) takes the y of the inner one apart from x.
What comes out keeps its history exactly where it leads to something outside of the transform.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from minitorch._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten
from minitorch._tensor import Tensor, edge
from minitorch.autograd.engine import pulled
from minitorch.batching import Batched, ground, lift, running
from minitorch.grad_mode import enable_grad, state
from minitorch.graph import reachable
from minitorch.sized import ones_like, zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE = object()


class Recorded:
    """One call of a function on fresh inputs, from which derivatives are pulled or pushed."""

    def __init__(self, name: str, func: Callable, args: tuple, has_aux: bool, wrt: Any = _WHOLE):
        self.name, self.levels = name, tuple(running.levels)
        self.tracked = state.grad
        chosen = args if wrt is _WHOLE else _chosen(name, args, wrt)
        leaves, self.spec = tree_flatten(chosen)
        self.inputs = [self._fresh(x) for x in leaves]
        given = tree_unflatten([lift(x, self.levels) for x in self.inputs], self.spec)
        self.own = {edge(x) for x in self.inputs}
        with enable_grad():
            made = func(*(given if wrt is _WHOLE else _replaced(args, wrt, given)))
        self.aux = None
        if has_aux:
            if not (isinstance(made, tuple) and len(made) == 2):
                raise RuntimeError(
                    f"{name}: with has_aux=True the function must return (output, aux), got "
                    f"{type(made).__name__}"
                )
            made, self.aux = made
        self.made = made
        outputs, self.out_spec = tree_flatten(made)
        for o in outputs:
            if not isinstance(o, Tensor):
                raise RuntimeError(
                    f"{name}: expected the function to return tensors, got {type(o).__name__}"
                )
        self.outputs = [ground(o, self.levels) for o in outputs]

    def _fresh(self, x: Any) -> Tensor:
        if not isinstance(x, Tensor):
            raise ValueError(
                f"{self.name}: expected tensors to differentiate by, got {type(x).__name__}"
            )
        x = ground(x, self.levels)
        if not x.is_floating_point():
            raise RuntimeError(
                f"{self.name}: expected floating-point tensors to differentiate by, got {x.dtype}"
            )
        if x.requires_grad and self.tracked:
            with enable_grad():
                return x.view_as(x)
        return x.detach().requires_grad_()

    def _leads_out(self, tensors: Any) -> bool:
        """Whether the history of one of them reaches what is not this transform's own."""
        roots = {node for node in map(edge, tensors) if node is not None}
        seen = reachable(roots - self.own)
        return any(
            (node.is_leaf and node not in self.own and node.variable is not None)
            or any(target in self.own and not target.is_leaf for target, _ in node.edges)
            for node in seen
        ) or any(node in self.own and not node.is_leaf for node in roots)

    def released(self, tree: Any) -> Any:
        """The tensors of `tree` without a history that leads nowhere but to our own inputs."""
        return tree_map(self._release, tree)

    def _release(self, x: Any) -> Any:
        if not isinstance(x, Tensor) or not x.requires_grad:
            return x
        keep = self.tracked and self._leads_out([_bottom(x)])
        return x if keep else x.detach()

    def value(self) -> Any:
        """What the function returned."""
        return self.released(self.made)

    def extra(self) -> Any:
        """What it returned beside, with `has_aux`."""
        return self.released(self.aux)

    def pull(self, cotangents: list, *, record: bool | None = None) -> list:
        """v^T J for each input, at its place among the levels; `cotangents` lie at ours."""
        given = [ground(v, self.levels) for v in cotangents]
        if record is None:
            record = state.grad and (
                self._leads_out(self.outputs) or any(_bottom(v).requires_grad for v in given)
            )
        found = pulled(self.outputs, self.inputs, given, record)
        return [self._release(lift(g, self.levels)) for g in found]

    def push(self, tangents: list) -> list:
        """J v for each output: two sweeps backwards make one forwards."""
        record = state.grad and (
            self._leads_out(self.outputs) or any(_bottom(t).requires_grad for t in tangents)
        )
        with enable_grad():
            u = [zeros_like(o).requires_grad_(o.is_floating_point()) for o in self.outputs]
            back = pulled(self.outputs, self.inputs, u, True)
            given = [ground(t, self.levels) for t in tangents]
            found = pulled(back, u, given, record)
        made = [lift(p, self.levels) for p in found]
        return [self._release(p) if record else p.detach() for p in made]


def _bottom(x: Any) -> Any:
    while type(x) is Batched:
        x = x.value
    return x


def _chosen(name: str, args: tuple, wrt: Any) -> Any:
    """The arguments at the positions `wrt`. Raises: RuntimeError for one that is not there."""
    for i in wrt if isinstance(wrt, tuple) else (wrt,):
        if not isinstance(i, int) or isinstance(i, bool):
            raise RuntimeError(f"{name}: argnums must be an int or a tuple of them, got {wrt!r}")
        if not -len(args) <= i < len(args):
            raise RuntimeError(f"{name}: got argnums={i}, but {len(args)} positional arguments")
    if isinstance(wrt, tuple) and not wrt:
        raise RuntimeError(f"{name}: argnums must not be empty")
    return tuple(args[i] for i in wrt) if isinstance(wrt, tuple) else args[wrt]


def _replaced(args: tuple, wrt: Any, given: Any) -> tuple:
    new = list(args)
    for i, x in zip(wrt, given) if isinstance(wrt, tuple) else ((wrt, given),):
        new[i] = x
    return tuple(new)


def grad_and_value(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """A function that returns (d func / d argument `argnums`, func); func gives one number.

    Raises: RuntimeError for anything but a 0-d result.
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        run = functools.partial(func, **kwargs)
        recorded = Recorded("grad_and_value", run, args, has_aux, argnums)
        made = recorded.made
        if not isinstance(made, Tensor):
            raise RuntimeError(f"grad: expected one tensor, got {type(made).__name__}")
        if made.ndim:
            raise RuntimeError(
                f"grad: expected a 0-d tensor from the function, got shape {list(made.shape)}"
            )
        with enable_grad():
            one = ones_like(made)
        found = tree_unflatten(recorded.pull([one]), recorded.spec)
        if has_aux:
            return found, (recorded.value(), recorded.extra())
        return found, recorded.value()

    return both


def grad(func: Callable, argnums: Any = 0, has_aux: bool = False) -> Callable:
    """A function that returns d func / d argument `argnums`, an int or a tuple of them.

    >>> import minitorch as torch
    >>> torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(0.5))
    tensor(-0.4794)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """(func(*primals), a function v -> v^T J), and what `func` returned beside with `has_aux`.

    >>> import minitorch as torch
    >>> y, pull = torch.func.vjp(lambda x: x * x, torch.tensor([1., 2.]))
    >>> pull(torch.ones(2))
    (tensor([2., 4.]),)
    """
    recorded = Recorded("vjp", func, primals, has_aux)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        leaves, spec = tree_flatten(cotangents)
        if spec != recorded.out_spec:
            raise RuntimeError(
                f"vjp: expected cotangents in the structure of the output, {recorded.out_spec}, "
                f"got {spec}"
            )
        for v, o in zip(leaves, tree_leaves(recorded.made)):
            if v.shape != o.shape:
                raise RuntimeError(
                    f"vjp: expected a cotangent of shape {list(o.shape)}, got {list(v.shape)}"
                )
        return tree_unflatten(recorded.pull(leaves), recorded.spec)

    made = recorded.value()
    return (made, pull, recorded.extra()) if has_aux else (made, pull)


def _check_tangents(name: str, primals: list, spec: Any, tangents: Any) -> list:
    leaves, found = tree_flatten(tangents)
    if found != spec:
        raise RuntimeError(
            f"{name}: expected tangents in the structure of the primals, {spec}, got {found}"
        )
    for t, x in zip(leaves, primals):
        if not isinstance(t, Tensor) or t.shape != x.shape:
            raise RuntimeError(
                f"{name}: expected a tangent of shape {list(x.shape)}, got "
                f"{list(getattr(t, 'shape', [])) or type(t).__name__}"
            )
    return leaves


def jvp(
    func: Callable, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple:
    """(func(*primals), J v): the derivative along `tangents`, a tuple as `primals` is.

    Computed by two sweeps backwards, see `Recorded.push`. `strict` refuses outputs that do not
    depend on the primals, of which J v is 0.

    >>> import minitorch as torch
    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise RuntimeError(
            f"jvp: expected primals and tangents to be tuples, got {type(primals).__name__} and "
            f"{type(tangents).__name__}"
        )
    given, spec = tree_flatten(primals)
    if not given:
        raise RuntimeError("jvp: expected at least one primal, got none")
    leaves = _check_tangents("jvp", given, spec, tangents)
    recorded = Recorded("jvp", func, primals, has_aux)
    if strict and not all(o.requires_grad for o in recorded.outputs):
        raise RuntimeError(
            "jvp: with strict=True expected outputs that depend on the primals, got one that does "
            "not"
        )
    products = tree_unflatten(recorded.push(leaves), recorded.out_spec)
    made = recorded.value()
    return (made, products, recorded.extra()) if has_aux else (made, products)


def linearize(func: Callable, *primals: Any) -> tuple:
    """(func(*primals), a function v -> J v that does not run `func` again)."""
    recorded = Recorded("linearize", func, primals, False)
    given, spec = tree_flatten(primals)

    def push(*tangents: Any) -> Any:
        leaves = _check_tangents("linearize", given, spec, tangents)
        return tree_unflatten(recorded.push(leaves), recorded.out_spec)

    return recorded.value(), push


def functionalize(func: Callable, *, remove: str = "mutations") -> Callable:
    """`func` as it is: here a mutation has a derivative and a batched form of its own.

    Differs: in torch the operations that `func` runs are replaced by ones that do not mutate, which
    only shows in what records them.
    Raises: RuntimeError for an unknown `remove`.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize: expected remove='mutations' or 'mutations_and_views', got {remove!r}"
        )

    @functools.wraps(func)
    def same(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return same
