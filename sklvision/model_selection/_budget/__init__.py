"""Costs of classifiers, and the best classifier within limits on them."""
