"""Random draws that cannot be are refused as torch refuses them, and odd ones answered alike."""

from __future__ import annotations

import pytest

from tests.errors.compare import check

# name: (script, what our message must name ...); a script that raises nothing leaves a result in r.
FILLS = {
    "uniform_ reversed": ("ones(3).uniform_(2, 1)", "2", "1"),
    "uniform_ of nan": ("ones(3).uniform_(nan, 1)", "nan"),
    "uniform_ of str": ("ones(3).uniform_('a', 1)", "from", "str"),
    "uniform_ of None": ("ones(3).uniform_(None, 3)", "from", "NoneType"),
    "uniform_ of complex": ("ones(3).uniform_(1j, 3)", "complex"),
    "uniform_ of a vector": ("ones(3).uniform_(ones(2), 3)", "from", "Tensor"),
    "uniform_ of three": ("ones(3).uniform_(0, 1, 2)", "from, to"),
    "uniform_ by other names": ("ones(3).uniform_(a=0, b=1)", "from, to", "'a': 0"),
    "uniform_ twice from": ("ones(3).uniform_(0, **{'from': 1})", "from, to"),
    "uniform_ of 0-d tensors": ("r = ones(3).uniform_(torch.tensor(1.0), torch.tensor(2.0))",),
    "uniform_ by torch's names": ("r = ones(3).uniform_(**{'to': 3, 'from': -1})",),
    "uniform_ of True": ("r = ones(3).uniform_(True, 3)",),
    "uniform_ of NumPy's numbers": ("r = ones(3).uniform_(np.float32(0.5), np.int64(3))",),
    "uniform_ of large ints": ("r = ones(3).uniform_(2**70, 2**71)",),
    "uniform_ into integers": ("ints(1, 2).uniform_()", "uniform_", "int64"),
    "uniform_ into an expanded tensor": ("torch.ones(3, 1).expand(3, 4).uniform_()", "[3, 4]"),
    "uniform_ into a leaf": ("leaf(3).uniform_()", "leaf"),
    "normal_ of std below 0": ("ones(3).normal_(0, -1)", "-1"),
    "normal_ of std nan": ("ones(3).normal_(0, nan)", "nan"),
    "normal_ of mean inf": ("r = ones(3).normal_(float('inf'), 1)",),
    "normal_ of a tensor": ("ones(3).normal_(ones(3))", "mean", "Tensor"),
    "normal_ of str": ("ones(3).normal_('a')", "mean", "str"),
    "normal_ of three": ("ones(3).normal_(0, 1, 2)", "mean, std"),
    "normal_ of an option": ("ones(3).normal_(sigma=1)", "mean, std", "sigma"),
    "normal_ into integers": ("ints(1, 2).normal_()", "normal_", "int64"),
    "random_ of nothing to draw": ("ones(3).random_(5, 5)", "from=5", "to=5"),
    "random_ reversed": ("ones(3).random_(5, 4)", "from=5", "to=4"),
    "random_ to 0": ("ones(3).random_(0)", "from=0", "to=0"),
    "random_ of a float": ("ones(3).random_(1.5)", "float"),
    "random_ to a float": ("ones(3).random_(0, 1.0)", "to", "float"),
    "random_ of str": ("ones(3).random_('a')", "str"),
    "random_ of True": ("ones(3).random_(True)", "bool"),
    "random_ of None": ("ones(3).random_(None)", "NoneType"),
    "random_ from None": ("ones(3).random_(None, 5)", "NoneType"),
    "random_ of three": ("ones(3).random_(1, 2, 3)", "(1, 2, 3)"),
    "random_ from without to": ("ones(3).random_(**{'from': 2})", "from"),
    "random_ twice from": ("ones(3).random_(5, **{'from': 2})", "from"),
    "random_ by other names": ("ones(3).random_(low=1, high=5)", "low"),
    "random_ to by name": ("r = ones(3).random_(to=5)",),
    "random_ from and to by name": ("r = ones(3).random_(2, to=5)",),
    "random_ of a 0-d tensor": ("r = ones(3).random_(torch.tensor(5))",),
    "random_ beyond uint8": ("torch.zeros(3, dtype=torch.uint8).random_(300)", "299", "uint8"),
    "random_ beyond bool": ("torch.zeros(3, dtype=torch.bool).random_(3)", "2", "bool"),
    "bernoulli_ below 0": ("ones(3).bernoulli_(-0.1)", "-0.1"),
    "bernoulli_ of nan": ("ones(3).bernoulli_(nan)", "nan"),
    "bernoulli_ of str": ("ones(3).bernoulli_('a')", "str"),
    "bernoulli_ of None": ("ones(3).bernoulli_(None)", "NoneType"),
    "bernoulli_ of a list": ("ones(3).bernoulli_([0.5])", "list"),
    "bernoulli_ of an option": ("ones(3).bernoulli_(q=0.5)", "q"),
    "bernoulli_ of a tensor above 1": ("ones(2).bernoulli_(ones(2) * 2)", "[0, 1]"),
    "bernoulli_ of a tensor of sizes": ("ones(3).bernoulli_(ones(2))", "(2,)", "(3,)"),
    "bernoulli_ of integers": ("ones(3).bernoulli_(ints(0, 1, 1))", "int64"),
    "exponential_ of 0": ("ones(3).exponential_(0)", "lambda", "0"),
    "exponential_ below 0": ("ones(3).exponential_(-1)", "lambda", "-1"),
    "exponential_ of nan": ("ones(3).exponential_(nan)", "lambda", "nan"),
    "exponential_ of inf": ("r = ones(3).exponential_(float('inf'))",),
    "exponential_ of str": ("ones(3).exponential_('a')", "lambd", "str"),
    "exponential_ of two": ("ones(3).exponential_(1, 2)", "lambd"),
    "exponential_ by another name": ("ones(3).exponential_(rate=2)", "lambd", "rate"),
    "exponential_ of a 0-d tensor": ("r = ones(3).exponential_(torch.tensor(2.0))",),
    "exponential_ into nothing": ("ones(0).exponential_(0)", "lambda"),
    "exponential_ into integers": ("ints(1, 2).exponential_()", "exponential_", "int64"),
    "exponential_ below 0 into integers": ("ints(1, 2).exponential_(-1)", "exponential_"),
    "exponential_ into bools": ("(ones(2) > 0).exponential_()", "exponential_", "bool"),
    "exponential_ into a leaf": ("leaf(3).exponential_()", "leaf"),
    "exponential_ into an expanded tensor": (
        "torch.ones(3, 1).expand(3, 4).exponential_()", "[3, 4]"),
    "geometric_ of 0": ("ones(3).geometric_(0)", "(0, 1)", "0"),
    "geometric_ of 1": ("ones(3).geometric_(1)", "(0, 1)", "1"),
    "geometric_ below 0": ("ones(3).geometric_(-0.5)", "(0, 1)", "-0.5"),
    "geometric_ of nan": ("ones(3).geometric_(nan)", "(0, 1)", "nan"),
    "geometric_ of nothing": ("ones(3).geometric_()", "p"),
    "geometric_ of str": ("ones(3).geometric_('a')", "p", "str"),
    "geometric_ into bools": ("(ones(2) > 0).geometric_(0.5)", "geometric_", "bool"),
    "geometric_ above 1 into bools": ("(ones(2) > 0).geometric_(1.5)", "(0, 1)", "1.5"),
    "cauchy_ of sigma 0": ("ones(3).cauchy_(0, 0)", "sigma", "0"),
    "cauchy_ of sigma below 0": ("ones(3).cauchy_(0, -1)", "sigma", "-1"),
    "cauchy_ of sigma nan": ("ones(3).cauchy_(0, nan)", "sigma", "nan"),
    "cauchy_ of median inf": ("r = ones(3).cauchy_(float('inf'), 1)",),
    "cauchy_ of str": ("ones(3).cauchy_('a')", "median", "str"),
    "cauchy_ into integers": ("ints(1, 2).cauchy_()", "cauchy_", "int64"),
    "log_normal_ of std 0": ("ones(3).log_normal_(0, 0)", "std", "0"),
    "log_normal_ of std below 0": ("ones(3).log_normal_(0, -1)", "std", "-1"),
    "log_normal_ of std nan": ("ones(3).log_normal_(0, nan)", "std", "nan"),
    "log_normal_ that overflows": ("r = ones(3).log_normal_(1000, 2)",),
    "log_normal_ of str": ("ones(3).log_normal_('a')", "mean", "str"),
    "log_normal_ into integers": ("ints(1, 2).log_normal_()", "log_normal_", "int64"),
    "log_normal_ of std below 0 into integers": ("ints(1, 2).log_normal_(0, -1)", "std", "-1"),
    "fill of a failed call": (
        "x = ones(3); v = x._version\ntry:\n    x.exponential_('a')\nexcept TypeError:\n"
        "    r = [x, x._version - v]",),
    "fill of a failed draw": (
        "y = leaf(3) * 1; z = y.square()\ntry:\n    y.normal_(0, -1)\nexcept RuntimeError:\n"
        "    z.sum().backward(); r = [y, y._version]",),
    "fill of a view made under no_grad": (
        "x = leaf(3) * 1\nwith torch.no_grad():\n    v = x[:2]\nv.uniform_()", "no_grad"),
    "fill of one of several views": (
        "(leaf(2, 2) * 1).unbind(0)[1].exponential_()", "Output 1", "Unbind"),
    "fill of a part ends the history of the part": (
        "x = leaf(3); y = x * 1; v, w = y[:2], y[1:]; v.exponential_()\n"
        "(w * w).sum().backward(); r = [x.grad, v, w, y]",),
    "fill of a part passes no gradient on": (
        "x = leaf(3); y = (x * 1)[:2]; y.log_normal_(); y.sum().backward(); r = x.grad",),
    "fill of a part is a write to the whole": (
        "y = leaf(3) * 1; z = y.square(); y[:1].cauchy_(); z.sum().backward()", "Pow"),
    "fill ends the history": (
        "x = leaf(3); y = x * 1; y.log_normal_(); (y * y).sum().backward(); r = x.grad",),
}  # fmt: skip

FUNCTIONS = {
    "rand of sizes below 0": ("torch.rand(-2)", "-2"),
    "randn of a size below 0": ("torch.randn(2, -1)", "-1"),
    "rand of a float": ("torch.rand(2.5)", "float"),
    "randn of bools": ("torch.randn(2, dtype=torch.bool)", "bool"),
    "rand_like of integers": ("torch.rand_like(ints(1, 2))", "int64"),
    "rand_like of a list": ("torch.rand_like([1.0])", "list"),
    "rand into a leaf": ("torch.rand(3, out=leaf(3))", "leaf"),
    "rand into another dtype": (
        "torch.rand(3, dtype=torch.float64, out=torch.empty(3))", "float64", "float32"),
    "randint of nothing": ("torch.randint(5, 5, (3,))", "5"),
    "randint reversed": ("torch.randint(5, 4, (3,))", "5", "4"),
    "randint of float": ("torch.randint(1.5, (3,))", "float"),
    "randint of str": ("torch.randint('a', (3,))", "str"),
    "randint of True": ("torch.randint(True, (3,))", "bool"),
    "randint without a size": ("torch.randint(5)", "size"),
    "randint of size int": ("torch.randint(5, 3)", "size", "int"),
    "randint by name": ("r = torch.randint(high=3, size=(2,))",),
    "randint of a size below 0": ("torch.randint(5, (-2,))", "-2"),
    "randint beyond uint8": ("torch.randint(0, 300, (3,), dtype=torch.uint8)", "299", "uint8"),
    "randint below uint8": ("torch.randint(-1, 3, (3,), dtype=torch.uint8)", "-1", "uint8"),
    "randint_like of nothing": ("torch.randint_like(ones(2), 5, 5)", "5"),
    "randperm below 0": ("torch.randperm(-1)", "-1"),
    "randperm of float": ("torch.randperm(1.5)", "float"),
    "randperm of True": ("torch.randperm(True)", "bool"),
    "randperm of None": ("torch.randperm(None)", "NoneType"),
    "randperm of bools": ("torch.randperm(3, dtype=torch.bool)", "bool"),
    "randperm beyond uint8": ("torch.randperm(300, dtype=torch.uint8)", "300", "uint8"),
    "bernoulli of nan": ("torch.bernoulli(ones(3) * nan)", "[0, 1]"),
    "bernoulli of p above 1": ("torch.bernoulli(ones(3), 1.5)", "1.5"),
    "bernoulli of p of a vector": ("torch.bernoulli(ones(2), ones(2))", "p", "Tensor"),
    "bernoulli of a list": ("torch.bernoulli([0.5])", "list"),
    "normal of two numbers": ("torch.normal(1.0, 2.0)", "size"),
    "normal of size int": ("torch.normal(1.0, 2.0, 3)", "size", "int"),
    "normal of a tensor and a size": ("torch.normal(ones(2), 1.0, (3,))", "mean"),
    "normal of 0-d tensors and a size": (
        "r = torch.normal(torch.tensor(1.0), torch.tensor(2.0), (3,))",),
    "normal of std below 0": ("torch.normal(ones(2), -1.0)", "-1"),
    "normal of std nan": ("torch.normal(ones(2), nan)", "nan"),
    "normal of std tensor with nan": ("torch.normal(0.0, torch.tensor([1.0, nan]))", "nan"),
    "normal of no std": ("torch.normal(ones(2), None)", "std", "NoneType"),
    "normal of sizes": ("torch.normal(ones(2), ones(3))", "2", "3"),
    "normal of integers": ("torch.normal(ints(1, 2), 1.0)", "int64"),
    "normal of two dtypes": ("r = torch.normal(ones(2), ones(2, dtype=torch.float64))",),
    "normal with requires_grad": ("r = torch.normal(1.0, 2.0, (3,), requires_grad=True)",),
    "multinomial of three dimensions": ("torch.multinomial(torch.ones(2, 2, 2), 1)", "3"),
    "multinomial of 0-d": ("torch.multinomial(torch.tensor(1.0), 1)", "0"),
    "multinomial of too many": ("torch.multinomial(ones(3), 4)", "4", "3"),
    "multinomial of many with replacement": ("r = torch.multinomial(ones(3), 4, True)",),
    "multinomial of 0 samples": ("torch.multinomial(ones(3), 0)", "0"),
    "multinomial of samples below 0": ("torch.multinomial(ones(3), -1, True)", "-1"),
    "multinomial below 0": ("torch.multinomial(torch.tensor([1.0, -1.0]), 1)", "-1.0"),
    "multinomial below 0 with replacement": (
        "torch.multinomial(torch.tensor([1.0, -1.0]), 2, True)", "-1.0"),
    "multinomial of inf": ("torch.multinomial(torch.tensor([1.0, float('inf')]), 1)", "inf"),
    "multinomial of inf with replacement": (
        "torch.multinomial(torch.tensor([1.0, float('inf')]), 2, True)", "inf"),
    "multinomial of nan": ("torch.multinomial(torch.tensor([1.0, nan]), 1)", "nan"),
    "multinomial of nan with replacement": (
        "torch.multinomial(torch.tensor([1.0, nan]), 2, True)", "nan"),
    "multinomial of zeros": ("torch.multinomial(torch.zeros(3), 1)", "sum"),
    "multinomial of zeros with replacement": ("torch.multinomial(torch.zeros(3), 2, True)", "sum"),
    "multinomial of a row of zeros": (
        "torch.multinomial(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), 1)", "sum"),
    "multinomial of more than have a weight": (
        "r = torch.multinomial(torch.tensor([[1.0, 0.0, 0.0], [2.0, 0.0, 1.0]]), 3)",),
    "multinomial of no categories": ("torch.multinomial(torch.ones(0), 2, True)", "sum"),
    "multinomial of rows of no categories": ("torch.multinomial(torch.ones(3, 0), 1, True)", "sum"),
    "multinomial of no rows of none": ("r = torch.multinomial(torch.ones(0, 0), 2, True)",),
    "multinomial of no rows": ("r = torch.multinomial(torch.ones(0, 3), 2, True)",),
    "multinomial of float samples": ("torch.multinomial(ones(3), 2.0)", "num_samples", "float"),
    "multinomial of True samples": ("torch.multinomial(ones(3), True)", "num_samples", "bool"),
    "multinomial of no samples": ("torch.multinomial(ones(3))", "num_samples"),
    "multinomial of a list": ("torch.multinomial([1.0, 2.0], 1)", "list"),
    "multinomial of integers": ("torch.multinomial(ints(1, 2), 1)", "int64"),
    "multinomial of bools": ("torch.multinomial(ones(3) > 0, 1)", "bool"),
    "multinomial of replacement 1": ("torch.multinomial(ones(3), 2, 1)", "replacement", "int"),
    "multinomial into floats": ("torch.multinomial(ones(3), 2, out=torch.empty(2))", "float32"),
    "multinomial into int32": (
        "torch.multinomial(ones(3), 2, out=torch.zeros(2, dtype=torch.int32))", "int32"),
    "multinomial into a list": ("torch.multinomial(ones(3), 2, out=[1])", "out", "list"),
    "multinomial into another size": (
        "r = torch.multinomial(ones(3), 2, out=torch.zeros(0, dtype=torch.int64))",),
    "multinomial of what requires grad": ("r = torch.multinomial(leaf(3), 1)",),
    "poisson below 0": ("torch.poisson(-ones(3))", "negative"),
    "poisson of nan": ("torch.poisson(ones(3) * nan)", "negative"),
    "poisson of inf": ("r = torch.poisson(ones(3) * float('inf'))",),
    "poisson of integers": ("torch.poisson(ints(1, 2))", "int64"),
    "poisson of a list": ("torch.poisson([1.0])", "list"),
    "poisson of a number": ("torch.poisson(1.0)", "float"),
}  # fmt: skip

GENERATORS = {
    "generator on cuda": ("torch.Generator('cuda')", "cuda"),
    "generator on meta": ("torch.Generator('meta')", "meta"),
    "generator nowhere": ("torch.Generator('foo')", "foo"),
    "generator of a float": ("torch.Generator(1.5)", "float"),
    "generator of str seed": ("torch.Generator().manual_seed('a')", "str"),
    "generator of float seed": ("torch.Generator().manual_seed(1.5)", "float"),
    "generator of a state that is too short": (
        "torch.Generator().set_state(torch.zeros(10, dtype=torch.uint8))", "5056", "10"),
    "generator of a float state": ("torch.Generator().set_state(torch.zeros(5056))", "float32"),
    "generator of a state that is no tensor": ("torch.Generator().set_state('a')", "str"),
    "generator returned by set_state": (
        "g = torch.Generator(); r = g.set_state(torch.get_rng_state()) is g",),
    "seed of str": ("torch.manual_seed('a')", "'a'"),
    "seed of None": ("torch.manual_seed(None)", "NoneType"),
    "seed of a float": ("r = torch.manual_seed(1.5).initial_seed()",),
    "seed too large": ("torch.manual_seed(2**64)", str(2**64)),
    "seed too small": ("torch.manual_seed(-(2**63) - 1)", str(-(2**63) - 1)),
    "state of int64": ("torch.set_rng_state(torch.zeros(5056, dtype=torch.int64))", "int64"),
    "state of zeros": ("torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8))", "mt19937"),
    "state of a list": ("torch.set_rng_state([1])", "list"),
    "state in two rows": ("r = torch.set_rng_state(torch.get_rng_state().reshape(2, -1))",),
    **{
        f"generator of {name}": (call.format("3"), "generator", "int")
        for name, call in {
            "rand": "torch.rand(2, generator={})",
            "randint": "torch.randint(3, (2,), generator={})",
            "randperm": "torch.randperm(3, generator={})",
            "rand_like": "torch.rand_like(ones(2), generator={})",
            "uniform_": "ones(2).uniform_(generator={})",
            "random_": "ones(2).random_(generator={})",
            "bernoulli_": "ones(2).bernoulli_(generator={})",
            "geometric_": "ones(2).geometric_(0.5, generator={})",
            "bernoulli": "torch.bernoulli(ones(2), generator={})",
            "normal": "torch.normal(ones(2), ones(2), generator={})",
            "multinomial": "torch.multinomial(ones(2), 1, generator={})",
            "poisson": "torch.poisson(ones(2), generator={})",
            "init": "nn.init.kaiming_uniform_(torch.empty(2, 2), generator={})",
            "random sampler": "list(data.RandomSampler([1, 2], generator={}))",
            "drawing again": "list(data.RandomSampler([1, 2], True, generator={}))",
            "subset sampler": "list(data.SubsetRandomSampler([1, 2], generator={}))",
            "weighted sampler": "list(data.WeightedRandomSampler([1.0], 2, generator={}))",
            "random split": "data.random_split([1, 2], [1, 1], {})",
            "loader": "list(data.DataLoader([1, 2], generator={}))",
        }.items()
    },
    "split by the default generator": (
        "r = [list(part) for part in data.random_split([1, 2, 3], [1, 2], None)]",),
}  # fmt: skip

LAYERS = {
    **{
        f"{name} of p {p}": (f"F.{name}(torch.ones(2, 3, 2, 2, 2)[(..., *(0,) * {drop})], {p})", p)
        for name, drop in {
            "dropout": 0, "dropout1d": 2, "dropout2d": 1, "dropout3d": 0, "alpha_dropout": 0,
            "feature_alpha_dropout": 0,
        }.items()
        for p in ("1.5", "-0.1", "nan")
    },
    "dropout of p str": ("F.dropout(ones(3), 'a')", "str"),
    "dropout of p None": ("F.dropout(ones(3), None)", "NoneType"),
    "dropout of p tensor": ("r = F.dropout(ones(3), torch.tensor(0.5))",),
    "dropout of integers": ("F.dropout(ints(1, 2))", "int64"),
    "dropout of bools": ("F.dropout(ones(3) > 0)", "bool"),
    "dropout of integers in evaluation": ("r = F.dropout(ints(1, 2), training=False)",),
    "alpha_dropout of integers": ("F.alpha_dropout(ints(1, 2), training=True)", "int64"),
    "alpha_dropout of a list": ("F.alpha_dropout([1.0])", "list"),
    "feature_alpha_dropout of a vector": ("F.feature_alpha_dropout(ones(3), 0.5, True)", "1"),
    "dropout1d of p above 1 and a vector": ("F.dropout1d(ones(3), 1.5)", "1.5"),
    "dropout1d of four dimensions": ("F.dropout1d(torch.ones(2, 3, 4, 5))", "4"),
    "dropout2d of a vector": ("F.dropout2d(ones(3))", "1"),
    "dropout2d of a vector in evaluation": ("r = F.dropout2d(ones(3), training=False)",),
    "dropout into an expanded tensor": (
        "F.dropout(torch.ones(1, 3).expand(4, 3), inplace=True)", "[4, 3]"),
    "dropout1d into a leaf": ("F.dropout1d(leaf(2, 3), inplace=True)", "leaf"),
    **{
        f"layer {name} of p {p}": (f"nn.{name}({p})", p)
        for name in ("Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
        for p in ("1.5", "-0.1")
    },
    "layer Dropout of p nan": ("r = nn.Dropout(nan)",),
    "layer Dropout of p None": ("nn.Dropout(None)", "NoneType"),
    "init trunc_normal_ of std 0": ("nn.init.trunc_normal_(ones(3), 0, 0)", "zero"),
    "init trunc_normal_ of std below 0": ("nn.init.trunc_normal_(ones(3), 0, -1)", "2"),
    "init trunc_normal_ of integers": ("nn.init.trunc_normal_(ints(1, 2))", "int64"),
    "init trunc_normal_ of a leaf": ("r = nn.init.trunc_normal_(leaf(3))",),
    "init orthogonal_ of 0-d": ("nn.init.orthogonal_(torch.empty(()))", "2"),
    "init orthogonal_ of half precision": (
        "nn.init.orthogonal_(torch.empty(3, 3, dtype=torch.half))", "float16"),
    "init orthogonal_ of integers": ("nn.init.orthogonal_(torch.ones(3, 3).long())", "int64"),
    "init sparse_ of a vector": ("nn.init.sparse_(ones(3), 0.1)", "2", "1"),
    "init sparse_ of std below 0": ("nn.init.sparse_(torch.ones(3, 4), 0.5, -1)", "-1"),
    "init sparse_ of a share above 1": ("r = nn.init.sparse_(torch.ones(3, 4), 1.5)",),
    "init sparse_ of a share below 0": ("r = nn.init.sparse_(torch.ones(3, 4), -0.5)",),
    "init dirac_ of a matrix": ("nn.init.dirac_(torch.ones(3, 4))", "3 to 5", "2"),
    "init dirac_ of six dimensions": ("nn.init.dirac_(torch.ones(1, 1, 1, 1, 1, 1))", "6"),
    "init dirac_ of groups": ("nn.init.dirac_(torch.ones(3, 4, 5), 2)", "3", "2"),
    "init dirac_ of no groups": ("nn.init.dirac_(torch.ones(3, 4, 5), 0)", "zero"),
    "init dirac_ of groups below 0": ("r = nn.init.dirac_(torch.ones(4, 4, 5), -2)",),
    "init dirac_ of no channels": ("r = nn.init.dirac_(torch.ones(0, 4, 5))",),
}  # fmt: skip

SAMPLERS = {
    "weighted sampler of 0": ("data.WeightedRandomSampler([1.0], 0)", "0"),
    "weighted sampler of a float": ("data.WeightedRandomSampler([1.0], 1.5)", "1.5"),
    "weighted sampler of True": ("data.WeightedRandomSampler([1.0], True)", "True"),
    "weighted sampler replacement": ("data.WeightedRandomSampler([1.0], 2, 1)", "1"),
    "weighted sampler of rows": ("data.WeightedRandomSampler(torch.ones(2, 2), 2)", "(2, 2)"),
    "weighted sampler of a number": ("data.WeightedRandomSampler(3.0, 2)", "()"),
    "weighted sampler of str": ("data.WeightedRandomSampler('a', 2)", "str"),
    "weighted sampler of too many": (
        "list(data.WeightedRandomSampler([1.0, 2.0], 3, False))", "3", "2"),
    "weighted sampler below 0": ("list(data.WeightedRandomSampler([1.0, -2.0], 3))", "-2.0"),
    "weighted sampler of zeros": ("list(data.WeightedRandomSampler([0.0, 0.0], 3))", "sum"),
    "weighted sampler of no weights": ("list(data.WeightedRandomSampler([], 2))", "sum"),
    "weighted sampler of integers": ("r = list(data.WeightedRandomSampler(ints(1, 2), 5))",),
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("name", FILLS)
def test_fill(name):
    check(name, *FILLS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name):
    check(name, *FUNCTIONS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", GENERATORS)
def test_generator(name):
    check(name, *GENERATORS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    check(name, *LAYERS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", SAMPLERS)
def test_sampler(name):
    check(name, *SAMPLERS[name])
