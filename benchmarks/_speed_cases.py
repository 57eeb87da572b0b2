"""Speed cases within one process: predictions, fits, augmentation and a search.

Every ``prepare_`` function makes the data of one case and returns the functions to be timed:
``"ours"``, ``"reference"``, and ``"skorch"`` if its `NeuralNetClassifier` does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from skorch import NeuralNetClassifier
from torch import nn

from benchmarks._harness import build_plain_net
from sklvision.augmentation import Compose, RandomFlip, RandomRotation, RandomShift
from sklvision.datasets import make_spectra
from sklvision.export import OnnxClassifier, quantize, to_onnx
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.recipes import digits

Functions = dict[str, Callable[[], object]]

_BATCH_SIZES = (32, 64, 128, 256, 1000)


def _make_spectra() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_spectra(2000, random_state=0)[:2]
    return X.astype(np.float32), y.astype(np.int64)


def _load_digit_rows() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32), y


def _make_images(n: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(0)
    return rng.randint(256, size=(n, *shape), dtype=np.uint8), rng.randint(10, size=n)


def _make_forward(net: nn.Module, batch_size: int) -> Callable[[torch.Tensor], np.ndarray]:
    @torch.inference_mode()
    def forward(X: torch.Tensor) -> np.ndarray:
        return torch.cat([net(batch).argmax(1) for batch in X.split(batch_size)]).numpy()

    return forward


def prepare_prediction_of_spectra(precision: str) -> Functions:
    """Prepare predictions for 10,000 spectra of 502 bands."""
    X, y = _make_spectra()
    clf = SpectrumClassifier(max_epochs=5, precision=precision, random_state=0).fit(X, y)
    skorch = _make_skorch("spectrum_mlp", (502,), int(y.max()) + 1, 1, 128).fit(X, y)
    X = np.tile(X, (5, 1))
    forward, tensor = _make_forward(clf.module_.net, len(X)), torch.from_numpy(X)
    return {
        "ours": lambda: clf.predict(X),
        "reference": lambda: forward(tensor),
        "skorch": lambda: skorch.predict(X),
    }


def prepare_int8_prediction() -> Functions:
    """Prepare the same by onnxruntime with 8-bit weights and activations."""
    X, y = _make_spectra()
    clf = SpectrumClassifier(max_epochs=5, random_state=0).fit(X, y)
    folder = Path(mkdtemp())
    small = quantize(to_onnx(clf, folder / "net.onnx"), X, folder / "int8.onnx")
    int8 = OnnxClassifier(small)
    X = np.tile(X, (5, 1))
    forward, tensor = _make_forward(clf.module_.net, len(X)), torch.from_numpy(X)
    return {"ours": lambda: int8.predict(X), "reference": lambda: forward(tensor)}


def prepare_prediction_of_row(kind: str) -> Functions:
    """Prepare a hundred probabilities of one spectrum, one row of digits, or one image of them."""
    if kind == "image":
        X, y = _make_images(500, (28, 28))
        clf: Any = digits(random_state=0).set_params(max_epochs=1).fit(X, y)
        row: np.ndarray = X[:1, ..., None]
    else:
        X, y = _make_spectra() if kind == "spectrum" else _load_digit_rows()
        clf = SpectrumClassifier(max_epochs=5, random_state=0).fit(X, y)
        row = X[:1]
    module = clf.module_.eval()

    @torch.inference_mode()
    def forward() -> np.ndarray:
        return module(torch.from_numpy(row)).softmax(1).numpy()

    functions: Functions = {
        "ours": lambda: [clf.predict_proba(row) for _ in range(100)],
        "reference": lambda: [forward() for _ in range(100)],
    }
    if kind == "spectrum":
        skorch = _make_skorch("spectrum_mlp", (502,), int(y.max()) + 1, 1, 128).fit(X, y)
        functions["skorch"] = lambda: [skorch.predict_proba(row) for _ in range(100)]
    return functions


def prepare_prediction_of_images(architecture: str, n: int, shape: tuple[int, ...]) -> Functions:
    """Prepare predictions for images; the reference uses its fastest batch size."""
    X, y = _make_images(n, shape)
    clf = ImageClassifier(architecture, max_epochs=1, random_state=0).fit(X[:256], y[:256])
    tensor = torch.from_numpy(X).reshape(*X.shape[:3], -1).permute(0, 3, 1, 2).float().contiguous()
    tensor = (tensor - 127) / 74
    net, seconds = clf.module_.net, {}
    for batch_size in _BATCH_SIZES:
        forward = _make_forward(net, batch_size)
        forward(tensor[:1000])
        start = perf_counter()
        forward(tensor[:1000])
        seconds[batch_size] = perf_counter() - start
    forward = _make_forward(net, min(seconds, key=seconds.__getitem__))
    return {"ours": lambda: clf.predict(X), "reference": lambda: forward(tensor)}


def _train_in_loop(
    X: torch.Tensor, y: torch.Tensor, net: nn.Module, batch_size: int, epochs: int
) -> None:
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, fused=True)
    n_batches = -(-len(X) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * n_batches)
    net.train()
    for _ in range(epochs):
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch_size):
            index = order[start : start + batch_size]
            loss = nn.functional.cross_entropy(net(X[index]), y[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _make_skorch(
    architecture: str, shape: tuple[int, ...], n_classes: int, epochs: int, batch_size: int
) -> NeuralNetClassifier:
    return NeuralNetClassifier(
        build_plain_net,
        module__name=architecture,
        module__input_shape=shape,
        module__n_classes=n_classes,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        train_split=None,
        max_epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )


def _standardize(X: np.ndarray) -> torch.Tensor:
    tensor = torch.from_numpy(X)
    return ((tensor - tensor.mean(0)) / (tensor.std(0) + 1e-6)).contiguous()


def prepare_fit(
    n: int,
    shape: tuple[int, ...],
    batch_size: int,
    epochs: int,
    precision: str,
    cnn: str = "resnet8",
) -> Functions:
    """Prepare fits of a convolutional net on images, or of `spectrum_mlp` on spectra."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n, *shape)).astype(np.float32)
    is_image = len(shape) == 2
    architecture, n_classes = (cnn, 10) if is_image else ("spectrum_mlp", 3)
    y = rng.randint(n_classes, size=n)
    input_shape = (*shape, 1) if is_image else shape
    tensor, labels = _standardize(X[:, None] if is_image else X), torch.from_numpy(y)
    Classifier = ImageClassifier if is_image else SpectrumClassifier
    settings = {"max_epochs": epochs, "batch_size": batch_size, "random_state": 0}
    clf = Classifier(architecture, precision=precision, **settings)
    skorch = _make_skorch(architecture, input_shape, n_classes, epochs, batch_size)
    functions: Functions = {
        "ours": lambda: clf.fit(X, y),
        "reference": lambda: _train_in_loop(
            tensor,
            labels,
            build_plain_net(architecture, input_shape, n_classes),
            batch_size,
            epochs,
        ),
    }
    if not is_image:
        functions["skorch"] = lambda: skorch.fit(tensor, labels)
    return functions


def prepare_perceptron(
    n: int, n_features: int, batch_size: int, widths: tuple[int, ...], epochs: int
) -> Functions:
    """Prepare fits of a net without dropout and batch normalization, by Adam at a constant rate.

    The reference is scikit-learn's. Both train in float32, and both decay their weights.
    """
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    y = rng.randint(3, size=n)
    clf = SpectrumClassifier(
        architecture_params={"hidden_layer_sizes": widths, "dropout": 0.0, "batch_norm": False},
        max_epochs=epochs,
        batch_size=batch_size,
        lr=1e-3,
        optimizer="adam",
        weight_decay=1e-4,
        lr_schedule="constant",
        random_state=0,
    )
    mlp = MLPClassifier(
        widths, batch_size=batch_size, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=0
    )
    return {"ours": lambda: clf.fit(X, y), "reference": lambda: mlp.fit(X, y)}


def prepare_search(widths: tuple[int, ...], is_batched: bool) -> Functions:
    """Prepare a search of 24 candidates × 5 folds, 5 epochs each, in two processes."""
    X, y = _load_digit_rows()
    grid = {"lr": [3e-4, 1e-3, 3e-3, 1e-2], "batch_size": [64, 128]}
    dropout, layers = [0.0, 0.2, 0.4], {"hidden_layer_sizes": widths}
    grids = {
        "ours": grid | {"architecture_params": [layers | {"dropout": p} for p in dropout]},
        "reference": grid | {"module__dropout": dropout, "module__hidden_layer_sizes": [widths]},
    }
    estimators = {
        "ours": SpectrumClassifier(max_epochs=5, random_state=0),
        "reference": _make_skorch("spectrum_mlp", (64,), 10, 5, 64),
    }

    def search(name: str) -> GridSearchCV:
        Search = BatchedGridSearchCV if is_batched and name == "ours" else GridSearchCV
        return Search(estimators[name], grids[name], cv=5, n_jobs=2, refit=False).fit(X, y)

    return {name: partial(search, name) for name in grids}


def prepare_augmentation() -> Functions:
    """Prepare flips, rotations and shifts of 10,000 images of 28 × 28 in batches of 128."""
    X, y = _make_images(10_000, (28, 28))
    augment = Compose([RandomFlip(), RandomRotation(15), RandomShift(0.1)])
    batches = torch.from_numpy(X[..., None]).float().split(128)
    clf = ImageClassifier("cifar_cnn", max_epochs=1, batch_size=128, random_state=0)
    return {
        "ours": lambda: [augment(batch) for batch in batches],
        "reference": lambda: clf.fit(X, y),
    }
