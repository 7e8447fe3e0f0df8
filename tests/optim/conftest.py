"""The same gradients through an optimizer of either engine."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch

SHAPES = ((5, 7), (3,), (), (130, 150), (1,))  # the fourth is updated in several blocks
ABSENT = (2, 7)  # the third parameter has no gradient in the eighth step


class Run:
    """Parameters of one engine under one optimizer, fed with prepared gradients."""

    def __init__(self, engine, name, steps=12, dtype="float32", **options):
        rng = np.random.default_rng(0)
        self.engine = engine
        draw = lambda: [np.asarray(rng.standard_normal(s), dtype) for s in SHAPES]  # noqa: E731
        self.parameters = [engine.nn.Parameter(self.tensor(a)) for a in draw()]
        self.gradients = [draw() for _ in range(steps)]
        for g in self.gradients:
            g[0] *= 1e-8  # so small that eps matters
        self.optimizer = getattr(engine.optim, name)(
            [{"params": self.parameters[:2]}, {"params": self.parameters[2:], "lr": 0.03}],
            **options,
        )
        self.done = 0

    def tensor(self, array):
        return self.engine.from_numpy(np.array(array))

    def steps(self, count):
        for _ in range(count):
            for i, p in enumerate(self.parameters):
                absent = (i, self.done) == ABSENT
                p.grad = None if absent else self.tensor(self.gradients[self.done][i])
            self.optimizer.step()
            self.done += 1
        return self

    def state_for(self, other):
        """The optimizer's state with its tensors made tensors of the run `other`."""

        def converted(x):
            if isinstance(x, dict):
                return {k: converted(v) for k, v in x.items()}
            if isinstance(x, (list, tuple)):
                return type(x)(converted(v) for v in x)
            return other.tensor(x.numpy()) if isinstance(x, self.engine.Tensor) else x

        return converted(self.optimizer.state_dict())


def difference(ours, theirs):
    """The largest difference of two runs, parameters and state, in units of rounding.

    A unit is what rounding one value as large as the largest of its tensor may change, once per
    step: torch multiplies and adds in one rounding (fused), NumPy in two.
    """
    pairs = [(p.detach(), q.detach()) for p, q in zip(ours.parameters, theirs.parameters)]
    for p, q in zip(ours.parameters, theirs.parameters):
        state = ours.optimizer.state[p]
        assert list(state) == list(theirs.optimizer.state[q])
        pairs += [(state[k], theirs.optimizer.state[q][k]) for k in state]
    worst = 0.0
    for a, b in pairs:
        a, b = a.numpy(), b.numpy()
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        unit = np.abs(b).max() * np.finfo(b.dtype).eps / 2 * ours.done
        worst = max(worst, np.abs(a - b).max() / (unit or 1.0))
    return worst


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def runs(torch):
    """A function that makes the same run for both engines."""

    def make(name, **options):
        return Run(minitorch, name, **options), Run(torch, name, **options)

    return make


@pytest.fixture(name="difference")
def _difference():
    return difference
