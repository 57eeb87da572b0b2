"""Cross-validated comparison of classifiers: folds, fits, scores and the result."""
