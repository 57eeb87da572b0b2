"""The time limit of a comparison reaches every fit that has such a parameter."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import make_spectra
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier


@pytest.fixture(scope="module")
def spectra():
    return make_spectra(60, n_bands=20, random_state=0)


def make_net():
    return SpectrumClassifier(architecture_params={"hidden_layer_sizes": (4,)}, max_epochs=100_000)


@pytest.mark.filterwarnings("ignore")
def test_compare_estimators_time_limit_stops_nested_nets(spectra):
    net = make_pipeline(StandardScaler(), make_net())
    vote = VotingClassifier([("net", make_net()), ("bayes", GaussianNB())], voting="soft")
    result = compare_estimators(
        {"net": net, "vote": vote}, *spectra, cv=2, time_limit=0.2, random_state=0
    )
    seconds = result.to_frame()["fit_seconds"]
    assert 0.2 <= seconds["net"] < 5
    assert 0.2 <= seconds["vote"] < 5
    assert net[-1].time_limit is None  # the user's own is left alone
    assert result.estimators["net"].get_params()["spectrumclassifier__time_limit"] == 0.2
    assert result.estimators["vote"].get_params()["net__time_limit"] == 0.2
    assert result.description["Time limit"] == (
        "0.2 seconds per fit; without a limit: majority class, logistic regression"
    )


def test_compare_estimators_time_limit_names_the_estimators_without(spectra):
    with pytest.warns(UserWarning, match="time_limit=30 does not limit a, b, which have no such"):
        compare_estimators(
            {"a": GaussianNB(), "b": GaussianNB(), "net": make_net().set_params(max_epochs=1)},
            *spectra,
            cv=2,
            time_limit=30,
            check_leaks=False,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare_estimators(GaussianNB(), *spectra, cv=2, check_leaks=False)


def test_compare_estimators_time_limit_is_part_of_the_key_of_the_cache(spectra, tmp_path):
    net = make_net().set_params(max_epochs=2)
    for time_limit in (None, 40, 50, 50):
        compare_estimators(
            {"net": net},
            *spectra,
            cv=2,
            time_limit=time_limit,
            baselines=False,
            check_leaks=False,
            memory=tmp_path,
            random_state=0,
        )
    assert len(list(tmp_path.rglob("output.pkl"))) == 3 * 2


@pytest.mark.parametrize("time_limit", [0, -1, np.nan, np.inf, "60", True])
def test_compare_estimators_refuses_a_bad_time_limit(spectra, time_limit):
    with pytest.raises(ValueError, match=r"time_limit=.* must be a positive number of seconds"):
        compare_estimators(GaussianNB(), *spectra, time_limit=time_limit)
