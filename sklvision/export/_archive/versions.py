"""Versions of the packages that made an archive, compared with those that are installed."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping

from sklvision._version import __version__
from sklvision.utils._versions import find_version

_PACKAGES = ("numpy", "scipy", "scikit-learn")
_NET_PACKAGES = ("torch", "skorch")


def get_versions(*, has_net: bool) -> dict[str, str]:
    """Return the versions of Python, of this package and of those that a model is made of."""
    versions = {"python": platform.python_version(), "sklvision": __version__}
    for package in (*_PACKAGES, *(_NET_PACKAGES if has_net else ())):
        number = find_version(package)
        if number is not None:
            versions[package] = number
    return versions


def describe_differences(made_with: Mapping[str, str]) -> tuple[str, str]:
    """Describe packages of another minor version than the one that made an archive.

    Returns
    -------
    difference : str
        Packages with both versions; "" where none differs.
    remedy : str
        The command that installs the same versions.
    """
    current = get_versions(has_net=any(package in made_with for package in _NET_PACKAGES))
    packages = [name for name in current if name in made_with and name != "python"]
    names = [name for name in packages if _get_minor(made_with[name]) != _get_minor(current[name])]
    if not names:
        return "", ""
    parts = (f"{name} {made_with[name]} (here {current[name]})" for name in names)
    requirements = " ".join(f"'{name}=={made_with[name].partition('+')[0]}'" for name in names)
    return ", ".join(parts), f"pip install {requirements}"


def _get_minor(text: str) -> str:
    """Return major and minor version."""
    return ".".join(re.findall(r"\d+", text)[:2])
