"""A few digits as rows, with labels of text."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
X, y = X[:200], np.array([f"digit {label}" for label in y[:200]])
