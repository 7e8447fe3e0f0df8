"""Sentences of three topics, classified by a bag of words beside an attention over them."""

import argparse
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

TOPICS = [
    "goal match team player score league coach pitch win season ball referee".split(),
    "market stock price bank trade profit share rate bond fund loan tax".split(),
    "planet star orbit telescope moon galaxy rocket comet light lander crater sun".split(),
]
COMMON = "the a of and to in was with for on at by from it as".split()
VOCAB = {w: i + 1 for i, w in enumerate(sorted(set(sum(TOPICS, []) + COMMON)))}


def sentence(topic):
    words = random.choices(TOPICS[topic], k=random.randint(1, 4)) + random.choices(
        COMMON, k=random.randint(3, 8)
    )
    random.shuffle(words)
    return torch.tensor([VOCAB[w] for w in words])


def batch(n):
    labels = [random.randrange(3) for _ in range(n)]
    return [sentence(t) for t in labels], torch.tensor(labels)


class Classifier(nn.Module):
    def __init__(self, size, width=24, classes=3):
        super().__init__()
        self.bag = nn.EmbeddingBag(size, width, mode="mean")
        self.embedding = nn.Embedding(size, width, padding_idx=0)
        self.attention = nn.MultiheadAttention(width, 3, dropout=0.1, batch_first=True)
        self.query = nn.Parameter(torch.randn(1, 1, width) * 0.1)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, sentences):
        text = torch.cat(sentences)
        lengths = torch.tensor([0] + [len(s) for s in sentences[:-1]])
        bag = self.bag(text, lengths.cumsum(0))
        padded = pad_sequence(sentences, batch_first=True)
        words = self.embedding(padded)
        query = self.query.expand(len(sentences), -1, -1)
        seen, _ = self.attention(query, words, words, key_padding_mask=padded == 0)
        return self.fc(torch.cat([bag, seen.squeeze(1)], dim=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    args = parser.parse_args()
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    model = Classifier(len(VOCAB) + 1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.95, momentum=0.5)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for step in range(args.steps):
        sentences, labels = batch(24)
        optimizer.zero_grad()
        logits = model(sentences)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            right = (logits.argmax(dim=1) == labels).sum().item()
            print(
                f"| step {step + 1:4d} | loss {loss.item():7.4f} | accuracy {right / len(labels):.3f}"
            )


if __name__ == "__main__":
    main()
