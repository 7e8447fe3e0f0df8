"""Layers, losses, modules and state dicts refuse what torch's refuse."""

from __future__ import annotations

import pytest

from tests.errors.compare import check

# name: (script, what our message must name ...); a script that raises nothing leaves a result in r.
LAYERS = {
    "linear sizes": ("nn.Linear(3, 4)(ones(2, 5))", "[2, 5]", "[4, 3]"),
    "linear sizes of a batch": ("nn.Linear(3, 4)(ones(2, 7, 5))", "[2, 7, 5]", "[4, 3]"),
    "linear bias": ("F.linear(ones(2, 3), ones(4, 3), ones(5))", "[5]", "4"),
    "linear of 0-d": ("F.linear(ones(()), ones(4, 3))", "[]"),
    "linear of double": ("nn.Linear(2, 2)(ones(2, 2, dtype=torch.float64))", "float64", "float32"),
    "linear of integers": ("nn.Linear(2, 2)(ones(2, 2, dtype=torch.long))", "int64", "float32"),
    "linear of ndarray": ("nn.Linear(2, 2)(np.ones((2, 2), 'f4'))", "ndarray"),
    "linear of a list": ("nn.Linear(2, 2)([[1.0, 2.0]])", "list"),
    "linear of None": ("nn.Linear(2, 2)(None)", "NoneType"),
    "linear of negative size": ("nn.Linear(-1, 2)", "-1"),
    "linear of float size": ("nn.Linear(2.0, 2)", "float"),
    "conv2d channels": ("nn.Conv2d(3, 4, 3)(image(1, 2, 8, 8))", "[1, 2, 8, 8]", "[4, 3, 3, 3]"),
    "conv2d kernel too large": ("nn.Conv2d(3, 4, 5)(image(1, 3, 3, 3))", "3 x 3", "5 x 5"),
    "conv2d rank": ("nn.Conv2d(3, 4, 3)(ones(3, 8))", "[3, 8]"),
    "conv2d in_channels and groups": ("nn.Conv2d(3, 4, 3, groups=2)", "3", "2"),
    "conv2d out_channels and groups": ("nn.Conv2d(4, 3, 3, groups=2)", "3", "2"),
    "conv2d groups of 0": ("nn.Conv2d(4, 4, 3, groups=0)", "0"),
    "conv2d same with stride": ("nn.Conv2d(3, 4, 3, stride=2, padding='same')", "same"),
    "conv2d padding misspelt": ("nn.Conv2d(3, 4, 3, padding='sane')", "sane"),
    "conv2d padding mode": ("nn.Conv2d(3, 4, 3, padding_mode='zero')", "zero"),
    "conv2d stride of 0": ("F.conv2d(image(), image(1, 1, 2, 2), stride=0)", "0"),
    "conv2d dilation of 0": ("F.conv2d(image(), image(1, 1, 2, 2), dilation=0)", "0"),
    "conv2d padding of -1": ("F.conv2d(image(), image(1, 1, 2, 2), padding=-1)", "-1"),
    "conv2d three strides": (
        "F.conv2d(image(), image(1, 1, 2, 2), stride=(1, 1, 1))", "stride", "(1, 1, 1)"),
    "conv2d stride of str": ("F.conv2d(image(), image(1, 1, 2, 2), stride='a')", "str"),
    "conv2d bias": ("F.conv2d(image(), image(1, 1, 2, 2), ones(3))", "[3]"),
    "conv2d dtypes": (
        "nn.Conv2d(1, 1, 1)(ones(1, 1, 2, 2, dtype=torch.float64))", "float64", "float32"),
    "conv2d of ndarray": ("nn.Conv2d(1, 1, 1)(np.ones((1, 1, 2, 2), 'f4'))", "ndarray"),
    "conv1d channels": ("nn.Conv1d(3, 4, 3)(ones(1, 2, 8))", "[1, 2, 8]", "[4, 3, 3]"),
    "conv_transpose2d channels": (
        "nn.ConvTranspose2d(3, 4, 3)(image(1, 2, 8, 8))", "[1, 2, 8, 8]", "[3, 4, 3, 3]"),
    "max_pool2d padding": ("F.max_pool2d(image(), 2, padding=2)", "2"),
    "max_pool2d padding of -1": ("F.max_pool2d(image(), 2, padding=-1)", "-1"),
    "max_pool2d kernel too large": ("F.max_pool2d(image(1, 1, 2, 2), 4)", "2 x 2", "4 x 4"),
    "max_pool2d kernel of 0": ("F.max_pool2d(image(), 0)", "0"),
    "max_pool2d stride of 0": ("F.max_pool2d(image(), 2, stride=0)", "0"),
    "max_pool2d rank": ("F.max_pool2d(ones(4, 4), 2)", "[4, 4]"),
    "avg_pool2d padding": ("F.avg_pool2d(image(), 2, padding=2)", "2"),
    "avg_pool2d kernel too large": ("F.avg_pool2d(image(1, 1, 2, 2), 4)", "2 x 2", "4 x 4"),
    "avg_pool2d divisor of 0": ("F.avg_pool2d(image(), 2, divisor_override=0)", "0"),
    "batch_norm2d rank": ("nn.BatchNorm2d(3)(ones(2, 3))", "4D", "2D"),
    "batch_norm1d rank": ("nn.BatchNorm1d(3)(ones(2, 3, 4, 5))", "4D"),
    "batch_norm channels": ("nn.BatchNorm1d(3)(ones(2, 4))", "3", "4"),
    "batch_norm of one value": ("nn.BatchNorm1d(3)(ones(1, 3))", "[1, 3]"),
    "batch_norm of integers": ("nn.BatchNorm1d(3)(ones(2, 3).long())", "int64"),
    "batch_norm without statistics": ("F.batch_norm(ones(2, 3), None, None)", "running_mean"),
    "layer_norm sizes": ("nn.LayerNorm(4)(ones(2, 3))", "[4]", "[2, 3]"),
    "layer_norm weight": ("F.layer_norm(ones(2, 3), (3,), ones(2))", "weight", "[2]", "[3]"),
    "layer_norm of integers": ("F.layer_norm(ones(2, 3).long(), (3,))", "int64"),
    "layer_norm of nothing": ("F.layer_norm(ones(2, 3), ())", "normalized_shape"),
    "group_norm groups": ("nn.GroupNorm(2, 3)", "2", "3"),
    "group_norm channels": ("nn.GroupNorm(2, 4)(ones(1, 3, 4))", "[1, 3, 4]", "2"),
    "dropout above 1": ("nn.Dropout(1.5)", "1.5"),
    "dropout below 0": ("F.dropout(ones(2), p=-0.1)", "-0.1"),
    "dropout of str": ("nn.Dropout('a')", "str"),
    "dropout of a list": ("F.dropout([1.0])", "list"),
    "embedding beyond the end": ("nn.Embedding(5, 2)(ints(5))", "5"),
    "embedding below 0": ("nn.Embedding(5, 2)(ints(-1))", "-1"),
    "embedding at floats": ("nn.Embedding(5, 2)(torch.tensor([1.0]))", "float32"),
    "embedding at a list": ("nn.Embedding(5, 2)([1])", "list"),
    "embedding padding index": ("nn.Embedding(5, 2, padding_idx=5)", "5"),
    "embedding weight": ("nn.Embedding(5, 2, _weight=ones(4, 2))", "[4, 2]", "[5, 2]"),
    "attention heads": ("nn.MultiheadAttention(5, 2)", "5", "2"),
    "attention sizes": (
        "F.scaled_dot_product_attention(image(1, 2, 3, 4), image(1, 2, 3, 5), image(1, 2, 3, 5))",
        "4", "5"),
    "attention causal with a mask": (
        "x = image(1, 2, 3, 4)\n"
        "r = F.scaled_dot_product_attention(x, x, x, attn_mask=ones(3, 3), is_causal=True)",),
    "lstm input": ("nn.LSTM(3, 4)(ones(2, 1, 5))", "3", "5"),
    "lstm state": (
        "nn.LSTM(3, 4)(ones(2, 1, 3), (torch.zeros(1, 1, 5), torch.zeros(1, 1, 5)))", "4", "5"),
    "pad too many": ("F.pad(ones(2), (1, 1, 1, 1))", "4", "1"),
    "pad odd": ("F.pad(ones(2), (1,))", "1"),
    "pad crops too much": ("F.pad(ones(2), (-2, -1))", "-1"),
    "pad mode": ("F.pad(image(), (1, 1), mode='mirror')", "mirror"),
    "pad of str": ("F.pad(ones(2), 'ab')", "str"),
    "reflect pad": ("F.pad(ones(1, 1, 3), (3, 3), mode='reflect')", "reflect"),
    "one_hot beyond the end": ("F.one_hot(ints(3), num_classes=3)", "3"),
    "one_hot below 0": ("F.one_hot(ints(-1))", "-1"),
    "one_hot of floats": ("F.one_hot(ones(2))", "float32"),
    "one_hot of none": ("F.one_hot(ones(0).long())", "classes"),
    "flatten dims": ("nn.Flatten(2, 1)(ones(2, 3, 4))", "2", "1"),
    "softmax layer dim": ("nn.Softmax(3)(ones(2, 3))", "3", "-2 to 1"),
    "relu layer of a list": ("nn.ReLU()([1.0])", "list"),
    "gelu approximation": ("F.gelu(ones(2), approximate='none at all')", "none at all"),
    "gelu of integers": ("F.gelu(ints(1))", "int64"),
    "silu of integers": ("F.silu(ints(1))", "int64"),
    "softplus of integers": ("F.softplus(ints(1))", "int64"),
    "elu of integers": ("F.elu(ints(1))", "int64"),
    "leaky_relu of integers": ("r = F.leaky_relu(ints(1))", "int64"),
    "normalize of integers": ("F.normalize(ints(1), dim=0)", "int64"),
    "init fans of a vector": ("nn.init.kaiming_uniform_(ones(2))", "[2]"),
    "init mode": ("nn.init.kaiming_uniform_(ones(2, 2), mode='fan')", "fan"),
    "init gain": ("nn.init.calculate_gain('foo')", "foo"),
    "init xavier of a vector": ("nn.init.xavier_normal_(ones(2))", "[2]"),
    "init orthogonal of a vector": ("nn.init.orthogonal_(ones(2))", "[2]"),
    "init constant of a list": ("nn.init.constant_([1.0], 2)", "list"),
}  # fmt: skip

LOSSES = {
    "cross_entropy batch": ("F.cross_entropy(ones(3, 4), ints(0, 1))", "3", "2"),
    "cross_entropy target too large": ("F.cross_entropy(ones(2, 4), ints(0, 4))", "4"),
    "cross_entropy target below 0": ("F.cross_entropy(ones(2, 4), ints(0, -1))", "-1"),
    "cross_entropy int32 target": (
        "F.cross_entropy(ones(2, 4), ints(0, 1, dtype=torch.int32))", "int32", "int64"),
    "cross_entropy float classes": (
        "F.cross_entropy(ones(2, 4), torch.tensor([0.0, 1.0]))", "[2, 4]", "[2]"),
    "cross_entropy probabilities": ("F.cross_entropy(ones(2, 4), ones(2, 3))", "[2, 4]", "[2, 3]"),
    "cross_entropy target rank": (
        "F.cross_entropy(ones(2, 4), torch.zeros(2, 1).long())", "[2, 1]"),
    "cross_entropy of integers": ("F.cross_entropy(ones(2, 4).long(), ints(0, 1))", "int64"),
    "cross_entropy weight": ("F.cross_entropy(ones(2, 4), ints(0, 1), weight=ones(3))", "[3]", "4"),
    "cross_entropy smoothing": (
        "F.cross_entropy(ones(2, 4), ints(0, 1), label_smoothing=1.5)", "1.5"),
    "cross_entropy ignores all": ("r = F.cross_entropy(ones(2, 4), ints(-100, -100))",),
    "cross_entropy of 0-d": ("F.cross_entropy(ones(()), ints(0)[0])", "probabilities"),
    "cross_entropy of a list": ("F.cross_entropy(ones(1, 2), [1])", "list"),
    "cross_entropy of ndarray": ("F.cross_entropy(ones(1, 2), np.array([1]))", "ndarray"),
    "reduction": ("F.mse_loss(ones(2), ones(2), reduction='avg')", "avg"),
    "reduction of cross_entropy": (
        "F.cross_entropy(ones(2, 4), ints(0, 1), reduction='avg')", "avg"),
    "reduction of l1_loss": ("F.l1_loss(ones(2), ones(2), reduction='avg')", "avg"),
    "reduction of bce": ("F.binary_cross_entropy(ones(2), ones(2), reduction='avg')", "avg"),
    "mse_loss sizes": ("F.mse_loss(ones(2), ones(3))", "2", "3"),
    "mse_loss broadcasts": ("r = F.mse_loss(ones(2, 1), ones(2))",),
    "mse_loss with ndarray": ("F.mse_loss(ones(2), np.ones(2))", "ndarray"),
    "mse_loss with None": ("F.mse_loss(ones(2), None)", "NoneType"),
    "mse_loss of integers": ("F.mse_loss(ints(1, 2), ints(1, 2))", "int64"),
    "bce outside [0, 1]": (
        "F.binary_cross_entropy(torch.tensor([1.5]), ones(1))", "between 0 and 1"),
    "bce sizes": ("F.binary_cross_entropy(torch.tensor([0.5, 0.5]), ones(1))", "[2]", "[1]"),
    "bce of integers": ("F.binary_cross_entropy(torch.tensor([0.5]), ints(1))", "Long", "Float"),
    "bce_with_logits sizes": ("F.binary_cross_entropy_with_logits(ones(2), ones(3))", "[2]", "[3]"),
    "nll_loss target": ("F.nll_loss(ones(2, 4), ints(0, 9))", "9"),
    "nll_loss batch": ("F.nll_loss(ones(3, 4), ints(0, 1))", "3", "2"),
    "nll_loss at floats": ("F.nll_loss(ones(2, 4), ones(2))", "float32", "int64"),
}  # fmt: skip

MODULES = {
    "module before init": (
        "class M(nn.Module):\n    def __init__(self):\n        self.l = nn.Linear(1, 1)\nM()",
        "__init__"),
    "parameter before init": (
        "class M(nn.Module):\n    def __init__(self):\n        self.p = nn.Parameter(ones(1))\n"
        "M()", "__init__"),
    "no forward": ("class M(nn.Module):\n    pass\nM()(1)", "M", "forward"),
    "attribute misspelt": ("nn.Linear(1, 1).wieght", "Linear", "wieght"),
    "tensor for a parameter": ("nn.Linear(1, 1).weight = ones(1, 1)", "weight"),
    "number for a module": ("m = nn.Sequential(nn.Linear(1, 1)); m[0] = 3", "int"),
    "add a number": ("nn.Sequential().add_module('a', 3)", "int"),
    "add under a dotted name": ("nn.Module().add_module('a.b', nn.Linear(1, 1))", "a.b"),
    "add under no name": ("nn.Module().add_module('', nn.Linear(1, 1))", "name"),
    "add under a taken name": ("nn.Linear(1, 1).add_module('forward', nn.Linear(1, 1))", "forward"),
    "register a tensor as parameter": ("nn.Module().register_parameter('w', ones(1))", "w"),
    "register a result as parameter": (
        "nn.Module().register_parameter('w', nn.Parameter(ones(1)) * 1)", "w"),
    "register a number as buffer": ("nn.Module().register_buffer('w', 3)", "int", "w"),
    "register a taken name": ("nn.Linear(1, 1).register_buffer('weight', ones(1))", "weight"),
    "ModuleList called": ("nn.ModuleList([nn.Linear(1, 1)])(ones(1))", "ModuleList", "forward"),
    "Sequential beyond the end": ("nn.Sequential(nn.Linear(1, 1))[1]", "1"),
    "Sequential of a number": ("nn.Sequential(3)", "int"),
    "Sequential of a class": ("nn.Sequential(nn.ReLU)", "type"),
    "ModuleList beyond the end": ("nn.ModuleList([nn.ReLU()])[1]", "1"),
    "ModuleDict of a missing key": ("nn.ModuleDict()['a']", "a"),
    "train of str": ("nn.Linear(1, 1).train('x')", "'x'"),
    "get_submodule that is missing": ("nn.Sequential(nn.Linear(1, 1)).get_submodule('7')", "7"),
    "get_parameter that is missing": ("nn.Linear(1, 1).get_parameter('w')", "w"),
    "get_buffer that is missing": ("nn.Linear(1, 1).get_buffer('w')", "w"),
    "to integers": ("nn.Linear(1, 1).to(torch.int32)", "int32"),
    "call with too much": ("nn.Linear(1, 1)(ones(1), ones(1))", "forward"),
    "call with an option": ("nn.Linear(1, 1)(x=ones(1))", "x"),
    "constructor option": ("nn.Linear(1, 1, biass=True)", "biass"),
    "constructor of nothing": ("nn.Linear()", "in_features"),
    "apply of nothing": ("nn.Linear(1, 1).apply(3)", "int"),
    "module to cuda": ("nn.Linear(1, 1).cuda()", "CUDA"),
    "state: missing and unexpected": (
        "nn.Linear(2, 3).load_state_dict({'weight': ones(3, 2), 'bais': ones(3)})", "bias", "bais"),
    "state: sizes": (
        "nn.Linear(2, 3).load_state_dict({'weight': ones(4, 2), 'bias': ones(5)})",
        "[4, 2]", "[3, 2]", "[5]", "[3]"),
    "state: missing below": (
        "nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)).load_state_dict({})",
        "0.weight", "1.bias"),
    "state: not strict": (
        "r = nn.Linear(2, 3).load_state_dict({'weight': ones(3, 2), 'x': ones(1)}, strict=False)",),
    "state: not strict, sizes": (
        "nn.Linear(2, 3).load_state_dict({'weight': ones(9, 2)}, strict=False)",
        "[9, 2]", "[3, 2]"),
    "state: a list": ("nn.Linear(2, 3).load_state_dict([1])", "list"),
    "state: values no tensors": (
        "nn.Linear(2, 3).load_state_dict({'weight': [[1.0]], 'bias': 2})", "weight", "list"),
    "state: other dtypes are cast": (
        "l = nn.Linear(2, 1); w = torch.ones(1, 2, dtype=torch.float64)\n"
        "l.load_state_dict({'weight': w, 'bias': ints(1)}); r = l.weight.dtype",),
    "state: nothing is copied when a size is wrong": (
        "l = nn.Linear(2, 1); b = torch.full((1,), 7.0)\n"
        "try:\n    l.load_state_dict({'weight': ones(9, 2), 'bias': b})\n"
        "except RuntimeError:\n    r = l.bias.item() == 7",),
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    check(name, *LAYERS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name):
    check(name, *LOSSES[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    check(name, *MODULES[name])
