"""The HTML repr links to an estimator's page of the site, once the site is published."""

from __future__ import annotations

from importlib import import_module

import pytest
from sklearn.pipeline import make_pipeline

from sklvision.neural_network import SpectrumClassifier
from sklvision.spectral import SpectralScaler
from sklvision.utils import _base
from sklvision.utils._base import SklvisionEstimator, make_doc_link
from sklvision.utils.discovery import all_estimators


def set_link(monkeypatch, site_url):
    module, template = make_doc_link(site_url)
    monkeypatch.setattr(SklvisionEstimator, "_doc_link_module", module)
    monkeypatch.setattr(SklvisionEstimator, "_doc_link_template", template)


def test_html_repr_links_to_nothing_before_the_site_is_published():
    assert _base.SITE_URL is None
    for estimator in (SpectralScaler(), make_pipeline(SpectralScaler(), SpectrumClassifier())):
        text = estimator._repr_html_()
        assert "sklvision.readthedocs" not in text
        assert "Documentation for SpectralScaler" not in text


@pytest.mark.parametrize("site_url", ["https://vision.example", "https://vision.example/"])
def test_html_repr_links_to_the_page_of_a_published_site(site_url, monkeypatch):
    set_link(monkeypatch, site_url)
    pipeline = make_pipeline(SpectralScaler(), SpectrumClassifier())
    text = pipeline._repr_html_()
    for name in ("spectral.SpectralScaler", "neural_network.SpectrumClassifier"):
        assert f'href="https://vision.example/api/generated/sklvision.{name}.html"' in text


def test_every_link_names_the_module_that_lists_the_estimator(monkeypatch):
    set_link(monkeypatch, "https://vision.example")
    for name, estimator in all_estimators():
        if issubclass(estimator, SklvisionEstimator):
            link = estimator._get_doc_link(estimator.__new__(estimator))
            address, _, page = link.rpartition("/")
            module = page.removesuffix(f".{name}.html")
            assert address == "https://vision.example/api/generated"
            assert name in import_module(module).__all__
