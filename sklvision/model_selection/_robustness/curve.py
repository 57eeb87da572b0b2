"""Scores of fitted classifiers on data that get worse step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from sklvision.model_selection._robustness.checks import (
    check_classes,
    check_corruptions,
    check_data,
    check_fitted,
    check_pixel_range,
    check_severities,
)
from sklvision.model_selection._robustness.corruptions import Corruption, corrupt_samples
from sklvision.model_selection._robustness.result import RobustnessResult
from sklvision.model_selection._scoring import Scorer, check_scorers, resolve_scorers
from sklvision.utils._parallel import run_tasks
from sklvision.utils._progress import open_progress
from sklvision.utils._random import draw_seed
from sklvision.utils._samples import Samples


def robustness_curve(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    corruptions: Any = None,
    severities: Any = 5,
    scoring: Any = "accuracy",
    pixel_range: str | tuple[float, float] = "auto",
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> RobustnessResult:
    """Score fitted classifiers on increasingly corrupted images or spectra.

    Each corruption represents a difference between the training data and production: the light, the
    focus, the speed of the belt, the position of the camera. Several classifiers are scored on the
    same corrupted samples.

    Parameters
    ----------
    estimator : classifier, dict or list
        A fitted classifier, or several: a mapping of names to classifiers, a list of (name,
        classifier) pairs, or a list of classifiers, which are named after their classes.
    X : array-like of shape (n_samples, n_bands), (n_samples, height, width) or \
            (n_samples, height, width, n_channels)
        Spectra or images that the classifiers were not trained on: an array, a table of pandas,
        polars or pyarrow, or an image collection, which is corrupted as it is read, once for
        each classifier, and never held in memory as a whole.
    y : array-like of shape (n_samples,)
        Class labels, of two classes at least.
    corruptions : str, list of str or dict, default=None
        Names from the tables below; ``None`` takes all that fit the data. A mapping
        gives names to corruptions of your own, and may have a name from the table as a value.
        Your own is a callable ``(X, severity, rng) -> X``. Its arguments are one sample at a time,
        as an array of shape ``(1, ...)`` in the units of ``X``, a severity above 0 and up to 1, and
        a :class:`numpy.random.Generator` in the same state at every severity.
    severities : int or list of float, default=5
        The steps: a number of equal ones up to 1, or their values, above 0 and up to 1. The
        clean data, severity 0, are always scored.
    scoring : str or callable, default="accuracy"
        One of scikit-learn's scorers by name, or a callable ``scorer(estimator, X, y)``.
        Greater must be better.
    pixel_range : "auto" or tuple of (float, float), default="auto"
        Values of black and white, which limit all pixels. For unsigned integers and booleans,
        ``"auto"`` takes the range of the type, for other types that of the values: 0 to 1 if no
        value is above 1, 0 to 255 otherwise. Spectra have no such range.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws for each sample: signs, directions, noise. Pass an int for
        repeatable scores.
    n_jobs : int, default=None
        Number of (corruption, severity) pairs that are scored at the same time. ``None`` means 1
        unless in a :obj:`joblib.parallel_backend` context, -1 means all processors.
    verbose : int, default=0
        Above 0, show a progress bar on standard error.

    Returns
    -------
    result : RobustnessResult
        Scores by classifier, corruption and severity; printed, a table and a sentence.

    Raises
    ------
    NotFittedError
        If a classifier is not fitted.
    TypeError
        If an object is not a classifier, or a parameter is of the wrong type.
    ValueError
        If a corruption is unknown or does not fit the data, a severity is out of range, a
        classifier knows none of the labels, or the range of the pixels cannot be inferred.

    Warns
    -----
    UserWarning
        If a classifier knows only some of the labels.

    See Also
    --------
    compare_estimators : Compares classifiers on clean data, by cross-validation.
    sklvision.augmentation : Random transformers that may make a classifier more robust.

    Notes
    -----
    The tables list the amounts at severity 1; at severity s, the amount is s times as large
    (contrast: to the power of s). Lengths grow with the image, whose *side* is the shorter one.

    ================  ============================================================================
    images            at severity 1
    ================  ============================================================================
    ``brightness``    40 % of the range added or subtracted
    ``contrast``      distances from the mean of the image divided or multiplied by 4
    ``motion_blur``   the image moves by 15 % of the side during the exposure, in any direction
    ``defocus``       every point becomes a disk with a radius of 6 % of the side
    ``noise``         Gaussian noise with a standard deviation of 20 % of the range, drawn for each
                      pixel and channel
    ``rotation``      15 degrees to the left or to the right
    ``shift``         10 % of the side, in any direction
    ``jpeg``          JPEG of quality 10 (100 at severity 0), color at full resolution; channels
                      one by one if there are not three
    ================  ============================================================================

    ================  ============================================================================
    spectra           at severity 1
    ================  ============================================================================
    ``gain``          20 % more or less
    ``baseline``      an offset, and a tilt from the first band to the last with its zero in the
                      middle, each up or down by 10 % of the distance between the smallest and the
                      largest value of the spectrum
    ``shift``         1 % of the number of bands, at least one band, to the left or right
    ``noise``         Gaussian noise with a standard deviation of 5 % of that of the values of
                      the spectrum
    ================  ============================================================================

    Signs, directions and noise are drawn once for each sample and corruption and are the same at
    every severity. They depend on ``random_state`` and on the content of the sample, so they
    are the same whatever the order of the samples, whether images are in memory or on disk,
    and whatever ``n_jobs`` is. Two equal images get equal noise.

    Images keep their type and are clipped to their range; integers are rounded. Beyond the edges of
    an image, blurs, rotations and shifts see its mirror image; shifts of spectra repeat the ends.
    Spectra of integers become float64.

    If an object is small within its image, 15 % of the image is more than the object: look at the
    corruptions (:class:`~sklvision.inspection.CorruptionDisplay`), and choose smaller
    ``severities`` if they go too far.

    A corrupted image is not an image from production. A curve shows how sensitive a classifier is,
    and which of several is least sensitive; it does not predict the score in production.

    .. versionadded:: 0.1

    References
    ----------
    .. [1] D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to common
       corruptions and perturbations", ICLR 2019. https://arxiv.org/abs/1903.12261

    Examples
    --------
    >>> from sklearn import datasets, linear_model, pipeline
    >>> from sklvision.image import FlattenImages
    >>> from sklvision.model_selection import robustness_curve
    >>> digits = datasets.load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = pipeline.make_pipeline(FlattenImages(), linear_model.LogisticRegression())
    >>> model = model.fit(X[:1000], y[:1000])
    >>> X, y = X[1000:], y[1000:]
    >>> result = robustness_curve(
    ...     model, X, y, corruptions=["rotation", "jpeg"], severities=2, random_state=0
    ... )
    >>> result.to_frame()[["corruption", "severity", "score"]].round(2)
      corruption  severity  score
    0   rotation       0.0   0.93
    1   rotation       0.5   0.91
    2   rotation       1.0   0.80
    3       jpeg       0.0   0.93
    4       jpeg       0.5   0.93
    5       jpeg       1.0   0.89
    """
    estimators = check_fitted(estimator)
    samples, y = check_data(X, y)
    steps = check_severities(severities)
    scorers = resolve_scorers(scoring)
    if len(scorers) > 1:
        raise ValueError(f"scoring must be a single scorer, got {list(scorers)}.")
    check_scorers(scorers, scoring, estimators, y)
    check_classes(estimators, y)
    functions = check_corruptions(corruptions, samples.is_images)
    value_range = check_pixel_range(pixel_range, samples) if samples.is_images else None
    seed = draw_seed(random_state)
    by_name = {
        name: Corruption(name, *function, value_range, seed) for name, function in functions.items()
    }

    ((score_name, scorer),) = scorers.items()
    # Clean first, and here: a classifier of other data fails at once.
    clean_scores = _score(estimators, samples, y, scorer, None, 0.0)
    pairs = [(corruption, severity) for corruption in by_name.values() for severity in steps]
    shared_args = estimators, samples, y, scorer
    outcomes = run_tasks(_score, pairs, shared_args=shared_args, n_jobs=n_jobs)
    scores = {}
    with open_progress(len(pairs), "step", "corrupting", disable=not verbose) as progress:
        for (corruption, severity), outcome in zip(pairs, outcomes, strict=True):
            scores[corruption.name, severity] = outcome
            progress.update()
    rows = [
        {
            "estimator": name,
            "corruption": corruption,
            "severity": severity,
            "score": (scores[corruption, severity] if severity else clean_scores)[name],
        }
        for name in estimators
        for corruption in by_name
        for severity in (0.0, *steps)
    ]
    return RobustnessResult(
        scores=pd.DataFrame(rows),
        score_name=score_name,
        corruptions=by_name,
        n_samples=len(y),
        seed=seed,
    )


def _score(
    estimators: Mapping[str, Any],
    samples: Samples,
    y: np.ndarray,
    scorer: Scorer,
    corruption: Corruption | None,
    severity: float,
) -> dict[str, float]:
    """Score all estimators on the same samples, corrupted once."""
    data = f"{corruption.name} at severity {severity:g}" if corruption else "the clean data"
    # The rounding of BLAS depends on its threads, whose number depends on n_jobs.
    with threadpool_limits(1, user_api="blas"):
        X = samples.data
        if corruption is not None:
            X = corrupt_samples(samples, corruption, severity)
        scores = {}
        for name, estimator in estimators.items():
            try:
                scores[name] = float(scorer(estimator, X, y))
            except Exception as error:
                error.add_note(f"Raised by {name!r} on {data}.")
                raise
    return scores
