"""Gradients of four small batches make one step; the rate warms up and falls along a cosine."""

import argparse

import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset, random_split

ACCUMULATE = 4


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    x, y = load_diabetes(return_X_y=True)
    x = torch.as_tensor(x, dtype=torch.float32) * 20
    y = torch.as_tensor(y, dtype=torch.float32).sub(150).div(80).unsqueeze(-1)
    train, test = random_split(TensorDataset(x, y), [0.8, 0.2])
    loader = DataLoader(train, batch_size=16, shuffle=True)

    model = nn.Sequential(nn.Linear(10, 48), nn.SiLU(), nn.LayerNorm(48), nn.Linear(48, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    warmup = LinearLR(optimizer, start_factor=0.1, total_iters=20)
    cosine = CosineAnnealingLR(optimizer, T_max=max(1, args.steps - 20))
    scheduler = SequentialLR(optimizer, [warmup, cosine], milestones=[20])
    loss_fn = nn.SmoothL1Loss()

    step = micro = 0
    running = 0.0
    optimizer.zero_grad()
    while step < args.steps:
        for inputs, targets in loader:
            loss = loss_fn(model(inputs), targets) / ACCUMULATE
            loss.backward()
            running += loss.item()
            micro += 1
            if micro % ACCUMULATE:
                continue
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=5.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
            step += 1
            if step % 100 == 0:
                print(f"step {step} loss {running:.5f} lr {scheduler.get_last_lr()[0]:.2e}")
            running = 0.0
            if step == args.steps:
                break
    with torch.no_grad():
        inputs, targets = next(iter(DataLoader(test, batch_size=len(test))))
        print("test", nn.functional.mse_loss(model(inputs), targets).item())


if __name__ == "__main__":
    main()
