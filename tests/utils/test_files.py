"""Files are written completely or not at all."""

from __future__ import annotations

import pytest

from sklvision.utils._files import atomic_write


def test_atomic_write_replaces_the_file_at_the_end(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_leaves_the_old_file_after_an_error(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_write(path, text=True) as file:
        file.writelines(["half", 3])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_keeps_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    with atomic_write(link, text=True) as file:
        file.write("new\n")
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"


def test_atomic_write_refuses_a_directory(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a directory"), atomic_write(tmp_path):
        pass
