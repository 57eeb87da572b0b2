"""Errors that end a command with one line, in terms of its options."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager

from sklvision.utils._files import READING_ADVICE

# Keywords of the package's functions, and the options that set them.
_OPTIONS = {
    "pass groups=, for example suggested_groups()": "pass --groups suggested",
    "Keep groups together, as StratifiedGroupKFold does": (
        "Folds that --cv draws keep groups together"
    ),
    "sklearn.metrics.get_scorer_names() lists them all": "scikit-learn's pages on scoring list all",
    "allow_pickle=True": "--allow-pickle",
    "groups=None": "--no-groups",
    "transpose=True": "--transpose",
    "has_header=False": "--no-header",
    "resample=True": "--resample",
    "resample=": "--resample ",
    "sheet=": "--sheet ",
    "header_line=": "--header-line ",
    "decimal=": "--decimal ",
    "encoding=": "--encoding ",
    "bands=": "--bands ",
    "split=": "--split ",
    "time=": "--time ",
    "groups_from_name=": "--groups-from-name ",
    "groups_from_name": "--groups-from-name",
    "class_weight=": "--class-weight ",
    "class_weight has": "--class-weight has",
    "time_limit=": "--time-limit ",
    "scoring=": "--scoring ",
    "memory=": "--memory ",
    "n_jobs=": "--n-jobs ",
    "on_error='skip'": "--on-error skip",
    "n_repeats=": "--repeats ",
    "cv=": "--cv ",
    "group=": "--groups ",
    "groups=": "--groups ",
    "target=": "--target ",
    "image_shape=": "--image-shape ",
    "image_size=": "--image-size ",
    "max_epochs=": "--epochs ",
    "bits=16": "--int16",
    "max_accuracy_drop=": "--max-accuracy-drop ",
    "port=": "--port ",
    "server_names": "--server-name",
    "allow_hosts": "--allow-host",
    "ssl_certfile=": "--ssl-certfile ",
    "ssl_keyfile=": "--ssl-keyfile ",
}
_KEYWORDS = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _OPTIONS))})")
_DROP_KEYWORD = re.compile(r"(?<![\w-])drop=(\[[^]]*\]|'[^']*')")

_STEPS_KEYWORD = re.compile(
    r"to_onnx\(pipeline, path, skip_steps=(\[[^]]*\])\)|skip_steps=(\[[^]]*\])"
)


class CommandError(Exception):
    """Error of a command; ``status`` is the exit status."""

    def __init__(self, message: object, status: int = 2) -> None:
        super().__init__(str(message))
        self.status = status


@contextmanager
def convert_errors() -> Iterator[None]:
    """Convert errors to errors of the command, of status 2 if arguments or data are wrong.

    Errors with notes come from a fit, whose arguments and data were accepted; the notes name it.
    """
    try:
        yield
    except (CommandError, BrokenPipeError):
        raise
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        is_system = isinstance(error, (BrokenExecutor, ConnectionError, MemoryError))
        is_users = isinstance(error, (ValueError, TypeError, OSError, ImportError))
        is_users = is_users and not is_system
        message = str(error) if is_users or is_system else f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError):
            message = message if "memory" in message else f"Memory ran out. {message}".strip()
        if is_system or (is_users and not notes):
            message = name_options(message)
        is_of_fit = any(note != READING_ADVICE for note in notes)
        status = 2 if is_users and not is_of_fit else 1
        raise CommandError(" ".join([message, *map(name_options, notes)]), status=status) from error


def name_options(message: str) -> str:
    """Put options of commands in the place of keywords."""
    message = _KEYWORDS.sub(lambda match: _OPTIONS[match[0]], message)
    message = _DROP_KEYWORD.sub(lambda match: "--drop " + _quote(match[1]), message)
    message = _STEPS_KEYWORD.sub(
        lambda match: f"--skip-steps {','.join(ast.literal_eval(match[1] or match[2]))}", message
    )
    message = re.sub(r"(--[\w-]+) (?=[.,;:](?:\s|$))", r"\1", message)
    return re.sub("^option ", "--option ", message)


def _quote(names: str) -> str:
    """Write a list of names, or one name, as words of a command."""
    values = ast.literal_eval(names)
    return shlex.join(values if isinstance(values, list) else [values])
