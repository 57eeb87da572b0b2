"""A comparison of classifiers of iris, the card of one of them, and its archive."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.export import model_card, save
from sklvision.model_selection import compare_estimators, robustness_curve
from tests.export.card._parts import SCORES


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def candidates():
    scaled = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    return {"bayes": GaussianNB(), "scaled": scaled}


@pytest.fixture(scope="module")
def comparison(iris, candidates):
    with pytest.warns(UserWarning, match="probably optimistic"):  # iris holds a flower twice
        return compare_estimators(candidates, *iris, scoring=SCORES, random_state=0)


@pytest.fixture(scope="module")
def bayes(iris):
    return GaussianNB().fit(*iris)


@pytest.fixture(scope="module")
def card(bayes, comparison, iris):
    return model_card(
        bayes,
        comparison,
        data=iris,
        test_data=iris,
        robustness=robustness_curve(bayes, *iris, random_state=0, severities=1),
        title="Flowers of three kinds",
        intended_use="Teaching.\nNot for botany.",
        limits="Three kinds of one place and year.",
        license="Apache-2.0",
        authors="A. Gardener",
        data_name="Iris (Fisher)",
    )


@pytest.fixture(scope="module")
def archive(bayes, comparison, iris, tmp_path_factory):
    path = tmp_path_factory.mktemp("card") / "flowers.sklv"
    return save(bayes, path, comparison=comparison, data=iris, samples=iris[0][:2])
