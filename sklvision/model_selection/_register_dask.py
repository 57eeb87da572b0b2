"""joblib's engine "dask", in a form that survives the death of workers."""

from __future__ import annotations

import joblib

from sklvision.utils._dask import make_dask_backend
from sklvision.utils._optional import import_optional


def register_dask() -> None:
    """Make joblib's engine "dask" survive lost workers, in this process.

    joblib sends data to one worker of Dask, from which the others copy them. If that worker dies
    before others have a copy, joblib's own engine raises CancelledError. If Dask gives up a task,
    because every worker that ran it died, joblib waits forever. After this call, data are sent
    again and tasks are repeated, and a task that Dask gave up is an error. This applies to every
    function that uses joblib, such as :class:`sklearn.model_selection.GridSearchCV`. The functions
    and searches of this package do not need this call.

    Needs the extra ``distributed``.

    .. versionadded:: 0.1

    Raises
    ------
    ImportError
        If Dask is not installed.

    See Also
    --------
    joblib.parallel_config : Chooses the engine.

    Examples
    --------
    >>> import joblib
    >>> from dask.distributed import Client
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.model_selection import register_dask
    >>> register_dask()
    >>> with (
    ...     Client(n_workers=1, processes=False, dashboard_address=None),
    ...     joblib.parallel_config("dask"),
    ... ):
    ...     cross_val_score(GaussianNB(), *load_iris(return_X_y=True)).round(2)
    array([0.93, 0.97, 0.93, 0.93, 1.  ])
    """
    import_optional("distributed", extra="distributed")
    joblib.register_parallel_backend("dask", make_dask_backend)
