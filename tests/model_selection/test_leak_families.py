"""Families of relatives are found whole, in any order, and not across suggested groups."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from sklvision.model_selection import find_leaks
from tests.model_selection._copies import make_images


def vary_image(image, rng):
    """Photograph the same part in other light, shifted by up to one pixel."""
    light = 1 + rng.uniform(-0.2, 0.2) + rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, len(image))
    moved_image = np.roll(image, rng.integers(-1, 2, 2), axis=(0, 1)) * light
    return (moved_image + rng.normal(0, 3, image.shape)).clip(0, 255).astype(np.uint8)


def vary_spectrum(spectrum, rng):
    slope = rng.normal(0, 0.02) * np.linspace(-1, 1, len(spectrum))
    noise = rng.normal(0, 0.02, len(spectrum))
    return rng.uniform(0.9, 1.1) * spectrum + rng.normal(0, 0.1) + slope + noise


def make_spectra_of_peaks(n, seed):
    rng = np.random.default_rng(seed)
    band = np.linspace(0, 1, 80)
    peaks = np.exp(-((band - np.linspace(0.05, 0.95, 12)[:, None]) ** 2) / 0.002)
    return 20 * np.sin(3 * band) + rng.normal(size=(n, 12)) @ peaks


def plant_families(kind, fraction, n=240, seed=0):
    """Make samples, a fraction of which is in families of 2 to 11; return them and families."""
    rng = np.random.default_rng(seed)
    make, vary = {
        "images": (make_images, vary_image),
        "spectra": (make_spectra_of_peaks, vary_spectrum),
    }[kind]
    originals = make(n, seed)
    family = []
    while len(family) < n:
        n_left = round(fraction * n) - len(family)
        size = min(int(rng.integers(2, 12)), n_left) if n_left > 1 else 1
        family += [family[-1] + 1 if family else 0] * size
    family = rng.permutation(family)
    is_first = np.zeros(n, dtype=bool)
    is_first[np.unique(family, return_index=True)[1]] = True
    samples = [
        originals[code] if first else vary(originals[code], rng)
        for code, first in zip(family, is_first, strict=True)
    ]
    return np.array(samples), family


def count_joined(groups, family):
    """Count the samples with a relative, those grouped with one, and strangers in groups."""
    pairs = np.column_stack([groups, family])
    sizes, joined_groups = (
        np.unique(rows, axis=0, return_inverse=True, return_counts=True)[1:]
        for rows in (family[:, None], pairs)
    )
    n_related, n_found = (
        (counts[code.ravel()] > 1).sum() for code, counts in (sizes, joined_groups)
    )
    return n_related, n_found, len(joined_groups[1]) - len(np.unique(groups))


@pytest.mark.parametrize("fraction", [0, 0.05, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["images", "spectra"])
def test_find_leaks_finds_relatives_however_many_samples_have_some(kind, fraction):
    """With half of the samples, relatives themselves used to set the scale of chance."""
    X, family = plant_families(kind, fraction)
    report = find_leaks(X, np.arange(240) % 2, random_state=0)
    n_related, n_found, n_strangers = count_joined(report.suggested_groups(), family)
    assert n_related == round(fraction * 240)
    assert n_found >= 0.9 * n_related
    assert n_strangers <= 0.02 * 240
    if fraction == 0:
        assert str(report).startswith("No leaks found")
    else:
        assert "near-duplicate in the training set" in str(report)


@pytest.mark.parametrize("kind", ["images", "spectra"])
def test_find_leaks_finds_no_relatives_across_suggested_groups(kind):
    X, _ = plant_families(kind, 0.5)
    y = np.arange(240) % 2
    groups = find_leaks(X, y, random_state=0).suggested_groups()
    assert "near-duplicate" not in find_leaks(X, y, StratifiedGroupKFold(5), groups).kinds


def test_find_leaks_joins_the_same_families_in_any_order():
    X, _ = plant_families("spectra", 0.95)
    y = np.arange(240) % 2
    order = np.random.default_rng(1).permutation(240)
    groups = find_leaks(X, y, random_state=0).suggested_groups()
    moved_groups = find_leaks(X[order], y[order], random_state=0).suggested_groups()
    n_groups = len(np.unique(groups))
    assert n_groups == len(np.unique(moved_groups))
    assert len(np.unique(np.column_stack([groups[order], moved_groups]), axis=0)) == n_groups


def test_find_leaks_finds_half_of_the_families_from_half_of_the_samples():
    X, family = plant_families("images", 0.95)
    report = find_leaks(X, np.arange(240) % 2, random_state=0, max_samples=120)
    n_related, n_found, n_strangers = count_joined(report.suggested_groups(), family)
    assert n_found >= 0.7 * n_related
    assert n_strangers <= 5
    assert any("120 of 240" in note for note in report.notes)
