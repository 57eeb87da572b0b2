"""What an ONNX file of this package says of its classes and its input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklvision._version import __version__

# Names in the graph.
INPUT, LOGITS, PROBABILITIES = "X", "logits", "probabilities"

_KEY = "sklvision"
# What JSON holds and gives back unchanged: booleans, whole and broken numbers, strings.
_KINDS = "biufU"


@dataclass(frozen=True)
class Signature:
    """Labels, the shape of one sample as users hold it, names of features if any, and the size."""

    classes: np.ndarray
    input_shape: tuple[int, ...]
    feature_names: np.ndarray | None
    n_parameters: int
    n_features: int

    @classmethod
    def of(cls, classifier: Any) -> Self:
        """Take it from a fitted classifier."""
        names = getattr(classifier, "feature_names_in_", None)
        return cls(
            classifier.classes_,
            tuple(classifier.input_shape_),
            names,
            classifier.n_parameters_,
            classifier.n_features_in_,
        )

    def to_metadata(self) -> dict[str, str]:
        """Key and value for an ONNX file."""
        classes = self.classes
        texts = classes.dtype == object and all(isinstance(label, str) for label in classes)
        if classes.dtype.kind not in _KINDS and not texts:
            raise TypeError(
                "to_onnx writes classes that are strings, numbers or booleans; got "
                f"{classes.dtype} classes {classes[:3].tolist()}."
            )
        said = {
            "version": __version__,
            "classes": classes.tolist(),
            "dtype": "object" if texts else classes.dtype.str,
            "input_shape": self.input_shape,
            "feature_names": None if self.feature_names is None else list(self.feature_names),
            "n_parameters": self.n_parameters,
            "n_features": self.n_features,
        }
        return {_KEY: json.dumps(said)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], source: str) -> Self:
        """Read it from an ONNX file, named in errors as `source`."""
        if _KEY not in metadata:
            raise ValueError(
                f"{source} says nothing of its classes: it was not written by "
                "sklvision.export.to_onnx."
            )
        said = json.loads(metadata[_KEY])
        names = said["feature_names"]
        return cls(
            np.array(said["classes"], dtype=said["dtype"]),
            tuple(said["input_shape"]),
            None if names is None else np.array(names, dtype=object),
            said["n_parameters"],
            said.get("n_features", said["input_shape"][0]),
        )
