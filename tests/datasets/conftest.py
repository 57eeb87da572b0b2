"""A stack of images and the collection of its files, and a server of data sets."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest

from sklvision.datasets import ImageCollection
from sklvision.datasets._remote import fetch as remote
from tests.datasets._images import pixels, save
from tests.datasets._server import Server, idx


@pytest.fixture(scope="module")
def stack():
    return pixels(12, 5, 7)


@pytest.fixture(scope="module")
def images(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    return ImageCollection([save(folder / f"{i:02}.png", image) for i, image in enumerate(stack)])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def publish(server, tmp_path_factory, monkeypatch):
    """Serve contents by their paths in the data home, and register those alone."""
    registry = tmp_path_factory.mktemp("registry") / "registry.txt"
    monkeypatch.setattr(remote, "REGISTRY", registry)

    def publish(files):
        server.files.update(files)
        lines = [
            f"{name} md5:{hashlib.md5(content).hexdigest()} {server.url(name)}"
            for name, content in server.files.items()
        ]
        registry.write_text("\n".join(lines))

    return publish


@pytest.fixture
def digits(publish):
    """A little MNIST on the server; gives its arrays."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, prefix, n in (("train", "train", 12), ("test", "t10k", 5)):
        images, labels = (
            rng.integers(0, 256, (n, 28, 28), np.uint8),
            rng.integers(0, 10, n, np.uint8),
        )
        arrays[split] = images, labels
        publish({f"mnist/{prefix}-images-idx3-ubyte.gz": idx(images)})
        publish({f"mnist/{prefix}-labels-idx1-ubyte.gz": idx(labels)})
    return arrays
