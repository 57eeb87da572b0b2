"""Plain values as YAML: what the metadata of a model card need."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# Signs that are valid in JSON's strings but not in YAML's.
_UNPRINTABLE = re.compile("[\x7f-\x84\x86-\x9f\u0085\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# Keys that need no quotes: words that are not values in any version of YAML.
_PLAIN_KEY = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[a-z][a-z_-]*")


def format_yaml(values: Mapping[str, Any]) -> list[str]:
    """Format a mapping as lines of YAML in block style.

    Parameters
    ----------
    values : dict
        Mappings, lists, strings, finite numbers, booleans and None, nested in any way.

    Returns
    -------
    lines : list of str
        Every string is quoted, so that none is taken for another type.

    Examples
    --------
    >>> from sklvision.reporting._yaml import format_yaml
    >>> format_yaml({"license": "mit", "tags": ["a", "b"], "size": 3})
    ['license: "mit"', 'tags:', '  - "a"', '  - "b"', 'size: 3']
    """
    lines = []
    for key, value in values.items():
        name = key if _PLAIN_KEY.fullmatch(key) else _format_scalar(key)
        if isinstance(value, Mapping) and value:
            lines += [f"{name}:", *(f"  {line}" for line in format_yaml(value))]
        elif isinstance(value, (list, tuple)) and value:
            lines += [f"{name}:", *(f"  {line}" for line in _format_list(value))]
        else:
            lines.append(f"{name}: {_format_scalar(value)}")
    return lines


def _format_list(values: Any) -> list[str]:
    lines = []
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *following = format_yaml(value)
            lines += [f"- {first}", *(f"  {line}" for line in following)]
        else:
            lines.append(f"- {_format_scalar(value)}")
    return lines


def _format_scalar(value: Any) -> str:
    """Format a value in one line, collections in flow style."""
    if isinstance(value, Mapping):
        items = (f"{_format_scalar(key)}: {_format_scalar(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_format_scalar, value))}]"
    # JSON's strings are YAML's, except for a few signs.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, float):  # without a point, 1e-05 is a text in YAML 1.1
        return re.sub(r"^(-?\d+)e", r"\1.0e", text)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
