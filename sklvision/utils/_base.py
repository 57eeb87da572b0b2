"""What every estimator of the package shares."""

from __future__ import annotations

from sklearn.base import BaseEstimator


class SklvisionEstimator(BaseEstimator):
    """Base of every estimator: the documentation link of the HTML repr."""

    _doc_link_module = "sklvision"
    _doc_link_template = (
        "https://sklvision.readthedocs.io/en/stable/generated/"
        "{estimator_module}.{estimator_name}.html"
    )
