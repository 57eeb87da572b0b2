"""Error messages that suggest the most similar valid name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Suggest the most similar valid name, and list all valid names.

    Parameters
    ----------
    name : str
        The given name.
    names : iterable of str
        The valid names.

    Returns
    -------
    hint : str
        Sentences to append to an error message.

    Examples
    --------
    >>> from sklvision.utils._suggest import did_you_mean
    >>> did_you_mean("restnet8", ["mlp", "resnet8"])
    "Did you mean 'resnet8'? Known names: mlp, resnet8."
    """
    names = sorted(names)
    # A name of a wrong type is as far from all names as an unknown one.
    close = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known names: {', '.join(names)}."
