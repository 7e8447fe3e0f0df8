"""A student's engine: tensors that know how to go backwards, and how the harness is told of it.

    python -m harness run by_hand.py --backends student.py:student,torch

Nothing is torch's but the names of a few functions: no dtypes, no `detach`, no second derivatives.
"""

import sys

import numpy as np

from harness import Backend, register_backend


class Tensor:
    """An array, its gradient, and the tensors it was made of with how to go back to them."""

    def __init__(self, data, parents=(), back=()):
        self.data = np.asarray(data, np.float32)
        self.grad = None
        self.parents, self.back = parents, back

    def backward(self, g=1.0):
        order, seen = [], set()

        def visit(t):
            if id(t) not in seen:
                seen.add(id(t))
                for parent in t.parents:
                    visit(parent)
                order.append(t)

        visit(self)
        self.receive(np.broadcast_to(np.float32(g), self.data.shape))
        for t in reversed(order):
            for parent, rule in zip(t.parents, t.back):
                parent.receive(unbroadcast(rule(t.grad), parent.data.shape))

    def receive(self, g):
        self.grad = g if self.grad is None else self.grad + g

    def __add__(self, other):
        return add(self, other)

    def __mul__(self, other):
        return mul(self, other)

    def __matmul__(self, other):
        return matmul(self, other)

    def __sub__(self, other):
        return add(self, mul(other, -1.0))

    __radd__, __rmul__ = __add__, __mul__


def unbroadcast(g, shape):
    """The sum of a gradient over what was broadcast."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


def tensor(x):
    return x if isinstance(x, Tensor) else Tensor(x)


def add(x, y):
    x, y = tensor(x), tensor(y)
    return Tensor(x.data + y.data, (x, y), (lambda g: g, lambda g: g))


def mul(x, y):
    x, y = tensor(x), tensor(y)
    return Tensor(x.data * y.data, (x, y), (lambda g: g * y.data, lambda g: g * x.data))


def matmul(x, y):
    return Tensor(x.data @ y.data, (x, y), (lambda g: g @ y.data.T, lambda g: x.data.T @ g))


def tanh(x):
    out = np.tanh(x.data)
    return Tensor(out, (x,), (lambda g: g * (1 - out * out),))


def relu(x):
    return Tensor(np.maximum(x.data, 0), (x,), (lambda g: g * (x.data > 0),))


def mean(x):
    size = x.data.size
    return Tensor(x.data.mean(), (x,), (lambda g: np.full(x.data.shape, g / size),))


@register_backend("student")
class Student(Backend):
    """What the harness has to be told."""

    capabilities = frozenset()

    def namespace(self):
        return sys.modules[__name__]

    def numpy(self, tensor):
        return tensor.data

    def tensor(self, array, wants_gradient=False):
        if array.dtype.kind != "f":
            raise NotImplementedError(f"tensors of {array.dtype}")
        return Tensor(array)

    def assign(self, tensor, array):
        tensor.data = np.array(array, np.float32)

    def gradient(self, tensor):
        return tensor.grad

    def grad(self, outputs, inputs, cotangents, create_graph=False):
        back = [lambda g, c=c: c.data for c in cotangents]
        Tensor(0.0, outputs, back).backward()
        return [x.grad if x.grad is None else Tensor(x.grad) for x in inputs]
