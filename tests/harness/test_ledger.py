"""Deviations are accepted for a reason, for a while, and for what they name."""

from __future__ import annotations

import datetime

import pytest

from harness.ledger import LedgerError, read

TODAY = datetime.date(2027, 1, 15)
TEXT = """
[[accept]]
tensor = "gradient norm?.bias"
script = "train*.py"
reason = "zero on paper"
until = 2027-01-15

[[accept]]
tensor = "loss"
reason = "old"
until = 2026-12-31
"""


@pytest.fixture
def ledger(tmp_path):
    def write(text):
        path = tmp_path / "verify.toml"
        path.write_text(text)
        return read(path, TODAY)

    return write


@pytest.mark.parametrize(
    ("script", "key", "accepted"),
    [
        ("here/train.py", "gradient norm1.bias", True),
        ("train_cnn.py", "gradient norm2.bias", True),
        ("train.py", "gradient norm1.weight", False),
        ("other.py", "gradient norm1.bias", False),
        ("train.py", "loss", False),  # its day has passed
    ],
)
def test_what_is_named_is_accepted_while_it_lasts(ledger, script, key, accepted):
    assert bool(ledger(TEXT).accepts(script, key)) is accepted


def test_what_has_expired_is_told(ledger):
    assert [entry.reason for entry in ledger(TEXT).expired("train.py")] == ["old"]
    assert str(ledger(TEXT).entries[0]) == "zero on paper (until 2027-01-15)"


def test_no_ledger_accepts_nothing(tmp_path):
    assert read(tmp_path / "none.toml", TODAY).accepts("train.py", "loss") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[accept]]\ntensor = 'loss'\nuntil = 2027-01-01", "entry 1: reason is missing"),
        ("[[accept]]\ntensor = 'loss'\nreason = 'x'", "entry 1: until is missing"),
        ("[[accept]]\nstep = 3", "unknown field 'step'"),
        ("[[accept]]\ntensor = 3", "tensor has to be text, got 3"),
        ("[[accept]]\nuntil = 'soon'", "until has to be a date, got 'soon'"),
        ("[allow]\nx = 1", "expected [[accept]], got allow"),
        ("[[accept", "verify.toml: "),
    ],
)
def test_a_wrong_ledger_is_one_line(ledger, text, said):
    with pytest.raises(LedgerError) as error:
        ledger(text)
    assert said in str(error.value)
