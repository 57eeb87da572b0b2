"""Shared texts in docstrings."""

import inspect

import pytest
from sklearn.utils.metaestimators import available_if

from sklvision.utils._docstrings import fill_docstrings

TEXTS = {"X": "X : array-like\n    The samples.", "kind": "spectra", "nested": "of %(kind)s"}


def test_fill_docstrings_indents_text_as_its_line():
    @fill_docstrings(TEXTS)
    def fit(X):
        """Fit.

        Parameters
        ----------
        %(X)s
        y : array-like
            Labels of 5 % %(kind)s and %(nested)s.
        """

    assert inspect.getdoc(fit).splitlines()[4:] == [
        "X : array-like",
        "    The samples.",
        "y : array-like",
        "    Labels of 5 % spectra and of spectra.",
    ]


def test_fill_docstrings_fills_every_member_of_a_class():
    @fill_docstrings(TEXTS)
    class Model:
        """Model of %(kind)s."""

        def fit(self):
            """Fit %(kind)s."""

        @classmethod
        def load(cls):
            """Load %(kind)s."""

        @property
        def count(self):
            """Number of %(kind)s."""

    members = (Model, Model.fit, Model.load, Model.count)
    assert [member.__doc__ for member in members] == [
        "Model of spectra.",
        "Fit spectra.",
        "Load spectra.",
        "Number of spectra.",
    ]


def test_fill_docstrings_refuses_an_unknown_name():
    def fit():
        """Fit %(typo)s."""

    with pytest.raises(KeyError, match="typo"):
        fill_docstrings(TEXTS)(fit)


def test_fill_docstrings_reaches_methods_behind_available_if():
    @fill_docstrings({"name": "text"})
    class Documented:
        @available_if(lambda self: True)
        def method(self):
            """A %(name)s."""

    assert Documented.method.__doc__ == Documented().method.__doc__ == "A text."
