"""Train a small model on real data with either engine: same script, same seed, same numbers.

    python train.py --backend minitorch --model mlp
    python train.py --backend torch --model cnn --epochs 20 --dropout 0.2

The engine is imported by name and called `torch`; below `main` nothing knows which one it is.
`python -m harness run train.py -- --model mlp` runs this on both and compares every step.
"""

import argparse
import importlib
import os
import sys
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np

DATA = {
    "mlp": ("digits", "breast_cancer", "moons"),
    "cnn": ("digits",),
    "regression": ("diabetes",),
}
HIDDEN = {"mlp": (128, 64), "cnn": (64,), "regression": (32,)}
RATE = {"sgd": 0.05, "adam": 1e-3}


def main():
    """Read the command line, train, print one line per epoch."""
    args = read_arguments()
    torch = load_engine(args.backend)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    train(torch, args)


def train(torch, args):
    """The whole of training: data, model, optimizer, and the loop over epochs and batches."""
    x, y = load_data(args.data)
    train_set, (x_test, y_test) = split(torch, x, y, args)
    regression = args.model == "regression"
    model = build_model(torch.nn, args, x.shape[1], 1 if regression else y.max() + 1)
    loss_function = torch.nn.MSELoss() if regression else torch.nn.CrossEntropyLoss()
    optimizer = build_optimizer(torch.optim, args, model.parameters())
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*train_set), batch_size=args.batch_size, shuffle=True
    )
    probe = open_probe(torch, model, args)

    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for x, y in progress(loader, f"epoch {epoch}"):
            probe.mark("data")
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            if args.l1:  # the L1 penalty: it pulls weights to exactly zero
                loss = loss + args.l1 * sum(p.abs().sum() for p in model.parameters())
            probe.mark("forward")
            loss.backward()
            probe.mark("backward")
            optimizer.step()
            probe.mark("update")
            probe.step(loss, model, optimizer)
            total += loss.item() / len(loader)

        model.eval()
        with torch.no_grad():
            prediction = model(x_test)
        name, score = r_squared(prediction, y_test) if regression else accuracy(prediction, y_test)
        probe.metrics(**{name: score})
        print(
            f"epoch {epoch:3}/{args.epochs}  loss {total:.4f}  test {name} {score:.4f}", flush=True
        )

    probe.close()
    if args.graph:
        from harness.graph_svg import draw

        loss = loss_function(model.train()(x_test[:4]), y_test[:4])
        draw(loss, model.named_parameters(), os.path.join(args.out, "graph.svg"))


def build_model(nn, args, inputs, outputs):
    """A stack of named layers; every report calls them by these names."""
    layers = OrderedDict()
    if args.model == "cnn":
        layers["conv1"] = nn.Conv2d(1, 16, kernel_size=3, padding=1, bias=False)
        layers["norm1"] = nn.BatchNorm2d(16)
        layers["relu1"] = nn.ReLU()
        layers["conv2"] = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        layers["relu2"] = nn.ReLU()
        layers["pool"] = nn.MaxPool2d(2)
        layers["flatten"] = nn.Flatten()
        inputs = 32 * 4 * 4
    for number, width in enumerate(HIDDEN[args.model], start=1):
        layers[f"fc{number}"] = nn.Linear(inputs, width)
        layers[f"act{number}"] = nn.Tanh() if args.model == "regression" else nn.ReLU()
        layers[f"drop{number}"] = nn.Dropout(args.dropout)
        inputs = width
    layers["head"] = nn.Linear(inputs, int(outputs))
    return nn.Sequential(layers)


def build_optimizer(optim, args, parameters):
    """SGD with momentum, or Adam; `weight_decay` is the L2 penalty."""
    if args.optimizer == "adam":
        return optim.Adam(parameters, lr=args.lr, weight_decay=args.weight_decay)
    return optim.SGD(parameters, lr=args.lr, momentum=0.9, weight_decay=args.weight_decay)


def accuracy(prediction, target):
    """The share of examples whose highest score is the right class."""
    return "accuracy", (prediction.argmax(1) == target).float().mean().item()


def r_squared(prediction, target):
    """1 - error / variance: 1 is perfect, 0 no better than guessing the mean."""
    error, spread = (target - prediction) ** 2, (target - target.mean()) ** 2
    return "r_squared", 1 - (error.sum() / spread.sum()).item()


def load_data(name):
    """Features, one row per example, and targets, as NumPy arrays."""
    if name == "moons":  # two half circles that interlock: no straight line separates them
        rng = np.random.RandomState(0)
        label, angle = np.arange(1000) % 2, np.pi * rng.rand(1000)
        x, y = np.cos(angle), np.sin(angle)
        moons = np.stack([np.where(label, 1 - x, x), np.where(label, 0.5 - y, y)], axis=1)
        return moons + 0.15 * rng.randn(1000, 2), label
    try:
        from sklearn import datasets
    except ImportError:
        stop(
            f"--data {name} comes with scikit-learn: pip install scikit-learn (moons needs nothing)"
        )
    return getattr(datasets, f"load_{name}")(return_X_y=True)


def split(torch, x, y, args):
    """Shuffle, keep a fifth for testing, and bring everything to one scale."""
    order = torch.randperm(len(x)).numpy()
    test, train = np.split(order, [len(x) // 5])
    if args.data == "digits":
        x = x / 16  # ink per pixel, 0 to 16
    else:
        x = (x - x[train].mean(0)) / x[train].std(0)
    if args.model == "cnn":
        x = x.reshape(-1, 1, 8, 8)
    if args.model == "regression":
        y = ((y - y[train].mean()) / y[train].std()).astype(np.float32)[:, None]
    x = x.astype(np.float32)
    return [(torch.from_numpy(x[rows]), torch.from_numpy(y[rows])) for rows in (train, test)]


def progress(loader, title):
    """A progress bar, where somebody is watching."""
    try:
        from tqdm import tqdm
    except ImportError:
        return loader
    return tqdm(loader, title, leave=False, disable=not sys.stderr.isatty())


def open_probe(torch, model, args):
    """What records this run for the harness; an object that does nothing where none is recorded."""
    if not args.out and "HARNESS_PROBE" not in os.environ:
        nothing = lambda *_, **__: None  # noqa: E731
        return SimpleNamespace(mark=nothing, step=nothing, metrics=nothing, close=nothing)
    from harness import open_probe

    try:
        name = f"{args.model}-{args.data}-seed{args.seed}"
        return open_probe(torch, model, name=name, out=args.out)
    except ImportError as error:
        stop(f"--out draws with matplotlib: pip install matplotlib ({error})")


def load_engine(name):
    """Import the engine: minitorch, torch, or another module with torch's names."""
    try:
        engine = importlib.import_module(name)
    except (ModuleNotFoundError, TypeError, ValueError) as error:
        if not name.startswith(getattr(error, "name", None) or name):
            raise  # the engine is there; what it needs is not
        if name == "torch":
            stop("--backend torch needs PyTorch: pip install torch==2.13.0")
        stop(f"--backend {name}: no such engine; known are minitorch and torch")
    if not hasattr(engine, "nn"):
        stop(f"--backend {name}: not an engine, it has no `nn`; known are minitorch and torch")
    return engine


def read_arguments():
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
    add("--optimizer", default="sgd", choices=RATE)
    add("--weight-decay", type=float, default=0.0, help="the L2 penalty")
    add("--l1", type=float, default=0.0, help="the L1 penalty")
    add("--dropout", type=float, default=0.0, help="share of hidden activations set to zero")
    add("--seed", type=int, default=0)
    add("--threads", type=int, help="threads of the engine (its own choice)")
    add("--out", metavar="DIR", help="draw loss.png and gradient_flow.png into DIR")
    add("--graph", action="store_true", help="draw the recorded graph of a small step too")
    args = parser.parse_args()

    args.data = args.data or DATA[args.model][0]
    args.lr = RATE[args.optimizer] if args.lr is None else args.lr
    if args.data not in DATA[args.model]:
        stop(f"--data {args.data}: --model {args.model} trains on {', '.join(DATA[args.model])}")
    for name in ("epochs", "batch_size", "threads", "lr", "weight_decay", "l1"):
        least, value = int(name in ("epochs", "batch_size", "threads")), getattr(args, name)
        if value is not None and not value >= least:
            stop(f"--{name.replace('_', '-')} {value}: expected at least {least}")
    if not 0 <= args.dropout < 1:
        stop(f"--dropout {args.dropout}: expected at least 0 and less than 1")
    if args.graph and not args.out:
        stop("--graph needs --out DIR, the folder to draw into")
    return args


def stop(message):
    """End with one line and exit code 2."""
    print(f"train.py: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
