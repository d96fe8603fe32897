"""The sizes in the README are the measured ones, and its extras are those of pyproject.toml."""

import json
import tomllib

from benchmarks import install_sizes

SIZES = json.loads(install_sizes.RESULT.read_text("utf-8"))["bytes"]


def test_the_readme_shows_the_committed_result():
    text = (install_sizes.ROOT / "README.md").read_text("utf-8")
    assert install_sizes.with_table(text, SIZES) == text


def test_every_extra_is_there():
    settings = tomllib.loads((install_sizes.ROOT / "pyproject.toml").read_text("utf-8"))
    extras = settings["project"]["optional-dependencies"]
    assert set(install_sizes.USES) == {"", *extras}
    assert set(SIZES) == set(install_sizes.MEASURED)


def test_files_are_counted_once(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "inner" / "file")
    assert install_sizes.folder_bytes(tmp_path) == 5
