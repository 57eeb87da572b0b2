"""The content of an ONNX file, opened when it is needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from sklvision.export._errors import ModelFileError
from sklvision.export._onnx_check.check import check_onnx
from sklvision.export._signature import INDEX, INPUT, LOGITS, Signature
from sklvision.utils._optional import import_optional


class Content(bytes):
    """The bytes of a file, represented by their number alone."""

    def __repr__(self) -> str:
        return f"<ONNX model of {len(self):,} bytes>"


class OnnxFile:
    """An ONNX file of this package: its signature, and a session of onnxruntime that runs it.

    It is opened when it is first used. A pickle holds the content, and not the session.

    Parameters
    ----------
    model : str, path-like or bytes
        Path of the file, or its content.
    n_threads : int
        Threads of onnxruntime.
    """

    def __init__(self, model: str | os.PathLike[str] | bytes, n_threads: int) -> None:
        self.model = model
        self.n_threads = n_threads
        self.content = Content(model if isinstance(model, bytes) else Path(model).read_bytes())

    @property
    def name(self) -> str:
        """Name of the file in errors."""
        return "The content of model" if isinstance(self.model, bytes) else str(self.model)

    def has_source(
        self, model: str | os.PathLike[str] | bytes, n_threads: int | None = None
    ) -> bool:
        """Whether the file was read from this path or content, with as many threads."""
        return self.model == model and n_threads in (None, self.n_threads)

    @cached_property
    def signature(self) -> Signature:
        """Labels and input of the net."""
        return Signature.from_metadata(self._metadata, self.name)

    @cached_property
    def _metadata(self) -> dict[str, str]:
        """Metadata of a file that was checked as a whole: onnxruntime sees no other."""
        return check_onnx(self.content, self.name)

    @cached_property
    def dtype(self) -> np.dtype:
        """Type of the input: float64 for nets of that precision, else float32."""
        (model_input,) = self._session.get_inputs()
        return np.dtype(np.float64 if model_input.type == "tensor(double)" else np.float32)

    @cached_property
    def outputs(self) -> list[str]:
        """Names of the outputs."""
        return [output.name for output in self._session.get_outputs()]

    def run(self, X: np.ndarray) -> np.ndarray:
        """Compute logits of samples in the shape and type of the input."""
        (logits,) = self._session.run([LOGITS], {INPUT: X})
        return logits

    def predict_indices(self, X: np.ndarray) -> np.ndarray:
        """Predict classes, as their positions."""
        if LOGITS in self.outputs:
            return self.run(X).argmax(axis=1)
        return self.compute([INDEX], X)[0]

    def compute(self, names: list[str], X: np.ndarray) -> list[np.ndarray]:
        """Compute several outputs of samples in the shape and type of the input."""
        return self._session.run(names, {INPUT: X})

    @cached_property
    def _session(self) -> Any:
        onnxruntime = import_optional("onnxruntime", extra="export")
        shape = self.signature.input_shape if self._metadata else None
        options = onnxruntime.SessionOptions()
        # More threads than cores wait for each other; where memory is limited, onnxruntime waits
        # for ever for those that it cannot start.
        options.intra_op_num_threads = min(self.n_threads, joblib.cpu_count())
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors: warnings about a graph help nobody who runs it
        try:
            session = onnxruntime.InferenceSession(
                bytes(self.content), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has many kinds, and no common one
            raise ModelFileError(
                f"{self.name} is not an ONNX file that onnxruntime can run: {error}"
            ) from error
        shapes = {entry.name: entry.shape for entry in session.get_inputs()}
        if shape is None:  # a graph that is being made, and gets its metadata later
            return session
        if list(shapes) != [INPUT] or not _is_shape_of(shapes[INPUT][1:], shape):
            raise ModelFileError(
                f"{self.name} takes {shapes}, and its metadata describe samples {INPUT!r} of the "
                f"shape {shape}."
            )
        return session

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.content, "content": self.content, "n_threads": self.n_threads}


def _is_shape_of(sizes: Sequence[int | str | None], shape: Sequence[int | None]) -> bool:
    """Whether the declared sizes of an input are those of one sample, where both are numbers."""
    return len(sizes) == len(shape) and all(
        not isinstance(size, int) or expected in (None, size)
        for size, expected in zip(sizes, shape, strict=True)
    )
