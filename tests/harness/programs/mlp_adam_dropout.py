"""A perceptron with dropout on two interleaved moons, by Adam; evaluated while it trains."""

import argparse
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        x = self.dropout(F.gelu(self.fc1(x)))
        x = self.dropout(torch.tanh(self.fc2(x)))
        return self.out(x).squeeze(1)


def moons(n):
    angle = torch.rand(n) * math.pi
    label = torch.randint(0, 2, (n,))
    x = torch.where(label == 0, angle.cos(), 1 - angle.cos())
    y = torch.where(label == 0, angle.sin(), 0.5 - angle.sin())
    return torch.stack((x, y), 1) + 0.15 * torch.randn(n, 2), label.float()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    train_x, train_y = moons(1024)
    test_x, test_y = moons(256)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(1, args.steps + 1):
        model.train()
        batch = torch.randperm(len(train_x))[:64]
        loss = F.binary_cross_entropy_with_logits(model(train_x[batch]), train_y[batch])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            model.eval()
            with torch.no_grad():
                correct = ((model(test_x) > 0).float() == test_y).float().mean().item()
            print(f"{step:4d}  loss {loss.item():.4f}  test accuracy {correct:.3f}")


if __name__ == "__main__":
    main()
