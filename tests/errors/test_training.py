"""Optimizers, schedulers, data and files refuse what torch's refuse."""

from __future__ import annotations

import pytest

from tests.errors.compare import check

# name: (script, what our message must name ...); a script that raises nothing leaves a result in r.
OPTIMIZERS = {
    "no parameters": ("optim.SGD([], lr=0.1)", "empty"),
    "a tensor": ("optim.SGD(parameter(), lr=0.1)", "Tensor"),
    "numbers": ("optim.SGD([3.0], lr=0.1)", "float"),
    "a result": ("optim.SGD([parameter() * 2], lr=0.1)", "leaf"),
    "a set": ("optim.SGD([{'params': {parameter()}}], lr=0.1)", "set"),
    "a parameter in two groups": (
        "p = parameter(); optim.SGD([{'params': [p]}, {'params': [p]}], lr=0.1)", "another"),
    "a parameter twice": ("p = parameter(); optim.SGD([p, p], lr=0.1); r = 'warned'",),
    "a group without params": ("optim.SGD([{'lr': 1.0}], lr=0.1)", "params"),
    "no lr": ("r = optim.SGD([parameter()]).defaults['lr']",),
    "SGD lr below 0": ("optim.SGD([parameter()], lr=-1.0)", "-1.0"),
    "SGD momentum below 0": ("optim.SGD([parameter()], lr=0.1, momentum=-1.0)", "momentum", "-1.0"),
    "SGD decay below 0": (
        "optim.SGD([parameter()], lr=0.1, weight_decay=-1.0)", "weight_decay", "-1.0"),
    "SGD nesterov without momentum": (
        "optim.SGD([parameter()], lr=0.1, nesterov=True)", "momentum"),
    "SGD unknown option": ("optim.SGD([parameter()], lr=0.1, beta=0.9)", "beta"),
    "SGD lr of str": ("optim.SGD([parameter()], lr='a')", "str"),
    "Adam lr below 0": ("optim.Adam([parameter()], lr=-1.0)", "-1.0"),
    "Adam eps below 0": ("optim.Adam([parameter()], eps=-1.0)", "-1.0"),
    "Adam first beta": ("optim.Adam([parameter()], betas=(1.0, 0.9))", "0", "1.0"),
    "Adam second beta": ("optim.Adam([parameter()], betas=(0.9, -0.1))", "1", "-0.1"),
    "Adam decay below 0": ("optim.Adam([parameter()], weight_decay=-1.0)", "weight_decay", "-1.0"),
    "AdamW decay below 0": (
        "optim.AdamW([parameter()], weight_decay=-1.0)", "weight_decay", "-1.0"),
    "RMSprop alpha below 0": ("optim.RMSprop([parameter()], alpha=-1.0)", "alpha", "-1.0"),
    "step without gradients": ("p = parameter(); optim.SGD([p], lr=0.1).step(); r = p",),
    "step with a closure that raises": (
        "p = parameter(); optim.SGD([p], lr=0.1).step(lambda: 1 / 0)", "zero"),
    "state: other number of groups": (
        "a = optim.SGD([parameter()], lr=0.1)\n"
        "b = optim.SGD([{'params': [parameter()]}, {'params': [parameter()]}], lr=0.1)\n"
        "a.load_state_dict(b.state_dict())", "1", "2"),
    "state: other size of a group": (
        "a, b = optim.SGD([parameter()], lr=0.1), optim.SGD([parameter(), parameter()], lr=0.1)\n"
        "a.load_state_dict(b.state_dict())", "1", "2"),
    "state: nothing": ("optim.SGD([parameter()], lr=0.1).load_state_dict({})", "param_groups"),
    "scheduler of a number": ("optim.lr_scheduler.StepLR(3, 1)", "int"),
    "scheduler before the optimizer": (
        "o = optim.SGD([parameter()], lr=0.1); s = optim.lr_scheduler.StepLR(o, 1)\n"
        "s.step(); s.step(); r = round(o.param_groups[0]['lr'], 9)",),
    "LambdaLR of two for one group": (
        "optim.lr_scheduler.LambdaLR(optim.SGD([parameter()], lr=0.1), [abs, abs])", "1", "2"),
    "resume without initial_lr": (
        "optim.lr_scheduler.StepLR(optim.SGD([parameter()], lr=0.1), 1, last_epoch=3)",
        "initial_lr"),
    "ReduceLROnPlateau factor": (
        "optim.lr_scheduler.ReduceLROnPlateau(optim.SGD([parameter()], lr=0.1), factor=2.0)",
        "2.0"),
    "ReduceLROnPlateau mode": (
        "optim.lr_scheduler.ReduceLROnPlateau(optim.SGD([parameter()], lr=0.1), mode='low')",
        "low"),
    "OneCycleLR too many steps": (
        "o = optim.SGD([parameter()], lr=0.1)\n"
        "s = optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=2)\n"
        "for _ in range(4):\n    o.step(); s.step()", "3", "2"),
    "clip: nan refused": (
        "p = parameter(); p.grad = torch.full((2,), nan)\n"
        "nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)", "nan"),
    "clip: inf refused": (
        "p = parameter(); p.grad = torch.full((2,), float('inf'))\n"
        "nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)", "inf"),
    "clip: nan": (
        "p, q = parameter(), parameter(); p.grad = torch.tensor([nan, 1.0]); q.grad = ones(2)\n"
        "r = [nn.utils.clip_grad_norm_([p, q], 1.0), p.grad, q.grad]",),
    "clip: inf": (
        "p, q = parameter(), parameter(); p.grad = torch.tensor([float('inf'), 1.0]); "
        "q.grad = ones(2)\n"
        "r = [nn.utils.clip_grad_norm_([p, q], 1.0), p.grad, q.grad]",),
    "clip: no gradients": ("r = nn.utils.clip_grad_norm_([parameter()], 1.0)",),
    "clip: nothing": ("r = nn.utils.clip_grad_norm_((p for p in []), 1.0)",),
}  # fmt: skip

DATA = {
    "TensorDataset sizes": ("data.TensorDataset(ones(2), ones(3))", "2", "3"),
    "TensorDataset beyond the end": ("data.TensorDataset(ones(2))[2]", "2"),
    "batch size of 0": ("data.DataLoader([1, 2], batch_size=0)", "0"),
    "batch size of float": ("data.DataLoader([1, 2], batch_size=1.5)", "1.5"),
    "workers below 0": ("data.DataLoader([1, 2], num_workers=-1)", "-1"),
    "timeout below 0": ("data.DataLoader([1, 2], timeout=-1)", "-1"),
    "shuffle with a sampler": (
        "data.DataLoader([1, 2], shuffle=True, sampler=[0, 1])", "sampler", "shuffle"),
    "batch_sampler with a batch size": (
        "data.DataLoader([1, 2], batch_sampler=[[0]], batch_size=2)",
        "batch_sampler", "batch_size"),
    "drop_last without a batch size": (
        "data.DataLoader([1, 2], batch_size=None, drop_last=True)", "drop_last"),
    "shuffle of nothing": ("data.DataLoader([], shuffle=True)", "num_samples=0"),
    "dataset without a length": (
        "class N(data.Dataset):\n    def __getitem__(self, i):\n        return i\n"
        "data.DataLoader(N(), shuffle=True)", "N"),
    "dataset without items": ("class N(data.Dataset):\n    pass\nN()[0]", "N"),
    "batch of sizes": (
        "list(data.DataLoader(dataset(lambda i: ones(i + 1)), batch_size=2))", "[1]", "[2]"),
    "batch of objects": (
        "list(data.DataLoader(dataset(lambda i: object()), batch_size=2))", "object"),
    "batch of None": ("list(data.DataLoader([None, None], batch_size=2))", "NoneType"),
    "batch of lists of two lengths": (
        "list(data.DataLoader([[1], [1, 2]], batch_size=2))", "equal"),
    "batch of dicts of two keys": (
        "list(data.DataLoader([{'a': 1}, {'b': 1}], batch_size=2))", "a"),
    "item raises": (
        "list(data.DataLoader(dataset(lambda i: throw(ValueError('mine'))), batch_size=2))",
        "mine"),
    "item raises in a worker": (
        "list(data.DataLoader(dataset(lambda i: throw(ValueError('mine'))), num_workers=1))",
        "mine"),
    "worker dies": (
        "list(data.DataLoader(dataset(lambda i: os._exit(3)), num_workers=1))", "exited"),
    "worker is late": (
        "import time; late = dataset(lambda i: time.sleep(0.6))\n"
        "list(data.DataLoader(late, num_workers=1, timeout=0.2))", "0.2"),
    "random split sizes": ("data.random_split([1, 2, 3], [1, 1])", "[1, 1]", "3"),
    "random split fractions": ("data.random_split([1, 2, 3], [0.9, 0.5])", "[0.9, 0.5]", "3"),
    "subset beyond the end": ("data.Subset([1, 2], [5])[0]", "range"),
    "random sampler of -1": ("data.RandomSampler([1, 2], num_samples=-1)", "-1"),
    "random sampler replacement": ("data.RandomSampler([1, 2], replacement=1)", "1"),
    "weighted sampler of -1": ("data.WeightedRandomSampler([1.0], -1)", "-1"),
    "batch sampler of 0": ("data.BatchSampler([0, 1], 0, False)", "0"),
    "ConcatDataset of none": ("data.ConcatDataset([])", "ConcatDataset"),
    "ConcatDataset before the start": ("data.ConcatDataset([[1, 2]])[-3]", "-3"),
}  # fmt: skip

FILES = {
    "load what is missing": ("torch.load('/nonexistent/x.pt')", "/nonexistent/x.pt"),
    "load nothing": ("torch.load(io.BytesIO(b''))", "0 bytes"),
    "load what is no checkpoint": (
        "torch.load(io.BytesIO(b'not a checkpoint at all'))", "checkpoint"),
    "load half": (
        "b = io.BytesIO(); torch.save({'w': ones(1000)}, b)\n"
        "torch.load(io.BytesIO(b.getvalue()[:2000]))", "zip"),
    "load a class": (
        "class C:\n    pass\nb = io.BytesIO(); torch.save(OrderedDict, b); b.seek(0); "
        "r = torch.load(b)",),
    "load a call": (
        "class C:\n    def __reduce__(self):\n        return os.system, ('true',)\n"
        "b = io.BytesIO(); torch.save(C(), b); b.seek(0); torch.load(b)", "system"),
    "load a module": (
        "b = io.BytesIO(); torch.save(nn.Linear(1, 1), b); b.seek(0); torch.load(b)", "Linear"),
    "load an array": (
        "b = io.BytesIO(); torch.save(np.ones(2), b); b.seek(0); torch.load(b)", "numpy"),
    "load a pickle": ("torch.load(io.BytesIO(pickle.dumps({'a': 1})))", "checkpoint"),
    "load a zip": (
        "import zipfile; b = io.BytesIO(); z = zipfile.ZipFile(b, 'w'); z.writestr('a.txt', 'x')\n"
        "z.close(); b.seek(0); torch.load(b)", "a.txt"),
    "load with a byte changed": (
        "b = io.BytesIO(); torch.save(ones(1000), b); b = bytearray(b.getvalue())\n"
        "b[b.find(np.ones(8, 'f4').tobytes()) + 400] ^= 255; torch.load(io.BytesIO(b))", "0"),
    "map the old format": (
        "import tempfile; p = tempfile.NamedTemporaryFile()\n"
        "torch.save(ones(1), p.name, _use_new_zipfile_serialization=False)\n"
        "torch.load(p.name, mmap=True)", "mmap"),
    "save fails, the old file stays": (
        "import tempfile; p = tempfile.NamedTemporaryFile(); torch.save(ones(3), p.name)\n"
        "try:\n    torch.save([ones(3), lambda: 1], p.name)\nexcept Exception:\n    pass\n"
        "r = torch.load(p.name)",),
    "save to a missing folder": ("torch.save({}, '/nonexistent/dir/x.pt')", "/nonexistent/dir"),
    "save a lambda": ("torch.save({'f': lambda: 1}, io.BytesIO())", "lambda"),
    "pickle a module with a lambda": (
        "m = nn.Linear(1, 1); m.f = lambda: 1; pickle.dumps(m)", "lambda"),
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer(name):
    check(name, *OPTIMIZERS[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", DATA)
def test_data(name):
    check(name, *DATA[name])


@pytest.mark.differential
@pytest.mark.parametrize("name", FILES)
def test_file(name):
    check(name, *FILES[name])
