"""Every augmenter on a batch: draws per sample, repeatable, without changing its input."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklvision.augmentation import (
    Compose,
    GaussianNoise,
    RandomBrightness,
    RandomErasing,
    RandomFlip,
    RandomMotionBlur,
    RandomRotation,
    RandomShift,
    RandomZoom,
    SpectralGain,
    SpectralShift,
)

from ._augmenters import CLASSES, WITH_P, batch_for, changing, find_changed_samples, generator, idle


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_draw_for_every_sample(name):
    """A batch of one and the same sample comes out as different ones."""
    X = batch_for(name, n=1).expand(64, *batch_for(name, n=1).shape[1:]).contiguous()
    new = changing(name)(X, generator())
    n_different = len(torch.unique(new.flatten(1), dim=0))
    assert n_different == 4 if name == "RandomFlip" else n_different > 30


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_repeat_with_the_same_seed(name):
    augmenter, X = changing(name), batch_for(name)
    first, source = augmenter(X, generator(1)), generator(1)
    torch.testing.assert_close(augmenter(X, source), first, rtol=0, atol=0)
    assert not torch.equal(augmenter(X, source), first)  # the next draw is another one
    assert not torch.equal(augmenter(X, generator(2)), first)


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_use_the_default_generator_of_torch(name):
    augmenter, X = changing(name), batch_for(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        torch.testing.assert_close(augmenter(X), augmenter(X, generator(1)), rtol=0, atol=0)


@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_with_a_generator_leave_global_ones_unchanged(name):
    state, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()
    changing(name)(batch_for(name), generator())
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpys)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_keep_shape_dtype_and_input(name, dtype):
    X = batch_for(name, dtype=dtype)
    original = X.clone()
    new = changing(name)(X, generator())
    assert (new.shape, new.dtype, new.device) == (X.shape, X.dtype, X.device)
    assert torch.equal(X, original)
    assert torch.isfinite(new).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", CLASSES)
def test_augmenters_keep_the_order_in_memory(name, channels):
    """Strides decide which path a net takes, and some paths are a third slower."""
    X = batch_for(name, channels=channels)
    assert changing(name)(X, generator()).stride() == X.stride()


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"GaussianNoise"}))
def test_augmenters_draw_alike_in_every_precision(name):
    augmenter = changing(name)
    single = augmenter(batch_for(name), generator())
    double = augmenter(batch_for(name, dtype=torch.float64), generator())
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=2e-2)


@pytest.mark.parametrize("name", [name for name in CLASSES if not name.startswith("Spectral")])
def test_augmenters_take_gray_images_without_channels(name):
    X = batch_for(name, channels=1)
    augmenter = changing(name)
    new = augmenter(X[..., 0], generator())
    torch.testing.assert_close(new, augmenter(X, generator())[..., 0], rtol=0, atol=0)


@pytest.mark.parametrize("name", WITH_P)
@settings(max_examples=10)
@given(p=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_augmenters_change_a_fraction_p(name, p, seed):
    n = 1500
    settings = {"direction": "horizontal"} if name == "RandomFlip" else {}
    settings |= {"height": 4, "width": 4, "fill": "edge"} if name == "RandomShift" else {}
    settings |= {"area": 1.0} if name == "RandomErasing" else {}
    X = batch_for(name, n)
    n_changed = int(
        find_changed_samples(X, changing(name, **settings, p=p)(X, generator(seed))).sum()
    )
    # Some draws change nothing: of 81 shifts one, and the smallest rectangles.
    upper_bound = {"RandomShift": 80 / 81, "RandomErasing": 0.97}.get(name, 1.0)
    slack = 5 * np.sqrt(p * (1 - p) / n) + 0.02
    assert p * upper_bound - slack <= n_changed / n <= p + slack


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**31))
def test_augmenters_of_zero_magnitude_change_nothing(name, seed):
    X = batch_for(name, seed=seed)
    for dtype in (torch.float32, torch.float64):
        x = X.to(dtype)
        torch.testing.assert_close(idle(name)(x, generator(seed)), x, rtol=0, atol=0)


@pytest.mark.parametrize("name", WITH_P)
def test_augmenters_keep_samples_that_were_not_drawn(name):
    X = batch_for(name) + torch.rand(1)
    new = changing(name, p=0.5)(X, generator())
    is_unchanged = ~find_changed_samples(X, new)
    assert 10 < int(is_unchanged.sum()) < 60
    unchosen = changing(name, p=0.0)(X, generator())
    torch.testing.assert_close(unchosen, X, rtol=0, atol=0)


N = 4000


def dots(h=21, w=31):
    """Images with one bright pixel right of the center."""
    X = torch.zeros(N, h, w, 1)
    X[:, h // 2, w // 2 + 6] = 1.0
    return X


def centers(X):
    """Centers of brightness (down, right), counted from the center of the image."""
    h, w = X.shape[1:3]
    mass = X.sum(dim=(1, 2, 3))
    row_offset = (X.sum(dim=(2, 3)) @ (torch.arange(h) - (h - 1) / 2)) / mass
    column_offset = (X.sum(dim=(1, 3)) @ (torch.arange(w) - (w - 1) / 2)) / mass
    return row_offset, column_offset


def angles(X):
    """Directions of the dots from the center, in degrees, counterclockwise from the right."""
    row_offset, column_offset = centers(X)
    return torch.rad2deg(torch.atan2(-row_offset, column_offset)).numpy()


def assert_uniform(values, low, high):
    """Evenly spread between the bounds, up to chance and rounding."""
    slack = 0.05 * (high - low)
    assert low - slack < values.min() < low + slack
    assert high - slack < values.max() < high + slack
    hist = np.histogram(values, bins=8, range=(low, high))[0] / len(values)
    np.testing.assert_allclose(hist, 1 / 8, atol=0.035)


def test_random_rotation_angles_are_uniform_and_counterclockwise():
    assert_uniform(angles(RandomRotation(60)(dots(), generator())), -60, 60)


def test_random_rotation_angles_come_in_steps():
    turns = RandomRotation(180, step=90)(dots(31, 31), generator())
    degrees = angles(turns).round() % 360
    values, counts = np.unique(degrees, return_counts=True)
    assert values.tolist() == [0, 90, 180, 270]
    np.testing.assert_allclose(counts / N, 0.25, atol=0.04)
    few = RandomRotation(0.3, step=0.1)(dots()[:300], generator())
    assert len(torch.unique(few.flatten(1), dim=0)) == 7


def test_random_shift_distances_are_uniform():
    for augmenter, row_offset, column_offset in (
        (RandomShift(3, 5), 3, 5),
        (RandomShift(0.2, 0.1), 4, 3),
        (RandomShift(0, 0.25), 0, 8),
    ):
        offsets = centers(augmenter(dots(), generator()))
        for distance, longest, start in zip(
            offsets, (row_offset, column_offset), (0, 6), strict=True
        ):
            values, counts = np.unique((distance - start).round().numpy(), return_counts=True)
            assert values.tolist() == list(range(-longest, longest + 1))
            np.testing.assert_allclose(counts / N, 1 / len(values), atol=0.04)


def test_random_flip_directions_are_independent():
    X = torch.arange(6.0).reshape(1, 2, 3, 1).expand(N, -1, -1, -1)
    for direction, n in (("horizontal", 2), ("vertical", 2), ("both", 4)):
        new = RandomFlip(direction)(X, generator())
        values, counts = np.unique(new[:, 0, 0, 0].numpy(), return_counts=True)
        assert len(values) == n
        np.testing.assert_allclose(counts / N, 1 / n, atol=0.04)


def test_random_zoom_scales_are_uniform():
    X = torch.zeros(N, 61, 61, 1)
    X[:, 15:46, 15:46] = 1.0
    area = RandomZoom(0.4, fill="constant")(X, generator()).sum(dim=(1, 2, 3))
    assert_uniform(area.sqrt().numpy() / 31, 0.6, 1.4)


def test_random_erasing_areas_and_places_are_uniform():
    X = torch.ones(N, 64, 64, 1)
    new = RandomErasing(0.3, max_aspect=2.0, value=0.0, p=1.0)(X, generator())
    is_erased = new == 0
    share = is_erased.flatten(1).float().mean(dim=1).numpy()
    assert share.max() <= 0.3
    np.testing.assert_allclose(np.histogram(share, 6, (0, 0.3))[0] / N, 1 / 6, atol=0.05)
    height, width = (is_erased.any(dim=axis).flatten(1).sum(dim=1).numpy() for axis in (2, 1))
    large = share > 0.05
    aspect = height[large] / width[large]
    assert aspect.min() > 0.4
    assert aspect.max() < 2.4
    assert np.median(aspect) == pytest.approx(1, abs=0.06)
    erased_share = is_erased.float().mean(dim=0)[..., 0]
    assert erased_share.min() > 0
    torch.testing.assert_close(erased_share, erased_share.flip(0, 1), rtol=0, atol=0.05)


def test_random_brightness_gains_are_uniform():
    X = torch.tensor([1.0, 3.0]).reshape(1, 1, 2, 1).expand(N, -1, -1, -1)
    new = RandomBrightness(0.5, contrast=0.3)(X, generator())[:, 0, :, 0].numpy()
    gain = new.mean(axis=1) / 2
    assert_uniform(gain, 0.5, 1.5)
    assert_uniform((new[:, 1] - new[:, 0]) / 2 / gain, 0.7, 1.3)


def test_random_motion_blur_keeps_the_sum_and_spreads_it():
    X = torch.zeros(N, 21, 21, 1)
    X[:, 10, 10] = 1.0
    new = RandomMotionBlur(7, p=1.0)(X, generator())
    torch.testing.assert_close(new.sum(dim=(1, 2, 3)), torch.ones(N))
    level = RandomMotionBlur(7, direction=0, p=1.0)(X, generator())
    assert (level[:, :10] == 0).all()
    assert (level[:, 11:] == 0).all()
    assert (level[:, 10, 7] > 0).any()
    assert (level[:, 10, :7] == 0).all()
    plumb = RandomMotionBlur(7, direction=90, p=1.0)(X, generator())
    torch.testing.assert_close(plumb, level.transpose(1, 2))


def test_random_motion_blur_takes_long_lines_on_large_images():
    """A direct convolution would multiply 150 billion pairs of numbers, for minutes."""
    X = torch.zeros(2, 448, 448, 1)
    X[:, 224, 224] = 1.0
    begin = time.process_time()
    new = RandomMotionBlur(500.5, p=1.0)(X, generator())
    assert time.process_time() - begin < 10
    assert (new >= -1e-6).all()
    assert (new.sum(dim=(1, 2, 3)) <= 1.001).all()


def test_gaussian_noise_has_its_scale():
    X = torch.randn(200, 500) * 7 + 100
    noise = GaussianNoise(0.2)(X, generator()) - X
    assert float(noise.std()) == pytest.approx(0.2 * 7, rel=0.02)
    assert abs(float(noise.mean())) < 0.02
    noise = GaussianNoise(0.2, relative=False)(X, generator()) - X
    assert float(noise.std()) == pytest.approx(0.2, rel=0.02)


def test_spectral_augmenters_draw_uniformly():
    X = torch.arange(40.0).expand(N, -1)
    assert_uniform((20 - SpectralShift(2.5)(X, generator())[:, 20]).numpy(), -2.5, 2.5)
    assert_uniform((SpectralGain(0.2)(X, generator())[:, 10] / 10).numpy(), 0.8, 1.2)
    std = float(X[0].std(correction=0))
    lifted = (SpectralGain(0.0, offset=0.5)(X, generator()) - X) / std
    assert_uniform(lifted[:, 0].numpy(), -0.5, 0.5)
    assert float(lifted.std(dim=1).max()) < 1e-5
    tilted = (SpectralGain(0.0, slope=0.5)(X, generator()) - X) / std
    assert_uniform(tilted[:, -1].numpy(), -0.5, 0.5)
    torch.testing.assert_close(tilted[:, 0], -tilted[:, -1], rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("augmenter", "X", "message"),
    [
        (RandomFlip(), torch.zeros(4, 10), r"X has shape \(4, 10\), but RandomFlip expects"),
        (SpectralShift(), torch.zeros(4, 5, 5, 1), r"SpectralShift expects \(n, n_features\)"),
        (GaussianNoise(), torch.zeros(4), "GaussianNoise expects"),
        (RandomFlip(), torch.zeros(4, 0, 5), "no values"),
    ],
)
def test_augmenters_refuse_batches_of_another_kind(augmenter, X, message):
    with pytest.raises(ValueError, match=message):
        augmenter(X)


def test_augmenters_refuse_tensors_of_integers():
    with pytest.raises(TypeError, match=r"floats, got one of dtype torch\.uint8"):
        RandomFlip()(torch.zeros(2, 3, 3, dtype=torch.uint8))


@pytest.mark.parametrize("name", [*CLASSES, "together"])
def test_augmenters_work_on_the_device_of_the_samples(name):
    """On torch's device without numbers, which refuses to meet tensors of another one."""
    augmenter = (
        Compose([RandomFlip(), RandomRotation(fill_value=1.0, fill="constant")])
        if name == "together"
        else changing(name)
    )
    X = batch_for(name).to("meta")
    new = augmenter(X)
    assert (new.shape, new.device.type) == (X.shape, "meta")
