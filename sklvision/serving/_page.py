"""The page for browsers: one file without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from math import prod

from jinja2 import Environment

from sklvision.serving._model import ServedModel

_MOST_CLASSES = 8


class Page:
    """The page of a model, and the headers that forbid it everything but itself.

    Parameters
    ----------
    model : ServedModel
        The model, which decides whether the page takes images or spectra.
    has_card : bool
        Whether a browser can open the card of the model.

    Attributes
    ----------
    content : bytes
        The page.
    headers : dict of str to str
        Its headers.
    """

    def __init__(self, model: ServedModel, *, has_card: bool) -> None:
        folder = files("sklvision.serving") / "page"
        style, script, template = (
            (folder / name).read_text(encoding="utf-8")
            for name in ("page.css", "page.js", "page.html")
        )
        text = (
            Environment(autoescape=True, trim_blocks=True)
            .from_string(template)
            .render(
                style=style,
                script=script,
                takes_images=model.takes_images,
                n_values=None if model.input_shape is None else prod(model.input_shape),
                lead=_describe(model),
                has_card=has_card,
            )
        )
        self.content = text.encode()
        policy = [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data: blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
        self.headers = {"Content-Security-Policy": "; ".join(policy)}


def _describe(model: ServedModel) -> str:
    names = list(map(str, model.labels))
    labels = ", ".join(names[:_MOST_CLASSES])
    if len(names) > _MOST_CLASSES:
        labels += f" and {len(names) - _MOST_CLASSES} more"
    return f"The model distinguishes {len(names)} classes: {labels}."


def _hash(text: str) -> str:
    """Return the source expression of an inline text for a Content-Security-Policy."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
