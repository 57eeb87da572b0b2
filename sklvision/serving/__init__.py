"""A fitted model behind HTTP: predictions, a page for browsers, limits and metrics."""

from sklvision.serving._app import create_app
from sklvision.serving._serve import serve_model
from sklvision.serving._settings import ServiceSettings

__all__ = ["ServiceSettings", "create_app", "serve_model"]
