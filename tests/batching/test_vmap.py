"""vmap: what a function of one sample may do, beside torch; equal random numbers included."""

from __future__ import annotations

import pytest

from tests.programs import same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore")]

DATA = """
T.manual_seed(1)
x, y, m, w, v = T.randn(3, 4), T.randn(3, 4), T.randn(3, 4, 5), T.randn(5, 4), T.randn(4)
im, k, b = T.randn(3, 2, 2, 6, 6), T.randn(3, 3, 2, 3, 3), T.randn(3)
idx, idx2 = T.tensor([0, 2, 1]), T.tensor([[0, 1], [2, 2], [3, 1]])
T.manual_seed(0)
"""

SAMPLES = {
    "a: m": """
        a.sum()
        a.sum(0)
        a.mean(-1)
        a.sum((0, 1))
        a.max()
        a.max(1)
        a.argmax()
        a.argmax(1, keepdim=True)
        a.std()
        a.var(0)
        a.prod()
        a.logsumexp(1)
        a.norm()
        a.all()
        a.cumsum(0)
        a.softmax(-1)
        a.sort(1)[1]
        a.topk(2, dim=0)[0]
        a.median()
        a.amax((0, 1), keepdim=True)
        a.mean((0, 1), keepdim=True)
        a.reshape(-1)
        a.T
        a.view(5, 4)
        a.permute(1, 0)
        a.transpose(0, 1)
        a.unsqueeze(1)
        a[0]
        a[:, 1]
        a[..., None]
        a.flatten()
        a.expand(2, 4, 5)
        a.repeat(2, 1)
        a.flip(0)
        a.roll(1, 0)
        a.tril()
        a.diag()
        a.chunk(2)
        a.split(2)
        a.unbind(1)
        T.cat([a, a], 1)
        T.stack([a, a], -1)
        a.t()
        a.contiguous()
        a.unfold(0, 2, 1)
        F.pad(a, (1, 1))
    """,
    "a: b": """
        a.sum()
        a.softmax(0)
        a.cumsum(0)
        a.argmax()
        a.max()
        a.sum(0)
        a.squeeze()
        a.norm()
        a.unsqueeze(0)
        a.mean()
    """,
    "a, i: m, idx": """
        a[i]
        a[:, i]
        a[i, 1:3]
        a[T.tensor([0, 2])]
        a[:, T.tensor([0, 2])]
        a[T.tensor([0, 2]), T.tensor([1, 1])]
        a[T.tensor([0, 2]), :1]
    """,
    "a, i: x, T.tensor([[0, 1, 2, 3], [2, 0, 1, 3], [3, 2, 1, 0]])": """
        T.zeros(4).scatter(0, i, a)
    """,
    "a, b: m, x": """
        a.t() @ b
        w @ b
        a @ T.ones(5)
        b @ a
        b @ T.ones(4, 2)
    """,
    "a: x": """
        F.relu(a)
        F.gelu(a)
        F.silu(a)
        F.softplus(a)
        F.elu(a)
        F.leaky_relu(a)
        T.tanh(a)
        T.sigmoid(a)
        F.glu(a)
        F.hardtanh(a)
        a.clamp(0, 1)
        F.softmax(a, 0)
        F.log_softmax(a, 0)
        F.normalize(a, dim=0)
        F.mish(a)
        (lambda c: (c.__setitem__(0, 5.0), c.__setitem__(slice(1, 3), a[:2]), c)[-1])(a.clone())
    """,
    "a: im": """
        F.max_pool2d(a, 2)
        F.avg_pool2d(a, 2)
        F.adaptive_avg_pool2d(a, 1)
    """,
    "a: m[:, :, :4] + T.eye(4) * 3": """
        T.linalg.inv(a)
        T.linalg.det(a)
        T.linalg.solve(a, v[:4])
        T.linalg.cholesky(a @ a.t() + T.eye(4))
        T.linalg.norm(a)
        T.trace(a)
    """,
}
"""What is computed of samples: parameters, arguments, one expression a line."""

CALLS = """
    vmap(lambda a, b: a + b)(x, y)
    vmap(lambda a, b: a * b)(x, b)
    vmap(lambda a: 2 * a.sin() ** 2 + 1)(x)
    vmap(lambda a, b: (a + b).dtype == T.float32 and a + b)(x, T.arange(3))
    vmap(lambda a, b: a + b)(T.ones(3, dtype=T.float64), T.ones(3, 2))
    vmap(lambda a, b: a + b)(x, m.transpose(1, 2))
    vmap(lambda a: a.sum(), in_dims=1)(m)
    vmap(lambda a: a * 2, in_dims=1, out_dims=1)(m).shape
    vmap(lambda a: a * a.shape[0] + len(a) + a.size(1) + a.dim() + a.numel())(m)
    vmap(lambda a, i: (a[i], a[:, i]))(m, idx2)
    vmap(lambda i: w[i])(idx)
    vmap(lambda i: w[i])(idx2)
    vmap(lambda a: a[T.tensor([True, False, True, False])])(m)
    vmap(lambda a: a[a > 0])(x)
    vmap(lambda a: T.where(a > 0, a, 0.0))(x)
    vmap(lambda a, i: a.gather(0, i))(x, idx2)
    vmap(lambda a: a.index_select(0, T.tensor([1, 0])))(m)
    vmap(lambda a, b: a @ b)(m, m.transpose(1, 2))
    vmap(lambda a: a @ w)(m)
    vmap(lambda a: w @ a)(m)
    vmap(T.dot)(x, y)
    vmap(T.dot, (0, None))(x, v)
    vmap(T.outer)(x, y)
    vmap(T.bmm)(im[:, 0], im[:, 1])
    vmap(T.matmul, (0, None))(im, im[0])
    vmap(lambda a, b: T.einsum("ij,i->j", a, b))(m, x)
    vmap(lambda a, b: T.mm(a, b))(m, m)
    vmap(lambda a: F.linear(a, w, T.ones(5)))(x)
    vmap(lambda a, w: F.linear(a, w, T.ones(5)))(x, m.transpose(1, 2))
    vmap(lambda a, w, b: F.linear(a, w, b))(x, m.transpose(1, 2), T.randn(3, 5))
    vmap(lambda w: F.linear(x, w))(m.transpose(1, 2))
    vmap(F.cross_entropy)(x, idx)
    vmap(F.cross_entropy)(m, T.tensor([[0, 1, 2, 3], [2, 0, 1, 4], [-100, 2, 1, 0]]))
    vmap(F.mse_loss)(x, y)
    vmap(lambda a, b: F.l1_loss(a, b, reduction="sum"))(x, y)
    vmap(F.binary_cross_entropy_with_logits)(x, (y > 0).float())
    vmap(F.binary_cross_entropy)(x.sigmoid(), (y > 0).float())
    vmap(F.nll_loss)(x.log_softmax(-1), idx)
    vmap(F.smooth_l1_loss)(x, y)
    vmap(lambda a, b: F.kl_div(a.log_softmax(0), b.softmax(0), reduction="sum"))(x, y)
    vmap(lambda a: F.conv2d(a, k[0]))(im).sum((0, 1, 2))
    vmap(lambda a, k: F.conv2d(a, k, T.ones(3), padding=1, stride=2))(im, k).sum((1, 2))
    vmap(lambda k: F.conv2d(im[0], k))(k).sum((1, 2))
    vmap(lambda a, k: F.conv2d(a, k))(im[:, 0], k).sum(1)
    vmap(lambda a: F.conv1d(a, k[0, :, :, 0]))(im[:, :, :, 0])
    vmap(lambda a: F.layer_norm(a, (5,), T.ones(5) * 2, T.ones(5)))(m)
    vmap(lambda a: F.batch_norm(a, None, None, training=True))(m)
    vmap(lambda a: F.group_norm(a, 2))(im)
    vmap(lambda i: F.embedding(i, w))(idx2)
    vmap(lambda i, w: F.embedding(i, w))(idx2, m)
    vmap(F.scaled_dot_product_attention)(m, m, m)
    vmap(lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True))(m)
    vmap(lambda a: vmap(lambda b: a * b)(y))(x)
    vmap(vmap(T.dot, (None, 0)), (0, None))(x, y)
    vmap(vmap(lambda a: (a.sum(), a * 2)))(m)
    vmap(lambda W: vmap(lambda a: F.linear(a, W))(x))(m.transpose(1, 2))
    vmap(lambda a: a.clone().add_(1).mul_(a))(x)
    vmap(lambda a: T.zeros(4).add_(a))(x)
    vmap(lambda a: a.new_zeros(4).add_(a))(x)
    vmap(lambda a: T.zeros_like(a).add_(a))(x)
    vmap(lambda a, i: (lambda c: (c.__setitem__(i, 0.0), c)[-1])(a.clone()))(x, idx2)
    vmap(lambda a: (lambda c: (c[0].mul_(7), c)[-1])(a.clone()))(x)
    vmap(lambda a: a.sum().item())(x)
    vmap(lambda a: a if a.sum() > 0 else -a)(x)
    vmap(lambda a: a.nonzero())(x)
    vmap(lambda a: T.ones(2))(x)
    vmap(lambda a: 3)(x)
    vmap(lambda a: None)(x)
    vmap(lambda d: {"s": d["a"] + d["b"][0], "l": [d["a"]]})({"a": x, "b": [y]})
    vmap(lambda d: d["a"] + d["b"], in_dims=({"a": 0, "b": None},))({"a": x, "b": v})
    vmap(lambda a: (a, a), out_dims=(0, 1))(x)
    vmap(lambda a: a * 2, chunk_size=2)(x)
    vmap(lambda a, s: a * s)(x, s=2.0)
    vmap(lambda a: a)()
    vmap(lambda a: a, in_dims=None)(x)
    vmap(lambda a, b: a)(x, T.ones(2))
    vmap(lambda a: a, in_dims=5)(x)
    vmap(lambda a: a, in_dims=(0, 0))(x)
    vmap(lambda a, b: a)(x, 1)
    vmap(lambda a: a, out_dims=3)(x)
    vmap(lambda a: a, out_dims=(0, 0))(x)
    vmap(lambda a: a, randomness="x")(x)
    vmap(lambda a: a, chunk_size=0)(x)
    vmap(lambda a: a, in_dims=(None,))(x)
    vmap(lambda a: a, out_dims=None)(x)
    vmap(lambda a: a.sum(), in_dims=-1)(x)
    vmap(lambda a: a.sum(5))(x)
    vmap(lambda a: a.sum(-2))(x)
    vmap(lambda a: a.view(7))(x)
    vmap(lambda a, b: a + b)(x, m[:, :3])
    vmap(lambda a: a + T.randn(4))(x)
    vmap(lambda a: a + T.randn(4), randomness="different")(x)
    vmap(lambda a: a + T.randn(4), randomness="same")(x)
    vmap(lambda a: a + T.rand_like(a), randomness="different")(x)
    vmap(lambda a: a + T.rand_like(a), randomness="same")(x)
    vmap(lambda a: F.dropout(a, 0.5), randomness="different")(x)
    vmap(lambda a: F.dropout(a, 0.5), randomness="same")(x)
    vmap(lambda a: F.dropout(a, 0.5))(x)
    vmap(lambda a: T.bernoulli(a.sigmoid()), randomness="different")(x)
    vmap(lambda a: T.bernoulli(a.sigmoid()), randomness="same")(x)
    vmap(lambda a: a + T.randint(0, 9, (4,)), randomness="different")(x)
    vmap(lambda a: a[T.randperm(4)], randomness="different")(x)
    vmap(lambda a: a.clone().normal_(), randomness="different")(x)
    vmap(lambda a: T.normal(a, 1.0), randomness="different")(x)
    vmap(lambda a: a + F.dropout(y, 0.5))(x)
    vmap(lambda a: F.dropout(y, 0.5), randomness="different")(x)
    vmap(lambda a: F.dropout(y, 0.5), randomness="same")(x)
    vmap(lambda a: T.rand_like(y), randomness="different")(x)
    vmap(lambda a: T.rand_like(y))(x)
    vmap(lambda a: y.clone().uniform_(), randomness="different")(x)
    vmap(lambda a: y.clone().uniform_(), randomness="same")(x)
    vmap(lambda a: y.clone().uniform_())(x)
    vmap(lambda a: F.feature_alpha_dropout(a, 0.5, True), randomness="different")(m)
    vmap(lambda a: F.dropout2d(a, 0.5, True), randomness="different")(im)
    vmap(lambda a: F.dropout1d(a, 0.5, True), randomness="same")(im[:, :, :, 0])
    vmap(vmap(lambda a: F.dropout(a, 0.5), randomness="same"), randomness="different")(x)
    vmap(vmap(lambda a: F.dropout(a, 0.5), randomness="different"), randomness="same")(m)
    vmap(vmap(lambda b: b + T.randn(2), randomness="different"), randomness="different")(x)
    vmap(lambda a: T.cdist(a, a))(m)
    vmap(lambda a: F.interpolate(a, scale_factor=2))(im[:, :, :, :2, :2])
    vmap(T.lerp)(x, y, b)
    vmap(lambda a, b: F.cosine_similarity(a, b, dim=0))(x, y)
    vmap(lambda i: F.one_hot(i, 5))(idx)
    vmap(lambda a: T.trapezoid(a))(x)
    vmap(lambda a: a.quantile(0.5))(x)
    vmap(lambda a: a.masked_fill(a > 0, 0.0))(x)
    vmap(T.minimum, (0, None))(x, v)
    vmap(lambda a: a.detach().clone())(x)
    vmap(lambda a: a.double().to(T.float16).dtype == T.float16 and a)(x)
    vmap(lambda a: a * T.arange(4))(x)
    vmap(lambda a: sum((r.sum() for r in a)))(m)
    vmap(lambda a: T.full_like(a, 3.0) + a)(x)
    vmap(lambda a: T.addmm(T.ones(5), a.t()[:2], w.t()))(m.reshape(3, 4, 5))
    vmap(lambda a: a.pow(2).sum(-1, keepdim=True).sqrt())(m)
"""
"""Whole calls."""


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


SOURCES = lines(CALLS)
for where, text in SAMPLES.items():
    names, _, arguments = where.partition(": ")
    SOURCES += [f"vmap(lambda {names}: {line})({arguments})" for line in lines(text)]


@pytest.mark.parametrize("source", SOURCES)
def test_as_torch(source) -> None:
    def program(T):
        scope = {"T": T, "F": T.nn.functional, "vmap": T.vmap}
        exec(DATA, scope)
        return eval(source, scope)

    same(program)
