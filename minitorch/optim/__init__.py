"""Optimizers and learning rate schedules.

Regularization: L2 is the argument `weight_decay` of every optimizer; L1 is a penalty added to the
loss, so that backward gives every parameter w the additional gradient `strength * sign(w)`.

>>> import minitorch
>>> model = minitorch.nn.Linear(2, 1, bias=False)
>>> loss = model(minitorch.ones(1, 2)).sum()
>>> strength = 1e-2
>>> loss = loss + strength * sum(w.abs().sum() for w in model.parameters())
>>> loss.backward()
>>> bool((model.weight.grad == 1 + strength * model.weight.sign()).all())
True
"""

from __future__ import annotations

from minitorch.optim import lr_scheduler
from minitorch.optim.adam import Adam
from minitorch.optim.adamw import AdamW
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
