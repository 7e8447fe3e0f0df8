"""A character transformer: causal mask in a buffer, AdamW groups, clipping, a schedule, resuming."""

import contextlib
import math
import os
import tempfile
from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torch.utils.tensorboard import SummaryWriter

torch.manual_seed(1337)
torch.backends.cuda.matmul.allow_tf32 = True
torch.backends.cudnn.allow_tf32 = True
device = "cuda" if torch.cuda.is_available() else "cpu"
ctx = (
    contextlib.nullcontext()
    if device == "cpu"
    else torch.amp.autocast(device_type="cuda", dtype=torch.bfloat16)
)
text = "the quick brown fox jumps over the lazy dog. " * 12
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}


@dataclass
class Config:
    block_size: int = 16
    vocab_size: int = len(chars)
    n_layer: int = 2
    n_head: int = 2
    n_embd: int = 16
    dropout: float = 0.1


class Chars(Dataset):
    def __init__(self, block):
        self.data, self.block = torch.tensor([stoi[c] for c in text]), block

    def __len__(self):
        return len(self.data) - self.block

    def __getitem__(self, i):
        chunk = self.data[i : i + self.block + 1]
        return chunk[:-1].clone(), chunk[1:].clone()


class CausalSelfAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c_attn, self.c_proj = (
            nn.Linear(c.n_embd, 3 * c.n_embd, bias=False),
            nn.Linear(c.n_embd, c.n_embd),
        )
        self.attn_dropout, self.n_head = nn.Dropout(c.dropout), c.n_head
        self.register_buffer(
            "bias",
            torch.tril(torch.ones(c.block_size, c.block_size)).view(
                1, 1, c.block_size, c.block_size
            ),
        )
        self.flash = hasattr(F, "scaled_dot_product_attention")

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        y = self.attn_dropout(F.softmax(att, dim=-1)) @ v
        if self.flash and not self.training:
            y = F.scaled_dot_product_attention(
                q, k, v, attn_mask=None, dropout_p=0.0, is_causal=True
            )
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_1, self.ln_2, self.attn = (
            nn.LayerNorm(c.n_embd),
            nn.LayerNorm(c.n_embd),
            CausalSelfAttention(c),
        )
        self.mlp = nn.ModuleDict(dict(
            c_fc=nn.Linear(c.n_embd, 4 * c.n_embd), act=nn.GELU(approximate="tanh"),
            c_proj=nn.Linear(4 * c.n_embd, c.n_embd), dropout=nn.Dropout(c.dropout),
        ))  # fmt: skip
        m = self.mlp
        self.mlpf = lambda x: m.dropout(m.c_proj(m.act(m.c_fc(x))))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlpf(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(c.vocab_size, c.n_embd), wpe=nn.Embedding(c.block_size, c.n_embd),
            drop=nn.Dropout(c.dropout), h=nn.ModuleList([Block(c) for _ in range(c.n_layer)]),
            ln_f=nn.LayerNorm(c.n_embd),
        ))  # fmt: skip
        self.lm_head = nn.Linear(c.n_embd, c.vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.apply(self._init_weights)
        for pn, p in self.named_parameters():
            if pn.endswith("c_proj.weight"):
                torch.nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * c.n_layer))

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            torch.nn.init.zeros_(module.bias)

    def forward(self, idx, targets=None):
        t = self.transformer
        x = t.drop(
            t.wte(idx) + t.wpe(torch.arange(idx.size(1), dtype=torch.long, device=idx.device))
        )
        for block in t.h:
            x = block(x)
        logits = self.lm_head(t.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(
            logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1
        )

    @torch.no_grad()
    def generate(self, idx, n, temperature=1.0, top_k=None):
        for _ in range(n):
            logits, _ = self(idx[:, -config.block_size :])
            logits = logits[:, -1, :] / temperature
            if top_k is not None:
                v, _ = torch.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < v[:, [-1]]] = -float("Inf")
            idx = torch.cat(
                (idx, torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)), dim=1
            )
        return idx


config = Config()
model = GPT(config).to(device)
model = torch.compile(model) if hasattr(torch, "never") else model
decay = [p for p in model.parameters() if p.dim() >= 2]
nodecay = [p for p in model.parameters() if p.dim() < 2]
groups = [{"params": decay, "weight_decay": 0.1}, {"params": nodecay, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda it: min(1.0, (it + 1) / 5))
scaler = torch.amp.GradScaler("cuda", enabled=False)
sampler = torch.utils.data.RandomSampler(Chars(16), replacement=True, num_samples=200)
loader = DataLoader(Chars(16), batch_size=8, sampler=sampler, num_workers=0, pin_memory=False)
with tempfile.TemporaryDirectory() as folder:
    writer = SummaryWriter(log_dir=folder)
    for it, (x, y) in enumerate(loader):
        with ctx:
            logits, loss = model(x.to(device), y.to(device))
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        scheduler.step()
        writer.add_scalar("Loss/train", loss.item(), it)
        if it % 5 == 0:
            print(
                f"iter {it}: loss {loss.item():.4f}, norm {norm:.4f}, lr {scheduler.get_last_lr()[0]:.5f}"
            )
    writer.flush()
    path = os.path.join(folder, "ckpt.pt")
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "config": vars(config),
            "iter": it,
        },
        path,
    )
    checkpoint = torch.load(path, map_location=device)
    again = GPT(Config(**checkpoint["config"]))
    again.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    print(
        checkpoint["iter"],
        sorted(checkpoint["optimizer"]),
        any(f.startswith("events") for f in os.listdir(folder)),
    )
again.eval()
out = again.generate(torch.zeros((1, 1), dtype=torch.long), 20, top_k=3)
print("".join(chars[i] for i in out[0].tolist()), model.training)
