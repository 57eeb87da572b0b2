"""Fixtures shared by all tests."""

import os
from pathlib import Path

# scikit-learn skips one of its checks unless scipy was imported with this set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest


def find_data_home():
    """The folder of real data sets, or None: SKLVISION_DATA, else beside the checkout."""
    named = os.environ.get("SKLVISION_DATA")
    home = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    return home if home.is_dir() else None


@pytest.fixture(scope="session")
def data_home():
    home = find_data_home()
    if home is None:
        pytest.skip("real data absent: set SKLVISION_DATA to the folder that holds it")
    return home
