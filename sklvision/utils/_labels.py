"""Labels and groups of samples, in any container, as arrays of NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from sklvision.utils._samples import to_host

# Kinds of arrays of NumPy without labels.
_REFUSED_KINDS = {"V": "records", "S": "bytes"}
_TEXT_TYPES = (str, bytes)


def convert_labels(y: Any) -> Any:
    """Convert labels of nullable types, and tensors; refuse what holds no labels of one type.

    scikit-learn reads whole numbers and booleans of nullable types as floats, a list of numbers
    and strings as strings, and a missing label among strings as a class: labels would be predicted
    that are not in `y`.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    Returns
    -------
    y : ndarray of shape (n_samples,), or `y` itself
        Labels of the NumPy type that holds the same values.

    Raises
    ------
    ValueError
        If labels are missing, or are of several types, or of one that holds no classes.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.utils._labels import convert_labels
    >>> convert_labels(pd.Series([True, False], dtype="boolean"))
    array([ True, False])
    """
    y = to_host(y)
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        column = convert_labels(y.iloc[:, 0])
        return y if isinstance(column, pd.Series) else column[:, np.newaxis]
    if isinstance(y, (list, tuple)):
        y = _convert_list(y)
        try:
            values = np.asarray(y)
        except ValueError:  # of different lengths; scikit-learn names the shape it expects
            return y
    else:
        y = _convert_container(y if isinstance(y, pd.Series | pd.Index) else _to_array(y), "y")
        values = y.to_numpy() if isinstance(y, (pd.Series, pd.Index)) else y
    if isinstance(values, np.ndarray) and values.ndim:
        _check_values(values, "y")
    return y


def read_labels(y: Any) -> np.ndarray:
    """Return labels in any container as an array of shape (n_samples,).

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels, which :func:`convert_labels` checks.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        The labels.

    Examples
    --------
    >>> from sklvision.utils._labels import read_labels
    >>> read_labels(["good", "bad"])
    array(['good', 'bad'], dtype='<U4')
    """
    y = convert_labels(y)
    refuse_one_hot(y)
    return np.asarray(column_or_1d(y, warn=True))


def refuse_one_hot(y: Any) -> None:
    """Raise if `y` has one column for each class, as nets of other libraries take labels.

    Parameters
    ----------
    y : array-like
        Labels.

    Raises
    ------
    ValueError
        If every row holds a single 1 among zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._labels import refuse_one_hot
    >>> refuse_one_hot(np.array([0, 2]))
    """
    try:
        values = np.asarray(y)
    except ValueError:  # of different lengths; scikit-learn names the shape it expects
        return
    if (
        values.ndim != 2
        or not len(values)
        or values.shape[1] < 2
        or values.dtype.kind not in "biuf"
    ):
        return
    if np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all():
        raise ValueError(
            f"y should be a 1d array, got an array of shape {values.shape} whose rows are one-hot. "
            "Pass the number of the class of each sample: y.argmax(axis=1), or "
            "y.to_numpy().argmax(axis=1) of a table."
        )


def warn_of_similar_labels(labels: Iterable[Any], place: object) -> None:
    """Warn of labels that differ only in case or in spaces, naming the first of them.

    Single letters are left out: lower and upper case may be classes of handwriting.

    Parameters
    ----------
    labels : iterable
        The distinct labels.
    place : object
        File or folder of the labels, for the message.
    """
    by_text: dict[str, list[str]] = {}
    for label in labels:
        if isinstance(label, str) and len(label) > 1:
            by_text.setdefault("".join(label.split()).casefold(), []).append(str(label))
    similar = [group for group in by_text.values() if len(group) > 1]
    if similar:
        names = ", ".join(map(repr, similar[0]))
        warnings.warn(
            f"{place}: the classes {names} differ only in case or spaces, and are learned as "
            "different ones. Give them one name if they are one class.",
            stacklevel=4,
        )


def make_index(labels: np.ndarray) -> pd.Index:
    """Make an index of pandas of labels of any type, also those that it has no index of.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Labels; those of folders whose names are not UTF-8 hold surrogates.

    Returns
    -------
    index : Index of length n
        The labels; halves of floats as floats, numbers in the byte order of the machine.

    Examples
    --------
    >>> import numpy as np
    >>> from sklvision.utils._labels import make_index
    >>> make_index(np.array([0.5], dtype=np.float16)).tolist()
    [0.5]
    """
    if labels.dtype == np.float16:
        labels = labels.astype(np.float32)
    labels = labels.astype(labels.dtype.newbyteorder("="), copy=False)
    try:
        return pd.Index(labels)
    except UnicodeEncodeError:  # surrogates, which strings of Arrow cannot hold
        return pd.Index(labels.astype(object), dtype=object)


def convert_groups(groups: Any, n_samples: int) -> np.ndarray | None:
    """Convert groups to an array of one value per sample; None stands for no groups.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or None
        Identities of what samples have in common.
    n_samples : int
        Number of samples.

    Returns
    -------
    groups : ndarray of shape (n_samples,) or None
        Values that can be sorted.

    Raises
    ------
    ValueError
        If there is not one value per sample, or values are missing or cannot be sorted.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklvision.utils._labels import convert_groups
    >>> convert_groups(pd.Series([7, 8], dtype="Int64"), 2)
    array([7, 8])
    """
    if groups is None:
        return None
    groups = _convert_container(to_host(groups), "groups")
    groups = np.asarray(column_or_1d(groups, warn=True))
    if len(groups) != n_samples:
        raise ValueError(
            f"groups must have one value per sample: it has {len(groups)}, X has {n_samples}."
        )
    _refuse_missing(int(np.sum(pd.isna(groups))), groups, "groups")
    types = _check_scalars(groups, "groups") if groups.dtype == object else set()
    try:
        np.unique(groups)
    except TypeError as error:
        raise ValueError(
            f"groups must be values that can be sorted, got {_format_types(types)}. Make all of "
            "them strings."
        ) from error
    return groups


def _convert_container(values: Any, name: str) -> Any:
    """Convert values of a type of pandas or of variable strings to the NumPy type they fit in."""
    if isinstance(values, np.ma.MaskedArray):
        _refuse_missing(int(np.ma.getmaskarray(values).sum()), values, name)
        return np.ma.getdata(values)
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind == "T":  # strings of any length, since NumPy 2
        return values.astype(object)
    if not isinstance(dtype, pd.api.extensions.ExtensionDtype):
        return values
    _refuse_missing(int(np.sum(pd.isna(values))), values, name)
    # ArrowDtype and all numbers with a mask know the type of NumPy that holds the same values.
    numpy_dtype = None if isinstance(dtype, pd.StringDtype) else getattr(dtype, "numpy_dtype", None)
    if numpy_dtype is not None:
        return np.asarray(values.to_numpy(dtype=numpy_dtype))
    return np.asarray(values, dtype=object if isinstance(dtype, pd.StringDtype) else None)


def _to_array(values: Any) -> Any:
    """Return a column of polars or pyarrow, which hold missing values, as an array."""
    is_column = hasattr(values, "null_count") and hasattr(values, "to_numpy")
    return np.asarray(values) if is_column else values


def _convert_list(y: Any) -> Any:
    """Return a list of labels, tensors as numbers; raise if NumPy would turn some into others."""
    if y and hasattr(y[0], "detach"):
        y = [to_host(label) for label in y]
    types = set(map(type, y))
    if any(issubclass(kind, list | tuple) for kind in types) and (
        len(types) > 1 or len({len(label) for label in y}) > 1
    ):
        raise ValueError("y must hold one label per sample, got lists of several of them.")
    if any(issubclass(kind, str) for kind in types):
        _check_values(np.fromiter(y, dtype=object, count=len(y)), "y")
    return y


def _check_values(values: np.ndarray, name: str) -> None:
    """Raise if values are missing, or not labels of one type."""
    if values.dtype.kind in "mMO":  # of numbers, scikit-learn refuses those that are not finite
        _refuse_missing(int(np.sum(pd.isna(values))), values, name)
    if values.dtype.kind == "c":
        raise ValueError("Complex data not supported: y must hold class labels.")
    if values.dtype.kind in _REFUSED_KINDS:
        noun = _REFUSED_KINDS[values.dtype.kind]
        raise ValueError(f"y must hold class labels, got {noun}. Make them strings.")
    if values.dtype != object:
        return
    types = _check_scalars(values, name)
    n_text = sum(issubclass(kind, str) for kind in types)
    if 0 < n_text < len(types):
        raise ValueError(
            f"y holds labels of several types, {_format_types(types)}: use one type, for example "
            "strings."
        )
    if not n_text and len(values):
        raise ValueError(
            "Unknown label type: y must hold class labels, got objects of type "
            f"{_format_types(types)}. Make them strings, for example with y.astype(str), or "
            "numbers of one type of NumPy."
        )


def _check_scalars(values: np.ndarray, name: str) -> set[type]:
    """Return the types of objects, or raise if some of them hold several values."""
    types = set(map(type, values.flat))
    # Looked up in the class: an Enum has a length, and its members have none.
    containers = {
        kind
        for kind in types
        if not issubclass(kind, _TEXT_TYPES) and any("__len__" in vars(c) for c in kind.__mro__)
    }
    if containers:
        noun = "label" if name == "y" else "group"
        raise ValueError(
            f"{name} must hold one {noun} per sample, got values of type "
            f"{_format_types(containers)}."
        )
    return types


def _refuse_missing(n_missing: int, values: Any, name: str) -> None:
    if n_missing:
        noun, verb = ("label", "Label") if name == "y" else ("value", "Give groups to")
        raise ValueError(
            f"{name} has no {noun} for {n_missing} of {len(values)} samples (missing values, NA or "
            f"NaN). {verb} these samples, or leave them out."
        )


def _format_types(types: set[type]) -> str:
    return ", ".join(sorted(kind.__name__ for kind in types))
