"""How tensors lie in memory: formats, strides, storages, and what takes a memory format."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

import minitorch
from minitorch import memory
from tests.programs import attempt, programs_of, same

pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

FORMATS = ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d")


def layouts(T):
    """Tensors that lie in memory in many ways."""
    x, cube = T.arange(120.0).reshape(2, 3, 4, 5), T.arange(24.0).reshape(2, 3, 4)
    return {
        "plain": x, "transposed": x.transpose(1, 3), "channels last": x.permute(0, 2, 3, 1),
        "as channels last": x.permute(0, 3, 1, 2), "every other": x[:, ::2],
        "part": x[1:, 1:, 1:, 1:], "one channel": x[:, :1], "one place": x[:, :, :1, :1],
        "expanded": x[:, :1].expand(2, 3, 4, 5), "new axis": cube[:, None].expand(2, 5, 3, 4),
        "cube": cube, "turned cube": cube.permute(2, 0, 1), "matrix": cube[0].t(),
        "five": x[:, None], "five turned": x.permute(0, 2, 3, 1)[:, :, None], "0-d": x.sum(),
        "empty": T.zeros(2, 0, 3), "singles": T.zeros(1, 3, 1).transpose(0, 1),
        "column": T.zeros(3, 1).t(), "empty 4": T.zeros(0, 2, 3, 4),
    }  # fmt: skip


NAMES = sorted(layouts(minitorch))


def described(x):
    """Strides and numbers."""
    return x.stride() if x.numel() else None, x


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_memory_format(name: str, form: str) -> None:
    def program(T):
        x, form_ = layouts(T)[name], getattr(T, form)
        return [
            attempt(lambda f=f: described(f()))
            for f in (
                lambda: x.clone(memory_format=form_),
                lambda: x.contiguous(memory_format=form_),
                lambda: x.to(memory_format=form_),
                lambda: x.to(T.float64, memory_format=form_),
                lambda: x.double(memory_format=form_),
                lambda: T.zeros_like(x, memory_format=form_),
                lambda: T.full_like(x, 2, memory_format=form_),
                lambda: T.rand_like(x, memory_format=form_).zero_(),
                lambda: T.empty(x.shape, memory_format=form_).zero_(),
            )
        ] + [
            x.is_contiguous(memory_format=form_),
            attempt(x.to, memory_format=form_) is x,
            attempt(x.contiguous, memory_format=form_) is x,
        ]

    same(program)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_memory_format(name: str) -> None:
    def program(T):
        x = layouts(T)[name]
        made = [x.clone(), x.contiguous(), x.double(), T.ones_like(x), x.ravel(), x.reshape(-1)]
        return [described(m) for m in made], x.dim_order(), x.is_contiguous()

    same(program)


def test_formats_and_layouts_are_named_and_pickled() -> None:
    for name in (*FORMATS, "strided", "sparse_coo"):
        ours = getattr(minitorch, name)
        assert repr(ours) == repr(getattr(torch, name))
        assert pickle.loads(pickle.dumps(ours)) is ours
    assert isinstance(minitorch.zeros(2).layout, minitorch.layout)
    assert isinstance(minitorch.channels_last, minitorch.memory_format)


def other_layouts_are_refused(T):
    return attempt(T.zeros, 2, layout="strided"), T.zeros(2, layout=T.strided)


def test_sparse_tensors_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="sparse_coo"):
        minitorch.zeros(2, layout=minitorch.sparse_coo)


# ------------------------------------------------------------------ storages


def test_a_storage_from_a_file_and_a_part_of_it(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(8)))
    storage = minitorch.UntypedStorage.from_file(path, nbytes=6)
    assert storage.tolist() == [0, 1, 2, 3, 4, 5]
    middle = storage[2:4]
    assert (middle.nbytes(), middle.data_ptr()) == (2, storage.data_ptr() + 2)
    x = minitorch.asarray(middle, dtype=minitorch.uint8)
    x += 10
    assert storage.tolist() == [0, 1, 12, 13, 4, 5]
    assert x.untyped_storage() == middle
    assert path.read_bytes() == bytes(range(8))
    assert storage[4:2].nbytes() == minitorch.UntypedStorage.from_file(path).nbytes() == 0
    with pytest.raises(RuntimeError, match="step 1, got 2"):
        storage[::2]
    with pytest.raises(NotImplementedError, match="shared"):
        minitorch.UntypedStorage.from_file(path, shared=True, nbytes=1)
    with pytest.raises(ValueError, match="length"):
        minitorch.UntypedStorage.from_file(path, nbytes=100)


def test_the_dtype_of_a_view_can_be_named():
    assert minitorch.ones(1).view(dtype=minitorch.int32).tolist() == [0x3F800000]


def one_storage(T):
    x = T.arange(12.0).reshape(3, 4)
    parts = x[1], x.t(), x[:, 1:], x.detach(), x.unfold(1, 2, 1), x.expand(2, 3, 4)
    mine = x.untyped_storage()
    return (
        [p.untyped_storage() == mine for p in parts],
        [p.untyped_storage().data_ptr() == mine.data_ptr() for p in parts],
        [p.storage_offset() for p in parts],
        [(p.data_ptr() - x.data_ptr()) // 4 for p in parts],
        mine == x.clone().untyped_storage(), mine.nbytes(), mine.size(), len(mine),
        mine.tolist()[-4:], mine[46], repr(mine)[-60:], str(mine.device),
    )  # fmt: skip


def typed_storage(T):
    x = T.arange(6).reshape(2, 3)
    s = x[1].storage()
    s[0] = 9
    return (
        x, s.tolist(), s.size(), len(s), s.dtype, s[5], list(s), s.nbytes(), s.element_size(),
        s.untyped() == x.untyped_storage(), repr(x.storage()), T.is_storage(s), T.is_storage(x),
    )  # fmt: skip


def sizes_in_bytes(T):
    x = T.zeros(2, 3, dtype=T.int16)
    return x.element_size(), x.itemsize, x.nbytes, T.zeros(0).data_ptr(), x[:, 1:].nbytes


def is_set_to(T):
    x = T.zeros(2, 3)
    return x.is_set_to(x.view(2, 3)), x.is_set_to(x.view(3, 2)), x.is_set_to(x.clone())


def set_to_another(T):
    x = T.arange(6.0)
    part, everything, typed, none = (T.empty(0) for _ in range(4))
    part.set_(x, 1, (2, 2), (2, 1))
    everything.set_(x.untyped_storage())
    typed.set_(x.storage(), 2, (3,))
    x[3] = 9
    return (
        part, everything, typed, none.set_(), T.empty(0).set_(x),
        attempt(T.empty(0).set_, x.long()), attempt(T.empty(0).set_, 3),
    )  # fmt: skip


def resized(T):
    x = T.arange(6.0)
    same_memory = x.view(6)
    x.resize_(2, 2)
    x[0, 0] = 7
    grown = T.arange(3.0).resize_(5)
    return (
        x, same_memory, grown[:3], grown.shape, T.arange(6.0)[2:].resize_(3),
        T.arange(6.0).resize_as_(T.zeros(3, 2)), T.arange(6.0).resize_(()),
        T.arange(24.0).resize_(1, 2, 3, 4, memory_format=T.channels_last).stride(),
        attempt(T.zeros(2, requires_grad=True).resize_, 1), attempt(T.zeros(2).resize_, -1),
        attempt(T.zeros(2).resize_), attempt(T.zeros(2).resize_as_, 3),
        attempt(lambda: T.zeros(2).resize_(2, 2, memory_format=T.preserve_format)),
    )  # fmt: skip


def filled_diagonals(T):
    base = T.zeros(3, 3, requires_grad=True)
    y = base * 1
    y.fill_diagonal_(5)
    (y * T.arange(9.0).reshape(3, 3)).sum().backward()
    tall = T.zeros(7, 3)
    return (
        y, base.grad, tall.fill_diagonal_(2, wrap=True), T.zeros(7, 3).fill_diagonal_(2),
        T.zeros(3, 7).t().fill_diagonal_(1, wrap=True), T.zeros(2, 2, 2).fill_diagonal_(3),
        attempt(T.zeros(3).fill_diagonal_, 1), attempt(T.zeros(2, 3, 4).fill_diagonal_, 1),
        attempt(base.fill_diagonal_, 1),
    )  # fmt: skip


# ------------------------------------------------------------------ as_strided and in-place writes


def strided_from_another_part(T):
    x = T.arange(12.0).reshape(3, 4)
    row = x[1]
    return (
        row.as_strided((2, 2), (4, 1)), row.as_strided((2, 2), (4, 1), 0),
        x.t().as_strided((3,), (1,)),
        attempt(x.as_strided, (4, 4), (4, 1)), attempt(x.as_strided, (2,), (1,), -1),
        attempt(x.as_strided, (2,), (1, 1)), attempt(x.as_strided, 2, 1),
        attempt(T.as_strided, [1.0], (1,), (1,)),
    )  # fmt: skip


def written_through_strides(T):
    def grads(base, part):
        y = base(T)
        leaf = y[0]
        z = y[1]
        part(z).mul_(3)
        (z * T.arange(float(z.numel())).reshape(z.shape)).sum().backward()
        return z, leaf.grad

    def made(change):
        def base(T):
            leaf = T.arange(6.0).requires_grad_()
            return leaf, change(leaf)

        return base

    plain = made(lambda x: (x * 1).reshape(2, 3))
    turned = made(lambda x: (x.reshape(2, 3) * 1).t().clone())
    return (
        grads(plain, lambda z: z.as_strided((2,), (3,), 1)),
        grads(turned, lambda z: z.as_strided((2,), (3,), 1)),
        grads(turned, lambda z: z[1:].as_strided((2, 2), (1, 3))),
        grads(plain, lambda z: z.unfold(1, 2, 2)),
    )


def strided_in_place(T):
    x = T.arange(6.0)
    return x.as_strided_((2, 2), (1, 2)), x.stride(), x.swapdims_(0, 1).stride(), x.t_().shape


def patches_and_places(T):
    """As a picture's patches are made tokens, and the places added to them."""
    patches = T.arange(24.0).reshape(2, 3, 4).transpose(1, 2)
    places = T.ones(1, 4, 3)
    T.manual_seed(0)
    return [T.nn.functional.dropout(x, 0.5) for x in (patches + places, places + patches)]


def mixed_heads(T):
    """Attention over heads that are mixed: the product lies as the result is named."""
    T.manual_seed(0)
    scores = T.arange(18.0).reshape(1, 2, 3, 3)
    mixed = T.einsum("bhij,hg->bgij", scores, T.ones(2, 2))
    return mixed.stride(), T.nn.functional.dropout(mixed.softmax(-1), 0.5)


PROGRAMS = programs_of(globals(), but=layouts)


ORDERS = {"turned": (0, 2, 3, 1), "columns first": (0, 1, 3, 2), "batch behind": (1, 0, 2, 3)}


@pytest.mark.parametrize("layout", [*ORDERS, "every other"])
def test_results_lie_in_memory_as_torchs(layout: str) -> None:
    """What `view` accepts, and for which elements a dropout draws, depends on it."""

    def program(T):
        F, x = T.nn.functional, T.arange(120.0).reshape(2, 3, 4, 5)
        x = x[..., ::2] if layout == "every other" else x.permute(ORDERS[layout])
        row = x.contiguous()
        results = [
            x + row, row + x, x * x[0], T.maximum(x, row), x > row, T.where(x > 1, row, x),
            F.softmax(x, -1), F.softmax(x, 1), F.log_softmax(x, -1), x.masked_fill(x > 3, 0.0),
            F.layer_norm(x, x.shape[-1:]), F.instance_norm(x), F.group_norm(x, 1),
            F.glu(x, x.shape.index(2)),
            x.cumsum(1), x.sum(1), x.mean(2, keepdim=True), x.amax(1), *x.max(1), x.std(1),
            x.logsumexp(1), x.norm(dim=1), x.any(1), x.exp(), x.float().argmax(1),
            F.scaled_dot_product_attention(x, x, x),
        ]  # fmt: skip
        return [tuple(s for s, n in zip(y.stride(), y.shape) if n > 1) for y in results]

    same(program)


@pytest.mark.parametrize(
    "equation",
    ["ij,jk->ik", "ij,jk->ki", "bij,bjk->bki", "bij,jk->bki", "bij,bkj->kbi", "bi,bj->bij",
     "aij,jbk->kabi", "aij,jbk->bkai", "aij,jbk->akib", "ija,jb->iab"],
)  # fmt: skip
def test_einsum_lies_in_memory_as_torchs(equation: str) -> None:
    sizes = dict(zip("abijk", (2, 3, 4, 5, 6)))

    def program(T):
        x, y = (T.ones([sizes[c] for c in t]) for t in equation.split("->")[0].split(","))
        return T.einsum(equation, x, y).stride()

    same(program)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_memory_of_another_owner_is_one_block() -> None:
    array = np.arange(12.0).reshape(3, 4).T
    x = minitorch.from_numpy(array)[1:]
    assert memory.flat(x._array).tolist() == list(range(12))
    assert x.storage_offset() == 1


def test_a_part_beyond_the_block_is_named() -> None:
    with pytest.raises(RuntimeError, match="element 9"):
        minitorch.zeros(6).as_strided((2,), (9,))


def test_growing_leaves_other_tensors_their_memory() -> None:
    x = minitorch.arange(3.0)
    y = x.view(3)
    x.resize_(5)
    x[0] = 9
    assert y.tolist() == [0, 1, 2]
