"""Quick estimators of every public class, for the tests that walk the registry."""

from __future__ import annotations

import inspect

from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags

from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.neural_network import ImageClassifier
from sklvision.utils.discovery import all_estimators

# Arguments that a constructor demands.
_REQUIRED = {
    "BatchedGridSearchCV": {"param_grid": {"lr": [1e-2]}},
    "GeometricVotingClassifier": {
        "estimators": [("lda", LinearDiscriminantAnalysisCV()), ("lr", LogisticRegression())]
    },
    "OnnxClassifier": {"model": "net.onnx"},
    "Resize": {"size": (5, 3)},
}
# Settings that make training, and a pretrained net, quick.
_SMALL = {
    "ImageClassifier": {
        "architecture": "mlp",
        "architecture_params": {"hidden_layer_sizes": (8,), "dropout": 0.0, "batch_norm": False},
        "max_epochs": 3,
        "batch_size": -1,
        "precision": "float64",
        "random_state": 0,
    },
    "PretrainedFeatures": {"image_size": 32},
}
# It runs a file as it is, and so learns neither classes nor a shape from training data;
# tests/export checks what applies to it.
FROZEN_CLASSIFIERS = {"OnnxClassifier"}


def build(name, cls):
    """Build a quick estimator of a class."""
    required = dict(_REQUIRED.get(name, {}))
    if "estimator" in inspect.signature(cls).parameters:
        required["estimator"] = build("ImageClassifier", ImageClassifier)
    return cls(**required, **_SMALL.get(name, {}))


def can_take_images(estimator):
    return get_tags(estimator).input_tags.three_d_array


ESTIMATORS = {name: build(name, cls) for name, cls in all_estimators()}
TRANSFORMERS = {name: e for name, e in ESTIMATORS.items() if hasattr(e, "transform")}
