"""Small problems and settings shared by the tests of the classifiers."""

import numpy as np
from sklearn.datasets import load_iris, make_classification

QUICK = {"max_epochs": 3, "random_state": 0}


def iris():
    return load_iris(return_X_y=True)


def three_classes(n_samples=1000):
    """A problem that a linear model cannot solve, and a perceptron can."""
    return make_classification(
        n_samples=n_samples, n_features=20, n_informative=10, n_classes=3, random_state=0
    )


def blobs_of_images(n=60, shape=(8, 8), n_classes=3, seed=0):
    """Noise with a bright row where the class says."""
    rng = np.random.RandomState(seed)
    y = np.arange(n) % n_classes
    X = rng.uniform(0, 100, size=(n, *shape))
    for image, label in zip(X, y, strict=True):
        image[2 * label] += 150
    return X.round().astype(np.uint8), y
