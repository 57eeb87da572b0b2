import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.spectral import SpectralScaler
from sklvision.utils._input_check import InputCheck, add_input_check
from sklvision.utils._nested import find_contract

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
