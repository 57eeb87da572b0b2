"""The Pareto front of scores and costs."""

from __future__ import annotations

import numpy as np


def find_pareto_front(scores: np.ndarray, costs: np.ndarray) -> list[int]:
    """Return the indices that nothing at the same or a lower cost equals, the cheapest first.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Scores, higher is better; finite.
    costs : ndarray of shape (n,)
        Costs, lower is better; finite.

    Returns
    -------
    indices : list of int
        Indices of the front; of equal pairs of score and cost, the first.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._pareto import find_pareto_front
    >>> find_pareto_front(np.array([0.8, 0.7, 0.9]), np.array([1, 2, 3]))
    [0, 2]
    """
    front: list[int] = []
    for i in np.lexsort((-scores, costs)):
        if not front or scores[i] > scores[front[-1]]:
            front.append(int(i))
    return front
