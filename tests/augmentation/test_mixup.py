"""Samples and labels blended in pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import clone

from sklvision.augmentation import Compose, GaussianNoise, MixUp, RandomFlip, RandomShift


@pytest.fixture(autouse=True)
def seed_torch():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def pairs(n=3000):
    """Samples that are the targets: whatever is done to one must be done to the other."""
    return torch.eye(n), torch.eye(n)


def test_mixup_mixes_labels_as_their_samples():
    X, targets = pairs(500)
    mixed_samples, soft = MixUp(1.0).mix(X, targets)
    torch.testing.assert_close(mixed_samples, soft)
    assert (soft >= 0).all()
    torch.testing.assert_close(soft.sum(dim=1), torch.ones(500))
    assert ((soft > 0).sum(dim=1) <= 2).all()
    assert len(torch.unique(soft.diagonal())) > 450  # a weight for every sample of its own


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_mixup_weights_are_beta_distributed(alpha):
    X, targets = pairs()
    _, soft = MixUp(alpha).mix(X, targets)
    weights = soft.diagonal()[soft.diagonal() != 1].numpy()
    assert stats.kstest(weights, stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_mixup_mixes_a_fraction_p():
    X, targets = pairs()
    mixed_samples, soft = MixUp(1.0, p=0.3).mix(X, targets)
    is_unmixed = soft.diagonal() == 1
    assert float(is_unmixed.float().mean()) == pytest.approx(0.7, abs=0.04)
    assert torch.equal(mixed_samples[is_unmixed], X[is_unmixed])


@pytest.mark.parametrize("shape", [(6, 4), (6, 3, 3), (6, 3, 3, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mixup_keeps_shapes_and_types(shape, dtype):
    X, targets = torch.rand(shape, dtype=dtype), torch.eye(6)
    originals = X.clone(), targets.clone()
    mixed_samples, soft = MixUp().mix(X, targets)
    assert (mixed_samples.shape, mixed_samples.dtype) == (X.shape, dtype)
    assert (soft.shape, soft.dtype) == (targets.shape, targets.dtype)
    assert torch.equal(X, originals[0])
    assert torch.equal(targets, originals[1])


def test_mixup_works_on_the_device_of_the_samples():
    X, targets = (tensor.to("meta") for tensor in pairs(5))
    assert {tensor.device.type for tensor in MixUp().mix(X, targets)} == {"meta"}


def test_mixup_keeps_weights_of_targets():
    """Rows need not sum to one: a target times the weight of its sample is blended as it is."""
    X, targets = pairs(50)
    weights = torch.rand(50)[:, None]
    torch.manual_seed(1)
    _, plain = MixUp(1.0).mix(X, targets)
    torch.manual_seed(1)
    _, weighted_targets = MixUp(1.0).mix(X, targets * weights)
    torch.testing.assert_close(weighted_targets, plain * weights[:, 0])


def test_compose_mixes_with_other_augmenters():
    X, targets = torch.rand(40, 6, 6, 1), torch.eye(40)
    compose = Compose([RandomShift(1, 1), MixUp(1.0), GaussianNoise(0.0)])
    new, soft = compose.mix(X, targets)
    assert new.shape == X.shape
    assert ((soft > 0).sum(dim=1) == 2).sum() > 30
    # Without shifts, images are blended as targets are.
    new, soft = Compose([RandomFlip(p=0.0), MixUp(1.0)]).mix(X[..., 0], targets)
    torch.testing.assert_close(new, torch.einsum("ij,jkl->ikl", soft, X[..., 0]))
    nested, _ = Compose([Compose([MixUp()]), RandomFlip()]).mix(X, targets)
    assert nested.shape == X.shape


def test_compose_has_mix_only_with_mixup():
    assert hasattr(Compose([RandomFlip(), MixUp()]), "mix")
    assert not hasattr(Compose([RandomFlip()]), "mix")
    assert not hasattr(RandomFlip(), "mix")
    assert not hasattr(Compose([("m", MixUp())]).set_params(m="passthrough"), "mix")


def test_mixup_outside_of_training_is_refused():
    compose = Compose([RandomFlip(), MixUp()])
    images = np.zeros((4, 3, 3))
    for method in (compose.fit, compose.fit_transform, lambda X: compose(torch.from_numpy(X))):
        with pytest.raises(TypeError, match="MixUp mixes labels too"):
            method(images)
    assert not hasattr(MixUp(), "fit_transform")


def test_mixup_names_wrong_targets():
    with pytest.raises(ValueError, match=r"got torch\.int64 of shape \(4,\) for 4 samples"):
        MixUp().mix(torch.rand(4, 3), torch.arange(4))
    with pytest.raises(ValueError, match="one row per sample"):
        MixUp().mix(torch.rand(4, 3), torch.eye(3))


def test_mixup_is_cloned_and_searched():
    assert clone(MixUp(0.4)).get_params() == {"alpha": 0.4, "p": 1.0}
    assert repr(MixUp(0.4)) == "MixUp(alpha=0.4)"
