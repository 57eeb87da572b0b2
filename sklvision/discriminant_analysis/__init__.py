"""Discriminant analysis that chooses its own regularization, for few samples of many bands."""

from sklvision.discriminant_analysis._lda_cv import LinearDiscriminantAnalysisCV

__all__ = ["LinearDiscriminantAnalysisCV"]
