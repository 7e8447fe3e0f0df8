"""LBFGS with a closure in float64, an image that is optimized, gradient penalties, frozen layers."""

import copy

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch import autograd
from torch.optim import Optimizer

np.random.seed(2)
torch.manual_seed(0)


class Sequence(nn.Module):
    def __init__(self):
        super(Sequence, self).__init__()
        self.lstm1, self.lstm2, self.linear = (
            nn.LSTMCell(1, 12),
            nn.LSTMCell(12, 12),
            nn.Linear(12, 1),
        )

    def forward(self, input, future=0):
        outputs = []
        h_t, c_t, h_t2, c_t2 = (
            torch.zeros(input.size(0), 12, dtype=torch.double) for _ in range(4)
        )
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


data = np.sin((np.arange(20) + np.random.randint(-80, 80, 6).reshape(6, 1)) / 4.0).astype("float64")
x, y = torch.from_numpy(data[:, :-1]), torch.from_numpy(data[:, 1:])
seq = Sequence().double()
criterion = nn.MSELoss()
optimizer = optim.LBFGS(seq.parameters(), lr=0.8, max_iter=5)
for i in range(3):

    def closure():
        optimizer.zero_grad()
        loss = criterion(seq(x), y)
        loss.backward()
        return loss

    print("STEP", i, optimizer.step(closure).item())
with torch.no_grad():
    print(seq(x, future=5)[:, -1].numpy().round(5))

features = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1),
)  # fmt: skip
for p in features.parameters():
    p.requires_grad_(False)
features[2] = nn.AvgPool2d(2)


def gram(t):
    a, b, c, d = t.size()
    f = t.view(a * b, c * d)
    return torch.mm(f, f.t()).div(a * b * c * d)


content, style = (
    features(torch.rand(1, 3, 8, 8)).detach(),
    gram(features(torch.rand(1, 3, 8, 8))).detach(),
)
image = torch.rand(1, 3, 8, 8).requires_grad_()
painter = optim.LBFGS([image], line_search_fn="strong_wolfe", max_iter=4)


def paint():
    with torch.no_grad():
        image.clamp_(0, 1)
    painter.zero_grad()
    out = features(image)
    loss = nn.functional.mse_loss(out, content) + 1e3 * nn.functional.mse_loss(gram(out), style)
    loss.backward()
    return loss


for i in range(3):
    print("painted %.6f" % painter.step(paint).item())

critic = nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
averaged = copy.deepcopy(critic)
opt = optim.Adam(critic.parameters(), lr=1e-2, betas=(0.0, 0.9), weight_decay=1e-4)
for i in range(5):
    real, fake = torch.randn(8, 6) + 1, torch.randn(8, 6)
    alpha = torch.rand(8, 1)
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(mixed)
    gradients = autograd.grad(
        outputs=scores, inputs=mixed, grad_outputs=torch.ones_like(scores), create_graph=True,
        retain_graph=True, only_inputs=True,
    )[0]  # fmt: skip
    penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean()
    loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    opt.zero_grad()
    loss.backward()
    opt.step()
    for mine, theirs in zip(averaged.parameters(), critic.parameters()):
        mine.data.mul_(0.9).add_(theirs.data, alpha=0.1)
    print("critic %.5f penalty %.5f" % (loss.item(), penalty.item()))


class Lion(Optimizer):
    def __init__(self, params, lr=1e-2, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))

    def step(self, closure=None):
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["m"] = torch.zeros_like(p.data)
                state["m"].mul_(group["beta"]).add_(p.grad.data, alpha=1 - group["beta"])
                p.data.add_(state["m"].sign(), alpha=-group["lr"])
        return loss


lion = Lion(averaged.parameters())
for i in range(5):
    lion.zero_grad()
    loss = averaged(real).pow(2).mean()
    loss.backward()
    lion.step()
print("lion %.5f" % loss.item(), sorted(lion.state_dict()))
