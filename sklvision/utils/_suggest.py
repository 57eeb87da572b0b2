"""Errors that suggest the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known name is nearest to ``name``, or list them all.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        What exists.

    Returns
    -------
    hint : str
        A sentence to end an error message with.

    Examples
    --------
    >>> from sklvision.utils._suggest import did_you_mean
    >>> did_you_mean("restnet8", ["mlp", "resnet8"])
    "Did you mean 'resnet8'? Known names: mlp, resnet8."
    """
    known = sorted(known)
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known names: {', '.join(known)}."
