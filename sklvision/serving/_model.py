"""The model of a service: loaded from a file, and computing the jobs of requests."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklvision.datasets import read_samples
from sklvision.serving._bodies import check_table_size, make_count_error, parse_spectra
from sklvision.serving._errors import RequestError
from sklvision.serving._images import check_image, prepare_decoders, show_crop
from sklvision.serving._settings import ServiceSettings
from sklvision.utils._contract import (
    describe_change,
    describe_other_order,
    describe_size_change,
    is_plainly_within,
)
from sklvision.utils._nested import (
    can_take_images,
    find_contract,
    find_image_reading,
    find_input_shape,
    split_steps,
)
from sklvision.utils._predictions import predict_with_probabilities
from sklvision.utils._samples import as_samples

Answer = dict[str, Any]
_MOST_ROWS = 4096  # of one batch; more gain nothing


@dataclass(eq=False)
class SampleJob:
    """Samples of one request, as they came.

    Attributes
    ----------
    kind : {"images", "json", "csv"}
        Kind of the content.
    content : list of bytes or bytes
        Image files, or a body.
    has_crops : bool
        Whether the answer shows the images as the model saw them.
    """

    kind: str
    content: Any
    has_crops: bool = False

    @property
    def n_samples(self) -> int:
        """Number of images; 1 for a table, whose rows are counted when it is read."""
        return len(self.content) if self.kind == "images" else 1


@dataclass(eq=False)
class _Image:
    """One image of a job, with the place of its answer."""

    job: SampleJob
    place: int
    content: bytes
    n_pixels: int
    warnings: list[str]


class ServedModel:
    """A fitted model that computes jobs; in one thread at a time.

    Parameters
    ----------
    estimator : estimator
        Any fitted classifier.
    settings : ServiceSettings
        Limits.
    """

    def __init__(self, estimator: Any, settings: ServiceSettings) -> None:
        self.estimator, self.settings = estimator, settings
        self.contract = find_contract(estimator)
        self.takes_images = can_take_images(estimator)
        self.labels = [_as_plain(label) for label in getattr(estimator, "classes_", ())]
        shape = find_input_shape(estimator)
        if shape is None and not self.takes_images and hasattr(estimator, "n_features_in_"):
            shape = (int(estimator.n_features_in_),)
        self.input_shape = None if shape is None else tuple(map(int, shape))
        self._n_values = None if self.input_shape is None else prod(self.input_shape)
        self._steps, _ = split_steps(estimator)
        reading_options = find_image_reading(estimator) if self.takes_images else {}
        # Where training does not set mode and white, they would depend on the other images.
        self._can_batch_images = bool(reading_options.get("mode")) and not (
            reading_options["mode"] == "F" and reading_options.get("white") is None
        )

    def warm_up(self) -> None:
        """Predict a blank sample, so that the first request need not wait for what is lazy."""
        if self.takes_images:
            prepare_decoders()
        if self.input_shape is None:
            return
        dtype = np.uint8 if self.takes_images else np.float64
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._predict(self._name_columns(np.zeros((1, *self.input_shape), dtype)))
        except Exception:  # a blank sample may be what the model cannot take
            return

    def compute(self, jobs: Sequence[SampleJob]) -> list[list[Answer] | Exception]:
        """Compute the answers of jobs; a job that fails has its exception in their place."""
        failures: dict[SampleJob, Exception] = {}
        answers: dict[SampleJob, list[Any]] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each sample has its own, in its answer
            self._compute_images([job for job in jobs if job.kind == "images"], answers, failures)
            self._compute_rows([job for job in jobs if job.kind != "images"], answers, failures)
        return [failures[job] if job in failures else answers[job] for job in jobs]

    def _compute_images(
        self,
        jobs: list[SampleJob],
        answers: dict[SampleJob, list[Any]],
        failures: dict[SampleJob, Exception],
    ) -> None:
        images: list[_Image] = []
        for job in jobs:
            try:
                images += self._check_images(job)
                answers[job] = [None] * len(job.content)
            except RequestError as error:
                failures[job] = error
        for batch in self._split(images):
            predict = partial(self._predict_images, batch)
            for image, answer in zip(batch, self._try_together(batch, predict), strict=True):
                if isinstance(answer, Exception):
                    failures.setdefault(image.job, _rename(answer, image))
                else:
                    answers[image.job][image.place] = answer

    def _check_images(self, job: SampleJob) -> list[_Image]:
        if not self.takes_images:
            raise RequestError(
                422,
                "The model takes spectra, and the request is a form of images; send a csv as the "
                "body itself, with the header Content-Type: text/csv, or JSON.",
            )
        images = []
        for place, content in enumerate(job.content):
            try:
                height, width, left_out = check_image(content, self.settings.max_pixels)
            except RequestError as error:
                raise _number(error, place, len(job.content)) from error
            notes = self._describe_size(height, width)
            if left_out:
                notes.append(f"The image holds {left_out}; the model does not see the others.")
            images.append(_Image(job, place, content, height * width, notes))
        return images

    def _describe_size(self, height: int, width: int) -> list[str]:
        change = self.contract and describe_size_change(self.contract, height, width)
        return [change] if change else []

    def _split(self, images: list[_Image]) -> Iterator[list[_Image]]:
        """Split images into batches that are decoded at once."""
        batch: list[_Image] = []
        n_pixels = 0
        most_images = self.settings.max_batch if self._can_batch_images else 1
        for image in images:
            is_full = len(batch) == most_images
            if batch and (is_full or n_pixels + image.n_pixels > self.settings.max_pixels):
                yield batch
                batch, n_pixels = [], 0
            batch.append(image)
            n_pixels += image.n_pixels
        if batch:
            yield batch

    def _try_together(
        self, batch: list[_Image], predict: Callable[[], list[Answer]]
    ) -> list[Answer | Exception]:
        """Predict a batch, or each image of it where that fails, so that only the culprit does."""
        try:
            return [*predict()]
        except Exception as error:
            if len(batch) == 1:
                return [error]
        return [
            self._try_together([image], partial(self._predict_images, [image]))[0]
            for image in batch
        ]

    def _predict_images(self, batch: list[_Image]) -> list[Answer]:
        contents = [image.content for image in batch]
        (samples,) = read_samples(contents, self.estimator, batch_size=len(contents))
        answers = self._predict(samples.data)
        change = self.contract and describe_change(self.contract, as_samples(samples.data))
        for place, (image, answer) in enumerate(zip(batch, answers, strict=True)):
            answer["warnings"] = [*image.warnings, *([_describe_scale(change)] if change else [])]
            if image.job.has_crops:
                answer["crop"] = show_crop(self._steps, samples.data[place : place + 1])
        return answers

    def _compute_rows(
        self,
        jobs: list[SampleJob],
        answers: dict[SampleJob, list[Any]],
        failures: dict[SampleJob, Exception],
    ) -> None:
        parts: list[tuple[SampleJob, Any]] = []
        n_rows = 0
        for job in jobs:
            try:
                rows = self._read_rows(job)
            except Exception as error:
                failures[job] = _convert(error)
                continue
            if parts and n_rows + len(rows) > _MOST_ROWS:
                self._predict_rows(parts, answers, failures)
                parts, n_rows = [], 0
            parts.append((job, rows))
            n_rows += len(rows)
        if parts:
            self._predict_rows(parts, answers, failures)

    def _read_rows(self, job: SampleJob) -> Any:
        """Read the rows of a job as the model takes them."""
        if job.kind == "csv":
            return self._read_table(job.content)
        spectra = parse_spectra(job.content, self.settings.max_samples, self._n_values)
        try:
            (samples,) = read_samples([spectra], self.estimator, batch_size=len(spectra))
        except ValueError as error:
            message = str(error).replace("array 0: holds", "The request holds", 1)
            raise RequestError(422, message.replace("array 0", "spectra", 1)) from error
        return samples.data

    def _read_table(self, body: bytes) -> Any:
        most_rows = self.settings.max_samples
        check_table_size(body, most_rows, self._n_values)
        with TemporaryDirectory(prefix="sklvision-") as folder:
            path = Path(folder, "table.csv")
            path.write_bytes(body)
            try:
                reader = read_samples(
                    [path], self.estimator, batch_size=most_rows, follow_names=False
                )
                batches = [batch.data for batch, _ in zip(reader, range(2), strict=False)]
            except (ValueError, OSError) as error:
                message = str(error).replace(str(path), "table").replace(folder, "")
                raise RequestError(422, message) from error
        if len(batches) > 1:
            raise make_count_error(most_rows)
        if not batches:
            raise RequestError(422, "The table has no rows.")
        return batches[0]

    def _predict_rows(
        self,
        parts: list[tuple[SampleJob, Any]],
        answers: dict[SampleJob, list[Any]],
        failures: dict[SampleJob, Exception],
    ) -> None:
        """Predict the rows of several jobs together, or of each where that fails."""
        try:
            rows = _concatenate([rows for _, rows in parts])
            predictions = iter(self._predict(rows))
            for job, job_rows in parts:
                answers[job] = [next(predictions) for _ in range(len(job_rows))]
                for answer, row in zip(answers[job], np.asarray(job_rows), strict=True):
                    answer["warnings"] = self._compare(row)
        except Exception as error:
            if len(parts) == 1:
                failures[parts[0][0]] = _convert(error)
                return
            for part in parts:
                self._predict_rows([part], answers, failures)

    def _compare(self, row: NDArray[Any]) -> list[str]:
        """Compare a row with the training data."""
        if self.contract is None or is_plainly_within(self.contract, row):
            return []
        samples = as_samples(row[np.newaxis])
        order = describe_other_order(self.contract, samples)
        change = None if order else describe_change(self.contract, samples)
        return [_describe_order(order)] if order else [_describe_scale(change)] if change else []

    def _name_columns(self, rows: NDArray[Any]) -> Any:
        (samples,) = read_samples([rows], self.estimator, batch_size=len(rows))
        return samples.data

    def _predict(self, data: Any) -> list[Answer]:
        """Predict labels and probabilities as plain values."""
        labels, probabilities = predict_with_probabilities(self.estimator, data)
        if probabilities is None:
            return [{"label": _as_plain(label), "probabilities": None} for label in labels]
        if not np.isfinite(probabilities).all():
            raise ValueError("The model has no finite answer to these values.")
        names = [str(label) for label in self.labels]
        return [
            {"label": _as_plain(label), "probabilities": dict(zip(names, row, strict=True))}
            for label, row in zip(labels, probabilities.tolist(), strict=True)
        ]


def _as_plain(label: Any) -> Any:
    """Convert a label of NumPy to one that JSON has."""
    value = label.item() if isinstance(label, np.generic) else label
    return value if isinstance(value, str | bool | int | float) else str(value)


def _describe_order(order: str) -> str:
    return (
        f"The sample falls where the training data rise ({order}): its values are in reverse "
        "order, or of another quantity, so the prediction is probably wrong."
    )


def _describe_scale(change: str) -> str:
    return (
        f"The sample seems to be in another scale or unit than the training data ({change}), so "
        "the prediction is probably wrong."
    )


def _concatenate(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, pd.DataFrame) for part in parts):
        return pd.concat(parts, ignore_index=True)
    if len({(part.shape[1:], part.dtype) for part in parts}) > 1:
        raise ValueError("The rows of different requests cannot be computed together.")
    return np.concatenate(parts)


def _convert(error: Exception) -> Exception:
    """Convert an error about the samples to an answer; others are those of the server."""
    if isinstance(error, ValueError | OSError | TypeError) and not isinstance(error, RequestError):
        return RequestError(422, str(error))
    return error


def _rename(error: Exception, image: _Image) -> Exception:
    """Name an image by its number in the request; alone it is always the first."""
    n_images = len(image.job.content)
    name = "The image" if n_images == 1 else f"Image {image.place + 1}"
    if isinstance(error, ValueError | OSError | TypeError):
        return RequestError(422, str(error).replace("image 0", name, 1))
    return error


def _number(error: RequestError, place: int, n_images: int) -> RequestError:
    if n_images == 1:
        return error
    return RequestError(error.status, f"Image {place + 1}: {error}")
