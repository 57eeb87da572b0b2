"""Weights that a user already has, in a file of torch or in safetensors."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sklvision.utils._optional import import_optional
from sklvision.utils._validation import check_path

# Keys of checkpoints that hold the weights, and prefixes that wrappers give to names.
_WEIGHT_KEYS = ("state_dict", "model_state_dict", "model_state", "model", "module", "net")
_PREFIXES = ("module.", "model.", "net.", "backbone.", "encoder.", "_orig_mod.")
# Older files lack this buffer, which matters in training alone.
_OPTIONAL_SUFFIX = "num_batches_tracked"
_N_NAMED = 3  # names in a message


def load_weights_file(
    model: nn.Module, path: str | os.PathLike[str], heads: Sequence[str] = ()
) -> None:
    """Load the weights of a net from a file, except those of the layers that compute logits.

    Parameters
    ----------
    model : nn.Module
        The net.
    path : str or path-like
        A state dict saved by ``torch.save``, alone or in a checkpoint, or a safetensors file. Only
        tensors and plain values are read.
    heads : sequence of str
        Names of the layers that compute logits, whose weights may have any shape.

    Raises
    ------
    TypeError
        If `path` is not a path.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no weights, or those of another net.
    """
    path = check_path("pretrained", path)
    state = model.state_dict()
    weights = _strip_prefixes(_read_weights(path), list(state))
    expected = {name: value for name, value in state.items() if not _is_in(name, heads)}
    if not set(weights) & set(expected) and len(weights) == len(state):
        # The same layers in the same order, by names of another library.
        warnings.warn(
            f"{path}: the names of its {len(state)} tensors are not those of the net. They are "
            "loaded in their order, and only their shapes are checked.",
            stacklevel=2,
        )
        weights = dict(zip(state, weights.values(), strict=True))
    missing = [n for n in expected if n not in weights and not n.endswith(_OPTIONAL_SUFFIX)]
    unknown = [n for n in weights if n not in expected and not _is_in(n, heads)]
    common = {name: weights[name] for name in expected if name in weights}
    shapes = [n for n, value in common.items() if value.shape != expected[n].shape]
    for names, problem in (
        (missing, "it lacks"),
        (unknown, "the net has no"),
        (shapes, "other shapes than the net has"),
    ):
        if names:
            raise ValueError(
                f"{path} holds the weights of another net: {problem} "
                f"{', '.join(names[:_N_NAMED])}{' and others' if len(names) > _N_NAMED else ''}."
            )
    model.load_state_dict(common, strict=False)


def _is_in(name: str, layers: Sequence[str]) -> bool:
    return any(name.startswith(f"{layer}.") for layer in layers)


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file, expected one of weights.")
    content: Any
    try:
        if path.suffix == ".safetensors":
            load_file = import_optional("safetensors.torch", extra="zoo").load_file
            content = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except ImportError:
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path} is not a file of weights: expected a state dict that torch.save has written, "
            "or a safetensors file."
        ) from error
    except Exception as error:
        # safetensors raises an error of another kind than these.
        if type(error).__name__ != "SafetensorError":
            raise
        raise ValueError(f"{path} is not a safetensors file: {error}.") from error
    for _ in range(2):  # a checkpoint inside a checkpoint
        inner = [content[key] for key in _WEIGHT_KEYS if _has_mapping(content, key)]
        content = inner[0] if inner else content
    tensors = _list_tensors(content)
    if not tensors:
        raise ValueError(f"{path} holds no weights: expected tensors by the names of layers.")
    return tensors


def _has_mapping(content: Any, key: str) -> bool:
    return isinstance(content, Mapping) and isinstance(content.get(key), Mapping)


def _list_tensors(content: Any) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        return {}
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}


def _strip_prefixes(weights: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """Remove prefixes that all names share and the net's own names do not."""
    while not set(weights) & set(names):
        prefix = next((p for p in _PREFIXES if all(name.startswith(p) for name in weights)), None)
        if prefix is None:
            return weights
        weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights
