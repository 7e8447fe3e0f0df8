"""Linear regression without a module and without an optimizer: two tensors, updated by hand."""

import argparse

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--steps", type=int, default=500)
parser.add_argument("--lr", type=float, default=0.05)
args = parser.parse_args()
torch.manual_seed(args.seed)

true_w, true_b = torch.tensor([2.0, -3.4, 0.7]), 4.2
features = torch.normal(0, 1, (400, 3))
labels = features @ true_w + true_b + torch.normal(0, 0.1, (400,))

w = torch.normal(0, 0.01, size=(3, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)

step = 0
while step < args.steps:
    order = torch.randperm(len(features))
    for indices in order.split(20):
        y_hat = torch.matmul(features[indices], w) + b
        loss = ((y_hat - labels[indices].reshape(y_hat.shape)) ** 2 / 2).mean()
        loss.backward()
        with torch.no_grad():
            for param in (w, b):
                param -= args.lr * param.grad
                param.grad.zero_()
        step += 1
        if step == args.steps:
            break
    print(f"step {step}, loss {loss.item():f}")
print("error of w", (true_w - w.detach().view(-1)).tolist(), "error of b", true_b - b.item())
