"""Connectionist temporal classification: the probability of a text, over all its alignments.

Source: Graves et al. 2006, https://doi.org/10.1145/1143844.1143891

The labels of a text are put between blanks. A path stands at one place s of that row at each time t
and may stay, go one place on, or two if that leaves out a blank between different labels. Paths are
summed in logarithms; what the backward needs, the probability of standing at s at time t, follows
from the forward sums alone, going back in time:

    P(t-1, s) = sum over k = 0, 1, 2 of P(t, s+k) e ** (a(t-1, s) - (a(t, s+k) - x(t, s+k)))

with a(t, s) the logarithm of the sum over paths up to t, and x that of the label's probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import errors
from minitorch.calls import composition
from minitorch.dtypes import float64
from minitorch.ops.elementwise import clamp, exp, gate, log, maximum, where, zero
from minitorch.ops.fused import reduced, residual
from minitorch.ops.index import ALL, ARRAY, put_add, take
from minitorch.ops.loss import in_words
from minitorch.ops.reduce import amax, sum
from minitorch.ops.shape import basic_index, cat, reshape, stack, to
from minitorch.primitive import fused

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["ctc_loss"]

# The logarithm of what cannot happen: finite, so that the difference of two of them is 0.
_NEVER = -1e30
_SPEC = (ALL, ARRAY, ARRAY)


def _moved(x, k, by):
    """`x` of shape (N, L) moved k places to the right (left where k < 0), filled with `by`."""
    length = x.shape[1]
    part = slice(max(length - k, 0)) if k > 0 else slice(-k, None)
    kept = basic_index(x, at=(slice(None), part))
    gap = zero(basic_index(x, at=(slice(None), slice(abs(k))))) + by
    return cat((gap, kept) if k > 0 else (kept, gap), dim=1)


def _paths(at_labels, jumps):
    """a(t, s) of shape (T, N, L) from x(t, s)."""
    first = at_labels[0]
    now = cat((first[:, :2], zero(first[:, 2:]) + _NEVER), dim=1)
    rows = [now]
    for t in range(1, at_labels.shape[0]):
        one, two = _moved(now, 1, _NEVER), where(jumps, _moved(now, 2, _NEVER), _NEVER)
        top = maximum(maximum(now, one), two)
        now = log(exp(now - top) + exp(one - top) + exp(two - top)) + top + at_labels[t]
        rows.append(now)
    return stack(rows, dim=0)


def _total(paths, final):
    """The logarithm of the sum over all paths that end where they may, of shape (N)."""
    ends = where(final, paths, _NEVER)
    top = amax(ends, dim=(0, 2), keepdim=True)
    return reshape(top, (-1,)) + log(sum(exp(ends - top), dim=(0, 2)))


def _standing(at_labels, paths, total, jumps, final):
    """P(t, s) of shape (T, N, L); `final` marks where paths end."""
    ahead = _moved(to(jumps, dtype=float64), -2, 0) != 0  # whether one may jump from s to s + 2
    rows: list = []
    back = None
    for t in reversed(range(at_labels.shape[0])):
        now = gate(exp(clamp(paths[t] - total, max=0)), final[t])
        now = now if back is None else now + back
        rows.append(now)
        if t == 0:
            break
        before, reached = paths[t - 1], paths[t] - at_labels[t]
        back = now * exp(clamp(before - reached, max=0))
        for k in (1, 2):
            flow = _moved(now, -k, 0) * exp(clamp(before - _moved(reached, -k, 0), max=0))
            back = back + (flow if k == 1 else gate(flow, ahead))
    return stack(rows[::-1], dim=0)


def _ctc_rule(g, x, rows, labels, jumps, final, live, out, _paths_, zero_infinity):
    """e ** x - P: as in torch, the gradient for x that are normalized, as log_softmax leaves them.

    The term e ** x changes nothing behind a log_softmax, whose rule subtracts it.
    """
    at_labels = clamp(take(to(x, dtype=float64), rows, labels, spec=_SPEC), min=_NEVER)
    paths = residual(_paths_, lambda at_labels: _paths(at_labels, jumps), at_labels)
    total = reshape(_total(paths, final), (-1, 1))
    standing = _standing(at_labels, paths, total, jumps, final)
    apart = exp(x) - put_add(standing, rows, labels, size=tuple(x.shape), spec=_SPEC)
    share = g if zero_infinity else g + out * 0  # NaN where the text is impossible
    return where(live, apart * reshape(share, (1, -1, 1)), 0)


@fused(
    (_ctc_rule, None, None, None, None, None),
    outs=("out", "_paths_"),
    torch_name="CtcLossBackward0",
)
def alignments(xp, x, rows, labels, jumps, final, live, *, zero_infinity=False):
    """-log of the probability of each text, for log-probabilities x of shape (T, N, C).

    `labels` (N, L) are the labels between blanks, `jumps` (N, L) where a path may come from two
    places before, `final` (T, N, L) where it may end, `live` (T, N, 1) the times of each text, and
    `rows` (N, 1) counts the texts.
    """
    errors.check_floating(x, "ctc_loss")
    # Logarithms are in the hundreds, and what is near their difference is wanted: in float64.
    at_labels = xp.maximum(x[:, rows, labels].astype(xp.float64), _NEVER)
    paths = _paths(at_labels, jumps)
    total = _total(paths, final)
    return xp.where(total > _NEVER / 2, -total, xp.inf).astype(x.dtype), paths


# ------------------------------------------------------------------ arguments


@composition
def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction=1, zero_infinity=False
) -> Tensor:
    """-log of the probability that log-probabilities spell the targets, in any alignment.

    The mean divides each by the length of its target first. `zero_infinity` makes 0 of texts that
    are too long to be spelled.

    Shape: (T, N, C), (N, S) or (sum of lengths), (N), (N) -> (N) or (); also (T, C), (S), (), ()
    Raises: RuntimeError for lengths and labels that do not fit.
    """
    from minitorch._tensor import wrap

    single = log_probs.ndim == 2
    x = log_probs.unsqueeze(1) if single else log_probs
    if x.ndim != 3 or not x._array.size:
        raise RuntimeError(
            "ctc_loss: expected log-probabilities of shape (T, N, C), none of them 0, got "
            f"{list(log_probs.shape)}"
        )
    times, texts, classes = x.shape
    steps = _lengths(input_lengths, texts, "input_lengths", times)
    counts = _lengths(target_lengths, texts, "target_lengths", None)
    if not 0 <= blank < classes:
        raise RuntimeError(f"ctc_loss: expected a blank in [0, {classes}), got {blank}")
    labels = _between_blanks(targets._array.astype("int64"), counts, blank, classes)
    marks = _marks(labels, counts, steps, blank, times)
    losses = alignments(x, *map(wrap, marks), zero_infinity=zero_infinity)
    certain = (steps == 0) & (counts == 0)
    if certain.any():
        losses = where(wrap(certain), 0, losses)
    if zero_infinity:
        losses = where(losses == float("inf"), 0, losses)
    if single and in_words(reduction) == "none":
        return losses.squeeze(0)
    if in_words(reduction) == "mean":
        losses = losses / wrap(counts.clip(1)).to(dtype=losses.dtype)
    return reduced(losses, in_words(reduction))


def _lengths(given: Any, texts: int, name: str, most: int | None) -> Any:
    from minitorch.backend import xp

    lengths = (given._array if hasattr(given, "_array") else xp.asarray(given)).reshape(-1)
    if lengths.size and lengths.dtype.kind not in "iu":
        raise RuntimeError(f"ctc_loss: expected {name} of integers, got {lengths.dtype}")
    if lengths.size != texts:
        raise RuntimeError(
            f"ctc_loss: expected one of {name} for each of {texts} texts, got {lengths.size}"
        )
    if lengths.min() < 0 or (most is not None and lengths.max() > most):
        raise RuntimeError(
            f"ctc_loss: expected {name} of at least 0"
            + ("" if most is None else f" and at most {most}")
            + f", got {lengths.tolist()}"
        )
    return lengths.astype(xp.int64)


def _between_blanks(targets: Any, counts: Any, blank: int, classes: int) -> Any:
    """The labels of shape (N, 2 S + 1), S the largest length, with blanks around each."""
    from minitorch.backend import xp

    most = int(counts.max())
    if targets.ndim > 1 and targets.shape[1] < most:
        raise RuntimeError(
            f"ctc_loss: expected targets of at least {most} labels, got shape {list(targets.shape)}"
        )
    if targets.ndim < 2 and targets.size != counts.sum():
        raise RuntimeError(
            f"ctc_loss: expected {counts.sum()} labels, the sum of target_lengths, got "
            f"{targets.size}"
        )
    used = xp.arange(most) < counts[:, None]
    labels = xp.full((len(counts), most), blank, xp.int64)
    labels[used] = targets[:, :most][used] if targets.ndim > 1 else targets
    wrong = labels[used & ((labels < 0) | (labels >= classes))]
    if wrong.size:
        raise RuntimeError(f"ctc_loss: expected labels in [0, {classes}), got {wrong[0]}")
    out = xp.full((len(counts), 2 * most + 1), blank, xp.int64)
    out[:, 1::2] = labels
    return out


def _marks(labels: Any, counts: Any, steps: Any, blank: int, times: int) -> tuple:
    """What the row `alignments` takes beside the log-probabilities."""
    from minitorch.backend import xp

    rows = xp.arange(len(labels))[:, None]
    jumps = xp.zeros(labels.shape, bool)
    jumps[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    place, last = xp.arange(labels.shape[1]), 2 * counts[:, None]
    ends = (place == last) | (place == last - 1)
    time = xp.arange(times)[:, None, None]
    final = (time == steps[:, None] - 1) & ends
    return rows, labels, jumps, final, time < steps[:, None]
