"""Fixtures shared by all tests."""

import gc
import os
import signal
from pathlib import Path

# A shell starts background processes with interrupts ignored, and their children inherit that;
# some tests interrupt a child.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# scikit-learn skips one of its checks unless scipy was imported with this set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest
from hypothesis import HealthCheck, settings

# Examples have no deadline: their duration says more about the machine than about the code.
untimed = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=20, **untimed)
settings.register_profile("thorough", max_examples=100, print_blob=True, **untimed)
settings.load_profile("thorough" if os.environ.get("CI") else "quick")


# Collection makes millions of objects that stay: a search for garbage among them takes a fifth of
# its time, and would take some of that of the tests.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def find_data_home():
    """Find the folder of real data sets: SKLVISION_DATA, else next to the checkout, else None."""
    path = os.environ.get("SKLVISION_DATA")
    home = Path(path) if path else Path(__file__).parents[2] / "shared" / "data"
    return home if home.is_dir() else None


@pytest.fixture(scope="session")
def data_home():
    home = find_data_home()
    if home is None:
        pytest.skip("real data absent: set SKLVISION_DATA to the folder that holds it")
    return home
