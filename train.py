"""Train a small model on real data with either engine: same script, same seed, same numbers.

    python train.py --backend minitorch --model mlp
    python train.py --backend torch --model cnn --epochs 20 --dropout 0.2

The engine is imported by name and called `torch` from there on: below `load_backend` nothing
knows which one it is. `python -m harness run train.py -- --model mlp` compares the two.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np

DATA = {"mlp": ("digits", "breast_cancer", "moons"), "cnn": ("digits",), "regression": ("diabetes",)}
LEARNING_RATE = {"sgd": 0.05, "adam": 1e-3}


def load_backend(name):
    """Import the engine: minitorch, torch, or any other module that has torch's names."""
    try:
        engine = importlib.import_module(name)
    except (ModuleNotFoundError, TypeError, ValueError) as error:
        if not name.startswith(getattr(error, "name", None) or name):
            raise  # the engine is there, something it needs is not
        if name == "torch":
            stop("--backend torch needs PyTorch: pip install torch==2.13.0")
        stop(f"--backend {name}: no such engine; known are minitorch and torch")
    if not hasattr(engine, "nn"):
        stop(f"--backend {name}: not an engine, it has no `nn`; known are minitorch and torch")
    return engine


def load_data(name):
    """Return features (float32, one row per example) and targets as NumPy arrays."""
    if name == "moons":
        return two_moons()
    try:
        from sklearn import datasets
    except ImportError:
        stop(f"--data {name} comes with scikit-learn: pip install scikit-learn (moons needs nothing)")
    bunch = getattr(datasets, f"load_{name}")()
    return bunch.data.astype(np.float32), bunch.target


def two_moons(count=1000, noise=0.15):
    """Two half circles that interlock: no straight line separates them."""
    rng = np.random.RandomState(0)
    label, angle = np.arange(count) % 2, np.pi * rng.rand(count)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle))
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    points = np.stack([x, y], axis=1) + noise * rng.randn(count, 2)
    return points.astype(np.float32), label


def split(torch, x, y, args):
    """Shuffle with the engine's generator, keep a fifth for testing, bring all to one scale."""
    order = torch.randperm(len(x)).numpy()
    train, test = order[len(x) // 5 :], order[: len(x) // 5]
    if args.data == "digits":
        x = x / 16  # ink per pixel, 0 to 16
    else:
        x = (x - x[train].mean(0)) / x[train].std(0)
    if args.model == "cnn":
        x = x.reshape(-1, 1, 8, 8)
    if args.model == "regression":
        y = ((y - y[train].mean()) / y[train].std()).astype(np.float32)[:, None]
    return [tuple(map(torch.from_numpy, (x[rows], y[rows]))) for rows in (train, test)]


def build_model(nn, kind, inputs, outputs, dropout):
    """A model of a few named layers; the names appear in every report."""
    if kind == "cnn":
        layers = OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1, bias=False),
            norm1=nn.BatchNorm2d(16),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(dropout),
            fc1=nn.Linear(32 * 4 * 4, 64),
            relu3=nn.ReLU(),
            fc2=nn.Linear(64, outputs),
        )
    elif kind == "mlp":
        layers = OrderedDict(
            fc1=nn.Linear(inputs, 128),
            relu1=nn.ReLU(),
            dropout1=nn.Dropout(dropout),
            fc2=nn.Linear(128, 64),
            relu2=nn.ReLU(),
            dropout2=nn.Dropout(dropout),
            fc3=nn.Linear(64, outputs),
        )
    else:
        layers = OrderedDict(
            fc1=nn.Linear(inputs, 32),
            tanh=nn.Tanh(),
            dropout=nn.Dropout(dropout),
            fc2=nn.Linear(32, outputs),
        )
    return nn.Sequential(layers)


def accuracy(prediction, target):
    """The share of examples whose highest score is the right class."""
    return (prediction.argmax(1) == target).float().mean().item()


def r_squared(prediction, target):
    """1 - error / variance: 1 is perfect, 0 is no better than always guessing the mean."""
    error, spread = (target - prediction) ** 2, (target - target.mean()) ** 2
    return 1 - (error.sum() / spread.sum()).item()


def main():
    """Train, print one line per epoch."""
    args = parse_arguments()
    torch = load_backend(args.backend)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    x, y = load_data(args.data)
    train_set, (x_test, y_test) = split(torch, x, y, args)
    regression = args.model == "regression"
    classes = 1 if regression else int(y.max()) + 1
    measure, metric = (r_squared, "r_squared") if regression else (accuracy, "accuracy")

    model = build_model(torch.nn, args.model, x.shape[1], classes, args.dropout)
    loss_function = torch.nn.MSELoss() if regression else torch.nn.CrossEntropyLoss()
    options = {"lr": args.lr, "weight_decay": args.weight_decay}  # weight_decay is the L2 penalty
    if args.optimizer == "adam":
        optimizer = torch.optim.Adam(model.parameters(), **options)
    else:
        optimizer = torch.optim.SGD(model.parameters(), momentum=0.9, **options)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*train_set), batch_size=args.batch_size, shuffle=True
    )
    probe = open_probe(torch, model, args)

    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for x, y in progress(loader, f"epoch {epoch}/{args.epochs}"):
            probe.mark("data")
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            if args.l1:  # the L1 penalty pulls weights to exactly zero
                loss = loss + args.l1 * sum(p.abs().sum() for p in model.parameters())
            probe.mark("forward")
            loss.backward()
            probe.mark("backward")
            optimizer.step()
            probe.mark("update")
            probe.step(loss, model, optimizer)
            total += loss.item() * len(x)

        model.eval()
        with torch.no_grad():
            score = measure(model(x_test), y_test)
        probe.metrics(**{metric: score})
        mean = total / len(loader.dataset)
        print(f"epoch {epoch:3}/{args.epochs}  loss {mean:.4f}  test {metric} {score:.4f}", flush=True)

    probe.close()
    if args.graph:
        from harness.graph_svg import draw

        loss = loss_function(model(x_test[:4]), y_test[:4])
        draw(loss, model.named_parameters(), os.path.join(args.out, "graph.svg"))


def open_probe(torch, model, args):
    """The harness's probe where this run is recorded, else an object that does nothing."""
    if not args.out and "HARNESS_PROBE" not in os.environ:
        nothing = lambda *_, **__: None  # noqa: E731
        return SimpleNamespace(mark=nothing, step=nothing, metrics=nothing, close=nothing)
    from harness.probe import open_probe

    name = f"{args.model}-{args.data}-seed{args.seed}"
    try:
        return open_probe(torch, model, name=name, out=args.out)
    except ImportError as error:
        stop(f"--out draws with matplotlib, which is missing ({error}): pip install matplotlib")


def progress(loader, title):
    """A progress bar where somebody is watching."""
    try:
        from tqdm import tqdm
    except ImportError:
        return loader
    return tqdm(loader, title, leave=False, disable=not sys.stderr.isatty())


def parse_arguments():
    """Read the command line; anything wrong is answered by one line."""
    parser = argparse.ArgumentParser(description="Train a small model with minitorch or PyTorch.")
    parser.error = stop
    add = parser.add_argument
    add("--backend", default="minitorch", help="minitorch, torch, or a module with torch's names")
    add("--model", default="mlp", choices=DATA)
    add("--data", help="; ".join(f"{model}: {', '.join(sets)}" for model, sets in DATA.items()))
    add("--epochs", type=int, default=10)
    add("--batch-size", type=int, default=64)
    add("--lr", type=float, help="learning rate (sgd 0.05, adam 0.001)")
    add("--optimizer", default="sgd", choices=LEARNING_RATE)
    add("--weight-decay", type=float, default=0.0, help="L2 penalty")
    add("--l1", type=float, default=0.0, help="L1 penalty")
    add("--dropout", type=float, default=0.0, help="share of activations set to zero")
    add("--seed", type=int, default=0)
    add("--threads", type=int, help="threads of the engine (default: its own choice)")
    add("--out", metavar="DIR", help="draw loss.png and gradient_flow.png into DIR")
    add("--graph", action="store_true", help="draw the recorded graph too: DIR/graph.svg")
    args = parser.parse_args()

    sets = DATA[args.model]
    args.data = args.data or sets[0]
    args.lr = LEARNING_RATE[args.optimizer] if args.lr is None else args.lr
    if args.data not in sets:
        stop(f"--data {args.data}: --model {args.model} trains on {' or '.join(sets)}")
    for name, least in {"epochs": 1, "batch_size": 1, "threads": 1, "lr": 0, "weight_decay": 0, "l1": 0}.items():
        value = getattr(args, name)
        if value is not None and not value >= least:
            stop(f"--{name.replace('_', '-')} {value}: expected at least {least}")
    if not 0 <= args.dropout < 1:
        stop(f"--dropout {args.dropout}: expected at least 0 and less than 1")
    if args.graph and not args.out:
        stop("--graph needs --out DIR, the folder to draw into")
    return args


def stop(message):
    """End with one line on stderr and exit code 2."""
    print(f"train.py: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
