"""Sums of products: matrices, and everything made of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition, write_out
from minitorch.ops.elementwise import mul, zero
from minitorch.ops.reduce import sum
from minitorch.ops.shape import (
    diagonal,
    expand,
    permute,
    reshape,
    t,
    transpose,
    unsafe_view,
    unsqueeze,
)
from minitorch.primitive import contract

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "addmm",
    "baddbmm",
    "bmm",
    "dot",
    "einsum",
    "matmul",
    "mm",
    "mv",
    "outer",
]


def _check_dtypes(x, y, name):
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"{name}: expected one dtype, got {errors.name_of(x.dtype)} and "
            f"{errors.name_of(y.dtype)}"
        )


@contract((lambda g, y: mm(g, t(y)), lambda g, x: mm(t(x), g)))
def mm(xp, x, y):
    """The product of two matrices: (n, k), (k, m) -> (n, m)."""
    if x.ndim != 2 or y.ndim != 2:
        raise RuntimeError(f"mm: expected two matrices, got {list(x.shape)} and {list(y.shape)}")
    if x.shape[1] != y.shape[0]:
        raise RuntimeError(
            f"mm: inner sizes differ: {list(x.shape)} @ {list(y.shape)}: {x.shape[1]} != "
            f"{y.shape[0]}"
        )
    _check_dtypes(x, y, "mm")
    return x.dot(y)  # half the overhead of `x @ y` on small matrices


@contract(
    (
        lambda g, y: bmm(g, transpose(y, dim0=1, dim1=2)),
        lambda g, x: bmm(transpose(x, dim0=1, dim1=2), g),
    )
)
def bmm(xp, x, y):
    """The products of matrices, pair by pair: (b, n, k), (b, k, m) -> (b, n, m)."""
    if x.ndim != 3 or y.ndim != 3:
        raise RuntimeError(
            f"bmm: expected two batches of matrices, got {list(x.shape)} and {list(y.shape)}"
        )
    if x.shape[0] != y.shape[0] or x.shape[2] != y.shape[1]:
        raise RuntimeError(
            f"bmm: expected [{x.shape[0]}, {x.shape[2]}, *] to the right of {list(x.shape)}, got "
            f"{list(y.shape)}"
        )
    _check_dtypes(x, y, "bmm")
    return xp.matmul(x, y)


@contract((lambda g, y: unsqueeze(g, dim=1) * y, lambda g, x: mv(t(x), g)))
def mv(xp, x, y):
    """A matrix times a vector: (n, k), (k) -> (n)."""
    if x.ndim != 2 or y.ndim != 1 or x.shape[1] != y.shape[0]:
        raise RuntimeError(
            f"mv: expected a matrix (n, k) and a vector (k), got {list(x.shape)} and "
            f"{list(y.shape)}"
        )
    _check_dtypes(x, y, "mv")
    return xp.matmul(x, y) if y.size == 1 else x.dot(y)  # dot leaves out a column times 0


@contract((lambda g, y: g * y, lambda g, x: g * x))
def dot(xp, x, y):
    """The sum of the products of two vectors: (n), (n) -> ()."""
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(f"dot: expected two vectors, got {list(x.shape)} and {list(y.shape)}")
    if x.size != y.size:
        raise RuntimeError(f"dot: expected vectors of one size, got [{x.size}] and [{y.size}]")
    _check_dtypes(x, y, "dot")
    return x.dot(y)


def matmul(input, other, *, out=None) -> Tensor:
    """The matrix product, by the number of dimensions: dot, mv, mm, or broadcast over a batch.

    Shape: (n) (n) -> (); (n, k) (k) -> (n); (*, n, k) (*, k, m) -> (*, n, m)
    Raises: RuntimeError for 0-d operands, inner sizes or batches that differ, dtypes that differ.
    """
    if out is not None:
        return write_out("matmul", matmul(input, other), out)
    try:
        a, b = input.ndim, other.ndim
    except AttributeError as error:
        given = (("input", input), ("other", other))
        raise errors.not_a_tensor("matmul", given, error) from None
    if a == 2 and b == 2:
        return mm(input, other)
    if a == 0 or b == 0:
        raise RuntimeError(
            f"matmul: expected two tensors of at least one dimension, got {list(input.shape)} and "
            f"{list(other.shape)}"
        )
    if a == 1:
        return (
            dot(input, other) if b == 1 else _squeezed(matmul(unsqueeze(input, dim=0), other), -2)
        )
    if b == 1:
        return mv(input, other) if a == 2 else _squeezed(matmul(input, unsqueeze(other, dim=1)), -1)
    if b == 2:  # one big product instead of a batch of small ones
        flat = mm(reshape(input, (math.prod(input.shape[:-1]), input.shape[-1])), other)
        return unsafe_view(flat, size=(*input.shape[:-1], other.shape[-1]))
    batch = errors.broadcast_shapes(input.shape[:-2], other.shape[:-2])
    count = math.prod(batch)
    x = reshape(expand(input, size=(*batch, *input.shape[-2:])), (count, *input.shape[-2:]))
    y = reshape(expand(other, size=(*batch, *other.shape[-2:])), (count, *other.shape[-2:]))
    return unsafe_view(bmm(x, y), size=(*batch, input.shape[-2], other.shape[-1]))


def _squeezed(x, dim):
    return unsafe_view(x, size=tuple(n for i, n in enumerate(x.shape) if i != x.ndim + dim))


@composition
def outer(input, vec2) -> Tensor:
    """out[i, j] = input[i] vec2[j]."""
    for x, name in ((vec2, "vec2"), (input, "input")):
        if x.ndim != 1:
            raise RuntimeError(f"outer: expected a vector for '{name}', got shape {list(x.shape)}")
    return unsqueeze(input, dim=1) * vec2


def scaled_sum(name, input, product, beta, alpha):
    """beta input + alpha product, in integers for integers; with beta 0, what input holds is lost.

    Raises: RuntimeError where `input` is larger than the product.
    """
    size = tuple(product.shape)
    if errors.broadcast_shapes(tuple(input.shape), size) != size:
        raise RuntimeError(
            f"{name}: expected an input that broadcasts to {list(size)}, got {list(input.shape)}"
        )
    if not product.dtype.is_floating_point:
        kind = bool if product.dtype.name == "bool" else int
        beta, alpha = kind(beta), kind(alpha)
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product + zero(input)
    return product + (input if beta == 1 else mul(input, beta))


@composition
def addmm(input, mat1, mat2, *, beta=1, alpha=1) -> Tensor:
    """beta input + alpha (mat1 @ mat2)."""
    return scaled_sum("addmm", input, mm(mat1, mat2), beta, alpha)


@composition
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1) -> Tensor:
    """beta input + alpha (batch1 @ batch2), matrix by matrix."""
    return scaled_sum("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def einsum(equation, *operands) -> Tensor:
    """The sum of products that `equation` names: 'ij,jk->ik'; '...' stands for batch axes.

    Raises: RuntimeError for a letter too many or too few, or sizes that differ.
    """
    if not operands:
        raise ValueError(f"einsum: expected an equation and operands, got {equation!r} alone")
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' must be str, not {type(equation).__name__}")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    _check_equation(equation, terms, right, operands)
    terms = [_without_dots(term, x.ndim) for term, x in zip(terms, operands)]
    batch = max((term[0] for term in terms), key=len)
    letters = "".join(term[1] for term in terms)
    if arrow:
        out = right.replace("...", batch)
    else:
        out = batch + "".join(sorted(c for c in set(letters) - set(batch) if letters.count(c) == 1))
    for c in out:
        if c not in letters:
            raise RuntimeError(f"einsum({equation!r}): output letter {c} is in no operand")
    sizes: dict = {}
    for (_, term), x in zip(terms, operands):
        for c, n in zip(term, x.shape):
            if sizes.setdefault(c, n) not in (n, 1) and n != 1:
                raise RuntimeError(
                    f"einsum({equation!r}): expected one size for {c}, got {sizes[c]} and {n} (in "
                    f"an operand of shape {list(x.shape)})"
                )
            sizes[c] = max(sizes[c], n)
    order = out + "".join(sorted(set(letters) - set(out)))
    product, have = None, set()
    for k, ((_, term), x) in enumerate(zip(terms, operands)):
        x = _in_order(x, term, order)
        have |= set(term)
        later = set("".join(t for _, t in terms[k + 1 :])) | set(out)
        product = x if product is None else _multiply_sum(product, x, order, have - later)
        have &= later
    alone = len(operands) == 1  # then nothing is computed yet: a sum over one element is a copy
    over = tuple(
        i for i, c in enumerate(order) if c not in out and (alone or product.shape[i] != 1)
    )
    if over:
        product = sum(product, dim=over, keepdim=True)
    return reshape(product, tuple(sizes[c] for c in out)) if sizes or product.ndim else product


def _check_equation(equation, terms, right, operands):
    """Refuse operands that are no tensors or too few or many, and letters that are none."""
    for i, x in enumerate(operands):
        if not hasattr(x, "ndim"):
            raise TypeError(f"einsum: operand {i} must be Tensor, not {type(x).__name__}")
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum({equation!r}): expected {len(terms)} operands, got {len(operands)}"
        )
    for term in (*terms, right):
        letters = term.replace("...", "", 1)
        if letters and not (letters.isascii() and letters.isalpha()):
            raise RuntimeError(f"einsum({equation!r}): expected letters a-z, A-Z, got {term!r}")
    if len(set(right.replace("...", ""))) != len(right.replace("...", "")):
        raise RuntimeError(
            f"einsum({equation!r}): expected each letter of the output once, got {right!r}"
        )
    for term, x in zip(terms, operands):
        named = len(term.replace("...", ""))
        if named > x.ndim or (named < x.ndim and "..." not in term):
            raise RuntimeError(
                f"einsum({equation!r}): expected {named} dimensions for {term!r}, got shape "
                f"{list(x.shape)}"
            )


def _without_dots(term, ndim):
    """(the letters given to '...', the whole term in letters)."""
    if "..." not in term:
        return "", term
    named = len(term) - 3
    batch = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[26 - (ndim - named) :] if ndim > named else ""
    return batch, term.replace("...", batch)


def _in_order(x, term, order):
    """`x` with its axes as in `order`, size 1 where it has none; a repeated letter's diagonal."""
    term = list(term)
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            x = diagonal(x, offset=0, dim1=i, dim2=j)
            del term[j], term[i]
            term.append(c)
    present = [c for c in order if c in term]
    x = permute(x, dims=tuple(term.index(c) for c in present))
    size = iter(x.shape)
    return reshape(x, tuple(next(size) if c in term else 1 for c in order))


def _multiply_sum(x, y, order, gone):
    """The product of two aligned tensors, summed over the letters in `gone`, as one bmm.

    Where y's own axes all come before x's in the result, the factors change sides: the result then
    lies in memory as torch's does, and a dropout after it draws for the same elements.
    """
    kinds: dict = {"batch": [], "left": [], "right": [], "sum": []}
    for i, c in enumerate(order):
        n, m = x.shape[i], y.shape[i]
        if c in gone and n == m > 1:
            kinds["sum"].append(i)
        elif n == 1:
            kinds["right"].append(i)
        elif m == 1:
            kinds["left"].append(i)
        else:
            kinds["batch"].append(i)
    if not kinds["sum"]:
        return x * y
    b, lft, r, s = (kinds[k] for k in ("batch", "left", "right", "sum"))
    if lft and r and max(r) < min(lft):
        return _multiply_sum(y, x, order, gone)

    def count(z, axes):
        n = 1
        for i in axes:
            n *= z.shape[i]
        return n

    left = reshape(permute(x, dims=(*b, *lft, *s, *r)), (count(x, b), count(x, lft), count(x, s)))
    right = reshape(permute(y, dims=(*b, *s, *r, *lft)), (count(y, b), count(y, s), count(y, r)))
    out = reshape(
        bmm(left, right),
        (*(x.shape[i] for i in (*b, *lft)), *(y.shape[i] for i in r), *(1 for _ in s)),
    )
    where = (*b, *lft, *r, *s)
    return permute(out, dims=tuple(where.index(i) for i in range(len(order))))
