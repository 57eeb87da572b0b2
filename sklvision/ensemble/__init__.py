"""Ensembles of classifiers."""

from sklvision.ensemble._geometric_voting import GeometricVotingClassifier

__all__ = ["GeometricVotingClassifier"]
