"""The content of an ONNX file, opened when it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

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
        metadata = self._session.get_modelmeta().custom_metadata_map
        return Signature.from_metadata(metadata, self.name)

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
        self._refuse_external_data()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.n_threads, 1
        try:
            return onnxruntime.InferenceSession(
                bytes(self.content), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has many kinds, and no common one
            raise ValueError(
                f"{self.name} is not an ONNX file that onnxruntime can run: {error}"
            ) from error

    def _refuse_external_data(self) -> None:
        """Raise if weights lie in other files: the content alone says which would be read."""
        if b"location" not in self.content:  # the key under which ONNX names the other file
            return
        onnx = import_optional("onnx", extra="export")
        try:
            model = onnx.load_model_from_string(bytes(self.content))
        except Exception as error:
            raise ValueError(f"{self.name} is not an ONNX file: {error}") from error
        for message in _walk_messages(model):
            if isinstance(message, onnx.TensorProto) and len(message.external_data):
                raise ValueError(
                    f"{self.name} keeps the weights {message.name!r} in another file (external "
                    "data of ONNX), which is not read. Save it as one file, as "
                    "sklvision.export.to_onnx does."
                )

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.content, "content": self.content, "n_threads": self.n_threads}


def _walk_messages(message: Any) -> Iterator[Any]:
    """Yield a message of protobuf and all messages inside it."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        is_repeated = hasattr(value, "__len__") and not hasattr(value, "ListFields")
        for inner in value if is_repeated else [value]:
            yield from _walk_messages(inner)
