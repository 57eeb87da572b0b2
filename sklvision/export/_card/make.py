"""Collection of the facts of a model card."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from sklvision.export._card.card import ModelCard
from sklvision.export._card.data import describe_data
from sklvision.export._card.estimate import collect_estimate, is_estimate
from sklvision.export._card.evidence import collect_evidence, measure_scores
from sklvision.export._card.model import Facts, check_model, describe_model
from sklvision.export._card.robustness import describe_robustness
from sklvision.export._card.speed import measure_latency
from sklvision.export._errors import ModelFileError
from sklvision.utils._labels import convert_labels
from sklvision.utils._plain import to_plain
from sklvision.utils._samples import as_samples
from sklvision.utils._validation import check_list, check_path


def model_card(
    model: Any,
    comparison: Any = None,
    *,
    candidate: str | None = None,
    data: tuple[Any, Any] | None = None,
    test_data: tuple[Any, Any] | None = None,
    robustness: Any = None,
    files: Iterable[str | os.PathLike[str]] = (),
    title: str | None = None,
    intended_use: str | None = None,
    limits: str | None = None,
    license: str | None = None,
    authors: str | None = None,
    data_name: str | None = None,
) -> ModelCard:
    """Make the card of a fitted model: data, performance, budget, limits, and how to reproduce it.

    Nothing is invented: a fact that is not passed is marked as unknown, with the call that measures
    it. Statements that only the author can make, such as the intended use, have a placeholder.

    Parameters
    ----------
    model : classifier or dict
        Any fitted classifier, alone or in a pipeline; or the manifest of an archive, as
        :func:`read_manifest` returns it, whose evidence the card then has.
    comparison : ComparisonResult, AccuracyEstimate or dict, default=None
        Result of :func:`~sklvision.model_selection.compare_estimators` in which this model, with
        the same parameters, was one of the classifiers; result of
        :func:`~sklvision.model_selection.estimate_accuracy` for it; or the manifest of the
        archive that it was loaded from.
    candidate : str, default=None
        Name of the model in the comparison. None finds the one with the steps and parameters of
        the model.
    data : tuple of (X, y), default=None
        Training samples and labels. The card has their numbers and a checksum.
    test_data : tuple of (X, y), default=None
        Samples that the model was not trained on, and their labels. Scores with intervals and the
        time of predictions are measured on them; with None for ``y``, the time only.
    robustness : RobustnessResult, default=None
        Result of :func:`~sklvision.model_selection.robustness_curve` for this model.
    files : iterable of str or path-like, default=()
        Files of the model, which are listed with their size and checksum.
    title : str, default=None
        Name of the model; None takes that of its last step.
    intended_use : str, default=None
        Statement of the author: what the model is for, and what it is not for.
    limits : str, default=None
        Statement of the author: known limits, such as materials that were not in the data.
    license : str, default=None
        Name of the license, such as ``"apache-2.0"``.
    authors : str, default=None
        Names of the people who are responsible for the model.
    data_name : str, default=None
        Name or origin of the training data.

    Returns
    -------
    card : ModelCard
        The card, with ``to_markdown``, ``to_html`` and ``save``.

    Raises
    ------
    TypeError
        If `model` is not a classifier, or an argument has the wrong type.
    ValueError
        If the model is not fitted, the comparison has other classes or does not contain the model,
        or samples and labels do not match.
    ModelFileError
        If the facts in a manifest are not those of a card.
    OSError
        If a file cannot be read.

    See Also
    --------
    save : Write the model and its evidence to one file.

    Notes
    -----
    Intervals of mean scores are those of the corrected resampled t-test, recall and precision by
    class have Wilson's intervals, balanced accuracy on test data one by Jeffreys' prior.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] M. Mitchell et al., "Model cards for model reporting", Proceedings of the conference on
       fairness, accountability, and transparency (2019), 220-229.
    .. [2] `Metadata of model cards <https://huggingface.co/docs/hub/model-cards>`_.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklvision.export import model_card
    >>> from sklvision.model_selection import compare_estimators
    >>> X, y = load_iris(return_X_y=True)
    >>> result = compare_estimators({"bayes": GaussianNB()}, X, y, random_state=0)
    >>> card = model_card(GaussianNB().fit(X, y), result, license="mit", data_name="iris")
    >>> [metric["value"] for metric in card.metadata["model-index"][0]["results"][0]["metrics"]]
    [0.96]
    >>> card.to_markdown().splitlines()[:2]
    ['---', 'license: "mit"']
    """
    statements = {
        "title": title,
        "intended_use": intended_use,
        "limits": limits,
        "license": license,
        "authors": authors,
        "data_name": data_name,
    }
    _check_texts(statements)
    descriptions = [_describe_file(check_path("files", file)) for file in _list_files(files)]
    if isinstance(model, Mapping):
        if any(argument is not None for argument in (comparison, data, test_data, robustness)):
            raise ValueError(
                "model: a manifest cannot be measured. Pass the model as well: "
                "model_card(load(path), read_manifest(path), ...)."
            )
        facts = _read_manifest(model)
    else:
        check_model(model)
        facts = _collect_all(model, comparison, candidate, data)
        if test_data is not None:
            facts |= _measure(model, test_data)
        if robustness is not None:
            facts["robustness"] = describe_robustness(robustness, candidate)
    facts["author"] = {name: text for name, text in statements.items() if name != "title"}
    facts["files"] = descriptions
    if facts["archive"] is None:
        facts["title"] = title or facts["model"]["steps"][-1]
        return ModelCard(facts)
    try:  # facts of a file are data from outside, and need not be those of a card
        facts["title"] = title or facts["model"]["steps"][-1]
        card = ModelCard(facts)
        card.to_markdown(), card.to_html()
    except Exception as error:
        raise ModelFileError(
            "model: the facts of the card in this manifest are not as save writes them "
            f"({type(error).__name__}: {error})."
        ) from error
    return card


def collect_facts(
    model: Any,
    comparison: Any = None,
    *,
    candidate: str | None = None,
    data: tuple[Any, Any] | None = None,
) -> Facts:
    """Collect all facts of a card that do not depend on statements of the author.

    Returns
    -------
    facts : dict
        Plain values, which JSON restores.
    """
    if comparison is None:
        evidence = None
    elif is_estimate(comparison):
        evidence = collect_estimate(comparison)
    else:
        evidence = collect_evidence(comparison, model, candidate)
    return {
        "model": describe_model(model),
        "evidence": evidence,
        "data": None if data is None else describe_data(*unpack_labeled("data", data)),
        "test_scores": None,
        "latency": None,
        "robustness": None,
        "archive": None,
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _check_texts(statements: Mapping[str, Any]) -> None:
    for name, text in statements.items():
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{name} must be a string or None, got {text!r}.")
        if text is not None and not text.strip():
            raise ValueError(f"{name} is empty: leave it out; the card says that it is unknown.")


def unpack_labeled(name: str, pair: Any) -> tuple[Any, Any]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} must be a tuple of samples and labels, (X, y).")
    X, y = pair
    if y is not None:
        y = np.asarray(convert_labels(y))
        n_samples = len(as_samples(X))
        if y.ndim != 1 or len(y) != n_samples:
            raise ValueError(
                f"{name}: there are {n_samples} samples, and labels of shape {y.shape}; expected "
                "one label for each sample."
            )
    elif name == "data":
        raise TypeError("data must have labels: (X, y).")
    return X, y


def _measure(model: Any, test_data: Any) -> Facts:
    """Measure scores and the time of predictions."""
    X, y = unpack_labeled("test_data", test_data)
    samples = as_samples(X)
    if not len(samples):
        raise ValueError("test_data has no samples: pass at least one, or test_data=None.")
    if y is None:
        return {"latency": measure_latency(model, samples)}
    classes = to_plain(model.classes_)
    unknown = [label for label in to_plain(np.unique(y)) if label not in classes]
    if unknown:
        raise ValueError(
            f"test_data has labels that the model does not know: {_list(unknown)}. Its classes are "
            f"{_list(classes)}."
        )
    predicted = np.asarray(model.predict(samples.data))
    return {
        "test_scores": measure_scores(model, y, predicted),
        "latency": measure_latency(model, samples),
    }


def _list(labels: list[Any]) -> str:
    return ", ".join(map(repr, labels[:10])) + (", …" if len(labels) > 10 else "")


def _list_files(files: Any) -> list[Any]:
    if isinstance(files, (str, os.PathLike)):
        return [files]
    return check_list("files", files)


def _describe_file(path: Path) -> Facts:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def _collect_all(model: Any, comparison: Any, candidate: str | None, data: Any) -> Facts:
    """Collect the facts of a model, or take those of the manifest of its archive."""
    if not isinstance(comparison, Mapping):
        return collect_facts(model, comparison, candidate=candidate, data=data)
    facts = _read_manifest(comparison)
    if facts["model"]["classes"] != to_plain(model.classes_):
        raise ValueError(
            f"comparison: this manifest is of a model with the classes "
            f"{facts['model']['classes'][:10]}, and the classes of this one are "
            f"{to_plain(model.classes_)[:10]}."
        )
    if data is not None:
        facts["data"] = describe_data(*unpack_labeled("data", data))
    return facts


def _read_manifest(manifest: Mapping[str, Any]) -> Facts:
    """Return the facts that a manifest keeps for a card."""
    facts = manifest.get("card")
    if not isinstance(facts, Mapping) or "model" not in facts:
        raise ValueError(
            "model: this mapping is not the manifest of an archive with the facts of a card. Pass "
            "the result of read_manifest, or a fitted classifier."
        )
    signature = manifest.get("signature")
    return {
        **facts,
        "data": facts.get("data") or manifest.get("data"),
        "archive": {
            "created": str(manifest.get("created")),
            "data": (manifest.get("remarks") or {}).get("data"),
            "signer": manifest.get("signer"),
            "signature": dict(signature) if isinstance(signature, Mapping) else None,
        },
    }
