"""A model card: facts of a model, written as Markdown and as an HTML page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sklvision.export._card.metadata import make_metadata
from sklvision.export._card.sections import make_lead, make_sections
from sklvision.reporting._card import (
    Card,
    check_readme,
    render_card_markdown,
    render_card_page,
)
from sklvision.utils._files import atomic_write
from sklvision.utils._validation import check_path

# Names of the files in a directory; README.md is where Hugging Face looks for a card.
_NAMES = ("README.md", "model_card.html")


@dataclass(frozen=True, repr=False, eq=False)
class ModelCard:
    """Facts about a fitted model, for people who use it or decide on its use.

    Made by :func:`~sklvision.export.model_card`. In a notebook it is shown as a page.

    .. versionadded:: 0.1

    Parameters
    ----------
    facts : dict
        Plain values that JSON restores: the model, the evidence, and statements of the author.

    Attributes
    ----------
    metadata : dict
        Metadata as Hugging Face's specification of model cards names them: license, library,
        tags, task, metrics and results.

    See Also
    --------
    model_card : Makes one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.export import model_card
    >>> X, y = load_iris(return_X_y=True)
    >>> card = model_card(GaussianNB().fit(X, y), license="MIT")
    >>> card.metadata["license"], card.metadata["pipeline_tag"]
    ('mit', 'tabular-classification')
    """

    facts: dict[str, Any]

    @property
    def metadata(self) -> dict[str, Any]:
        """Return the metadata of the card."""
        return make_metadata(self.facts)

    @cached_property
    def _card(self) -> Card:
        return Card(
            title=self.facts["title"],
            lead=make_lead(self.facts),
            sections=make_sections(self.facts),
            metadata=self.metadata,
        )

    def to_markdown(self) -> str:
        """Write the card in Markdown, with its metadata as YAML at the beginning.

        Returns
        -------
        markdown : str
            For a ``README.md`` in the directory of the model, as Hugging Face and others read it.
        """
        return render_card_markdown(self._card)

    def to_html(self) -> str:
        """Write the card as one self-contained HTML page.

        Returns
        -------
        html : str
            A page that needs no script and no network, on a phone or a large screen.
        """
        return render_card_page(self._card)

    def save(self, path: str | os.PathLike[str]) -> list[Path]:
        """Write the card to a file or to a directory, each file completely or not at all.

        Parameters
        ----------
        path : str or path-like
            A file that ends in ``.md`` or ``.html``; or a directory, which receives both, as
            ``README.md`` and ``model_card.html``.

        Returns
        -------
        paths : list of pathlib.Path
            The files.

        Raises
        ------
        ValueError
            If the file has another suffix, or the directory has a ``README.md`` that is not a card.
        OSError
            If a file cannot be written.
        """
        path = check_path("path", path)
        paths = [path]
        if path.is_dir():
            check_readme(path)
            paths = [path / name for name in _NAMES]
        renderers = {".md": self.to_markdown, ".html": self.to_html}
        for target in paths:
            if target.suffix.lower() not in renderers:
                raise ValueError(
                    f"path={os.fspath(path)!r}: expected a file that ends in .md or .html, or a "
                    "directory that exists."
                )
            text = renderers[target.suffix.lower()]()
            with atomic_write(target, text=True) as file:
                file.write(text)
        return paths

    def __str__(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        return f"ModelCard({self.facts['title']!r})"

    def _repr_html_(self) -> str:
        return self.to_html()
