"""Models from folders, files that are downloaded once."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest

import minitorch
from minitorch import hub
from tests.programs import attempt, same

pytest.importorskip("torch")
CONF = '''
from helper import FACTOR
dependencies = {dependencies}
def product(x, *, times=1):
    """The product."""
    return FACTOR * x * times
def _hidden():
    return 0
'''


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder of downloads."""
    monkeypatch.setattr(hub, "_chosen", [])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path / "hub"


def repository(folder, dependencies=("os", "numpy")):
    folder.mkdir(parents=True)
    (folder / "hubconf.py").write_text(CONF.format(dependencies=list(dependencies)))
    (folder / "helper.py").write_text("FACTOR = 3\n")
    return str(folder)


@pytest.mark.differential
def test_folders_are_torchs(tmp_path):
    local, lacking = repository(tmp_path / "a"), repository(tmp_path / "b", ["no_such_package"])

    def program(T):
        T.hub.set_dir(tmp_path)
        return [
            T.hub.get_dir(), T.hub.load(local, "product", 2, times=5, source="local"),
            attempt(T.hub.load, local, "nonsense", source="local"),
            attempt(T.hub.load, local, 3, source="local"),
            attempt(T.hub.load, lacking, "product", 2, source="local"),
            attempt(T.hub.load, str(tmp_path), "product", source="local"),
            attempt(T.hub.load, "owner/name", "product", source="nonsense"),
            attempt(T.hub.load, "owner", "product"),
        ]  # fmt: skip

    try:
        same(program)
    finally:
        hub._chosen.clear()


def test_the_folder_of_downloads_is_torchs(home, monkeypatch, tmp_path):
    def folder(T):
        return T.hub._get_torch_home() + "/hub" if T is not minitorch else T.hub.get_dir()

    same(folder)
    monkeypatch.delenv("TORCH_HOME")
    same(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    same(folder)


def test_a_repository_that_is_cached_is_used_and_none_is_fetched(home):
    repository(home / "owner_name_main")
    assert hub.load("owner/name", "product", 2) == 6
    assert hub.list("owner/name:main") == ["product"]
    assert hub.help("owner/name", "product") == "The product."
    for missing in ("owner/other", "owner/name:branch"):
        with pytest.raises(NotImplementedError, match="source='local'"):
            hub.load(missing, "product", 2)


def test_a_file_is_there_when_all_of_it_is(home, tmp_path, capsys):
    source, target = tmp_path / "numbers.bin", tmp_path / "copy.bin"
    source.write_bytes(bytes(range(256)) * 1000)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    with pytest.raises(RuntimeError, match="invalid hash"):
        hub.download_url_to_file(source.as_uri(), target, "0" * 8, progress=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["numbers.bin"]
    hub.download_url_to_file(source.as_uri(), target, digest[:8])
    assert target.read_bytes() == source.read_bytes()
    assert "100% of 0.3 MB" in capsys.readouterr().err


def test_a_connection_that_ends_early_leaves_no_file(tmp_path, monkeypatch):
    class Answer(io.BytesIO):
        headers = {"Content-Length": "10"}  # noqa: RUF012

    monkeypatch.setattr(hub, "urlopen", lambda request: Answer(b"half"))
    with pytest.raises(OSError, match="after 4 of 10 bytes"):
        hub.download_url_to_file("http://x/y", tmp_path / "y", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_weights_are_downloaded_once(home, tmp_path, monkeypatch):
    serialization = pytest.importorskip("minitorch.serialization")
    file = tmp_path / "weights.pt"
    serialization.save({"w": minitorch.ones(2)}, file)
    for name in (None, "renamed.pt"):
        found = minitorch.utils.model_zoo.load_url(file.as_uri(), progress=False, file_name=name)
        assert np.array_equal(found["w"].numpy(), [1, 1])
    file.unlink()
    again = hub.load_state_dict_from_url(file.as_uri(), progress=False)
    assert again["w"].tolist() == [1, 1]
    (home / "checkpoints/weights.pt").unlink()
    with pytest.raises(OSError, match=r"put the file at .*weights\.pt"):
        hub.load_state_dict_from_url(file.as_uri(), progress=False)
