"""Changes that look like mistakes and are none, with the reason.

By the site that they are in, as `python -m harness mutate` calls it, and by what is written for
what. An excuse that is no longer needed is reported.
"""

from __future__ import annotations

from functools import cache

EXCUSED: dict[str, dict[str, set[str]]] = {
    "elements that are summed may come in any order": {
        "fill, input 1": {"wrong order"},
        "masked_fill, input 2": {"wrong order"},
    },
    "two biases that are added": {
        "lstm_layer, input 7": {"swapped operands"},
    },
    "the edge, or the next operation, broadcasts and sums": {
        "expand by x": {"g for sum_to(g, size=x_shape)"},
        "index._without_padding": {"hidden for expand(hidden, size=x.shape)"},
        "pieces._blocks": {
            "shape.basic_index(g, at=(slice(i, i + h), slice(j, j + w))) for shape.reshape("
            "shape.basic_index(g, at=(slice(i, i + h), slice(j, j + w))), size)"},
        "reduce.even_shares": {
            "g / count for spread_out(g / count, x.shape, None, False)"},
    },
    "a gradient without elements": {
        "fused._share": {
            "float('nan') for g * float('nan')", "g for g * float('nan')",
            "g / count for g / count if count else g * float('nan')",
            "g / float('nan') for g * float('nan')",
        },
        "reduce._prod_rule": {"x for zero(x)"},
    },
    "the sample of the border has single precision": {
        "density._logits_rule": {
            "logits > _FINITE[logits.dtype.itemsize] for "
            "logits >= _FINITE[logits.dtype.itemsize]"},
    },
    "a square has no sign": {
        "density._scale_rule": {"loc - x for x - loc"},
    },
    "a factor of 0 follows": {
        "sloped by weight": {"x >= 0 for x > 0"},
        "ctc._standing": {"1 for 0 (2)", "1 for 0 (9)"},
        "reduce._std_rule": {"1 for 0"},
    },
    "what is left out later": {
        "scattering._product_put": {"2 for 1"},
    },
    "all of them are tensors, or all arrays": {
        "scan._logcumsumexp_rule": {"g for x", "out for x"},
        "recurrent._gru_rule": {
            "_before_ for x", "_gates_ for x", "_inner_ for x", "h0 for x", "w_hh for x",
            "w_ih for x"},
        "recurrent._lstm_rule": {
            "_before_ for x", "_cells_ for x", "_gates_ for x", "_squashed_ for x", "c0 for x",
            "h0 for x", "w_hh for x", "w_ih for x"},
        "recurrent._rnn_rule": {
            "_before_ for x", "h0 for x", "out for x", "w_hh for x", "w_ih for x"},
    },
    "only the shape is asked": {
        "recurrent._gru_rule": {"_before_ for _gates_ (2)", "_inner_ for _gates_ (2)"},
        "recurrent._lstm_rule": {
            "_before_ for _gates_ (2)", "_cells_ for _gates_ (2)", "_squashed_ for _gates_ (2)"},
        "scattering._shares": {"g for x (2)", "out for x (2)", "indices for value (2)"},
    },
    "what it is does not matter, only that it differs": {
        "sgd.SGD._update_group": {"p._cell[0] -= 1 for p._cell[0] += 1", "2 for 1"},
        "adafactor.Adafactor._update_group": {
            "p._cell[0] -= 1 for p._cell[0] += 1", "2 for 1 (2)"},
        "muon.Muon._update_group": {"p._cell[0] -= 1 for p._cell[0] += 1", "2 for 1"},
        "lbfgs.LBFGS._move": {"p._cell[0] -= 1 for p._cell[0] += 1", "2 for 1"},
        "_rules.RuleOptimizer._update_group": {
            "p._cell[0] -= 1 for p._cell[0] += 1", "2 for 1"},
    },
    "a Python number takes the dtype of the array it meets": {
        "adamax.Adamax._constants": {
            "float(group['lr']) / (1 - beta1 ** t) for "
            "xp.asarray(float(group['lr']) / (1 - beta1 ** t), dtype)"},
        "nadam.NAdam._constants": {"c for xp.asarray(c, dtype)"},
        "radam.RAdam._constants": {"step_size for xp.asarray(step_size, dtype)"},
        "asgd.ASGD._constants": {
            "eta for xp.asarray(eta, dtype)",
            "1 - group['lambd'] * eta for xp.asarray(1 - group['lambd'] * eta, dtype)"},
        "adafactor.adafactor": {
            "1 - lr * weight_decay for p.dtype.type(1 - lr * weight_decay)",
            "eps[0] for p.dtype.type(eps[0])", "eps[0] ** 2 for p.dtype.type(eps[0] ** 2)",
            "size / max(1.0, _rms(xp, u) / d) for "
            "p.dtype.type(size / max(1.0, _rms(xp, u) / d))"},
        "muon.Muon._update_group": {"lr * scale for array.dtype.type(lr * scale)"},
        "lbfgs._dot": {
            "x.astype(xp.float64).dot(y) for x.dtype.type(x.astype(xp.float64).dot(y))"},
        "lbfgs.LBFGS._direction": {
            "curvature / _dot(y, y) for xp.asarray(curvature / _dot(y, y), g.dtype)",
            "1.0 / curvature for xp.asarray(1.0 / curvature, g.dtype)",
            "_dot(s, d) * ro for xp.asarray(_dot(s, d) * ro, g.dtype)"},
    },
    "without weight decay p is not read": {
        "rprop.rprop_rule": {"g for p", "prev for p", "size for p"},
        "adafactor.adafactor": {
            "columns for p", "d for p", "g for p", "rows for p", "t for p", "v for p"},
    },
    "written over before it is read": {
        "rprop.rprop_rule": {"prev for size (5)"},
    },
    "two computed numbers are not equal, or nothing depends on it where they are": {
        "radam.RAdam._constants": {"rho >= 5.0 for rho > 5.0"},
        "lbfgs._cubic_minimum": {"a.t < b.t for a.t <= b.t", "square > 0 for square >= 0"},
        "lbfgs._StrongWolfe._bracket": {
            "now.slope > 0 for now.slope >= 0", "now.f > before.f for now.f >= before.f"},
        "lbfgs._StrongWolfe._zoom": {"low.f < high.f for low.f <= high.f"},
        "lbfgs._StrongWolfe._is_flat": {
            "abs(p.slope) < -self.c2 * self.start.slope for "
            "abs(p.slope) <= -self.c2 * self.start.slope"},
        "lbfgs._StrongWolfe._is_too_high": {
            "p.f >= self.start.f + self.c1 * p.t * self.start.slope for "
            "p.f > self.start.f + self.c1 * p.t * self.start.slope"},
        "lbfgs.LBFGS._direction": {
            "curvature >= 1e-10 for curvature > 1e-10", "1.01e-10 for 1e-10"},
    },
    "they are put in order there": {
        "lbfgs._StrongWolfe.search": {"self._zoom(high, low) for self._zoom(low, high)"},
        "lbfgs._StrongWolfe._bracket": {
            "_cubic_minimum(now, before, now.t + 0.01 * (now.t - before.t), now.t * 10) for "
            "_cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)"},
    },
    "a product has no order": {
        "lbfgs.LBFGS._search": {
            "self._move(d, t) for self._move(t, d)",
            "self._move(d, found.t) for self._move(found.t, d)"},
        "lbfgs.LBFGS._direction": {
            "_dot(s, y) for _dot(y, s)", "_dot(d, s) for _dot(s, d)", "_dot(d, y) for _dot(y, d)"},
    },
    "both ways to add give the same but for a rounding": {
        "_rules.weights": {"beta < 0.5 for beta <= 0.5", "0.505 for 0.5"},
        "asgd.ASGD._constants": {"2 for 1 (2)"},
        "lbfgs._dot": {
            "if not x.size > BLOCK: for if x.size > BLOCK:", "x.size >= BLOCK for x.size > BLOCK",
            "x.size < BLOCK for x.size > BLOCK", "y for x"},
    },
    "lost in the rounding to bfloat16": {
        "muon.orthogonal": {"xp.float32(k) for xp.float64(xp.float32(k))", "k for xp.float32(k)"},
        "muon._bfloat16": {"4294901761 for 4294901760"},
    },
    "an angle has a cosine without sign, a remainder no multiple": {
        "lr_scheduler.CosineAnnealingLR.get_lr": {
            "self.last_epoch - 1 + self.T_max for self.last_epoch - 1 - self.T_max",
            "self.T_max - (self.last_epoch - 1) for self.last_epoch - 1 - self.T_max",
            "1 - self.last_epoch for self.last_epoch - 1",
            "1 - self.last_epoch for self.last_epoch - 1 (2)"},
    },
    "both formulas hold at the border": {
        "arithmetic.logistic": {"x >= 0 for x > 0", "1 for 0"},
        "decompose._qr_rule": {
            "m <= n for m < n", "m <= n for m < n (2)", "m >= n for m > n (2)",
            "part(R, slice(None), slice(0, m)) for "
            "part(R, slice(None), slice(0, m)) if m < n else R",
            "turned + (gQ - Q @ seen) for turned + (gQ - Q @ seen) if m > n else turned"},
        "special._i1_rule": {
            "1.01e-09 for 1e-09", "abs(x) >= 1e-09 for abs(x) > 1e-09", "out for x"},
        "special._i1e_rule": {
            "1.01e-09 for 1e-09", "abs(x) >= 1e-09 for abs(x) > 1e-09", "out for x"},
        "special._sinc_curvature": {
            "1.01e-09 for 1e-09", "abs(x) <= 1e-09 for abs(x) < 1e-09"},
        "scan._share": {"g >= 0 for g > 0"},
    },
    "as many pieces of the same size": {
        "recurrent._gru_like": {"4 for 3", "4 for 3 (2)"},
        "recurrent._lstm_like": {"5 for 4"},
    },
    "the same number": {
        "sgd.SGD._update_group": {"True for False"},
        "_rules.RuleOptimizer._update_group": {"self for type(self)", "1 for 0 (2)"},
        "adafactor.adafactor": {"p for g (4)"},
        "adafactor._rms": {"2 for 1"},
        "_cycles.CyclicLR.get_lr": {"x < self.step_ratio for x <= self.step_ratio"},
        "_cycles.OneCycleLR.get_lr": {"step < phase['end_step'] for step <= phase['end_step']"},
        "atan2 by x": {"_over_square(g, y, x) for _over_square(g, x, y)"},
        "atan2 by y": {"_over_square(g, y, x) for _over_square(g, x, y)"},
        "arithmetic._copied_sign": {
            "out for y", "sign_change(out, x) for sign_change(x, out)"},
        "special._i1e_rule": {"out for x (4)"},
        "reduce.even_shares": {
            "True for False", "gate(hit, zero(x) + 1) for gate(zero(x) + 1, hit)"},
        "ctc._ctc_rule": {"g - out * 0 for g + out * 0"},
        "linalg._matrix_exp_rule": {"2 for 1", "3 for 2"},
        "normalize._batch_joint": {"weight for bias"},
        "soft_margin by x": {
            "_soft_margin_rule(g, y, x, reduction) for _soft_margin_rule(g, x, y, reduction)"},
        "soft_margin by y": {
            "_soft_margin_rule(g, y, x, reduction) for _soft_margin_rule(g, x, y, reduction)"},
        "reduce._extreme_rule": {"1 for zero(x) + 1", "hit for where(hit, zero(x) + 1, 0)"},
        "elementwise._pow_exponent": {
            "zero(out) + x for zero(out) + x if isinstance(x, (int, float)) else x"},
    },
    "what is replaced there is left out by the next operation, or 0 is divided by it": {
        "decompose._differences": {
            "2 for 1", "zero(s) - 1 for zero(s) + 1",
            "unsqueeze(s, dim=-2) - unsqueeze(s, dim=-1) - diagonals(zero(s) + 1) for "
            "unsqueeze(s, dim=-2) - unsqueeze(s, dim=-1) + diagonals(zero(s) + 1)",
        },
        "norms._euclidean_rule": {"2 for 1"},
        "norms._power_rule": {"2 for 1", "2 for 1 (2)"},
    },
    "Q gets no gradient along itself: its columns keep their length": {
        "decompose._qr_rule": {"Q for zero(Q)"},
    },
    "above the limit by a rounding at most, but where a factor of 0 or a gate follows": {
        "ctc._standing": {
            "1 for 0 (6)", "1 for 0 (7)", "1 for 0 (8)",
            "before - reached for clamp(before - reached, max=0)",
        },
    },
    "never asked: k is not 0, and rows of labels have an odd length": {
        "ctc._moved": {
            "k >= 0 for k > 0", "k >= 0 for k > 0 (2)", "length - k for max(length - k, 0)"},
    },
    "samples are float64 here": {
        "ctc._ctc_rule": {"x for to(x, dtype=float64)"},
    },
    "the slower way": {
        "attention._rule": {"False for True"},
        "decompose._svd_rule": {"m >= k for m > k"},
        "fused.elu_slope": {
            "gate(left, x <= 0) + gate(g * scale, ~(x <= 0)) for "
            "left if steep == scale else gate(left, x <= 0) + gate(g * scale, ~(x <= 0))"},
        "fused.product": {
            "x @ y for x @ y if hasattr(x, '_array') or x.ndim > 2 else x.dot(y)",
            "x.ndim < 2 for x.ndim > 2", "x.ndim >= 2 for x.ndim > 2", "3 for 2",
        },
        "fused._rows": {
            "reshape(x, (-1, x.shape[-1])) for "
            "x if x.ndim == 2 else reshape(x, (-1, x.shape[-1]))"},
    },
}  # fmt: skip


def reason(site: str, mistake: str) -> str:
    """Why a change is no mistake; "" where it is one."""
    return _reasons().get((site, mistake), "")


@cache
def _reasons() -> dict[tuple[str, str], str]:
    return {
        (site, text): why
        for why, places in EXCUSED.items()
        for site, texts in places.items()
        for text in texts
    }
