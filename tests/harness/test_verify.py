"""All checks are made, and the worst of them is the verdict."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pandas")

from harness import verify

QUICK = (
    verify.Part("good", "does it?", ("report",)),
    verify.Part("bad", "can it?", ("run", "nowhere.py")),
)


def checked(monkeypatch, tmp_path, parts, *names):
    monkeypatch.setattr(verify, "PARTS", parts)
    code = verify.main([*names, "--out", str(tmp_path)])
    return code, json.loads((tmp_path / "verify" / "verify.json").read_text())


def test_what_fails_is_named_and_sets_the_exit_code(monkeypatch, tmp_path, capsys):
    code, told = checked(monkeypatch, tmp_path, QUICK)
    said = capsys.readouterr().out
    assert code == 3
    assert told["headline"] == "FAIL  bad"
    assert {c["name"]: c["code"] for c in told["checks"]} == {"good": 0, "bad": 3}
    assert "FAIL  bad" in said
    assert "no such script: nowhere.py" in said
    assert "| can it? | FAIL |" in (tmp_path / "verify" / "verify.md").read_text()
    assert (tmp_path / "index.html").exists()


def test_one_check_can_be_asked_for(monkeypatch, tmp_path):
    code, told = checked(monkeypatch, tmp_path, QUICK, "good")
    assert (code, told["headline"]) == (0, "PASS  1 check")


def test_every_command_is_one_of_the_harness(capsys):
    from harness.__main__ import main

    with pytest.raises(SystemExit):
        main(["--help"])
    commands = capsys.readouterr().out
    assert all(part.command[0] in commands for part in verify.PARTS)


def test_an_unknown_check_is_one_line(capsys):
    with pytest.raises(SystemExit) as end:
        verify.main(["everything"])
    assert end.value.code == 3
    assert "no check 'everything'" in capsys.readouterr().err
