"""Groups that the options of a command ask for, where they are found by a search for leaks."""

from __future__ import annotations

import sys
from typing import Any

SUGGESTION = "suggested"
_MOST_FOLDS = 5


def count_folds(data: Any) -> int:
    """Count as many folds as the rarest class and the groups allow, at most five."""
    import numpy as np

    n_samples = np.unique(data.target, return_counts=True)[1].min()
    n_groups = _MOST_FOLDS if data.groups is None else len(np.unique(data.groups))
    return int(min(_MOST_FOLDS, n_samples, n_groups))


def suggest_groups(data: Any) -> None:
    """Group samples by a search for leaks, which joins copies, near-duplicates and series.

    Groups that the data have are kept together.
    """
    import numpy as np

    from sklvision.model_selection import find_leaks

    n_folds = count_folds(data)
    if n_folds < 2:
        raise ValueError(
            "--groups suggested: needs at least two samples of every class and two groups."
        )
    report = find_leaks(data.data, data.target, cv=n_folds, groups=data.groups, random_state=0)
    groups = report.suggested_groups()
    n_groups = len(np.unique(groups))
    if n_groups == len(groups):
        print("No related samples found, so that no groups are suggested.", file=sys.stderr)
        return
    data.DESCR = data.DESCR.removesuffix(f", grouped by {data.grouped_by}")
    data.groups, data.grouped_by = groups, "suggestion"
    data.DESCR += f", in {n_groups} suggested groups"
