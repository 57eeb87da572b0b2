"""Results as text, Markdown, HTML pages and MLflow runs.

Everything here is a function of data frames and plain values and knows no estimator. Rooms above
use its modules; for users, reports are methods of the results in
:mod:`sklvision.model_selection`.
"""

from sklvision.reporting._formats import format_bytes, format_count, format_time

__all__ = ["format_bytes", "format_count", "format_time"]
