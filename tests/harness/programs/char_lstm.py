"""Characters of the Zen of Python, foretold by an LSTM; the state is carried from chunk to chunk."""

import argparse
import codecs
import contextlib
import io

import torch
from torch import nn

with contextlib.redirect_stdout(io.StringIO()):
    import this

TEXT = codecs.decode(this.s, "rot13")
CHARS = sorted(set(TEXT))
INDEX = {c: i for i, c in enumerate(CHARS)}


class CharModel(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.embed = nn.Embedding(size, 24)
        self.lstm = nn.LSTM(24, hidden, num_layers=2, dropout=0.1, batch_first=True)
        self.head = nn.Linear(hidden, size)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embed(x), state)
        return self.head(out), state


def sample(model, start, length):
    model.eval()
    x, state, text = torch.tensor([[INDEX[start]]]), None, start
    with torch.no_grad():
        for _ in range(length):
            logits, state = model(x, state)
            x = logits[:, -1].argmax(-1, keepdim=True)
            text += CHARS[x.item()]
    model.train()
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--bptt", type=int, default=20)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    data = torch.tensor([INDEX[c] for c in TEXT])
    columns = 8
    data = data[: len(data) // columns * columns].view(columns, -1)
    model = CharModel(len(CHARS), 48)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

    state, at = None, 0
    for step in range(1, args.steps + 1):
        if at + args.bptt + 1 > data.size(1):
            state, at = None, 0
        x, y = data[:, at : at + args.bptt], data[:, at + 1 : at + args.bptt + 1]
        at += args.bptt
        logits, state = model(x, state)
        state = tuple(s.detach() for s in state)
        loss = criterion(logits.reshape(-1, len(CHARS)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        if step % 100 == 0:
            print(step, "%.4f" % loss.item(), repr(sample(model, "T", 30)))


if __name__ == "__main__":
    main()
