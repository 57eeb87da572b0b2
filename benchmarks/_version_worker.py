"""Time cases of one version of the package, as a process that reads their names.

Only public names are used, so that it runs with versions far apart. The first argument is the
folder of the version; every line on standard input names a case, and is answered by its seconds.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch

_N_ROWS = 300  # predicted or transformed one by one


def make_cases() -> dict[str, Callable[[], object]]:
    """Make the functions to be timed, by the names of the cases."""
    from sklvision.augmentation import RandomShift
    from sklvision.image import PixelScaler, Resize
    from sklvision.neural_network import ImageClassifier, SpectrumClassifier
    from sklvision.spectral import SavitzkyGolay, SpectralScaler

    spectra, labels = _make_samples(2000, (502,))
    large_table = np.tile(spectra, (5, 1))
    images = np.random.default_rng(0).integers(0, 255, (100, 32, 32, 3)).astype(np.uint8)
    classifier = SpectrumClassifier(max_epochs=2, random_state=0).fit(spectra, labels)
    spectrum_net = partial(SpectrumClassifier, random_state=0)
    image_net = partial(ImageClassifier, batch_size=128, max_epochs=1, random_state=0)
    cases: dict[str, Callable[[], object]] = {
        "predict one row, net alone": partial(_repeat, classifier.predict, spectra[:1]),
        "predict 10,000 × 502": partial(classifier.predict, large_table),
        "fit 1,000 × 20, batch 32": _prepare_fit(
            spectrum_net(max_epochs=5, batch_size=32), 1000, (20,)
        ),
        "fit 100,000 × 10, batch 1,024": _prepare_fit(
            spectrum_net(max_epochs=2, batch_size=1024), 100_000, (10,)
        ),
        "fit 2,000 × 502, batch 128": _prepare_fit(
            spectrum_net(max_epochs=5, batch_size=128), 2000, (502,)
        ),
        "fit 2,000 × 28 × 28, resnet8, float32": _prepare_fit(
            image_net("resnet8", precision="float32"), 2000, (28, 28)
        ),
        "fit 1,000 × 32 × 32 × 3, cifar_cnn, bfloat16": _prepare_fit(
            image_net("cifar_cnn", precision="bfloat16"), 1000, (32, 32, 3)
        ),
        "ten partial_fit on 64 × 20": partial(
            _fit_incrementally, spectrum_net, *_make_samples(64, (20,))
        ),
        "RandomShift.fit_transform of 100 images": partial(
            RandomShift(random_state=0).fit_transform, images
        ),
    }
    transformers: list[tuple[Any, np.ndarray]] = [
        (SpectralScaler("snv"), spectra[:500]),
        (SavitzkyGolay(), spectra[:500]),
        (PixelScaler(), images),
        (Resize(16), images),
    ]
    for transformer, samples in transformers:
        transform = transformer.fit(samples).transform
        name = type(transformer).__name__
        cases[f"{name}, one sample"] = partial(_repeat, transform, samples[:1])
        cases[f"{name}, {len(samples)} samples"] = partial(transform, samples)
    return cases


def _make_samples(n: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n)
    samples = rng.normal(size=(n, int(np.prod(shape)))).astype(np.float32)
    samples[:, :3] += 2 * np.eye(3)[labels]
    return samples.reshape(n, *shape), labels


def _prepare_fit(classifier: Any, n: int, shape: tuple[int, ...]) -> Callable[[], object]:
    return partial(classifier.fit, *_make_samples(n, shape))


def _fit_incrementally(make_net: Callable[[], Any], X: np.ndarray, y: np.ndarray) -> None:
    classifier = make_net()
    for _ in range(10):
        classifier.partial_fit(X, y, classes=[0, 1, 2])


def _repeat(function: Callable[[Any], object], sample: np.ndarray) -> None:
    for _ in range(_N_ROWS):
        function(sample)


def main() -> None:
    """Answer the names of cases by their seconds, after a line with all names."""
    sys.path.insert(0, sys.argv[1])
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    cases = make_cases()
    print("\t".join(cases), flush=True)
    for line in sys.stdin:
        start = perf_counter()
        cases[line.rstrip("\n")]()
        print(perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
