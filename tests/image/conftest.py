"""Data shared by the tests of image transformers."""

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def digits():
    data = load_digits()
    images = 255 / 16 * data.images[:600]  # 4 bits a pixel, spread over 8
    return np.rint(images).astype(np.uint8), data.target[:600]
