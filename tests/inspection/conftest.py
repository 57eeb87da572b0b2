"""Figures are drawn without a window, and closed."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def headless_matplotlib():
    pytest.importorskip("matplotlib").use("Agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pytest.importorskip("matplotlib.pyplot").close("all")
