"""A world of one process for each test."""

from __future__ import annotations

import socket

import pytest

import minitorch

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The variables that torchrun sets, for one process; no group before and after."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": 0,
                        "WORLD_SIZE": 1}.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    yield
    for T in (minitorch, torch):
        if T.distributed.is_initialized():
            T.distributed.destroy_process_group()
