"""Vote of two linear classifiers on pretrained features."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression

from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier


def make_linear_vote() -> GeometricVotingClassifier:
    """Make the vote of discriminant analysis and logistic regression on features of images."""
    return GeometricVotingClassifier(
        [
            ("lda", LinearDiscriminantAnalysisCV(max_bands=None)),  # features are not bands
            ("logistic", LogisticRegression(C=100, max_iter=1000)),
        ]
    )
