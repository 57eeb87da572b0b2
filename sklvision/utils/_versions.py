"""Versions of the packages that compute."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from sklvision._version import __version__

_PACKAGES = ("scikit-learn", "numpy", "scipy", "torch", "skorch")


def find_version(package: str) -> str | None:
    """Return the version of an installed package without importing it; None where it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def collect_versions() -> dict[str, str]:
    """Return the versions of Python, of sklvision and of the packages that compute."""
    versions = {"Python": python_version(), "sklvision": __version__}
    for package in _PACKAGES:
        number = find_version(package)
        if number is not None:
            versions[package] = number
    return versions
