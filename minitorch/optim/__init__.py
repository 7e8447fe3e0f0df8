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

from minitorch._later import later as _later

_ROOMS = {
    "_functional": "",
    "_stateless": "swap_in_optimizer_params_and_state",
    "adadelta": "Adadelta",
    "adafactor": "Adafactor",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "asgd": "ASGD",
    "lbfgs": "LBFGS",
    "lr_scheduler": "",
    "muon": "Muon",
    "nadam": "NAdam",
    "optimizer": "Optimizer",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "rprop": "Rprop",
    "sgd": "SGD",
    "sparse_adam": "SparseAdam",
    "swa_utils": "",
}
__getattr__ = _later(__name__, _ROOMS)

__all__ = [  # noqa: PLE0604
    "lr_scheduler",
    "swa_utils",
    *" ".join(_ROOMS.values()).split(),
]


def __dir__() -> list[str]:
    return [*globals(), *__all__]
