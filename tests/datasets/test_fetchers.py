"""Fetchers against a server of our own: broken-off, damaged and missing files included."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from sklvision.datasets import (
    _download,
    _fetch_arrays,
    _fetch_files,
    fetch_cifar10,
    fetch_flowers17,
    fetch_mnist,
    fetch_nails,
)
from sklvision.datasets._download import Remote

Image = pytest.importorskip("PIL.Image")
FETCHERS = [fetch_nails, fetch_flowers17, fetch_mnist, fetch_cifar10]


class Server(ThreadingHTTPServer):
    """Serves ``files`` by path, and misbehaves as told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.requests = []  # (path, Range header)
        self.break_off_after = []  # bytes to send before hanging up, one entry per answer
        self.errors = []  # status codes, one per answer
        self.ranges = True

    def url(self, path=""):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers["Range"]))
        if server.errors:
            return self.send_error(server.errors.pop(0))
        content = server.files.get(self.path.lstrip("/"))
        if content is None:
            return self.send_error(404)
        start = 0
        if self.headers["Range"] and server.ranges:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.break_off_after.pop(0)] if server.break_off_after else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_download, "SECONDS_BEFORE_RETRY", 0.0)
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


def idx(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes())


def tar_of(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def digits(server, monkeypatch):
    """A little MNIST on the server; gives its arrays."""
    rng = np.random.default_rng(0)
    arrays, remotes = {}, {}
    for split, n in (("train", 12), ("test", 5)):
        pair = rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n, np.uint8)
        arrays[split] = pair
        remotes[split] = []
        for kind, array in zip(("images", "labels"), pair, strict=True):
            content = idx(array)
            server.files[f"mnist/{split}-{kind}.gz"] = content
            remotes[split].append(Remote(server.url(f"mnist/{split}-{kind}.gz"), md5(content)))
    monkeypatch.setattr(_fetch_arrays, "MNIST", remotes)
    return arrays


class TestDownload:
    """The life of a download, seen through fetch_mnist."""

    def test_once(self, server, digits, tmp_path):
        X, y = fetch_mnist(data_home=tmp_path / "new", return_X_y=True)
        np.testing.assert_array_equal(X, digits["train"][0])
        np.testing.assert_array_equal(y, digits["train"][1])
        assert y.dtype == np.int64
        assert len(server.requests) == 2
        fetch_mnist(data_home=tmp_path / "new")
        assert len(server.requests) == 2
        names = sorted(path.name for path in (tmp_path / "new" / "mnist").iterdir())
        assert names == ["train-images.gz", "train-labels.gz"]

    def test_a_download_cut_short_goes_on_where_it_stopped(self, server, digits, tmp_path):
        server.break_off_after = [1000, 500]
        X = fetch_mnist(data_home=tmp_path).data
        np.testing.assert_array_equal(X, digits["train"][0])
        assert [wanted for _, wanted in server.requests] == [
            None,
            "bytes=1000-",
            "bytes=1500-",
            None,
        ]

    def test_and_goes_on_in_the_next_call(self, server, digits, tmp_path):
        server.break_off_after = [100] * 4
        with pytest.raises(OSError, match=r"train-images.gz from .*cut short.*kept in .*\.part"):
            fetch_mnist(data_home=tmp_path)
        part = tmp_path / "mnist" / "train-images.gz.part"
        assert part.stat().st_size == 400
        assert not part.with_suffix("").exists()
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])
        assert server.requests[4][1] == "bytes=400-"
        assert not part.exists()

    def test_a_server_that_cannot_resume_sends_all_again(self, server, digits, tmp_path):
        server.ranges = False
        server.break_off_after = [1000]
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_a_whole_part_only_needs_its_name(self, server, digits, tmp_path):
        part = tmp_path / "mnist" / "train-images.gz.part"
        part.parent.mkdir()
        part.write_bytes(server.files["mnist/train-images.gz"])
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_a_damaged_download_is_kept_apart_and_named(self, server, digits, tmp_path):
        good = server.files["mnist/train-images.gz"]
        server.files["mnist/train-images.gz"] = bad = good[:500] + b"\0" + good[501:]
        with pytest.raises(
            OSError, match=r"train-images.gz from .*differs from what was published"
        ):
            fetch_mnist(data_home=tmp_path)
        assert (tmp_path / "mnist" / "train-images.gz.corrupt").read_bytes() == bad
        assert not (tmp_path / "mnist" / "train-images.gz").exists()
        server.files["mnist/train-images.gz"] = good
        np.testing.assert_array_equal(fetch_mnist(data_home=tmp_path).data, digits["train"][0])

    def test_a_damaged_file_on_disk_is_named_and_not_touched(self, server, digits, tmp_path):
        fetch_mnist(data_home=tmp_path)
        file = tmp_path / "mnist" / "train-labels.gz"
        file.write_bytes(b"something else")
        with pytest.raises(OSError, match=r"train-labels.gz: the file differs from the published"):
            fetch_mnist(data_home=tmp_path)
        assert file.read_bytes() == b"something else"
        assert len(server.requests) == 2

    def test_an_error_of_the_moment_is_tried_again(self, server, digits, tmp_path):
        server.errors = [503, 500]
        assert len(fetch_mnist(data_home=tmp_path).data) == 12

    def test_a_missing_file_is_not(self, server, digits, tmp_path):
        del server.files["mnist/train-images.gz"]
        with pytest.raises(OSError, match=r"train-images.gz from http.*404"):
            fetch_mnist(data_home=tmp_path)
        assert len(server.requests) == 1

    def test_no_server_at_all(self, server, digits, tmp_path):
        server.shutdown()
        server.server_close()
        with pytest.raises(OSError, match=r"train-images.gz from http"):
            fetch_mnist(data_home=tmp_path)


class TestWhereDataIs:
    @pytest.mark.parametrize("fetch", FETCHERS)
    def test_no_download_without_leave(self, fetch, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLVISION_DATA", str(tmp_path / "a"))
        with pytest.raises(
            OSError, match=f"{tmp_path}/a.*: not there, and download_if_missing=False"
        ):
            fetch(download_if_missing=False)
        with pytest.raises(OSError, match=f"{tmp_path}/b"):
            fetch(data_home=tmp_path / "b", download_if_missing=False)
        assert list(tmp_path.iterdir()) == []

    def test_without_a_word_it_is_in_the_users_home(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SKLVISION_DATA", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(OSError, match=f"{tmp_path}/sklvision_data/mnist"):
            fetch_mnist(download_if_missing=False)

    @pytest.mark.parametrize("fetch", FETCHERS)
    def test_bad_parameters(self, fetch):
        with pytest.raises(ValueError, match="'data_home'"):
            fetch(data_home=3)
        if fetch is not fetch_flowers17:
            with pytest.raises(ValueError, match="'subset'"):
                fetch(subset="validation")


class TestMnist:
    def test_subsets(self, digits, tmp_path):
        both = fetch_mnist(subset="all", data_home=tmp_path)
        np.testing.assert_array_equal(
            both.data, np.concatenate([digits["train"][0], digits["test"][0]])
        )
        assert len(both.target) == 17
        assert len(fetch_mnist(subset="test", data_home=tmp_path).data) == 5
        assert both.target_names == list("0123456789")
        assert "handwritten digits" in both.DESCR

    def test_a_copy_comes_before_the_server(self, server, digits, tmp_path):
        arrays = {"x_test": np.zeros((3, 28, 28), np.uint8), "y_test": np.arange(3, dtype=np.uint8)}
        np.savez(tmp_path / "mnist.npz", **arrays)
        X, y = fetch_mnist(subset="test", data_home=tmp_path, return_X_y=True)
        assert (X.shape, y.tolist()) == ((3, 28, 28), [0, 1, 2])
        assert server.requests == []
        with pytest.raises(OSError, match=r"mnist.npz: does not hold x_train"):
            fetch_mnist(data_home=tmp_path)
        (tmp_path / "mnist.npz").write_bytes(b"no archive")
        with pytest.raises(OSError, match=r"mnist.npz: does not hold x_train"):
            fetch_mnist(data_home=tmp_path)


class TestCifar10:
    @pytest.fixture
    def archive(self, server, monkeypatch):
        rng = np.random.default_rng(0)
        names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
        images = rng.integers(0, 256, (6, 4, 32, 32, 3), np.uint8)
        labels = rng.integers(0, 10, (6, 4), np.uint8)
        files = {"cifar-10-batches-bin/readme.html": b"about"}
        for name, X, y in zip(names, images, labels, strict=True):
            records = np.hstack([y[:, None], X.transpose(0, 3, 1, 2).reshape(4, -1)])
            files[f"cifar-10-batches-bin/{name}"] = records.tobytes()
        content = tar_of(files)
        server.files["cifar-10-binary.tar.gz"] = content
        remote = Remote(server.url("cifar-10-binary.tar.gz"), md5(content))
        monkeypatch.setattr(_fetch_arrays, "CIFAR10", remote)
        return images.reshape(24, 32, 32, 3), labels.ravel()

    def test_records_become_images(self, archive, tmp_path):
        images, labels = archive
        cifar = fetch_cifar10(data_home=tmp_path)
        np.testing.assert_array_equal(cifar.data, images[:20])
        np.testing.assert_array_equal(cifar.target, labels[:20])
        assert cifar.target_names[6] == "frog"
        X, y = fetch_cifar10(subset="all", data_home=tmp_path, return_X_y=True)
        np.testing.assert_array_equal(X, images)
        np.testing.assert_array_equal(y, labels)

    def test_strips(self, tmp_path):
        rng = np.random.default_rng(0)
        X, y = rng.integers(0, 256, (6, 32, 32, 3), np.uint8), np.arange(6, dtype=np.uint8)
        folder = tmp_path / "cifar10"
        folder.mkdir()
        for i in range(2):
            strip = X[3 * i : 3 * i + 3].reshape(96, 32, 3)
            Image.fromarray(strip).save(folder / f"train_{i:02}.webp", lossless=True)
        np.savez(folder / "labels.npz", y_train=y)
        cifar = fetch_cifar10(data_home=tmp_path)
        np.testing.assert_array_equal(cifar.data, X)
        assert cifar.target.tolist() == list(range(6))
        (folder / "train_01.webp").unlink()
        with pytest.raises(OSError, match="train has 3 images in its strips and 6 labels"):
            fetch_cifar10(data_home=tmp_path)


class TestFlowers17:
    @pytest.fixture
    def archive(self, server, monkeypatch):
        files = {"jpg/files.txt": b"a list"}
        for number in range(1, 1361):
            stream = io.BytesIO()
            Image.new("RGB", (6 + number % 3, 5), number % 256).save(stream, "jpeg")
            files[f"jpg/image_{number:04}.jpg"] = stream.getvalue()
        content = tar_of(files)
        server.files["17flowers.tgz"] = content
        monkeypatch.setattr(
            _fetch_files, "FLOWERS17", Remote(server.url("17flowers.tgz"), md5(content))
        )

    def test_the_archive_becomes_a_folder_per_class(self, server, archive, tmp_path):
        flowers = fetch_flowers17(data_home=tmp_path)
        assert flowers.data.shape == (1360,)
        assert np.unique(flowers.target, return_counts=True)[1].tolist() == [80] * 17
        assert flowers.target_names == sorted(flowers.target_names)
        place = {Path(f).name: y for f, y in zip(flowers.filenames, flowers.target, strict=True)}
        assert place["image_0001.jpg"] == "daffodil"
        assert place["image_0081.jpg"] == "snowdrop"
        assert place["image_1360.jpg"] == "pansy"
        assert [path.name for path in tmp_path.iterdir()] == ["flowers17"]
        fetch_flowers17(data_home=tmp_path)
        assert len(server.requests) == 1

        Path(flowers.filenames[5]).unlink()
        with pytest.raises(OSError, match=r"image_0246.jpg: not there, and 0 more of 1360"):
            fetch_flowers17(data_home=tmp_path)


@pytest.mark.data
class TestRealCopies:
    @pytest.fixture
    def nails_on_the_server(self, data_home, server, monkeypatch):
        monkeypatch.setattr(_fetch_files, "NAILS_URL", server.url("Data/"))
        for file in (data_home / "nails").glob("*/*/*.jpeg"):
            server.files[f"Data/{file.parts[-3]}/{file.name}"] = file.read_bytes()

    def test_nails_from_the_copy(self, data_home):
        train = fetch_nails(data_home=data_home, download_if_missing=False)
        assert train.data.shape == (160, 1216, 1936)
        assert train.target_names == ["bad", "good"]
        X, y = fetch_nails(subset="test", data_home=data_home, return_X_y=True)
        assert (len(X), np.unique(y, return_counts=True)[1].tolist()) == (38, [19, 19])
        both = fetch_nails(subset="all", data_home=data_home)
        assert np.bincount(both.groups).tolist() == [99, 18, 81]
        assert set(both.groups[160:]) == {2}
        np.testing.assert_array_equal(both.filenames[:160], train.filenames)
        assert all(
            Path(f).stem.endswith(y) for f, y in zip(both.filenames, both.target, strict=True)
        )

    @pytest.mark.slow
    def test_nails_from_the_server_and_again(
        self, data_home, nails_on_the_server, server, tmp_path
    ):
        fetched = fetch_nails(subset="test", data_home=tmp_path)
        assert len(server.requests) == 198
        np.testing.assert_array_equal(
            fetched.data[0], fetch_nails(subset="test", data_home=data_home).data[0]
        )
        Path(fetched.filenames[3]).unlink()
        fetch_nails(data_home=tmp_path)
        assert len(server.requests) == 199
        Path(fetched.filenames[4]).write_bytes(b"damaged")
        with pytest.raises(OSError, match=r"\.jpeg: the file differs from the published one"):
            fetch_nails(data_home=tmp_path)

    def test_others_from_the_copies(self, data_home, monkeypatch):
        monkeypatch.setenv("SKLVISION_DATA", str(data_home))
        flowers = fetch_flowers17(download_if_missing=False)
        assert (len(flowers.data), len(flowers.target_names)) == (1360, 17)
        digits = fetch_mnist(subset="all", download_if_missing=False)
        assert digits.data.shape == (70000, 28, 28)
        assert digits.target[:5].tolist() == [5, 0, 4, 1, 9]
        cifar = fetch_cifar10(subset="test", download_if_missing=False)
        assert cifar.data.shape == (10000, 32, 32, 3)
        assert np.bincount(cifar.target).tolist() == [1000] * 10
