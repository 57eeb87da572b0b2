"""Fetchers read what a server or a copy holds, and download only if they may."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from sklvision.datasets import (
    fetch_cifar10,
    fetch_flowers17,
    fetch_mnist,
    fetch_nails,
    get_data_home,
)
from sklvision.datasets._remote import fetch as remote
from tests.datasets._server import tar_of

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("pooch")

FETCHERS = [fetch_nails, fetch_flowers17, fetch_mnist, fetch_cifar10]


class TestWhereDataIs:
    @pytest.mark.parametrize("fetch", FETCHERS)
    def test_fetchers_download_only_if_allowed(self, fetch, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLVISION_DATA", str(tmp_path / "a"))
        with pytest.raises(
            OSError, match=f"{tmp_path}/a.*: is missing, and download_if_missing=False"
        ):
            fetch(download_if_missing=False)
        with pytest.raises(OSError, match=f"{tmp_path}/b"):
            fetch(data_home=tmp_path / "b", download_if_missing=False)
        assert list(tmp_path.iterdir()) == []

    def test_get_data_home_defaults_to_the_home_directory(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SKLVISION_DATA", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert get_data_home() == tmp_path / "sklvision_data"

    @pytest.mark.parametrize("fetch", FETCHERS)
    def test_fetchers_validate_parameters(self, fetch):
        with pytest.raises(ValueError, match="'data_home'"):
            fetch(data_home=3)
        if fetch is not fetch_flowers17:
            with pytest.raises(ValueError, match="'subset'"):
                fetch(subset="validation")


class TestMnist:
    def test_fetch_mnist_subsets(self, digits, tmp_path):
        all_images = fetch_mnist(subset="all", data_home=tmp_path)
        np.testing.assert_array_equal(
            all_images.data, np.concatenate([digits["train"][0], digits["test"][0]])
        )
        assert len(all_images.target) == 17
        assert len(fetch_mnist(subset="test", data_home=tmp_path).data) == 5
        assert all_images.target_names == list("0123456789")
        assert "handwritten digits" in all_images.DESCR

    def test_fetch_mnist_prefers_a_copy(self, server, digits, tmp_path):
        arrays = {"x_test": np.zeros((3, 28, 28), np.uint8), "y_test": np.arange(3, dtype=np.uint8)}
        np.savez(tmp_path / "mnist.npz", **arrays)
        X, y = fetch_mnist(subset="test", data_home=tmp_path, return_X_y=True)
        assert (X.shape, y.tolist()) == ((3, 28, 28), [0, 1, 2])
        assert server.requests == []
        with pytest.raises(OSError, match=r"mnist.npz: has no array 'x_train'"):
            fetch_mnist(data_home=tmp_path)
        (tmp_path / "mnist.npz").write_bytes(b"no archive")
        with pytest.raises(OSError, match=r"mnist.npz: is not an npz file"):
            fetch_mnist(data_home=tmp_path)


class TestCifar10:
    @pytest.fixture
    def archive(self, publish):
        rng = np.random.default_rng(0)
        names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
        images = rng.integers(0, 256, (6, 4, 32, 32, 3), np.uint8)
        labels = rng.integers(0, 10, (6, 4), np.uint8)
        files = {"cifar-10-batches-bin/readme.html": b"about"}
        for name, X, y in zip(names, images, labels, strict=True):
            records = np.hstack([y[:, None], X.transpose(0, 3, 1, 2).reshape(4, -1)])
            files[f"cifar-10-batches-bin/{name}"] = records.tobytes()
        publish({"cifar10/cifar-10-binary.tar.gz": tar_of(files)})
        return images.reshape(24, 32, 32, 3), labels.ravel()

    def test_fetch_cifar10_reads_records(self, archive, tmp_path):
        images, labels = archive
        cifar = fetch_cifar10(data_home=tmp_path)
        np.testing.assert_array_equal(cifar.data, images[:20])
        np.testing.assert_array_equal(cifar.target, labels[:20])
        assert cifar.target_names[6] == "frog"
        X, y = fetch_cifar10(subset="all", data_home=tmp_path, return_X_y=True)
        np.testing.assert_array_equal(X, images)
        np.testing.assert_array_equal(y, labels)

    def test_fetch_cifar10_reads_strips(self, tmp_path):
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
        with pytest.raises(OSError, match="the strips of train hold 3 images, and there are 6"):
            fetch_cifar10(data_home=tmp_path)


class TestFlowers17:
    @pytest.fixture
    def archive(self, publish):
        files = {"jpg/files.txt": b"a list"}
        for number in range(1, 1361):
            stream = io.BytesIO()
            Image.new("RGB", (6 + number % 3, 5), number % 256).save(stream, "jpeg")
            files[f"jpg/image_{number:04}.jpg"] = stream.getvalue()
        publish({"17flowers.tgz": tar_of(files)})

    def test_fetch_flowers17_sorts_the_archive_into_classes(self, server, archive, tmp_path):
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
        with pytest.raises(OSError, match=r"image_0246.jpg: is missing, and 0 more of 1360"):
            fetch_flowers17(data_home=tmp_path)


@pytest.mark.data
class TestRealCopies:
    @pytest.fixture
    def nails_on_the_server(self, data_home, publish):
        files = sorted((data_home / "nails").glob("*/*/*.jpeg"))
        publish({file.relative_to(data_home).as_posix(): file.read_bytes() for file in files})

    def test_fetch_nails_reads_a_copy(self, data_home):
        train = fetch_nails(data_home=data_home, download_if_missing=False)
        assert train.data.shape == (160, 1216, 1936)
        assert train.target_names == ["bad", "good"]
        X, y = fetch_nails(subset="test", data_home=data_home, return_X_y=True)
        assert (len(X), np.unique(y, return_counts=True)[1].tolist()) == (38, [19, 19])
        all_images = fetch_nails(subset="all", data_home=data_home)
        assert np.bincount(all_images.groups).tolist() == [99, 18, 81]
        assert set(all_images.groups[160:]) == {2}
        np.testing.assert_array_equal(all_images.filenames[:160], train.filenames)
        assert all(
            Path(f).stem.endswith(y)
            for f, y in zip(all_images.filenames, all_images.target, strict=True)
        )

    @pytest.mark.slow
    def test_fetch_nails_downloads_what_is_missing(
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
        with pytest.raises(OSError, match=r"\.jpeg: differs from the published file"):
            fetch_nails(data_home=tmp_path)

    def test_fetchers_read_copies(self, data_home, monkeypatch):
        monkeypatch.setenv("SKLVISION_DATA", str(data_home))
        flowers = fetch_flowers17(download_if_missing=False)
        assert (len(flowers.data), len(flowers.target_names)) == (1360, 17)
        digits = fetch_mnist(subset="all", download_if_missing=False)
        assert digits.data.shape == (70000, 28, 28)
        assert digits.target[:5].tolist() == [5, 0, 4, 1, 9]
        cifar = fetch_cifar10(subset="test", download_if_missing=False)
        assert cifar.data.shape == (10000, 32, 32, 3)
        assert np.bincount(cifar.target).tolist() == [1000] * 10


def test_registry_names_every_file_with_checksum_and_url():
    lines = [line.split() for line in remote.REGISTRY.read_text().splitlines() if line[0] != "#"]
    assert len({name for name, _, _ in lines}) == len(lines) == 198 + 4 + 1 + 1
    for name, checksum, url in lines:
        assert checksum.partition(":")[0] in {"md5", "sha256"}
        assert url.startswith("https://")
        assert url.endswith(f"/{Path(name).name}")


def test_fetch_mnist_without_pooch_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pip install 'sklvision\[datasets\]'"):
        fetch_mnist(data_home=tmp_path)


def test_fetch_mnist_prints_nothing(digits, tmp_path, capfd):
    fetch_mnist(data_home=tmp_path)
    assert capfd.readouterr() == ("", "")
