"""Recurrent networks: padded batches, an encoder and decoder with attention, an LSTM tagger."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(2)
hidden = 16


class Encoder(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.embedding = nn.Embedding(words, hidden, padding_idx=0)
        self.gru = nn.GRU(hidden, hidden, num_layers=2, dropout=0.1, bidirectional=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, enforce_sorted=False)
        out, h = self.gru(packed)
        out, _ = pad_packed_sequence(out)
        return out[:, :, :hidden] + out[:, :, hidden:], h[:1].contiguous()


class AttnDecoder(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.embedding, self.gru = nn.Embedding(words, hidden), nn.GRU(2 * hidden, hidden)
        self.attn, self.out = nn.Linear(hidden, hidden), nn.Linear(hidden, words)

    def forward(self, token, h, encoded):
        score = torch.einsum("lbh,bh->bl", self.attn(encoded), h[-1])
        weights = F.softmax(score, dim=1).unsqueeze(1)
        context = weights.bmm(encoded.transpose(0, 1)).transpose(0, 1)
        out, h = self.gru(torch.cat((self.embedding(token).unsqueeze(0), context), 2), h)
        return F.log_softmax(self.out(out.squeeze(0)), dim=1), h, weights


lengths = torch.tensor([5, 3, 4, 2])
source = pad_sequence([torch.randint(1, 10, (n,)) for n in lengths.tolist()])
target = source.flip(0)
encoder, decoder = Encoder(10), AttnDecoder(10)
opts = [optim.SGD(m.parameters(), lr=0.5) for m in (encoder, decoder)]
criterion = nn.NLLLoss(ignore_index=0)
for it in range(12):
    for o in opts:
        o.zero_grad()
    encoded, h = encoder(source, lengths)
    token, loss = torch.zeros(4, dtype=torch.long), 0
    for i in range(5):
        out, h, weights = decoder(token, h, encoded)
        loss += criterion(out, target[i])
        token = out.topk(1)[1].squeeze(1).detach() if it % 2 else target[i]
    loss.backward()
    nn.utils.clip_grad_norm_(decoder.parameters(), 0.25)
    for o in opts:
        o.step()
    print(f"{it} loss {loss.item() / 5:.5f}")


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, hidden, num_layers=2, batch_first=True, bidirectional=True)
        self.cell, self.fc = nn.LSTMCell(2 * hidden, hidden), nn.Linear(hidden, 3)

    def forward(self, x):
        h0 = torch.zeros(4, x.size(0), hidden).to(x.device)
        out, _ = self.lstm(x, (h0, torch.zeros_like(h0)))
        state = None
        for t in range(out.size(1)):
            state = self.cell(out[:, t], state)
        return self.fc(state[0])


model, x, y = Tagger(), torch.randn(6, 7, 8), torch.randint(0, 3, (6,))
for name, p in model.named_parameters():
    nn.init.orthogonal_(p) if "weight_hh" in name else None
optimizer = optim.Adagrad(model.parameters(), lr=0.05)
for it in range(6):
    optimizer.zero_grad()
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    print(it, "%.5f" % loss.item())

rnn, h_state = nn.RNN(1, 32, 1, batch_first=True), None
head = nn.Linear(32, 1)
optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.02)
for step in range(10):
    steps = torch.linspace(step, step + 1, 10)
    out, h_state = rnn(steps.sin()[None, :, None], h_state)
    h_state = h_state.data
    loss = F.mse_loss(
        torch.stack([head(out[:, t]) for t in range(10)], dim=1), steps.cos()[None, :, None]
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("%.5f" % loss.item(), rnn)
