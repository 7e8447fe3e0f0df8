"""Calls of torch.nn.functional at the edge of what it takes: the same result, or kind of error."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.errors.compare import run

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

SETUP = """
attend, ctc = F.scaled_dot_product_attention, F.ctc_loss
triplet = F.triplet_margin_with_distance_loss
multilabel, soft_labels = F.multilabel_margin_loss, F.multilabel_soft_margin_loss
cosine_loss = F.cosine_embedding_loss
x = torch.arange(12.0).reshape(3, 4) / 7 - 0.8
y = (torch.arange(12.0).reshape(3, 4) * 5 % 12) / 12 + 0.04
signs = torch.where(y > 0.5, 1.0, -1.0)
whole, bools, zero, half = ints(-4, 0, 7), x > 0, torch.tensor(1.5), x[:2]
weights = torch.ones(4)
table, at, bag = x.t(), ints(0, 2, 3, 3, 1), F.embedding_bag
logp = torch.log_softmax(torch.arange(40.0).reshape(5, 2, 4) * 3 % 7, 2)
texts, steps, lengths = torch.tensor([[1, 2], [3, 3]]), ints(5, 4), ints(2, 2)
q, k, v = (torch.arange(n * 1.0).reshape(s) * m % 5 for n, s, m in
           ((48, (2, 3, 8), 3), (64, (2, 4, 8), 7), (40, (2, 4, 5), 11)))
"""

CASES = {
    "activations": """
        F.relu6(whole); F.relu6(bools); F.hardtanh(whole, -1, 3); F.hardtanh(whole, -1.5, 3.5)
        F.hardtanh(x, 2.0, 1.0); F.hardtanh(x, 1.0, 1.0); F.hardtanh(whole.to(torch.uint8), -1, 1)
        F.hardsigmoid(whole); F.hardswish(whole); F.mish(bools); F.hardshrink(whole)
        F.hardshrink(x, -1.0); F.softshrink(x, -1.0); F.softshrink(x, float('nan'))
        F.softshrink(whole); F.tanhshrink(whole); F.tanhshrink(bools); F.softsign(whole)
        F.softsign(x.half()); F.threshold(whole, 1, 2); F.threshold(whole, 1.5, 2.7)
        F.threshold(bools, 1, 2); F.threshold(x, 0.1, float('inf'))
        F.threshold(x, float('nan'), 1.0); F.selu(whole); F.celu(whole); F.celu(x, 0.0)
        F.celu(x, -0.5); F.elu(x, -0.5); F.rrelu(x, 0.5, 0.2); F.rrelu(x, float('nan'), 0.2, True)
        F.rrelu(whole, training=True); F.rrelu(x, 0.1, 0.3, True); torch.rrelu(x, 0.1, 0.3, True)
        F.rrelu(x.t(), 0.1, 0.3, True); F.prelu(whole, ints(2)); F.prelu(x, torch.ones(3))
        F.prelu(x, weights * 0.3); F.prelu(zero, torch.ones(1)); F.prelu(zero, torch.ones(2))
        F.prelu(-x[0], zero); F.prelu(x, torch.ones(1, 1)); F.prelu(x.double(), weights)
        F.prelu(x, 2.0); F.prelu(x[0], torch.ones(4)); F.prelu(x[:0], weights); F.glu(x)
        F.glu(x, 0); F.glu(x, 2); F.glu(zero); F.glu(whole); F.glu(x[:, :0]); F.softmin(x, 1)
        F.softmin(x, 5); F.softmin(x, 0, dtype=torch.float64); F.gumbel_softmax(x, 0.0)
        F.gumbel_softmax(whole); F.gumbel_softmax(x, 0.5, True, dim=0); F.dropout(whole, 0.5)
        F.dropout(whole, 0.5, False); F.alpha_dropout(whole, 0.5, True)
        torch.dropout(x, 1.5, True); torch.dropout(x, 1.5, False); torch.dropout(x, 0.5, True)
        torch.feature_dropout(x[0], 0.5, True); torch.feature_dropout(x, 0.5, True)
        torch.native_dropout(x, 0.5, False); torch.native_dropout(x, 1.5, True)
        torch.native_dropout(x.t(), 0.5, True); torch.native_dropout(whole, 0.5, True)
    """,
    "distances": """
        F.kl_div(x, y, reduction='batchmean'); F.kl_div(x, y); F.kl_div(x, y, reduction='foo')
        F.kl_div(x, half, reduction='sum'); F.kl_div(x, y[:1], reduction='sum')
        F.kl_div(x, y * 0); F.kl_div(whole, whole, reduction='sum')
        F.kl_div(x, ints(1, 2, 3, 4), reduction='sum'); F.kl_div(x, y, size_average=True)
        F.kl_div(x, y, reduce=False); F.kl_div(x, y, reduction=1)
        F.kl_div(x.double(), y, reduction='sum'); F.kl_div(zero, zero, reduction='batchmean')
        F.kl_div(x[:0], y[:0], reduction='batchmean'); torch.kl_div(x, y, 5)
        torch.kl_div(x, y, 2); F.smooth_l1_loss(x, y[:1]); F.smooth_l1_loss(x, half)
        F.smooth_l1_loss(x, y, beta=-1.0); F.smooth_l1_loss(x, y, beta=0.0)
        F.smooth_l1_loss(x, y, reduction='x'); F.smooth_l1_loss(whole, whole)
        F.smooth_l1_loss(x.double(), y); F.smooth_l1_loss(x[:0], y[:0])
        F.smooth_l1_loss(x, y, reduce=False); F.huber_loss(x, y[:1])
        F.huber_loss(x, y, delta=0.0); F.huber_loss(x, y, delta=-1.0); F.huber_loss(x, y, 'x')
        F.huber_loss(whole, whole); F.huber_loss(x.double(), y); F.huber_loss(x, y, weight=y)
        F.huber_loss(x, y, weight=y[:1]); F.huber_loss(x, y, weight=y, reduction='none')
        F.huber_loss(x, y, weight=y, reduction='sum'); F.soft_margin_loss(x, signs)
        F.soft_margin_loss(x, signs[0]); F.soft_margin_loss(x, half)
        F.soft_margin_loss(whole, whole); F.soft_margin_loss(x, signs.long())
        F.soft_margin_loss(x, y, reduction='a'); F.poisson_nll_loss(x, y)
        F.poisson_nll_loss(x, y, reduction='a'); F.poisson_nll_loss(x, y[:1])
        F.poisson_nll_loss(whole, whole); F.poisson_nll_loss(x, y.long())
        F.poisson_nll_loss(x, y * 9, full=True); F.poisson_nll_loss(x, y, size_average=False)
        torch.poisson_nll_loss(x, y, True, False, 1e-8, 1); torch.poisson_nll_loss(x, y)
        F.gaussian_nll_loss(x, y, torch.ones(3, 4)); F.gaussian_nll_loss(x, y, torch.ones(3, 1))
        F.gaussian_nll_loss(x, y, torch.ones(3)); F.gaussian_nll_loss(x, y, torch.ones(4))
        F.gaussian_nll_loss(x, y, -torch.ones(3, 4)); F.gaussian_nll_loss(x, y, 2.0)
        F.gaussian_nll_loss(x, y, -2.0); F.gaussian_nll_loss(x, y, y, reduction='a')
        F.gaussian_nll_loss(x, y[:1], y); F.gaussian_nll_loss(x, y, torch.ones(3, 2))
        F.gaussian_nll_loss(x, y, zero); F.gaussian_nll_loss(x, y, torch.ones(1))
        F.gaussian_nll_loss(x, half, y); F.gaussian_nll_loss(x[0], y[0], torch.ones(1, 4))
        F.gaussian_nll_loss(x, y, y, True, 0.5); F.cosine_similarity(x, y)
        F.cosine_similarity(x, y, 2); F.cosine_similarity(x, y[0]); F.cosine_similarity(x, half)
        F.cosine_similarity(whole, whole, 0); F.cosine_similarity(zero, zero, 0)
        F.cosine_similarity(x.double(), y); F.cosine_similarity(x, y.long())
        F.cosine_similarity(x[0], y[0]); F.cosine_similarity(x[0], y[0], dim=-1)
        F.cosine_similarity(x * 0, y); F.pairwise_distance(x, y); F.pairwise_distance(x, y[0])
        F.pairwise_distance(x, half); F.pairwise_distance(x[0], y, keepdim=True)
        F.pairwise_distance(whole, whole + 1); F.pairwise_distance(x, y, p=0)
        F.pairwise_distance(x, y, p=float('inf')); F.pairwise_distance(zero, zero)
        F.pairwise_distance(x.double(), y); F.pdist(x); F.pdist(x[0]); F.pdist(x[:1])
        F.pdist(x[:0]); F.pdist(x, -1.0); F.pdist(whole[None]); F.pdist(x[:, :0])
        F.pdist(x, float('inf')); F.pdist(x, 0.0); F.pdist(x, 1.5); F.pdist(x[None])
        F.pdist(x.t()); F.bilinear(x, y, torch.ones(2, 4, 4))
        F.bilinear(x, y, torch.ones(2, 4, 4), torch.ones(2))
        F.bilinear(x[0], y[0], torch.ones(2, 4, 4)); F.bilinear(x, half, torch.ones(2, 4, 4))
        F.bilinear(x, y, torch.ones(2, 3, 4)); F.bilinear(x, y, torch.ones(2, 4, 3))
        F.bilinear(x, y, torch.ones(2, 4, 4), torch.ones(3)); F.bilinear(x, y, torch.ones(2, 4))
        F.bilinear(x[None], y, torch.ones(2, 4, 4))
        F.bilinear(x.double(), y, torch.ones(2, 4, 4))
        F.bilinear(x[:0], y[:0], torch.ones(2, 4, 4))
    """,
    "margins": """
        F.hinge_embedding_loss(x, signs); F.hinge_embedding_loss(x, y[:1])
        F.hinge_embedding_loss(x, y, reduction='q'); F.hinge_embedding_loss(whole, ints(1, -1, 1))
        F.hinge_embedding_loss(x, signs.long()); F.hinge_embedding_loss(x.double(), signs, 0.3)
        cosine_loss(x, y, weights[:3]); cosine_loss(x, y, weights[:2])
        cosine_loss(x, half, weights[:3]); cosine_loss(x[0], y[0], torch.tensor(1))
        cosine_loss(x[0], y[0], weights[:1]); cosine_loss(x, y, torch.ones(3, 1))
        cosine_loss(x[None], y[None], weights[:3]); cosine_loss(x, y[:1], weights[:3])
        cosine_loss(x, y, weights[:3], reduction='a'); cosine_loss(x * 0, y, weights[:3])
        F.margin_ranking_loss(x, y, signs); F.margin_ranking_loss(x, y, weights)
        F.margin_ranking_loss(x, y, signs, reduction='a'); F.margin_ranking_loss(x, y[0], signs)
        F.triplet_margin_loss(x, y, -x); F.triplet_margin_loss(x, y, x[0])
        F.triplet_margin_loss(x, y, half); F.triplet_margin_loss(x, y, x, margin=-1.0)
        F.triplet_margin_loss(x, y, x, margin=0.0); F.triplet_margin_loss(x, y, x, reduction='a')
        F.triplet_margin_loss(x[0], y[0], x[1])
        torch.triplet_margin_loss(x, y, -x, 1.0, 2.0, 1e-6, True, 0); triplet(x, y, -x)
        triplet(x, y, x[0]); triplet(x, y, -x, reduction='a'); triplet(x, y, -x, margin=-1.0)
        triplet(x, y, -x, distance_function=nn.PairwiseDistance(1.0), swap=True)
        F.multi_margin_loss(x, ints(0, 1, 2)); F.multi_margin_loss(x[0], torch.tensor(1))
        F.multi_margin_loss(x[0], ints(1)); F.multi_margin_loss(x, ints(0, 1))
        F.multi_margin_loss(x, ints(0, 1, 4)); F.multi_margin_loss(x, ints(0, 1, 2), p=3)
        F.multi_margin_loss(x, ints(0, 1, 2), weight=weights[:3])
        F.multi_margin_loss(x, ints(0, 1, 2), p=2, margin=0.5, weight=y[0], reduction='none')
        F.multi_margin_loss(x, weights[:3]); F.multi_margin_loss(x, ints(0, 1, 2), reduction='b')
        F.multi_margin_loss(x[None], ints(0)); F.multi_margin_loss(zero, torch.tensor(0))
        F.multi_margin_loss(x[:, :0], ints(0, 1, 2)); F.multi_margin_loss(x.long(), ints(0, 1, 2))
        F.multi_margin_loss(x[0], torch.tensor(1), reduction='none')
        F.multi_margin_loss(x[0], ints(1), reduction='none')
        F.multi_margin_loss(x, ints(0, 1, 2), weight=zero)
        F.multi_margin_loss(x, ints(0, 1, 2), weight=y)
        multilabel(x, ints(0, 1, -1, 2).expand(3, 4)); multilabel(x[0], ints(0, 1, -1, 2))
        multilabel(x[0], ints(0, 1)); multilabel(x, ints(0, 1, 4, 2).expand(3, 4))
        multilabel(x, ints(0, 1, -2, 2).expand(3, 4))
        multilabel(x, ints(0, 1, 2, 2).expand(3, 4), reduction='none'); multilabel(x, y)
        multilabel(zero, torch.tensor(0)); multilabel(x[None], ints(0))
        multilabel(x[0], ints(0, 1, -1, 2), reduction='none')
        multilabel(x[:, :0], ints(0, 0, 0)[:, None][:, :0]); soft_labels(x, y.round())
        soft_labels(x, y.round(), reduction='none'); soft_labels(x, y, reduction='a')
        soft_labels(x, y.long()); soft_labels(x[None], y[None], weight=y[0])
        soft_labels(zero, zero); soft_labels(x, half); soft_labels(x, y[:1])
        F.linear_cross_entropy(x, y, ints(0, 1, 2)); F.linear_cross_entropy(x[None], y, ints(0))
        F.linear_cross_entropy(x, weights, ints(0, 1, 2))
        F.linear_cross_entropy(x, y.t(), ints(0, 1, 2))
        F.linear_cross_entropy(x, y, torch.ones(3, 3), ignore_index=0)
        F.linear_cross_entropy(x[0], torch.ones(2, 3, 4), ints(0, 1, 1))
        F.linear_cross_entropy(x, y, ints(0, 1, 2), linear_bias=weights)
    """,
    "alignments": """
        ctc(logp, texts, steps, lengths); ctc(logp, texts, steps, lengths, reduction='none')
        ctc(logp, texts, steps, lengths, blank=4); ctc(logp, texts, steps, lengths, blank=-1)
        ctc(logp, texts, steps, lengths, reduction='x'); ctc(logp, texts, ints(6, 4), lengths)
        ctc(logp, texts, ints(5), lengths); ctc(logp, texts, steps, ints(3, 2))
        ctc(logp, texts, steps, ints(2)); ctc(logp, texts.float(), steps, lengths)
        ctc(logp, texts, steps.float(), lengths); ctc(logp, texts, (5, 4), (2, 2))
        ctc(logp, ints(1, 2, 3, 3), steps, lengths, reduction='none')
        ctc(logp, ints(1, 2, 3), steps, lengths)
        ctc(logp[:, 0], ints(1, 2), torch.tensor(5), torch.tensor(2), reduction='none')
        ctc(logp[:, 0], ints(1, 2), (5,), (2,))
        ctc(logp, torch.tensor([[1, 1], [3, 3]]), ints(2, 4), lengths, reduction='none')
        ctc(logp, torch.tensor([[1, 1], [3, 3]]), ints(2, 4), lengths, zero_infinity=True)
        ctc(logp, texts, ints(0, 4), ints(0, 2), reduction='none')
        ctc(logp, texts, ints(0, 4), ints(1, 2), reduction='none')
        ctc(logp, texts, steps, ints(0, 2), reduction='none')
        ctc(logp, texts, ints(5, -1), lengths); ctc(logp, texts, steps, ints(1, -2))
        ctc(logp.long(), texts, steps, lengths)
        ctc(logp[:, :0], texts[:0], steps[:0], lengths[:0])
        ctc(logp[0, 0], texts, steps, lengths); ctc(logp[:0], texts, ints(0, 0), ints(0, 0))
        torch.ctc_loss(logp, texts, steps, lengths, 0, 1, True)
    """,
    "tables": """
        F.embedding(at, weights); F.embedding(at, x[None]); F.embedding(at.float(), table)
        F.embedding(at + 1, table); F.embedding(at - 1, table)
        F.embedding(at, table, padding_idx=4); F.embedding(at, table, padding_idx=-5)
        F.embedding(at, table.long()); torch.embedding(table, at); torch.embedding(table, at, 2)
        torch.embedding(table, at, 7); F.embedding(at[0], table)
        F.embedding(at[:0].reshape(2, 0), table); F.embedding(at.to(torch.uint8), table)
        F.embedding(at.short(), table); F.embedding(at.int(), table); F.embedding(at > 1, table)
        F.embedding(at, zero); F.embedding([1], table); F.embedding(at, x[None], max_norm=1.0)
        F.embedding(at, weights, max_norm=1.0); F.embedding(at, table.contiguous(), max_norm=0.5)
        bag(at, table, ints(0, 2), mode='foo'); bag(at, table, None)
        bag(at[:4].reshape(2, 2), table, ints(0, 2))
        bag(at[:4].reshape(2, 2), table)
        bag(at[:4].reshape(1, 2, 2), table); bag(at[0], table)
        bag(at, table, ints(1, 2)); bag(at, table, ints(0, 6))
        bag(at, table, ints(0)[None]); bag(at + 1, table, ints(0))
        bag(at, table, at[:0], include_last_offset=True)
        bag(at, table, ints(0, 2, 5), include_last_offset=True)
        bag(at, table, ints(0, 2), per_sample_weights=torch.ones(5))
        bag(at, table, ints(0, 2), mode='sum', per_sample_weights=weights)
        bag(at, table, ints(0, 2), mode="sum", per_sample_weights=torch.ones(5).double())
        bag(at, table, at[:1] * 0, None, 2, False, 'sum', per_sample_weights=at * 0.5)
        bag(at.float(), table, ints(0, 2)); bag(at, table, torch.zeros(2))
        bag(at.int(), table, ints(0, 2))
        bag(at, table, ints(0, 2), padding_idx=7)
        bag(at, table, ints(0, 2), padding_idx=3)
        bag(at, table.long(), ints(0, 2))
        bag(at, table, ints(0, 2), padding_idx=-1, mode='max')
        bag(at, x[0], ints(0, 2))
        bag(at, table.contiguous(), ints(0, 2), max_norm=0.5)
        bag(at, table, ints(0, 0, 2, 5)); bag(at[:0], table, ints(0, 0))
        bag(at, table, ints(0, 0, 2, 5), mode='max')
        torch.embedding_bag(table, at, ints(0, 2), mode=3)
        torch.embedding_bag(table, at, ints(0, 2), False, 1)
        torch.embedding_bag(table, at, ints(0, 2), False, 2)
        F.normalize(x, out=torch.empty(3, 4)); F.normalize(x, 1.0, 0)
    """,
    "attention": """
        attend(q, k, v); attend(q[0], k[0], v[0]); attend(q[0, 0], k[0], v[0])
        attend(q, k[..., :7], v); attend(q, k, v[:, :3]); attend(q.double(), k, v)
        attend(q.long(), k.long(), v.long()); attend(q, k, v, torch.ones(3, 4) > 0)
        attend(q, k, v, torch.eye(3, 4)); attend(q, k, v, torch.eye(3, 4).double())
        attend(q, k, v, torch.eye(3, 4).long()); attend(q, k, v, torch.eye(2, 4))
        attend(q, k, v, weights); attend(q, k, v, torch.ones(2, 1, 3, 4))
        attend(q, k, v, torch.eye(3, 4) > 0, scale=0.0); attend(q, k, v, None, 1.5)
        attend(q, k, v, None, -0.5); attend(q, k, v, None, 0.5); attend(q, k, v, None, 1.0)
        attend(q, k, v, is_causal=True); attend(k, q, q, is_causal=True)
        attend(q.repeat(2, 1, 1), k, v, enable_gqa=True); attend(q.repeat(2, 1, 1), k, v)
        attend(q[:, None], k, v); attend(q[:, :0], k, v); attend(q, k[:, :0], v[:, :0])
        attend(q, k, [1]); attend(q, k, v, 'a'); attend(q[..., :0], k[..., :0], v)
        attend(q, k, v, scale=-1.0)
    """,
}
LINES = [
    pytest.param(line.strip(), id=f"{topic}: {line.strip()}")
    for topic, text in CASES.items()
    for line in text.replace("\n", ";").split(";")
    if line.strip()
]


@pytest.mark.parametrize("line", LINES)
def test_as_in_torch(line: str) -> None:
    ours, theirs = (run(f"{SETUP}\nr = {line}", T) for T in (minitorch, torch))
    assert (ours.kind, ours.warned) == (theirs.kind, theirs.warned), f"{ours}\n{theirs}"
    if ours.error is None:
        compare(ours.value, theirs.value)


def compare(ours: tuple | list, theirs: tuple | list) -> None:
    """Require the dtype, shape and, up to rounding, numbers that `plain` took from two tensors."""
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            compare(a, b)
        return
    assert ours[:3] == theirs[:3]
    names = {"nan": np.nan, "inf": np.inf}
    a, b = (np.array(eval(found[3], names), float) for found in (ours, theirs))
    assert np.allclose(a, b, rtol=2e-5, atol=1e-6, equal_nan=True), f"{ours}\n{theirs}"
