"""Rooms that are loaded on first use."""

from __future__ import annotations

import sys

import pytest

from minitorch._later import later


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one room, `attic`, in which `lamp` stands."""
    home = tmp_path / "house_of_later"
    home.mkdir()
    (home / "__init__.py").write_text(
        "from minitorch._later import later\n"
        "__getattr__ = later(__name__, {'attic': 'lamp', 'cellar': ''})\n"
    )
    (home / "attic.py").write_text("lamp = object()\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield pytest.importorskip("house_of_later")
    for name in [n for n in sys.modules if n.startswith("house_of_later")]:
        del sys.modules[name]


def test_a_room_is_loaded_when_it_is_asked_for(package):
    assert "house_of_later.attic" not in sys.modules
    assert package.attic is sys.modules["house_of_later.attic"]


def test_what_is_in_a_room_is_shown_by_the_package_and_found_once(package):
    assert package.lamp is package.attic.lamp
    assert vars(package)["lamp"] is package.lamp


def test_other_names_are_missing_as_in_any_module(package):
    with pytest.raises(AttributeError, match="'house_of_later' has no attribute 'garage'"):
        _ = package.garage
    assert not hasattr(package, "garage")


def test_a_room_that_cannot_be_loaded_says_so(package):
    with pytest.raises(ModuleNotFoundError, match="cellar"):
        _ = package.cellar


def test_rooms_and_names_are_told_apart():
    get = later("minitorch", {"utils": "data"})
    assert get("data").__name__ == "minitorch.utils.data"
