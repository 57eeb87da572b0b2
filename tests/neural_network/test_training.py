"""Optimizers, schedules, losses, warm starts and precisions of training."""

import pickle
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from tests.neural_network._problems import QUICK, blobs_of_images, iris, three_classes

X, y = iris()
OPTIMIZERS = ["adamw", "adam", "adamax", "sgd", "rmsprop"]


@pytest.mark.parametrize(
    ("optimizer", "lr_schedule"),
    [
        # Those that change the momentum of some optimizers, with all; the others with one.
        *product(OPTIMIZERS, ["onecycle", "cyclic"]),
        *product(["sgd"], ["constant", "cosine", "step", "plateau"]),
    ],
)
def test_every_optimizer_and_every_schedule_learns(optimizer, lr_schedule):
    clf = SpectrumClassifier(
        optimizer=optimizer, lr_schedule=lr_schedule, lr=0.01, max_epochs=15, random_state=0
    ).fit(X, y)
    assert clf.score(X, y) > 0.85
    assert clf.loss_curve_[-1] < clf.loss_curve_[0]
    assert len(clf.loss_curve_) == clf.n_iter_ == 15


def test_weight_decay_is_that_of_adamw():
    """Compared with a plain loop that starts from the same weights, whatever seeds there are."""
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        parameter.data = torch.rand(parameter.shape, generator=generator).double() - 0.5
    clf = SpectrumClassifier(
        net,
        precision="float64",
        batch_size=-1,
        max_epochs=5,
        lr_schedule="constant",
        lr=0.01,
        weight_decay=0.3,
    ).fit(X, y)
    samples = torch.tensor((X - X.mean(axis=0)) / X.std(axis=0))
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.3)
    for _ in range(5):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(samples), torch.tensor(y)).backward()
        optimizer.step()
    expected = net(samples).detach().numpy()
    np.testing.assert_allclose(clf.decision_function(X), expected, rtol=1e-9, atol=1e-9)


def learning_rates(lr_schedule, **params):
    clf = SpectrumClassifier(lr=0.1, optimizer="sgd", lr_schedule=lr_schedule, **params)
    rows = slice(None, None, 3)  # one batch
    return np.array([epoch["lr"] for epoch in clf.fit(X[rows], y[rows]).history_])


def test_schedules_take_the_course_that_is_documented():
    params = {"max_epochs": 30, "random_state": 0}
    np.testing.assert_allclose(learning_rates("constant", **params), 0.1)
    cosine = 0.05 * (1 + np.cos(np.pi * np.arange(30) / 30))
    np.testing.assert_allclose(learning_rates("cosine", **params), cosine, atol=1e-6)
    onecycle = learning_rates("onecycle", **params)
    assert 7 <= onecycle.argmax() <= 10
    assert onecycle.max() == pytest.approx(0.1, rel=0.05)
    assert onecycle[-1] < 0.01
    cyclic = learning_rates("cyclic", max_epochs=200, random_state=0)
    assert cyclic.min() == pytest.approx(0.01)
    assert cyclic.max() == pytest.approx(0.1)
    assert (np.diff(np.sign(np.diff(cyclic))) < 0).sum() == 10
    step = learning_rates("step", **params)
    np.testing.assert_allclose(step, np.repeat([0.1, 0.01, 0.001], 10))


def test_the_loss_is_scikit_learns_log_loss():
    """One full batch with a learning rate too small to move: the loss of the initial net."""
    from sklearn.metrics import log_loss

    weights = np.random.RandomState(0).uniform(0, 3, size=len(y))
    clf = SpectrumClassifier(
        architecture_params={"dropout": 0.0, "batch_norm": False},
        precision="float64",
        batch_size=-1,
        max_epochs=1,
        lr=1e-15,
        random_state=0,
    ).fit(X, y, sample_weight=weights)
    expected = log_loss(y, clf.predict_proba(X), sample_weight=weights)
    assert clf.loss_curve_[0] == pytest.approx(expected, rel=1e-9)


def test_partial_fit_goes_on_and_repeats():
    def train():
        clf = SpectrumClassifier(random_state=0)
        for start in (0, 1, 2):
            clf.partial_fit(X[start::3], y[start::3], classes=[0, 1, 2])
        return clf

    clf = train()
    assert clf.n_iter_ == 3
    assert len({epoch["lr"] for epoch in clf.history_}) == 1
    np.testing.assert_array_equal(clf.predict_proba(X), train().predict_proba(X))


def test_partial_fit_starts_with_classes_that_come_later():
    clf = SpectrumClassifier(random_state=0).partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert clf.predict_proba(X).shape == (150, 3)
    for _ in range(20):
        clf.partial_fit(X, y)
    assert clf.score(X, y) > 0.9


def test_partial_fit_goes_on_like_the_unpickled_model_but_for_the_optimizers_memory():
    clf = SpectrumClassifier(optimizer="sgd", random_state=0).fit(X, y)
    restored = pickle.loads(pickle.dumps(clf))
    restored.partial_fit(X, y)
    assert restored.n_iter_ == clf.n_iter_ + 1
    assert [e["epoch"] for e in restored.history_] == list(range(1, restored.n_iter_ + 1))


def test_warm_start_goes_on_and_cold_start_does_not():
    warm = SpectrumClassifier(max_epochs=5, warm_start=True, random_state=0).fit(X, y)
    first = warm.loss_curve_[0]
    warm.fit(X, y)
    assert warm.n_iter_ == 10
    assert warm.loss_curve_[5] < first
    cold = SpectrumClassifier(max_epochs=5, random_state=0).fit(X, y).fit(X, y)
    assert cold.n_iter_ == 5
    with pytest.raises(ValueError, match="not among the classes"):
        warm.fit(X, y + 1)


def test_verbose_shows_a_bar_with_loss_and_score(capfd):
    SpectrumClassifier(max_epochs=3, early_stopping=True, verbose=1, random_state=0).fit(X, y)
    out, err = capfd.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "loss=" in err
    assert "score=" in err


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16", "float64"])
def test_every_precision_learns(precision):
    images, labels = blobs_of_images(shape=(16, 16))
    clf = ImageClassifier(precision=precision, max_epochs=10, random_state=0).fit(images, labels)
    assert clf.score(images, labels) > 0.9
    dtypes = {p.dtype for p in clf.module_.parameters()}
    assert dtypes == {torch.float64 if precision == "float64" else torch.float32}
    assert clf.decision_function(images).dtype == np.float64


def test_augmentation_fires_in_training_only():
    calls = []

    def spy(batch):
        calls.append((batch.shape, batch.dtype, float(batch.max())))
        return batch + 1000 * torch.rand(len(batch), 1, 1, 1)

    images, labels = blobs_of_images(n=40)
    clf = ImageClassifier(
        augment=[spy], max_epochs=2, batch_size=16, early_stopping=True, random_state=0
    ).fit(images, labels)
    n_calls = len(calls)
    assert n_calls == 2 * 3  # epochs × batches; the held-out samples are not augmented
    assert calls[0] == ((13, 8, 8, 1), torch.float32, calls[0][2])
    assert calls[0][2] > 100  # in the units of X
    np.testing.assert_array_equal(clf.predict_proba(images), clf.predict_proba(images))
    assert len(calls) == n_calls


def test_mixing_by_nothing_is_the_plain_loss():
    """MixUp that blends each sample with itself: weights and smoothing must come out the same."""

    class Unmixed:
        def __call__(self, batch):
            return batch

    class MixedUp(Unmixed):
        def mix(self, batch, targets):
            assert targets.shape == (len(batch), 3)
            return batch, targets

    plain, mixed_clf = (
        SpectrumClassifier(
            augment=augment,
            label_smoothing=0.1,
            class_weight="balanced",
            precision="float64",
            **QUICK,
        ).fit(X[20:], y[20:])
        for augment in (Unmixed(), [Unmixed(), MixedUp()])
    )
    np.testing.assert_allclose(plain.loss_curve_, mixed_clf.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(plain.predict_proba(X), mixed_clf.predict_proba(X), rtol=1e-6)


def test_mixup_learns_and_augmenters_are_checked_and_searched():
    from sklearn.model_selection import GridSearchCV

    from sklvision.augmentation import Compose, MixUp, RandomFlip, RandomRotation

    images, labels = blobs_of_images(n=90)
    clf = ImageClassifier(augment=[MixUp()], max_epochs=15, random_state=0).fit(images, labels)
    assert clf.score(images, labels) > 0.9
    with pytest.raises(ValueError, match="degrees"):
        ImageClassifier(augment=RandomRotation("far")).fit(images, labels)
    single = ImageClassifier(augment=RandomRotation(5), **QUICK)
    GridSearchCV(single, {"augment__degrees": [0, 5]}, cv=2, error_score="raise").fit(
        images, labels
    )
    composed = ImageClassifier(augment=Compose([RandomFlip(), RandomRotation(5)]), **QUICK)
    grid = {"augment__randomrotation__degrees": [0, 5]}
    GridSearchCV(composed, grid, cv=2, error_score="raise").fit(images, labels)


def test_label_smoothing_and_weight_decay_hold_the_net_back():
    X3, y3 = three_classes(200)

    def confidence(**params):
        clf = SpectrumClassifier(max_epochs=30, random_state=0, **params).fit(X3, y3)
        return clf.predict_proba(X3).max(axis=1).mean()

    plain = confidence()
    assert confidence(label_smoothing=0.3) < plain - 0.05
    assert confidence(weight_decay=30.0) < plain - 0.05


def test_a_callable_architecture_gets_shape_classes_and_parameters():
    calls = []

    def tiny(input_shape, n_classes, *, width=3):
        calls.append((input_shape, n_classes, width))
        return torch.nn.Sequential(
            torch.nn.Conv2d(input_shape[2], width, 3),
            torch.nn.Flatten(),
            torch.nn.LazyLinear(n_classes),
        )

    images, labels = blobs_of_images()
    color = np.repeat(images[..., None], 3, axis=-1)
    clf = ImageClassifier(tiny, architecture_params={"width": 5}, **QUICK).fit(color, labels)
    assert calls == [((8, 8, 3), 3, 5)]
    assert clf.n_parameters_ == 3 * 5 * 9 + 5 + 5 * 36 * 3 + 3


def test_flat_rows_with_an_image_shape_are_the_same_images():
    images, labels = blobs_of_images()
    as_images = ImageClassifier(**QUICK).fit(images, labels)
    flat = images.reshape(len(images), -1)
    as_rows = ImageClassifier(image_shape=(8, 8), **QUICK).fit(flat, labels)
    assert as_rows.input_shape_ == as_images.input_shape_ == (8, 8, 1)
    assert (as_rows.n_features_in_, as_images.n_features_in_) == (64, 8)  # X.shape[1]
    expected = as_images.predict_proba(images)
    for data in (images, flat, images[..., None], images[..., ::-1].copy()[..., ::-1]):
        for clf in (as_rows, as_images):
            np.testing.assert_array_equal(clf.predict_proba(data), expected)


def test_early_stopping_forgets_scores_of_an_earlier_fit():
    clf = SpectrumClassifier(early_stopping=True, **QUICK).fit(X, y)
    assert len(clf.validation_scores_) == clf.n_iter_
    clf.set_params(early_stopping=False).fit(X, y)
    assert not hasattr(clf, "validation_scores_")


def test_threads_train_one_after_another_with_equal_results():
    from joblib import Parallel, delayed

    def train():
        return SpectrumClassifier(**QUICK).fit(X, y).decision_function(X)

    results = Parallel(n_jobs=3, backend="threading")(delayed(train)() for _ in range(6))
    for result in results:
        np.testing.assert_array_equal(result, results[0])


def test_numpy_integers_are_numbers_of_epochs_and_samples():
    clf = SpectrumClassifier(max_epochs=np.int64(2), batch_size=np.int32(50), random_state=0)
    assert clf.fit(X, y).n_iter_ == 2


def test_frozen_weights_stay_and_slower_ones_lag():
    class Parts(torch.nn.Module):
        def __init__(self, lr_scales=()):
            super().__init__()
            self.body, self.head = torch.nn.Linear(4, 8), torch.nn.Linear(8, 3)
            self.lr_scales = list(lr_scales)

        def forward(self, x):
            return self.head(self.body(x).relu())

    def compute_movement(module):
        weight_before = module.body.weight.detach().clone()
        clf = SpectrumClassifier(module, weight_decay=0.5, max_epochs=5, random_state=0).fit(X, y)
        return float((clf.module_.net.body.weight.detach() - weight_before).abs().max())

    torch.manual_seed(0)
    frozen_parts = Parts()
    frozen_parts.body.requires_grad_(False)
    assert compute_movement(frozen_parts) == 0
    slow = compute_movement(Parts([("body.*", 0.01)]))
    assert 0 < slow < 0.1 * compute_movement(Parts())


def test_a_model_that_came_from_an_absent_device_trains_on_here():
    clf = SpectrumClassifier(device="cpu", **QUICK).fit(X, y)
    state = clf.__getstate__()
    state["_settings"] = state["_settings"] | {"device": "cuda:7"}
    restored = SpectrumClassifier()
    restored.__setstate__(state)
    assert restored.partial_fit(X, y).n_iter_ == clf.n_iter_ + 1


@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 1), (9, 11, 3)])
def test_images_reach_the_net_channels_last(shape):
    """With one channel too, whose stride is arbitrary: convolutions then take half as long."""
    calls = set()

    class RecordingModule(nn.Module):
        def __init__(self, n_channels, n_classes):
            super().__init__()
            self.head = nn.Linear(n_channels, n_classes)

        def forward(self, x):
            calls.add(x.stride())
            return self.head(x.mean((2, 3)))

    X, y = np.random.RandomState(0).rand(8, *shape), np.arange(8) % 2
    clf = ImageClassifier(lambda shape, n: RecordingModule(shape[2], n), max_epochs=1, batch_size=8)
    clf.fit(X, y)
    n_channels = shape[2] if len(shape) == 3 else 1
    assert (99 * n_channels, 1, 11 * n_channels, n_channels) in calls
