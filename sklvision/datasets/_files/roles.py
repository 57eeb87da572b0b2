"""Roles of columns and arrays: which of them holds the labels, and which the groups."""

from __future__ import annotations

from pathlib import Path

from sklvision.utils._suggest import did_you_mean

TARGET_NAMES = ("y", "label", "labels", "class", "target")
GROUP_NAMES = ("group", "groups")
WAVELENGTH_NAMES = ("wavelengths", "wavelength")


def find_roles(
    path: Path, names: list[str], *, target: str | None, group: str | None
) -> tuple[str | None, str | None]:
    """Find the names of labels and groups: the requested ones, else the only usual ones.

    A name that was requested for one role is not considered for the other.
    """
    for role, requested in (("target", target), ("group", group)):
        if requested is not None and requested not in names:
            hint = did_you_mean(requested, names) if names else "There is nothing but the samples."
            raise ValueError(f"{path}: there is no {role}={requested!r}. {hint}")
    if target is not None and target == group:
        raise ValueError(f"{path}: target={target!r} and group={group!r} must differ.")
    if target is None:
        target = find_usual_name(path, "target", [n for n in names if n != group], TARGET_NAMES)
    if group is None:
        group = find_usual_name(path, "group", [n for n in names if n != target], GROUP_NAMES)
    return target, group


def find_usual_name(
    path: Path, role: str, names: list[str], usual_names: tuple[str, ...]
) -> str | None:
    """Find the one name that is usual for a role, in any case; None if there is none."""
    candidates = [name for name in names if name.strip().lower() in usual_names]
    if len(candidates) > 1:
        raise ValueError(
            f"{path}: {', '.join(map(repr, candidates))} could each be the {role}; choose one by "
            f"{role}=."
        )
    return candidates[0] if candidates else None
