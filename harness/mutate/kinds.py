"""The kinds of mistakes that are planted."""

from __future__ import annotations

Kind = str

KINDS: dict[str, str] = {
    "sign": "a minus too much or too little",
    "factor": "a factor lost, inverted, or 1 % off",
    "dropped term": "a term of a sum, or the whole gradient, lost",
    "wrong axis": "another dimension",
    "missing reduction": "what was broadcast is not summed",
    "stale value": "an operand as it was before",
    "assign for accumulate": "the second gradient overwrites the first",
    "boundary": "> for >=",
    "epsilon": "the small number that keeps a division finite",
    "swapped operands": "two arguments exchanged",
    "wrong operand": "one operand in the place of another",
    "wrong number": "a constant off by one, or by 1 %",
    "operation left out": "f(x) written as x",
    "condition": "a choice turned around",
    "wrong elements": "one element forgotten, or in another order",
    "second order": "right once, without the derivative that the second order needs",
    "bookkeeping": "counts, versions, hooks, modes",
}
"""What each kind means, in the order of the reports."""

SMALL = 1e-3
"""A number below this is there to keep something finite."""

REDUCTIONS = {
    "sum", "sum_to", "mean", "reduce", "amax", "amin", "logsumexp", "_sum", "sums", "dot",
}  # fmt: skip
"""Functions whose omission leaves out a reduction."""


def of_call(name: str) -> Kind:
    """The kind of mistake that leaves out a call of the function `name`."""
    return "missing reduction" if name in REDUCTIONS else "operation left out"
