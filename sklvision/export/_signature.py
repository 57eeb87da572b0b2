"""Labels and input of a net, in the metadata of its ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklvision._version import __version__
from sklvision.export._archive.content import read_json
from sklvision.export._errors import ModelFileError

# Names in the graph.
INPUT, LOGITS, PROBABILITIES = "X", "logits", "probabilities"
# Further outputs of whole pipelines: the class, its position, and the decision function.
LABEL, INDEX, SCORES = "label", "index", "scores"

_KEY = "sklvision"
# Types that JSON restores unchanged: booleans, integers, floats, strings.
_KINDS = "biufU"


@dataclass(frozen=True)
class Signature:
    """Labels and input of a net.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels.
    input_shape : tuple of (int or None)
        Shape of one sample, images channels-last; None stands for any height and width.
    feature_names : ndarray of shape (n_features,) or None
        Names of the columns, where the net was trained with names.
    n_parameters : int
        Number of values that the net learned.
    n_features : int or None
        ``X.shape[1]`` in training; None of images that differ in size.
    contract : dict or None, default=None
        Input contract of what the file takes.
    steps : tuple of str, default=()
        Names of the steps in the file; empty for a net alone.
    skipped_steps : tuple of dict, default=()
        Steps that are to be done before: ``name``, ``class`` and ``parameters`` of each.
    skipped_contract : dict or None, default=None
        Input contract of the first of these.
    """

    classes: np.ndarray
    input_shape: tuple[int | None, ...]
    feature_names: np.ndarray | None
    n_parameters: int
    n_features: int | None
    contract: dict[str, Any] | None = None
    steps: tuple[str, ...] = ()
    skipped_steps: tuple[dict[str, Any], ...] = ()
    skipped_contract: dict[str, Any] | None = None

    @classmethod
    def from_classifier(cls, classifier: Any) -> Self:
        """Describe a fitted classifier."""
        names = getattr(classifier, "feature_names_in_", None)
        return cls(
            classifier.classes_,
            tuple(classifier.input_shape_),
            names,
            classifier.n_parameters_,
            classifier.n_features_in_,
            getattr(classifier, "input_contract_", None),
        )

    def to_metadata(self) -> dict[str, str]:
        """Return key and value for the metadata of an ONNX file."""
        classes = self.classes
        are_texts = classes.dtype == object and all(isinstance(label, str) for label in classes)
        if classes.dtype.kind not in _KINDS and not are_texts:
            raise TypeError(
                "to_onnx writes classes that are strings, numbers or booleans; got "
                f"{classes.dtype} classes {classes[:3].tolist()}."
            )
        fields = {
            "version": __version__,
            "classes": classes.tolist(),
            "dtype": "object" if are_texts else classes.dtype.str,
            "input_shape": self.input_shape,
            "feature_names": None if self.feature_names is None else list(self.feature_names),
            "n_parameters": self.n_parameters,
            "n_features": self.n_features,
            "contract": self.contract,
        }
        if self.steps:
            fields |= {
                "steps": self.steps,
                "skipped_steps": self.skipped_steps,
                "skipped_contract": self.skipped_contract,
            }
        return {_KEY: json.dumps(fields)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], source: str) -> Self:
        """Read the metadata of an ONNX file, whose name in errors is `source`."""
        if _KEY not in metadata:
            raise ModelFileError(
                f"{source} has no labels in its metadata: it was not written by "
                "sklvision.export.to_onnx. Pass a file of that function."
            )
        try:
            fields = read_json(metadata[_KEY].encode(), "the metadata")
            signature = cls._from_fields(fields)
            signature._check()
        except Exception as error:  # metadata of others may be anything
            raise ModelFileError(
                f"{source} has metadata that to_onnx does not write ({error!r:.300})."
            ) from error
        return signature

    @classmethod
    def _from_fields(cls, fields: dict[str, Any]) -> Self:
        names = fields["feature_names"]
        classes, dtype = fields["classes"], np.dtype(fields["dtype"])
        if not isinstance(classes, list) or dtype.kind not in f"{_KINDS}O" or dtype.names:
            raise ValueError(f"classes of the type {dtype}")
        if max(map(len, map(str, classes)), default=0) * 4 < dtype.itemsize > 16:
            raise ValueError(f"classes of {dtype.itemsize} bytes")  # each would take as many
        return cls(
            np.array(classes, dtype=dtype),
            tuple(fields["input_shape"]),
            None if names is None else np.array(names, dtype=object),
            fields["n_parameters"],
            fields["n_features"],
            fields.get("contract"),
            tuple(fields.get("steps", ())),
            tuple(fields.get("skipped_steps", ())),
            fields.get("skipped_contract"),
        )

    def _check(self) -> None:
        """Raise unless all fields are of their types."""
        sizes = (*self.input_shape, self.n_features)
        names = () if self.feature_names is None else tuple(self.feature_names)
        is_valid = {
            "classes": self.classes.ndim == 1 and len(self.classes) > 0,
            "types of classes": self.classes.dtype != object
            or all(isinstance(label, str) for label in self.classes),
            "input_shape": 1 <= len(self.input_shape) <= 3
            and all(n is None or (type(n) is int and 0 < n < 2**31) for n in sizes),
            "feature_names": all(isinstance(name, str) for name in names)
            and len(names) in (0, self.n_features),
            "n_parameters": type(self.n_parameters) in (int, float, type(None)),
            "contracts": all(
                isinstance(contract, (dict, type(None)))
                for contract in (self.contract, self.skipped_contract)
            ),
            "steps": all(isinstance(step, str) for step in self.steps)
            and all(isinstance(step, dict) for step in self.skipped_steps),
        }
        wrong = [name for name, is_right in is_valid.items() if not is_right]
        if wrong:
            raise ValueError(f"wrong {wrong[0]}")
