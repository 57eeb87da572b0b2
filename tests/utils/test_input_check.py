import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklvision.spectral import SpectralScaler
from sklvision.utils._input_check import InputCheck, add_input_check
from sklvision.utils._nested import can_take_images, find_contract, find_input_shape

X = np.random.default_rng(0).uniform(size=(20, 5))
Y = np.arange(20) % 2


def test_input_check_passes_samples_and_warns_of_another_scale():
    check = InputCheck().fit(X)
    assert check.transform(X) is X
    with pytest.warns(UserWarning, match="another scale or unit"):
        check.transform(X * 1000)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())]
)
def test_add_input_check_keeps_the_contract_before_steps_of_others(estimator):
    model = add_input_check(estimator).fit(pd.DataFrame(X, columns=list("abcde")), Y)
    assert find_contract(model)["names"] == list("abcde")


def test_add_input_check_leaves_our_steps_alone():
    model = make_pipeline(SpectralScaler(), LogisticRegression())
    assert add_input_check(model) is model


@pytest.mark.parametrize(("shape", "is_images"), [((5,), False), ((4, 5), True)])
def test_add_input_check_tells_images_from_rows(shape, is_images):
    samples = np.random.default_rng(0).uniform(size=(20, *shape))
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    model = add_input_check(make_pipeline(flatten, LogisticRegression())).fit(samples, Y)
    assert can_take_images(model) == is_images
    assert find_input_shape(model) == shape
