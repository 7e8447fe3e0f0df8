"""What a tensor is: a record of an array, the edge its gradient flows along, and a version.

No operation is defined here; `methods.py` gives the record its vocabulary.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import TYPE_CHECKING, Any

from . import backend, dtypes, errors
from ._views import FROZEN, laid_as, replay
from .conversion import Conversion
from .dtypes import Size, from_numpy_dtype
from .grad_mode import enable_grad, state
from .sums import add_into

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

_new = object.__new__
_lock = threading.Lock()
next_sequence = itertools.count().__next__  # numbers nodes in the order they are recorded


class Tensor(Conversion):
    """An array that remembers how it was computed.

    `_array`  the memory, a NumPy array
    `_node`   where its gradient flows: a Node for a result, an AccumulateGrad for a leaf that
              requires a gradient, None for a constant
    `_nr`     which output of that node it is
    `_cell`   [version], one list shared by all tensors that share the memory
    `_view`   for a view: its base and how to make it again from there
    `_grad`   the accumulated gradient of a leaf
    `_frozen` the AccumulateGrad of a leaf that once required a gradient; not always there
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",
        "_cell",
        "_frozen",
        "_grad",
        "_node",
        "_nr",
        "_view",
    )

    _array: Any
    _node: Any
    _nr: int
    _cell: list[int]
    _view: Any
    _grad: Any

    __array_priority__ = 1000  # `ndarray + tensor` is the tensor's to answer
    __hash__ = object.__hash__

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return from_numpy_dtype(self._array.dtype)

    @property
    def device(self) -> backend.device:
        """Where the memory is: always the CPU."""
        return backend.cpu

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def _version(self) -> int:
        """How often this memory was written in place, through whichever view."""
        return self._cell[0]

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows here. Settable on leaves.

        Raises: RuntimeError when set on an integer tensor, or to False on a result.
        """
        view = self._view
        frozen = view is not None and view.mode in FROZEN  # its own history may be lost
        return (frozen and edge(view.base) is not None) or edge(self) is not None

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        node = edge(self)
        if bool(flag) == (node is not None):
            return
        if flag:
            if self._array.dtype.kind not in "fV":
                raise RuntimeError(errors.ONLY_FLOATS.format("only"))
            self._cell[0]  # which a tensor made for inference refuses
            self._node = getattr(self, "_frozen", None) or AccumulateGrad(self)
            self.data = self  # its shape, as it is by now
        elif node.is_leaf:
            self._frozen, self._node = self._node, None  # where earlier graphs end
        else:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables: detach() the others"
            )

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from what requires a gradient."""
        node = edge(self)
        return node is None or node.is_leaf

    @property
    def grad_fn(self) -> Any:
        """The node that computed it, None for a leaf."""
        node = edge(self)
        return None if node is None or node.is_leaf else node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated. Settable: None or a tensor like this one."""
        if self._grad is None and self.grad_fn is not None and not self.retains_grad:
            import warnings

            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. "
                "backward() does not fill it; call .retain_grad() on the tensor if you want it.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, g: Tensor | None) -> None:
        if g is not None:
            errors.check_assigned_grad(self, g)
        self._grad = g

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        """Whether a result was told to keep its gradient, by `retain_grad`."""
        return self.__dict__.get("_retains_grad", False)

    def detach(self) -> Tensor:
        """The same memory and version, without history."""
        return share(self, self._cell)

    @property
    def data(self) -> Tensor:
        """The same memory without history; writing to it is not seen by the version check."""
        return share(self, [0])

    @data.setter
    def data(self, other: Tensor) -> None:
        self._array = other._array
        if self._node is not None and self._node.is_leaf:
            self._node.shape, self._node.dtype = other._array.shape, other._array.dtype

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        array = backend.xp.asarray(array)  # torch's answer to np.isnan(t) is uint8, too
        return wrap(array.view(backend.xp.uint8) if array.dtype.kind == "b" else array)

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild, (type(self), self._array, edge(self) is not None, self.__dict__ or None)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                f"protocol: this one came from {self.grad_fn.name()}"
            )
        copied = _rebuild(type(self), self._array.copy(order="K"), edge(self) is not None, None)
        memo[id(self)] = copied
        if self._grad is not None:
            copied._grad = self._grad.__deepcopy__(memo)
        copied.__dict__.update(self.__dict__)
        return copied


def wrap(array: np.ndarray) -> Tensor:
    """A tensor over `array`, without history."""
    t = _new(Tensor)
    t._array = array
    t._node = t._view = t._grad = None
    t._nr = 0
    t._cell = [0]
    return t


def result(array: np.ndarray, node: Any, nr: int, cell: list[int]) -> Tensor:
    """A tensor over `array` that is output `nr` of `node` and counts versions in `cell`."""
    t = _new(Tensor)
    t._array = array
    t._node = node
    t._nr = nr
    t._cell = cell
    t._view = t._grad = None
    return t


def share(source: Tensor, cell: list[int]) -> Tensor:
    """The memory of `source` without its history."""
    return result(source._array, None, 0, cell)


def leaf(array: np.ndarray, requires_grad: bool = False, cls: type = Tensor) -> Any:
    """A tensor of class `cls` over `array`, requiring a gradient or not.

    Raises: RuntimeError where a gradient is asked of integers.
    """
    t: Any = _new(cls)
    t._array = array
    t._node = t._view = t._grad = None
    t._nr = 0
    t._cell = [0]
    if requires_grad:
        if array.dtype.kind not in "fV":
            raise RuntimeError(errors.ONLY_FLOATS.format("Only"))
        t._node = AccumulateGrad(t)
    return t


def _rebuild(cls: type, array: np.ndarray, requires_grad: bool, attributes: dict | None) -> Any:
    t = leaf(dtypes.canonical(array), requires_grad, cls)
    t.__dict__.update(attributes or {})
    return t


def edge(t: Tensor) -> Any:
    """The node `t` is an output of, made anew for a view whose base was written since."""
    view = t._view
    if view is not None and view.version != t._cell[0] and (view.base._node or t._node):
        if view.mode in FROZEN:
            if state.grad:
                raise RuntimeError(errors.stale_view(t, view.mode))
            return t._node
        with enable_grad():  # whoever asks, and wherever
            again = replay(view.chain, view.base)
        t._node, t._nr = again._node, again._nr
        view.version = t._cell[0]
    elif t._node is None and view is not None and view.mode in FROZEN:
        return None if edge(view.base) is None else DeadEnd(t)
    return t._node


class AccumulateGrad:
    """The end of an edge at a leaf: adds what arrives to the leaf's `.grad`.

    The leaf holds it, it holds the leaf weakly: no cycle, and no gradient for a dead leaf.
    """

    __slots__ = (
        "__weakref__",
        "_leaf",
        "dtype",
        "hooks",
        "metadata",
        "post_hooks",
        "sequence",
        "shape",
    )

    is_leaf = True
    outputs = 1
    edges = ()
    next_functions = ()

    def __init__(self, leaf: Tensor) -> None:
        self._leaf = weakref.ref(leaf)
        self.shape, self.dtype = leaf._array.shape, leaf._array.dtype
        self.sequence = next_sequence()
        self.hooks: dict[int, dict] | None = None
        self.post_hooks: dict[int, Callable] | None = None
        self.metadata: dict = {}

    @property
    def variable(self) -> Tensor | None:
        """The leaf, None once it is gone."""
        return self._leaf()

    def name(self) -> str:
        """The name of torch's node."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    def accumulate(self, g: Any) -> None:
        """Add `g` (an array this node may keep, or a tensor with history) to the leaf's gradient.

        The first gradient is kept as it is, later ones are added in place. A leaf that was frozen
        since the node was recorded takes none.
        """
        leaf = self._leaf()
        if leaf is None or leaf._node is not self:
            return
        with _lock:
            before = leaf._grad
            if isinstance(g, Tensor):
                leaf._grad = laid_as(g, leaf._array) if before is None else before + g
            elif before is None:
                leaf._grad = wrap(laid_as(g, leaf._array))
            elif before._node is None:
                add_into(before._array, g)
                before._cell[0] += 1
            else:
                leaf._grad = wrap(before._array + g)
        if self.post_hooks:
            for hook in tuple(self.post_hooks.values()):
                hook(leaf)


class DeadEnd(AccumulateGrad):
    """The end of an edge at a view that was made under no_grad of what requires a gradient.

    torch says that such a view requires one, but none arrives there nor at its base.
    """

    __slots__ = ()  # its leaf has no node, so `accumulate` drops what arrives
