"""A curve fitted by L-BFGS, which computes its loss in a closure as often as it likes."""

import argparse

import torch
import torch.nn as nn
import torch.optim as optim


class Curve(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(1, 12)
        self.out = nn.Linear(12, 1)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    x = torch.linspace(-3, 3, 80).unsqueeze(1)
    target = torch.sin(x) * torch.exp(-0.1 * x**2) + 0.1 * torch.randn(80, 1)
    model, criterion = Curve(), nn.MSELoss()
    optimizer = optim.LBFGS(model.parameters(), lr=0.5, max_iter=4, history_size=10)
    decay = 1e-3
    for i in range(args.steps):

        def closure():
            optimizer.zero_grad()
            loss = criterion(model(x), target)
            loss = loss + decay * sum(p.square().sum() for p in model.parameters())
            loss.backward()
            return loss

        loss = optimizer.step(closure)
        if i % 50 == 0:
            print("step", i, "loss", loss.item())


if __name__ == "__main__":
    main()
