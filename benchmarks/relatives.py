"""Relatives planted in real data, and how many of them find_leaks finds.

    python -m benchmarks relatives

A part of the samples gets 1 to 10 relatives each: for images the same picture with other light,
position and noise, for spectra with another gain, offset, slope and noise. Samples that the search
links are in one group. "found" counts those with a relative in their group, "missed" the others
that have relatives, "false" the strangers to be taken out of the groups until each is one family.
Samples of one recorded group (patient, piece, capture series) are not strangers.
"""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import affine_transform
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.datasets import load_digits

from benchmarks.spectra import SETS as SPECTRA
from benchmarks.spectra import get_data_home
from sklvision.datasets import (
    fetch_cifar10,
    fetch_flowers17,
    fetch_mnist,
    fetch_nails,
    load_spectra,
)
from sklvision.image import Resize
from sklvision.model_selection._leaks.fingerprints import compute_fingerprints
from sklvision.model_selection._leaks.near_duplicates import find_duplicates
from sklvision.model_selection._leaks.neighbors import compute_components
from sklvision.utils._samples import as_samples

IMAGES = ["cifar10", "digits", "flowers17", "mnist", "nails"]
FRACTIONS = [0.0, 0.05, 0.5, 0.95]
STRENGTHS = [1.0, 0.5]
MAX_RELATIVES = 10
SIDE = 64  # to which larger images are reduced


class PlantedSet(NamedTuple):
    """Samples, and which of them are relatives."""

    X: np.ndarray
    family: np.ndarray  # (n_samples,)
    group: np.ndarray  # (n_samples,): the recorded group of the original


class Counts(NamedTuple):
    """Numbers of samples."""

    relatives: int
    n_found: int
    false: int


def load_set(name: str, n_samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Load at most some samples of a set, and their groups; each is one where none are known."""
    groups = None
    if name == "digits":
        X = load_digits().images
    elif name == "flowers17":
        X = fetch_flowers17(return_X_y=True)[0]
    elif name in ("cifar10", "mnist"):
        fetch = fetch_mnist if name == "mnist" else fetch_cifar10
        X = fetch(subset="train", return_X_y=True)[0]
    else:
        data: Any = (
            fetch_nails(subset="all")
            if name == "nails"
            else load_spectra(get_data_home() / "spectra" / f"{name}.npz")
        )
        X, groups = data.data, data.get("groups")
    groups = np.arange(len(X)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sample_indices = np.sort(np.random.default_rng(seed).permutation(len(X))[:n_samples])
    X = X[sample_indices]
    if name in ("flowers17", "nails"):
        X = Resize(SIDE).fit_transform(X)
    return np.asarray(X, dtype=np.float32), groups[sample_indices]


def change_image(image: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Rotate by up to 5 degrees, shift by up to 4 %, change the light by up to 40 %, add noise."""
    # One affine map rotates and shifts every channel; the light changes linearly across the image,
    # since these are the changes between two photographs of one piece.
    size = np.array(image.shape[:2])
    angle = np.deg2rad(rng.uniform(-5, 5) * strength)
    shift = rng.uniform(-0.04, 0.04, 2) * strength * size
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    center = (size - 1) / 2
    # Channel by channel, as colors are not mixed.
    channels = np.atleast_3d(image).transpose(2, 0, 1)
    shifted_channels = [
        affine_transform(
            channel, rotation, center - rotation @ center + shift, order=1, mode="nearest"
        )
        for channel in channels
    ]
    # The light of a lamp that moved: a plane across the image, and a common gain.
    slopes = rng.uniform(-0.2, 0.2, 2) * strength
    rows, columns = (np.linspace(-1, 1, n) for n in size)
    light = 1 + slopes[0] * rows[:, np.newaxis] + slopes[1] * columns
    light *= 1 + rng.uniform(-0.2, 0.2) * strength
    result = np.stack(shifted_channels, axis=-1) * light[..., np.newaxis]
    result += rng.normal(0, 0.01 * np.ptp(image), result.shape)
    return result.reshape(image.shape)


def change_spectrum(
    spectrum: np.ndarray, rng: np.random.Generator, strength: float, deviation: float
) -> np.ndarray:
    """Change gain and offset by up to 10 %, add a slope of up to 2 % and noise of 1 %.

    All but the gain are in terms of the standard deviation of a band between samples.
    """
    slope = rng.uniform(-0.02, 0.02) * strength * np.linspace(-1, 1, len(spectrum))
    offset = rng.uniform(-0.1, 0.1)
    noise = 0.01 * strength * rng.normal(size=len(spectrum))
    gain = 1 + rng.uniform(-0.1, 0.1) * strength
    return gain * spectrum + deviation * (offset + slope + noise)


def add_relatives(
    X: np.ndarray, groups: np.ndarray, fraction: float, strength: float, seed: int = 0
) -> PlantedSet:
    """Make as many samples, a fraction of which belongs to families of 2 to 11."""
    rng = np.random.default_rng(seed)
    n_samples = len(X)
    originals = iter(rng.permutation(n_samples))
    deviation = float(X.std(axis=0).mean())
    samples: list[np.ndarray] = []
    family: list[int] = []
    group: list[int] = []
    n_related = round(fraction * n_samples)
    while len(samples) < n_samples:
        n_left = n_related - len(samples)
        size = min(int(rng.integers(2, MAX_RELATIVES + 2)), n_left) if n_left > 1 else 1
        original = next(originals)
        samples.append(X[original])
        for _ in range(size - 1):
            variants = (
                change_spectrum(X[original], rng, strength, deviation)
                if X.ndim == 2
                else change_image(X[original], rng, strength)
            )
            samples.append(variants)
        family += [int(original)] * size
        group += [int(groups[original])] * size
    order = rng.permutation(n_samples)
    return PlantedSet(
        np.array(samples, dtype=np.float32)[order], np.array(family)[order], np.array(group)[order]
    )


def count_relatives_found(planted: PlantedSet) -> Counts:
    """Search for relatives, and count what was found."""
    prints = compute_fingerprints(as_samples(planted.X))
    duplicates = find_duplicates(
        prints, compute_components(prints), similarity=None, max_samples=100_000, n_threads=1
    )
    return compare_pairs(duplicates.first[duplicates.pairs], planted)


def compare_pairs(pairs: np.ndarray, planted: PlantedSet) -> Counts:
    """Count the samples that have, or do not have, their own family in the groups of pairs."""
    n = len(planted.X)
    first, second = pairs.reshape(-1, 2).T
    links = coo_matrix((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    components = connected_components(links, directed=False)[1]
    has_relative, has_found = (
        _is_repeated(codes)
        for codes in (planted.family[:, np.newaxis], np.column_stack([components, planted.family]))
    )
    n_parts = len(np.unique(np.column_stack([components, planted.group]), axis=0))
    n_false = n_parts - len(np.unique(components))
    return Counts(int(has_relative.sum()), int(has_found.sum()), n_false)


def _is_repeated(rows: np.ndarray) -> np.ndarray:
    _, codes, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return counts[codes.ravel()] > 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    names = [*IMAGES, *SPECTRA]
    parser.add_argument("--sets", nargs="+", default=names, choices=names)
    parser.add_argument("--n", type=int, default=1000, help="most samples of a set")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Add relatives to each set, and search for them."""
    rows: list[dict[str, object]] = []
    for name in args.sets:
        X, groups = load_set(name, args.n)
        for fraction in FRACTIONS:
            for strength in STRENGTHS if fraction else STRENGTHS[:1]:
                counts = count_relatives_found(add_relatives(X, groups, fraction, strength))
                rows.append(
                    {
                        "set": name,
                        "samples": len(X),
                        "with relatives": f"{fraction:.0%}",
                        "strength": strength,
                        "relatives": counts.relatives,
                        "found": counts.n_found,
                        "missed": counts.relatives - counts.n_found,
                        "false": counts.false,
                    }
                )
                print(*rows[-1].values(), sep="\t", flush=True)
    return "Relatives planted in real data: samples found, missed and falsely joined", rows
