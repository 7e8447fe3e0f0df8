"""Small model steps in which mistakes are planted, see `trials.py`.

The calls of a module of the harness that has `MODELS` are observed as a model's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.backends import Backend

STEPS = 3

Model = Callable[[Any, int], None]
"""`model(T, k)`: step `k` of a small model on engine T, from its own seed."""


def mlp(T: Any, k: int) -> None:
    """Digits by two layers, as in many tutorials."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(k)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 4))
    x, y = T.randn(7, 6), T.randint(0, 4, (7,))
    loss = F.cross_entropy(net(x), y)
    penalty = sum((p**2).sum() for p in net.parameters())
    (loss + 1e-2 * penalty.sqrt()).backward()


def cnn(T: Any, k: int) -> None:
    """Convolutions, batch normalization, pooling, a residual."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(k)
    first, second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, stride=2)
    norm, head = nn.BatchNorm2d(4), nn.Linear(4, 3)
    x, y = T.randn(3, 2, 8, 8), T.randint(0, 3, (3,))
    h = F.relu(norm(first(x)))
    h = F.max_pool2d(h, 2)
    h = F.leaky_relu(second(h)) + F.avg_pool2d(h, 2)
    h = F.adaptive_avg_pool2d(h, 1).flatten(1)
    F.nll_loss(F.log_softmax(head(h), dim=1), y).backward()


def recurrent(T: Any, k: int) -> None:
    """An embedding, an LSTM and a GRU, read at the last step."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(k)
    words, lstm, gru = nn.Embedding(9, 4), nn.LSTM(4, 5, batch_first=True), nn.GRU(5, 4)
    cell, head = nn.GRUCell(4, 4), nn.Linear(4, 9)
    i, y = T.randint(0, 9, (3, 6)), T.randint(0, 9, (3,))
    h, (_, c) = lstm(words(i))
    h, _ = gru(h.transpose(0, 1))
    h = cell(h[-1], c[0, :, :4] * 0.5)
    F.cross_entropy(head(h), y, label_smoothing=0.1).backward()


def gpt(T: Any, k: int) -> None:
    """One block of a language model, attention written out and fused."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(k)
    words, places = nn.Embedding(11, 8), nn.Embedding(5, 8)
    ln1, ln2 = nn.LayerNorm(8), nn.LayerNorm(8)
    qkv, out, up, down = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 16), nn.Linear(16, 8)
    i, y = T.randint(0, 11, (2, 5)), T.randint(0, 11, (2, 5))
    x = words(i) + places(T.arange(5))
    q, key, v = (p.view(2, 5, 2, 4).transpose(1, 2) for p in qkv(ln1(x)).split(8, dim=2))
    a = (q @ key.transpose(-2, -1)) * (1.0 / 4**0.5)
    a = a.masked_fill(T.tril(T.ones(5, 5)) == 0, float("-inf"))
    a = F.dropout(F.softmax(a, dim=-1), 0.1)
    h = (a @ v) + F.scaled_dot_product_attention(q, key, v, is_causal=True)
    x = x + out(h.transpose(1, 2).contiguous().view(2, 5, 8))
    x = x + down(F.gelu(up(ln2(x)), approximate="tanh"))
    logits = F.linear(x, words.weight)
    F.cross_entropy(logits.view(-1, 11), y.view(-1)).backward()


def vae(T: Any, k: int) -> None:
    """A variational autoencoder: reparametrization, two losses."""
    nn, F = T.nn, T.nn.functional
    T.manual_seed(k)
    inner, mean, spread, outer = (nn.Linear(*s) for s in ((9, 6), (6, 3), (6, 3), (3, 9)))
    x = T.rand(5, 9)
    h = F.silu(inner(x))
    mu, log_var = mean(h), spread(h).clamp(-3, 3)
    z = mu + T.exp(0.5 * log_var) * T.randn_like(mu)
    likely = F.binary_cross_entropy_with_logits(outer(z), x, reduction="sum")
    apart = -0.5 * T.sum(1 + log_var - mu.pow(2) - log_var.exp())
    sharp = F.softplus(z).log().mean() + T.sigmoid(z).prod(1).sum() + T.logsumexp(z, 1).mean()
    (likely + apart + 0.1 * sharp).backward()


def losses(T: Any, k: int) -> None:
    """Many losses and norms of two tensors."""
    F = T.nn.functional
    T.manual_seed(k)
    x, y, w = (T.randn(4, 6, requires_grad=True) for _ in range(3))
    total = F.mse_loss(x, y) + F.smooth_l1_loss(x, y) + F.huber_loss(x, y * 2, delta=0.7)
    total = total + F.l1_loss(x, w) + F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1))
    total = total + F.cosine_similarity(x, y, dim=1).sum() + F.normalize(w, dim=1)[:, 0].sum()
    total = total + T.cat([x, w], 1).abs().max(1).values.sum() + T.stack([x, y]).var(0).sum()
    total = total + T.where(x > 0, x * w, y / (1 + w.abs())).mean() + x.cumsum(1).std()
    total = total + T.einsum("ij,kj->ik", x, y).norm() + T.minimum(x, w).sort(1).values[:, 1].sum()
    total = total + w.gather(1, T.tensor([[0, 2], [1, 1], [5, 0], [3, 3]])).sum() + y.t().mean()
    total.backward()


MODELS: dict[str, Model] = {
    "mlp": mlp, "cnn": cnn, "recurrent": recurrent, "gpt": gpt, "vae": vae, "losses": losses,
}  # fmt: skip

_HYPER = {
    "sgd": ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}),
    "adam": ("Adam", {"lr": 0.01, "weight_decay": 0.01, "amsgrad": True}),
    "adamw": ("AdamW", {"lr": 0.01}),
    "rmsprop": ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True}),
    "adagrad": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1}),
    "adadelta": ("Adadelta", {"lr": 0.5}),
    "adamax": ("Adamax", {"lr": 0.01}),
    "nadam": ("NAdam", {"lr": 0.01}),
    "radam": ("RAdam", {"lr": 0.01}),
    "rprop": ("Rprop", {"lr": 0.01}),
    "asgd": ("ASGD", {"lr": 0.1}),
    "adafactor": ("Adafactor", {"lr": 0.1}),
}


def training(backend: Backend, name: str) -> Model | None:
    """A step with the optimizer of that module; its averages have been filled by earlier ones."""
    if name not in _HYPER:
        return None
    title, hyper = _HYPER[name]

    def model(T: Any, k: int) -> None:
        T.manual_seed(k)
        layer = T.nn.Linear(4, 3)
        optimizer = getattr(T.optim, title)(layer.parameters(), **hyper)
        for _ in range(2 + 4 * k):
            optimizer.zero_grad()
            (layer(T.randn(5, 4)).sin() ** 2).sum().backward()
            optimizer.step()

    return model
