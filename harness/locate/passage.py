"""Several calls of a trace as one small program: for what no call alone shows.

Calls that share memory, or whose gradients are added, are kept in their order; those that do not
matter go by delta debugging, and what they made becomes an input.

Source: Zeller & Hildebrandt 2002, Simplifying and Isolating Failure-Inducing Input.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness import local
from harness.backends import Backend
from harness.locate import shrink
from harness.locate.replay import called
from harness.locate.trace import Call, Value, said
from harness.locate.updates import alone_raises, plainer


@dataclass
class Passage:
    """Calls in their order, and the tensors that they start from.

    `inputs` are those tensors, `arguments` those of each call, with the slots of the call's own
    inputs. `weights` makes the cotangent of an output.
    """

    calls: list[Call]
    inputs: list[Value]
    arguments: list[Any]
    weights: Callable[[Any, Any], Any] | None = None
    settings: None = None
    arrived: dict = field(default_factory=dict)

    @property
    def made(self) -> list[int]:
        """The numbers of the tensors that the calls make, each once."""
        return list(dict.fromkeys(v.tensor for call in self.calls for v in call.outputs))

    @property
    def written(self) -> set[int]:
        """The numbers of those inputs that a call writes to."""
        found = {call.inputs[i].tensor for call in self.calls for i in call.written}
        return found & {value.tensor for value in self.inputs}

    def on(self, backend: Backend) -> local.Function:
        """The calls and their backward as a function of the inputs.

        It returns every tensor that the calls make, then what stands in `.grad` of the inputs.
        """

        def run(T: Any, *tensors: Any) -> list[Any]:
            leaves = [t.detach().requires_grad_(v.wants) for v, t in zip(self.inputs, tensors)]
            known = {}
            for value, leaf in zip(self.inputs, leaves):
                known[value.tensor] = leaf.clone() if value.tensor in self.written else leaf
            for call, arguments in zip(self.calls, self.arguments):
                slots = [known[v.tensor] for v in call.inputs]
                if call.random is not None:
                    backend.seed(0)
                result = called(T, call, said(arguments, T, slots))
                found = local.tensors_in(result, backend)
                known.update(zip((v.tensor for v in call.outputs), found))
            rest = [n for n in self.written if n not in self.made]
            outs = [known[n] for n in (*self.made, *rest)]
            ends = [o for o in outs if o.requires_grad]
            if ends:
                T.autograd.backward(ends, [(self.weights or ones)(T, o) for o in ends])
            wanting = [leaf for leaf in leaves if leaf.requires_grad]
            grads = [T.zeros_like(x) if x.grad is None else x.grad for x in wanting]
            return [o.detach() for o in outs] + grads

        return run


def ones(T: Any, out: Any) -> Any:
    """The plainest cotangent."""
    return T.ones_like(out)


def counting(T: Any, out: Any) -> Any:
    """A cotangent of 1, 2, 3 ..."""
    return T.arange(1, 1 + out.numel()).reshape(out.shape).to(out.dtype)


def of_calls(calls: Sequence[Call]) -> Passage:
    """The passage of these calls: what none of them makes is given."""
    calls = sorted(calls, key=lambda call: call.number)
    inputs: dict[int, Value] = {}
    made: set[int] = set()
    for call in calls:
        for value in call.inputs:
            if value.tensor not in made:
                inputs.setdefault(value.tensor, value)
        made |= {v.tensor for v in call.outputs}
    return Passage(list(calls), list(inputs.values()), [call.arguments for call in calls])


def shrunk(
    calls: Sequence[Call],
    candidate: Backend,
    reference: Backend,
    seconds: float = 3.5,
) -> Passage | None:
    """The shortest passage that was found to fail, with few and round numbers; None for none."""
    end = time.monotonic() + seconds

    def fails(passage: Passage) -> bool:
        return time.monotonic() < end and _fails(passage, candidate, reference)

    start = of_calls(calls)
    for weights in (ones, counting):
        start = replace(start, weights=weights)
        if fails(start):
            break
    else:
        return None
    made = _fewer_calls(start, fails)
    again = True
    while again:
        again = False
        for other in (*shrink.together(made), *shrink.alone(made), *_rounder(made)):
            if fails(other):
                made, again = other, True
                break
    return made


def _fails(passage: Passage, candidate: Backend, reference: Backend) -> bool:
    """Whether the candidate is wrong on a passage that the reference can run."""
    arrays = [value.array for value in passage.inputs]
    theirs = passage.on(reference)
    seen = local.compare(
        (passage.on(candidate), theirs), arrays, candidate, reference, 0, range(len(arrays))
    )
    if seen.problem:
        return alone_raises(seen.problem, candidate)
    return not (seen.ok or seen.agreed or seen.unsupported)


def _fewer_calls(passage: Passage, fails: Callable[[Passage], bool]) -> Passage:
    """Leave out halves, quarters ... and single calls, as long as it fails."""
    size = len(passage.calls) // 2
    while size:
        start = 0
        while start < len(passage.calls):
            kept = passage.calls[:start] + passage.calls[start + size :]
            other = replace(of_calls(kept), weights=passage.weights)
            if kept and fails(other):
                passage = other
            else:
                start += size
        size //= 2
    return passage


def _rounder(passage: Passage) -> Iterator[Passage]:
    for i, value in enumerate(passage.inputs):
        for other in plainer(value.array):
            yield shrink.changed(passage, i, other)
