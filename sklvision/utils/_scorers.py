"""Names of scikit-learn's scorers."""

from __future__ import annotations

from sklearn.metrics import get_scorer_names

from sklvision.utils._suggest import did_you_mean


def check_scorer_name(name: str) -> None:
    """Raise unless a name is that of a scorer; suggest the nearest without listing all sixty."""
    names = get_scorer_names()
    if name in names:
        return
    hint = did_you_mean(name, names)
    nearest = hint.partition("?")[0]
    suggestion = (
        "sklearn.metrics.get_scorer_names() lists them all."
        if nearest == hint
        else f"{nearest}? (sklearn.metrics.get_scorer_names() lists them all.)"
    )
    raise ValueError(f"scoring={name!r} is not the name of a scorer. {suggestion}")
