"""Solutions by a Cholesky factor and least squares, with their gradients; beside torch."""

from __future__ import annotations

import pytest

from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential


def numbers(T, *size):
    count = T.tensor(size).prod().item()
    return ((T.arange(float(count)).double() ** 2 * 0.37 + 0.1).sin() * 2).reshape(size)


def by_a_factor(T):
    made = []
    for upper in (False, True):
        A = numbers(T, 2, 3, 3)
        A = (A @ A.mT + T.eye(3).double()).requires_grad_()
        B = numbers(T, 2, 3, 2).requires_grad_()
        L = T.linalg.cholesky(A, upper=upper)
        X, inverse = T.cholesky_solve(B, L, upper), L.cholesky_inverse(upper=upper)
        (X.sum() + (inverse * inverse).sum()).backward()
        made += [X, inverse, B.cholesky_solve(L, upper), A.grad, B.grad]
    return made


def least_squares(T):
    made = []
    for size in ((5, 3), (3, 5), (2, 5, 3)):
        for driver in (None, "gels", "gelsy", "gelsd", "gelss"):
            A, B = numbers(T, *size).requires_grad_(), numbers(T, *size[:-1], 2)
            found = T.linalg.lstsq(A, B, driver=driver)
            found.solution.sum().backward()
            made += [found.solution, *(x.detach() for x in found[1:]), A.grad]
    return made, T.linalg.lstsq(numbers(T, 4, 2), numbers(T, 4)).solution


def what_does_not_fit(T):
    A, B = numbers(T, 4, 2), numbers(T, 4, 2)
    calls = [(A, B.float()), (A, B[:3]), (A[0], B), (A.long(), B.long())]
    found = [attempt(T.linalg.lstsq, *given) for given in calls]
    return found, attempt(lambda: T.linalg.lstsq(A, B, driver="best"))


@pytest.mark.parametrize("program", programs_of(globals(), numbers), ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
