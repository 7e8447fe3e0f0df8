"""Two layers trained by hand, in words that a student's engine has too."""

import argparse

import numpy as np

from harness import find, open_probe

parser = argparse.ArgumentParser()
parser.add_argument("--backend", default="torch")
parser.add_argument("--steps", type=int, default=30)
args = parser.parse_args()
backend = find(args.backend)
torch = backend.namespace()

draw = np.random.default_rng(0)
x, w1, b1, w2 = (
    draw.standard_normal(shape).astype(np.float32) for shape in [(32, 4), (4, 8), (8,), (8, 1)]
)
y = backend.tensor(np.sin(x.sum(1, keepdims=True)))
x = backend.tensor(x)
model = {name: backend.tensor(a / 2, True) for name, a in [("w1", w1), ("b1", b1), ("w2", w2)]}

probe = open_probe(torch, model, name="by-hand")
for _ in range(args.steps):
    off = torch.tanh(x @ model["w1"] + model["b1"]) @ model["w2"] - y
    loss = torch.mean(off * off)
    for tensor in model.values():
        tensor.grad = None
    loss.backward()
    for tensor in model.values():
        backend.assign(tensor, backend.numpy(tensor) - 0.2 * backend.gradient(tensor))
    probe.step(loss, model)
probe.close()
