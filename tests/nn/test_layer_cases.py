"""Layers at the edge of what they take: the same repr, result or kind of error, and warnings."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
lines = pytest.importorskip("tests.nn.lines")
pytestmark = pytest.mark.differential

SETUP = """
lrn, adaptive = nn.CrossMapLRN2d, nn.AdaptiveLogSoftmaxWithLoss
wave, picture = torch.sin(torch.arange(40.0)).reshape(2, 4, 5), ones(2, 3, 4, 4)
cube = torch.sin(torch.arange(250.0)).reshape(2, 1, 5, 5, 5)
kinds, x = ints(0, 4, 2, 1), ints(-1, 2).float()
spelt = torch.log_softmax(torch.cos(torch.arange(24.0)).reshape(4, 2, 3), 2)
blocks = torch.cos(torch.arange(96.0)).reshape(2, 6, 4, 2)
up = nn.ConvTranspose2d(3, 4, 3, stride=2)
table, bag = torch.arange(6.0).reshape(3, 2), nn.EmbeddingBag
"""

CASES = {
    "activations": """
        nn.Hardtanh(2, 1); nn.Hardtanh(min_value=-2); nn.Hardtanh(max_value=2)
        nn.Softmax2d()(ones(2, 2)); nn.Softmax2d()(wave); nn.Softmax()(wave); nn.Softmin()(wave)
        nn.LogSoftmax()(wave[0]); nn.PReLU(3)(wave); nn.PReLU(init=0.5)(wave); nn.Dropout(2.0)
        nn.Dropout(-0.1); nn.RReLU().eval()(wave); nn.GLU()(wave); nn.Threshold(0.1, 2)
    """,
    "convolutions": """
        nn.Conv2d(3, 4, (3,)); nn.Conv2d(3, 4, 3, groups=2); nn.Conv2d(3, 4, 3, padding='foo')
        nn.Conv2d(3, 4, 3, padding_mode='foo'); nn.Conv2d(0, 4, 3); nn.Conv2d(3, 4, 3, groups=-1)
        nn.Conv2d(3, 4, 3, padding_mode='circular', padding=1); nn.Conv1d(3, 4, 3)(ones(2, 2))
        nn.Conv2d(3, 4, 2, padding_mode='reflect', padding='same')._reversed_padding_repeated_twice
        nn.Conv2d(3, 4, 2, padding=(1, 2))._reversed_padding_repeated_twice
        nn.Conv2d(3, 4, 2, padding='valid')._reversed_padding_repeated_twice
        nn.Conv2d(3, 4, 3, padding='same', stride=2); nn.Conv3d(3, 4, 3, padding=(0, 0, 1))
        nn.ConvTranspose2d(3, 4, 3, padding_mode='circular'); nn.ConvTranspose1d(3, 4, 2, 2)
        nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, False, 2); up(picture, output_size=(10, 9)).shape
        up(picture, output_size=(2, 4, 9, 10)).shape; up(picture, output_size=(11, 10)); up(wave)
        up(picture, output_size=(11,)); up(picture[0], output_size=(3, 10, 10)).shape
        up(picture, output_size=(8, 9)); nn.ConvTranspose2d(3, 4, 3, output_padding=1)(picture)
        nn.Conv2d(3, 1, 2)._conv_forward(picture, ones(1, 3, 2, 2), None)
    """,
    "norms": """
        nn.BatchNorm1d(3, eps=0.0)(ones(2, 3)); nn.BatchNorm1d(3, eps=-1.0).eval()(ones(2, 3))
        nn.BatchNorm1d(3, eps=0.0).eval()(ones(2, 3)); nn.BatchNorm1d(4)(ones(2, 4, 5, 6))
        nn.BatchNorm3d(3)(wave); nn.BatchNorm1d(3)(wave); nn.BatchNorm1d(3, bias=False)
        nn.BatchNorm1d(3, 1e-5, 0.1, True, True, None, None, False); nn.GroupNorm(2, 5)
        nn.GroupNorm(0, 5); nn.GroupNorm(2, 4, bias=False).state_dict(); nn.RMSNorm((3, 4), 1e-3)
        nn.LayerNorm(3, bias=False); nn.GroupNorm(2, 4, affine=False)(wave)
        nn.SyncBatchNorm(4)(wave); nn.SyncBatchNorm(4)(wave[0, 0]); nn.SyncBatchNorm(4)(wave[:, :0])
        nn.SyncBatchNorm(4).eval()(wave); nn.InstanceNorm1d(3)(wave); nn.InstanceNorm1d(4)(wave[0])
        nn.InstanceNorm1d(3, affine=True)(wave); nn.InstanceNorm1d(3)(wave[0]); nn.LazyBatchNorm1d()
        nn.InstanceNorm2d(3)(wave[0]); nn.InstanceNorm3d(4)(wave)
        nn.InstanceNorm1d(4)(wave[:, :, :1])
        nn.InstanceNorm2d(3, affine=True, bias=False).state_dict()
        nn.InstanceNorm2d(3, affine=True, track_running_stats=True).state_dict()
        nn.InstanceNorm1d(3).load_state_dict(nn.BatchNorm1d(3, affine=False).state_dict())
        nn.InstanceNorm1d(3).load_state_dict({'running_mean': ones(3), 'running_var': ones(3)})
        lrn(3, 0.5, k=2)(blocks); lrn(1, 0.5)(blocks); lrn(4, 0.5, 0.9)(blocks); lrn(8)(blocks)
        lrn(5, 0.7)(blocks); lrn(3)(wave); lrn(3); nn.LocalResponseNorm(2)
    """,
    "spatial": """
        nn.FractionalMaxPool2d(2); nn.FractionalMaxPool2d(2, output_size=2, output_ratio=0.5)
        nn.FractionalMaxPool2d(2, output_ratio=1.5); nn.FractionalMaxPool3d(2, output_ratio=0.5)
        nn.FractionalMaxPool2d(2, 2, _random_samples=ones(2, 3, 2) / 2)(picture)
        nn.FractionalMaxPool2d(2, 2, _random_samples=ones(2, 3, 2) / 2)(picture[0])
        nn.FractionalMaxPool2d(2, 2, _random_samples=ones(1, 3, 2) / 2)(picture)
        nn.FractionalMaxPool2d(2, 2, _random_samples=ones(2, 3, 2)).state_dict(); nn.LPPool2d(2, 3)
        nn.MaxUnpool2d(2); nn.AvgPool1d(2, 3); nn.MaxPool1d(2, return_indices=True)(wave)
        nn.AdaptiveMaxPool1d(2, True)(wave); nn.CircularPad2d(1)(ones(2, 2)); nn.ZeroPad1d((1, 2))
        nn.CircularPad1d(6)(wave); nn.ReflectionPad1d(5)(wave); nn.ConstantPad3d(1, 2)
        nn.Upsample(); nn.Upsample(scale_factor=(2, 3), mode='bilinear')
        nn.Upsample(scale_factor=[2, 3]); nn.Upsample(scale_factor=2, mode='linear')(wave)
        nn.Upsample(4)(wave).shape; nn.UpsamplingBilinear2d(3)(picture); nn.PixelShuffle(2)(picture)
        nn.Unflatten(1, 2); nn.PixelUnshuffle(3)(picture); nn.ChannelShuffle(2)(picture)
        nn.Unflatten(1, (2, 'a')); nn.Unflatten('a', (('b', 3), ('c', 2)))
        nn.Unflatten(1, [2, -1])(wave); nn.Unfold(5)(picture); nn.Fold((4, 4), 2)(ones(2, 8, 8))
        nn.Fold(4, 2, stride=2)
    """,
    "linear and tables": """
        nn.Bilinear(0, 3, 4); nn.Bilinear(-1, 3, 4); nn.Bilinear(2, 3, 4)(ones(5, 2), ones(5, 4))
        nn.Bilinear(2, 3, 4); bag(5, 3); bag(5, 3, 1.0, 3.0, True, 'sum', padding_idx=-1)
        bag(5, 3, mode='foo'); bag(5, 3, mode='foo')(ints(1, 2), ints(0)); bag(5, 3, padding_idx=7)
        bag(5, 3, _weight=ones(2, 2)); bag.from_pretrained(table, mode='max')(ints(1, 0), ints(0))
        bag.from_pretrained(ones(3)); bag.from_pretrained(table).weight; bag(5, 3)(ints(1, 2))
        bag.from_pretrained(table, False).weight; nn.Embedding.from_pretrained(table, True, 1, 2.0)
        nn.Embedding(3, 2, padding_idx=5); nn.Embedding(3, 2, 1, 1.0, 3.0)
        bag(5, 3)(ints(1, 5), ints(0)); nn.Embedding(3, 2, _weight=table)(ints(2, 0))
    """,
    "tables by frequency": """
        bag(5, 3, mode='max', scale_grad_by_freq=True)(ints(1, 2), ints(0))
        nn.Embedding(3, 2, sparse=True); bag(5, 3, mode='max', sparse=True)(ints(1, 2), ints(0))
        bag(5, 3, sparse=True)(ints(1, 2), ints(0))
        nn.Embedding(3, 2, scale_grad_by_freq=True, sparse=True)(ints(0, 0))
    """,
    "every argument": """
        nn.MaxUnpool1d(2)(ones(1, 1, 2), ints(0, 2).reshape(1, 1, 2), output_size=[5])
        nn.MaxUnpool2d(2, 2, 0)(ones(1, 1, 1), ints(3).reshape(1, 1, 1), [1, 3, 3])
        nn.FractionalMaxPool2d(2, 2, None, True)(picture)
        nn.FractionalMaxPool3d(2, 2, None, True)(cube); nn.AvgPool1d(2, 2, 1, True, False)(wave)
        nn.AvgPool3d(2, 2, 1, True, False, 3)(cube); nn.AvgPool2d(2, 3, 1, True, False, 5)(picture)
        nn.MaxPool3d(2, 1, 1, 2, True, True)(cube); nn.LPPool1d(2, 2, 1, True)(wave)
        nn.AdaptiveMaxPool3d((1, None, 2), True)(cube)
        nn.AdaptiveMaxPool2d((None, 2), return_indices=True)(picture)
        nn.Upsample(None, 1.6, 'bilinear', False, True)(picture)
        nn.Upsample((3, 2), None, 'bilinear', True)(picture); nn.Unfold(2, 2, 1, 3)(picture)
        nn.Fold((5, 5), 2, 2, 1, 3)(ones(2, 8, 4)); nn.RReLU(0.3, 0.5)(-wave)
        nn.CTCLoss(1, 'sum')(spelt, ints(2, 2, 0), ints(4, 4), ints(2, 1))
        nn.CTCLoss(zero_infinity=True)(spelt, ints(2, 2, 1, 1), ints(2, 4), ints(3, 1))
        nn.CTCLoss(reduction='none')(spelt, ints(2, 2, 1, 1), ints(2, 4), ints(3, 1))
        nn.GaussianNLLLoss(eps=0.5, full=True)(wave, wave + 1, ones(2, 4, 5) / 3)
        nn.SmoothL1Loss(beta=2.0)(wave, -wave)
        nn.PoissonNLLLoss(False, True, eps=0.3, reduction='none')(wave + 1, ones(2, 4, 5) * 3)
        nn.TripletMarginLoss(2.0, 1.5, 0.1, True)(wave[0], wave[1], wave[0] + 1)
        nn.HuberLoss('none', 0.2)(wave, -wave)
        nn.TripletMarginWithDistanceLoss(margin=3.0, swap=True, reduction='sum')(*wave, wave[0] + 1)
        nn.KLDivLoss(reduction='none', log_target=True)(wave, -wave)
        nn.HingeEmbeddingLoss(0.3)(wave, wave.sign())
        nn.MultiMarginLoss(2, 0.3, ones(5) * 2, reduction='none')(wave[0], kinds)
        nn.L1Loss(None, False)(wave, -wave)
        nn.NLLLoss(ones(5) * 2, None, 4, None, 'sum')(wave[0], kinds)
        nn.MarginRankingLoss(0.5)(wave, -wave, wave.sign())
        nn.CrossEntropyLoss(ones(5) * 2, None, 4, None, 'none', 0.2)(wave[0], kinds)
        nn.LinearCrossEntropyLoss(5, 3, reduction='none', ignore_index=1)(wave[0], ints(0, 1, 2, 1))
        nn.LinearCrossEntropyLoss(5, 3, weight=kinds[1:].float())(wave[0], kinds % 3)
        nn.CosineEmbeddingLoss(0.2, reduction='none')(wave[0], wave[1], ints(1, -1, -1, 1))
        nn.PairwiseDistance(3, 0.5, True)(wave[0], wave[1])
        nn.CosineSimilarity(0, 2.0)(wave[0], wave[1])
        nn.Conv2d(3, 4, 3, 2, 1, 2, 1, False, 'reflect')(picture)
        nn.ConvTranspose2d(3, 4, 3, 2, 1, 1, 1, True, 2)(picture)
        nn.LazyConv2d(4, 3, 2, 1, 2, 2, False, 'circular')
        nn.LazyConvTranspose2d(4, 3, 2, 1, 1, 2, False, 2)
        nn.LazyBatchNorm1d(0.1, None, False, False); nn.Softplus(2.0, 1.0)(wave)
        nn.LazyInstanceNorm2d(0.1, 0.2, True, False, bias=False)
        nn.InstanceNorm1d(4, 0.1, 0.3, True, True)(wave); nn.GroupNorm(2, 4, 0.5)(wave)
        nn.RMSNorm(5, 0.5)(wave); nn.LocalResponseNorm(3, 0.5, 0.6, 0.7)(wave)
        nn.BatchNorm1d(4, 0.3)(wave)
        bag.from_pretrained(table, False, 1.0, 3.0, False, 'sum', True, True, -1)
        nn.Embedding.from_pretrained(table, False, 1, 1.0, 3.0, True, True)
        bag.from_pretrained(table, True, 1.0, 3.0, mode='max', padding_idx=0)(kinds % 3, ints(0, 2))
        nn.GELU('tanh')(wave)
    """,
    "losses": """
        nn.NLLLoss2d(); nn.MSELoss(size_average=False).reduction; nn.MSELoss(reduce=False).reduction
        nn.L1Loss(True, True).reduction; nn.MSELoss(reduction='foo'); nn.KLDivLoss()(wave, wave)
        nn.MSELoss(reduction='foo')(ones(2), ones(2)); nn.MultiMarginLoss(p=3); nn.CTCLoss()
        nn.MultiMarginLoss(weight=ones(2, 2)); nn.TripletMarginLoss(margin=-1)
        nn.TripletMarginWithDistanceLoss(margin=-1); nn.HuberLoss(delta=-1)(ones(2), ones(2))
        nn.SmoothL1Loss(beta=-1)(ones(2), ones(2)); nn.BCELoss(weight=ones(2)).state_dict()
        nn.CrossEntropyLoss(ignore_index=1)(ones(2, 3), ones(2, 3)); nn.GaussianNLLLoss(True)
        nn.CrossEntropyLoss(ignore_index=-1)(ones(2, 3), ones(2, 3))
        nn.CrossEntropyLoss()(ones(2, 3), ones(4, 3))
        nn.GaussianNLLLoss()(ones(2, 3), ones(2, 3), ones(3))
        nn.GaussianNLLLoss()(ones(2, 3), ones(2, 3), ones(2)); nn.PoissonNLLLoss(full=True)
        nn.GaussianNLLLoss()(ones(2, 3), ones(2, 3), ones(1, 1))
        nn.LinearCrossEntropyLoss(3, 4, out_features=(2, 5), bias=True)
        nn.LinearCrossEntropyLoss(3, 4, label_smoothing=2.0)
        nn.LinearCrossEntropyLoss(3, 2, weight=ones(3))
        nn.LinearCrossEntropyLoss(3, 2)(ones(4, 3), ints(0, 1)); nn.L1Loss(size_average=True)
    """,
    "by other names": """
        F._Reduction.get_enum('mean'); F._Reduction.get_enum('foo'); nn._reduction.get_enum('none')
        nn._reduction.get_enum('elementwise_mean'); nn._reduction.legacy_get_enum(False, None)
        nn._reduction.legacy_get_string(None, False)
        nn._reduction.legacy_get_string(False, True, False)
        F.l1_loss(wave, wave + 1, reduction='elementwise_mean'); F._pair(3); F._single([1, 2])
        F._triple(0); nn.modules.utils._ntuple(3)('ab'); nn.modules.utils._quadruple(1)
        nn.init._calculate_correct_fan(wave, 'fan_out')
        nn.modules.utils._list_with_default([None, 2], [5, 6, 7])
        nn.modules.utils._list_with_default(3, [5])
        nn.modules.utils._list_with_default([None, 2], [5, 6])
        F._list_with_default((None,), [5, 6]); nn.init.constant(ones(2), val=3)
        nn.init.uniform(ones(4)); nn.init.xavier_normal(ones(3, 4), 2.0)
        nn.init.normal(ones(3), 1.0, 0.1); nn.init.eye(ones(2, 3)); nn.init.dirac(ones(2, 2, 3))
        nn.init.sparse(ones(4, 2), 0.5); nn.init.kaiming_uniform(ones(3, 2), mode='fan_out')
        nn.init.orthogonal(ones(2, 2)); nn.init.kaiming_normal(ones(3, 2))
        nn.init.xavier_uniform(ones(3, 2)); nn.init.constant.__name__
        nn.grad.conv1d_input((2, 3, 6), ones(4, 3, 2), wave)
        nn.grad.conv1d_weight(wave, (3, 4, 2), ones(2, 3, 4))
        nn.grad.conv2d_input((2, 4, 5, 5), ones(4, 2, 2, 1), ones(2, 4, 4, 5), groups=2)
        nn.grad.conv2d_weight(blocks, (4, 6, 2, 2), ones(2, 4, 5, 3), padding=1)
        nn.LinearCrossEntropyOptions(); nn.LinearCrossEntropyOptions(batch_chunk_size=0)
        nn.LinearCrossEntropyOptions(acc_policy='x')
        nn.LinearCrossEntropyOptions(chunking_method='x')
        nn.LinearCrossEntropyOptions(acc_dtype=torch.int64)
        nn.LinearCrossEntropyOptions() == nn.LinearCrossEntropyOptions(False, 3)
        F.hardtanh_(wave.clone()); F.tanh(wave); F.sigmoid(wave)
    """,
    "for layers derived from torch's": """
        nn.Container(a=nn.ReLU(), b=None); nn.Container(a=3)
        F._canonical_mask(x > 0, 'a', None, 'b', torch.float32)
        F._canonical_mask(None, 'a', None, 'b', torch.float64)
        F._canonical_mask(x > 0, 'a', torch.float32, 'b', torch.float64); F._none_or_dtype(x)
        F._canonical_mask(kinds, 'a', None, 'b', torch.float32); F._none_or_dtype(None)
        F._none_or_dtype(3); F._canonical_mask(x, 'a', torch.bool, 'b', torch.float64, False)
        F._canonical_mask(x, 'a', torch.bool, 'b', torch.float64)
        nn.modules.transformer._get_clones(nn.ReLU(), 2)
        nn.modules.transformer._get_activation_fn('foo')
        nn.modules.transformer._get_activation_fn('gelu')(wave)
        nn.modules.transformer._generate_square_subsequent_mask(3)
    """,
    "adaptive softmax": """
        adaptive(8, 10, [3, 6], div_value=2.0); adaptive(4, 10, []); adaptive(4, 10, [3, 3])
        adaptive(4, 10, [3, 10]); adaptive(4, 10, [3, 2.5]); adaptive(4, 10, [0, 2])
        adaptive(4, 10, [3], 2.0)(ones(2, 4), ints(1, 20))
        adaptive(4, 10, [3], 2.0)(ones(2, 4), ints(1))
        adaptive(4, 10, [3], 2.0)(ones(2, 4), torch.tensor(1))
        adaptive(4, 10, [3], 2.0)(ones(2, 4), ints(1, 2).reshape(1, 2))
        adaptive(8, 9, [3, 6], 2.0, True)(torch.eye(8), ints(0, 8, 2, 5, 3, 6, 2, 1))
        adaptive(8, 9, [3, 6], 2.0)(torch.eye(8)[0], torch.tensor(7))
        adaptive(8, 9, [3, 6], 2.0)(torch.eye(8), torch.zeros(8).long()).output
        adaptive(8, 9, [3, 6], 2.0).log_prob(torch.eye(8))
        adaptive(8, 9, [3, 6], 2.0).predict(torch.eye(8) * 5); adaptive(8, 9, [3, 6], 2.0).cutoffs
    """,
    "lazy": """
        nn.LazyConv2d(4, 3)(ones(2, 3)); nn.LazyConv2d(3, 3, groups=3)(ones(1, 4, 5, 5))
        nn.LazyLinear(3)(torch.tensor(1.0)); nn.LazyBatchNorm2d()(ones(2, 3)); nn.LazyLinear(3)
        nn.LazyLinear(3).weight.shape; nn.LazyLinear(3).weight + 1; nn.LazyLinear(3).weight.dtype
        nn.LazyLinear(3).weight.numel(); nn.init.zeros_(nn.LazyLinear(3).weight)
        nn.LazyLinear(3).state_dict(); nn.LazyBatchNorm2d(affine=False)
        nn.LazyConvTranspose2d(4, 3); nn.LazyConv2d(4, 3, bias=False)
        nn.LazyLinear(3).double().weight.dtype; nn.LazyLinear(3).bias
        nn.LazyLinear(2).share_memory(); nn.LazyInstanceNorm1d(bias=False)
        copy.deepcopy(nn.LazyLinear(2))
        nn.Linear(2, 3).load_state_dict(nn.LazyLinear(3).state_dict()); nn.UninitializedBuffer()
        pickle.loads(pickle.dumps(nn.LazyConv1d(2, 2)))(ones(1, 3, 4)).shape
        sum(p.numel() for p in nn.LazyLinear(2).parameters()); nn.UninitializedParameter()
        nn.LazyConv3d(2, 2)(ones(1, 3, 4, 4, 4)); nn.LazyConvTranspose1d(2, 2, 2)(ones(3, 4))
        nn.LazyLinear(2, dtype=torch.float64)(ones(1, 3).double()); nn.LazyConvTranspose3d(1, 2)
    """,
}  # fmt: skip


@pytest.mark.parametrize("line", lines.lines(CASES))
def test_as_in_torch(line: str) -> None:
    lines.check_line(SETUP, line)
