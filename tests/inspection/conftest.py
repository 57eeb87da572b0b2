"""Figures are drawn without a window, and closed."""

import pytest


@pytest.fixture(autouse=True)
def _closed_figures():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    yield
    pytest.importorskip("matplotlib.pyplot").close("all")
