"""Texts that docstrings of readers of data share."""

from __future__ import annotations

from sklvision.utils._docstrings import fill_docstrings

BUNCH_TEXTS = {
    "return_X_y": """\
return_X_y : bool, default=False
    Whether to return ``(data, target)`` instead of a Bunch.""",
    "bunch": """\
Returns
-------
data : :class:`~sklearn.utils.Bunch`
    Dictionary-like object, with the following attributes.""",
}

document = fill_docstrings(BUNCH_TEXTS)
