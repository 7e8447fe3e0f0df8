"""The kernels, at every size and on two threads, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import minitorch
from minitorch import native
from minitorch.native.build import BuildError, compiler


@pytest.fixture(scope="module", autouse=True)
def kernels() -> Iterator[None]:
    """Put the kernels over their rows, however small the arrays."""
    if not compiler():
        pytest.skip("no C compiler: neither $CC, cc, gcc, clang nor ziglang")
    before = minitorch.get_num_threads()
    try:
        assert native.prepare()
        native.enable(least=1)
    except BuildError as error:
        pytest.fail(str(error))
    minitorch.set_num_threads(2)
    yield
    native.disable()
    minitorch.set_num_threads(before)
