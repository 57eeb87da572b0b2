"""Tables of predictions: columns, rows of a batch, and how they are written as csv or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from sklvision.utils._optional import import_optional
from sklvision.utils._protocols import has_probabilities

_ROW_GROUP = 2**16
Row = list[Any]


class PredictionTable:
    """Columns of the predictions of a model, and their rows.

    Parameters
    ----------
    model : classifier
        The fitted model.
    has_rows : bool
        Whether samples are rows of a file.
    is_kaggle : bool
        Whether the columns are ImageId and Label.
    has_all_probabilities : bool
        Whether there is a column for the probability of each class.
    """

    def __init__(
        self, model: Any, has_rows: bool, *, is_kaggle: bool, has_all_probabilities: bool
    ) -> None:
        self._model = model
        self._is_kaggle = is_kaggle
        self._has_all = has_all_probabilities
        labels = ["label"]
        if has_probabilities(model) and not is_kaggle:
            labels += ["probability"]
            if has_all_probabilities:
                labels += [f"probability_{label}" for label in model.classes_]
        self.header = ["file", *(["row"] if has_rows else []), *labels]
        if is_kaggle:
            self.header = ["ImageId", "Label"]
        self._n_empty = len(labels)

    def predict(self, data: Any) -> tuple[Any, Any]:
        """Predict labels, and probabilities where the model has them."""
        from sklvision.utils._predictions import predict_with_probabilities

        return predict_with_probabilities(self._model, data)

    def make_rows(self, batch: Any, predictions: Any, n_before: int) -> list[Row]:
        """Make a row for every sample of a batch; those without a prediction have empty cells."""
        cells: dict[int, Row] = {}
        if predictions is not None:
            labels, probabilities = predictions
            columns = {label: i for i, label in enumerate(getattr(self._model, "classes_", ()))}
            for i, position in enumerate(batch.positions.tolist()):
                cells[position] = [_to_plain(labels[i])]
                if probabilities is not None and not self._is_kaggle:
                    cells[position].append(float(probabilities[i, columns[labels[i]]]))
                    if self._has_all:
                        cells[position] += map(float, probabilities[i])
        empty = [None] * self._n_empty
        return [
            [*([n_before + i + 1] if self._is_kaggle else name), *cells.get(i, empty)]
            for i, name in enumerate(batch.names)
        ]

    def make_schema(self) -> Any:
        """Make the schema of a Parquet file of these columns."""
        import numpy as np

        pyarrow = import_optional("pyarrow", extra="distributed")
        classes = np.asarray(getattr(self._model, "classes_", [""]))
        kinds = {"i": pyarrow.int64(), "u": pyarrow.int64(), "f": pyarrow.float64()}
        label = {**kinds, "b": pyarrow.bool_()}.get(classes.dtype.kind, pyarrow.string())
        by_name = {"file": pyarrow.string(), "row": pyarrow.int64(), "ImageId": pyarrow.int64()}
        by_name |= {"label": label, "Label": label}
        return pyarrow.schema(
            [(name, by_name.get(name, pyarrow.float64())) for name in self.header]
        )


def format_csv(rows: Iterable[Row]) -> str:
    """Format rows as lines of csv; probabilities have six digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[_format_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def write_parquet(file: Any, tables: Iterator[Any], schema: Any) -> None:
    """Write tables as one Parquet file, whose groups of rows do not depend on how they were cut."""
    pyarrow = import_optional("pyarrow", extra="distributed")
    parquet = import_optional("pyarrow.parquet", extra="distributed")
    with parquet.ParquetWriter(file, schema) as writer:
        rows = schema.empty_table()
        for table in tables:
            rows = pyarrow.concat_tables([rows, table])
            while rows.num_rows >= _ROW_GROUP:
                writer.write_table(rows.slice(0, _ROW_GROUP).combine_chunks())
                rows = rows.slice(_ROW_GROUP)
        if rows.num_rows:
            writer.write_table(rows.combine_chunks())


def make_arrow_table(rows: list[Row], schema: Any) -> Any:
    """Make a table of pyarrow of rows; bytes in names that are not UTF-8 are escaped."""
    pyarrow = import_optional("pyarrow", extra="distributed")
    columns = [[_to_text(row[i]) for row in rows] for i in range(len(schema))]
    arrays = [
        pyarrow.array([_convert_label(cell, kind) for cell in column], type=kind)
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pyarrow.Table.from_arrays(arrays, schema=schema)


def _convert_label(cell: Any, kind: Any) -> Any:
    types = import_optional("pyarrow.types", extra="distributed")
    return str(cell) if cell is not None and types.is_string(kind) else cell


def _to_text(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _to_plain(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label


def _format_cell(cell: Any) -> Any:
    return f"{cell:.6f}" if isinstance(cell, float) else cell
