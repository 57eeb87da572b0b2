"""Times of fit and predict against the number of samples, bands and pixels.

One thread; five epochs of batches of 128. "torch" is one eager float32 forward pass of that net.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone

from benchmarks._harness import interleave, limit_threads
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.utils._files import temporary_path

EPOCHS = 5
N_SAMPLES = [100, 300, 1000, 3000, 10_000]
N_BANDS = [30, 100, 300, 1000, 3000]
SIDES = [8, 16, 32, 64, 128]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeats", type=int, default=5, help="default: 5")
    parser.add_argument("--plot", type=Path, help="draw the times into this file")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Time all sizes, and draw the times if `--plot` is given."""
    with limit_threads(1):
        rows = measure_growth(args.repeats)
    if args.plot is not None:
        _draw(rows, args.plot)
    return f"Seconds, medians of {args.repeats}", rows


def measure_growth(repeats: int) -> list[dict[str, object]]:
    """Measure times by the number of samples, then of bands, then of pixels."""
    rng = np.random.RandomState(0)
    rows: list[dict[str, object]] = []
    net = SpectrumClassifier("spectrum_mlp", max_epochs=EPOCHS, batch_size=128, random_state=0)
    for n in N_SAMPLES:
        X = rng.normal(size=(n, 502)).astype(np.float32)
        rows.append(_time("samples of 502 bands, spectrum_mlp", n, net, X, rng, repeats))
    for bands in N_BANDS:
        X = rng.normal(size=(1000, bands)).astype(np.float32)
        rows.append(_time("bands of 1,000 samples, spectrum_mlp", bands, net, X, rng, repeats))
    resnet = ImageClassifier("resnet8", max_epochs=EPOCHS, batch_size=128, random_state=0)
    for side in SIDES:
        X = rng.randint(256, size=(128, side, side, 3)).astype(np.uint8)
        rows.append(_time("pixels a side of 128 images, resnet8", side, resnet, X, rng, repeats))
    return rows


def _time(quantity: str, size: int, net, X: np.ndarray, rng, repeats: int) -> dict[str, object]:
    y = rng.randint(3, size=len(X))
    y[:3] = range(3)
    fitted_net = clone(net).fit(X, y)  # a second net, for predictions after its first one
    module = fitted_net.module_
    tensor = torch.as_tensor(X, dtype=torch.float32)

    def forward() -> None:
        with torch.inference_mode():
            module(tensor)

    seconds = interleave(
        {"fit": lambda: net.fit(X, y), "predict": lambda: fitted_net.predict(X), "torch": forward},
        repeats,
    )
    return {"what grows": quantity, "size": size, **seconds}


def _draw(rows: list[dict[str, object]], path: Path) -> None:
    import matplotlib.pyplot as plt

    kinds = list(dict.fromkeys(row["what grows"] for row in rows))
    figure, axes = plt.subplots(1, len(kinds), figsize=(11, 3.6), layout="constrained")
    for ax, kind in zip(axes, kinds, strict=True):
        kind_rows = [row for row in rows if row["what grows"] == kind]
        sizes = [row["size"] for row in kind_rows]
        for name, style in (("fit", "o-"), ("predict", "s-"), ("torch", ":")):
            label = {"fit": f"fit, {EPOCHS} epochs", "torch": "one forward pass by torch"}.get(
                name, name
            )
            ax.loglog(sizes, [row[name] for row in kind_rows], style, label=label)
        ax.set(xlabel=kind, xticks=sizes, xticklabels=[f"{size:,}" for size in sizes])
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("seconds")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    partial_file = temporary_path(path).with_suffix(
        path.suffix
    )  # matplotlib takes the format from it
    figure.savefig(partial_file)
    partial_file.replace(path)
