"""A fitted classifier and nets with its weights, for the tests of ``net_``."""

import pytest
from sklearn.base import clone

from ._nets import X, classifier, y


@pytest.fixture(scope="package")
def fitted_clf():
    """A fitted classifier, which no test may change."""
    return classifier(max_epochs=20).fit(X, y)


@pytest.fixture
def net(fitted_clf):
    """A net of its own, with the weights and history of the fitted one."""
    net_copy = clone(fitted_clf.net_).initialize()
    net_copy.module_.load_state_dict(fitted_clf.module_.state_dict())
    return net_copy
