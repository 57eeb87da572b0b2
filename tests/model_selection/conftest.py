"""Data that tests of model selection share."""

import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.naive_bayes import GaussianNB


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def digits():
    digits = load_digits()
    return digits.images[:150], digits.target[:150]


@pytest.fixture(scope="module")
def bayes(iris):
    return GaussianNB().fit(*iris)
