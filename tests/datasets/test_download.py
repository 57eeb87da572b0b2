"""Downloads go on after interruptions, and damaged or missing files are named."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.datasets import fetch_mnist
from tests.datasets._server import IMAGES, LABELS

pytest.importorskip("pooch")


class TestDownload:
    """The life of a download, seen through fetch_mnist."""

    def test_fetch_mnist_downloads_once(self, server, digits, tmp_path):
        X, y = fetch_mnist(data_home=tmp_path / "new", return_X_y=True)
        np.testing.assert_array_equal(X, digits["train"][0])
        np.testing.assert_array_equal(y, digits["train"][1])
        assert y.dtype == np.int64
        assert len(server.requests) == 2
        fetch_mnist(data_home=tmp_path / "new")
        assert len(server.requests) == 2
        names = sorted(path.name for path in (tmp_path / "new" / "mnist").iterdir())
        assert names == [IMAGES, LABELS]

    def test_fetch_mnist_continues_an_interrupted_download(self, server, digits, tmp_path):
        server.break_off_after = [1000, 500]
        X = fetch_mnist(data_home=tmp_path).data
        np.testing.assert_array_equal(X, digits["train"][0])
        assert [request for _, request in server.requests] == [
            None,
            "bytes=1000-",
            "bytes=1500-",
            None,
        ]

    def test_fetch_mnist_continues_in_the_next_call(self, server, digits, tmp_path):
        server.break_off_after = [100] * 4
        with pytest.raises(OSError, match=r"train-images-.*gz from .*cut short.*kept in .*\.part"):
            fetch_mnist(data_home=tmp_path)
        part = tmp_path / "mnist" / f"{IMAGES}.part"
        assert part.stat().st_size == 400
        assert not part.with_suffix("").exists()
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])
        assert server.requests[4][1] == "bytes=400-"
        assert not part.exists()

    def test_fetch_mnist_starts_again_if_the_server_cannot_resume(self, server, digits, tmp_path):
        server.ranges = False
        server.break_off_after = [1000]
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_fetch_mnist_renames_a_complete_part(self, server, digits, tmp_path):
        part = tmp_path / "mnist" / f"{IMAGES}.part"
        part.parent.mkdir()
        part.write_bytes(server.files[f"mnist/{IMAGES}"])
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_fetch_mnist_keeps_a_damaged_download_apart(self, server, digits, tmp_path):
        good = server.files[f"mnist/{IMAGES}"]
        server.files[f"mnist/{IMAGES}"] = bad = good[:500] + b"\0" + good[501:]
        with pytest.raises(OSError, match=r"train-images-.*gz from .*differs from the published"):
            fetch_mnist(data_home=tmp_path)
        assert (tmp_path / "mnist" / f"{IMAGES}.corrupt").read_bytes() == bad
        assert not (tmp_path / "mnist" / IMAGES).exists()
        server.files[f"mnist/{IMAGES}"] = good
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_fetch_mnist_names_a_damaged_file_and_leaves_it(self, server, digits, tmp_path):
        fetch_mnist(data_home=tmp_path)
        file = tmp_path / "mnist" / LABELS
        file.write_bytes(b"something else")
        with pytest.raises(OSError, match=r"train-labels-.*gz: differs from the published file"):
            fetch_mnist(data_home=tmp_path)
        assert file.read_bytes() == b"something else"
        assert len(server.requests) == 2

    def test_fetch_mnist_retries_after_a_temporary_error(self, server, digits, tmp_path):
        server.errors = [503, 500]
        assert len(fetch_mnist(data_home=tmp_path).data) == 12

    def test_fetch_mnist_does_not_retry_a_missing_file(self, server, digits, tmp_path):
        del server.files[f"mnist/{IMAGES}"]
        with pytest.raises(OSError, match=r"train-images-.*gz from http.*404"):
            fetch_mnist(data_home=tmp_path)
        assert len(server.requests) == 1

    def test_fetch_mnist_without_a_server_raises(self, server, digits, tmp_path):
        server.shutdown()
        server.server_close()
        with pytest.raises(OSError, match=r"train-images-.*gz from http"):
            fetch_mnist(data_home=tmp_path)
