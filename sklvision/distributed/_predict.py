"""One function for predictions of any method over collections of Dask and of Ray."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklvision.distributed._arrays import predict_array
from sklvision.distributed._bags import predict_bag
from sklvision.distributed._datasets import predict_dataset
from sklvision.distributed._frames import predict_frame
from sklvision.utils._suggest import did_you_mean

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")


def predict_blocks(model: Any, X: Any, *, method: str = "predict", **options: Any) -> Any:
    """Predict lazily, block by block, on the workers that hold the data.

    Every block is passed to the fitted model like an array in memory. The input contract is applied
    to each block, and rows get the same predictions as alone, to the last bit. Nothing is computed
    until the result is computed.

    .. versionadded:: 0.1

    Parameters
    ----------
    model : estimator
        A fitted model, or pipeline, of any package. Each worker receives it once.
    X : dask.array.Array, dask.dataframe.DataFrame, dask.bag.Bag or ray.data.Dataset
        An array of images or rows; a table, whose columns are matched by name; a bag of names of
        files, as
        :func:`~sklvision.datasets.read_samples` takes them; or a data set of Ray with a
        column of images or rows (``column``), or a column for each feature.
    method : str, default="predict"
        Method of the model: ``"predict"``, ``"predict_proba"``, ``"predict_log_proba"``,
        ``"decision_function"`` or ``"transform"``.
    **options : dict
        For a bag, ``on_error``: ``"raise"``, or ``"record"``, which gives None for a sample that
        cannot be read. For Ray, ``column``, the name of the column of samples, and all keywords of
        its ``map_batches``.

    Returns
    -------
    predictions : dask.array.Array, dask.dataframe.Series, dask.bag.Bag or ray.data.Dataset
        For an array, an array with the same blocks. For a table, a series, or a table with a column
        for each class. For a bag, tuples of the name of the file, for files of rows the number of
        the row from 1, and the result. For Ray, the data set with a column named by the method in
        place of the samples.

    Raises
    ------
    TypeError
        If `X` is none of these.
    ValueError
        If the model has no such method.

    See Also
    --------
    sklvision.datasets.ArrayCollection : Training on arrays that are larger than memory.

    Notes
    -----
    Warnings, for example about samples in another unit than the training data, appear where a block
    is computed: on a cluster, in the logs of the workers.

    Examples
    --------
    >>> import dask.array as da
    >>> from sklvision.datasets import make_spectra
    >>> from sklvision.distributed import predict_blocks
    >>> from sklvision.neural_network import SpectrumClassifier
    >>> X, y = make_spectra(200, random_state=0, return_X_y=True)
    >>> clf = SpectrumClassifier(max_epochs=5, random_state=0).fit(X, y)
    >>> labels = predict_blocks(clf, da.from_array(X, chunks=(50, -1)))
    >>> labels.numblocks, bool((labels.compute() == clf.predict(X)).all())
    ((4,), True)
    """
    check_is_fitted(model)
    if method not in METHODS:
        raise ValueError(f"There is no method={method!r}. {did_you_mean(str(method), METHODS)}")
    if not hasattr(model, method):
        raise ValueError(f"method={method!r}: {type(model).__name__} has no such method.")
    predict = _find_function(X)
    if predict is None:
        raise TypeError(
            "X must be an array, a data frame or a bag of Dask, or a data set of Ray, got "
            f"{type(X).__module__}.{type(X).__qualname__}. Arrays in memory and memmaps go to the "
            "model itself; a zarr array becomes one of Dask by dask.array.from_zarr."
        )
    return predict(model, X, method, **options)


def _find_function(X: Any) -> Any:
    """Find the function of a collection by its class, without an import of Dask or Ray."""
    for cls in type(X).__mro__:
        package = cls.__module__.partition(".")[0]
        if package == "dask" and cls.__name__ == "Array":
            return predict_array
        if package in ("dask", "dask_expr") and cls.__name__ == "DataFrame":
            return predict_frame
        if package == "dask" and cls.__name__ == "Bag":
            return predict_bag
        if package == "ray" and cls.__name__ == "Dataset":
            return predict_dataset
    return None
