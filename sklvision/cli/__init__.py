"""The command line ``sklvision``: thin commands over the package's functions."""

from sklvision.cli._main import main

__all__ = ["main"]
