"""Objects built again from nodes and arrays, each checked before it is built.

A node names parts that stand before it, so that nothing contains itself and nothing recurses. Types
and functions come from the list of what is permitted; a file cannot have anything else imported.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from functools import partial
from importlib import import_module
from math import prod
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.neighbors import BallTree, KDTree
from sklearn.tree._tree import Tree
from sklearn.utils import Bunch

from sklvision.export._archive.checks import check_built, check_object, check_tree
from sklvision.export._archive.content import read_array, read_json
from sklvision.export._archive.encode import NEIGHBOR_METRICS, SPARSE_FORMATS
from sklvision.export._archive.types import LOSSES, TypeList
from sklvision.export._errors import ModelFileError

_MAX_NODES = 2_000_000
_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_MAPPINGS = {"dict": dict, "bunch": lambda pairs: Bunch(**pairs), "ordered": OrderedDict}
_TREES = {"kdtree": KDTree, "balltree": BallTree}
_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


class Decoder:
    """Builds the objects of one structure.

    Parameters
    ----------
    members : dict of str to bytearray
        Members of the archive; those of the arrays are taken out.
    types : TypeList
        Types and functions that may be built.
    prefix : str
        Name of the structure, and directory of its arrays.
    """

    def __init__(
        self, members: MutableMapping[str, bytearray], types: TypeList, prefix: str
    ) -> None:
        self.members, self.types, self.prefix = members, types, prefix
        self.objects: list[Any] = []

    def decode(self) -> Any:
        """Build everything, and return the object that the file is about.

        Raises
        ------
        ModelFileError
            If any node is not one that saving writes.
        """
        name = f"{self.prefix}.json"
        if name not in self.members:
            raise ModelFileError(f"The archive lacks the member {name!r}.")
        structure = read_json(self.members[name], name)
        if not isinstance(structure, dict) or not isinstance(structure.get("nodes"), list):
            raise ModelFileError(f"{name} has no list of nodes.")
        if len(structure["nodes"]) > _MAX_NODES:
            raise ModelFileError(f"{name} has more than {_MAX_NODES:,} nodes.")
        for place, node in enumerate(structure["nodes"]):
            try:
                self.objects.append(self._build(node))
            except ImportError:
                raise
            except ModelFileError as error:
                raise ModelFileError(f"{name}, node {place}: {error}") from error
            except Exception as error:  # constructors of others raise anything
                reason = f"{type(error).__name__}: {error}"
                raise ModelFileError(
                    f"{name}, node {place}: cannot be built ({reason[:300]})."
                ) from error
        try:
            return self._get(structure["root"])
        except KeyError as error:
            raise ModelFileError(f"{name} names no root.") from error

    def _build(self, node: Any) -> Any:
        kind = node.get("kind") if isinstance(node, dict) else None
        build = _BUILDERS.get(kind) if isinstance(kind, str) else None
        if build is None:
            raise ModelFileError(f"a node of the unknown kind {str(kind)[:40]!r}")
        return build(self, node)

    def _get(self, value: Any) -> Any:
        """Return the object that stands for a value."""
        if isinstance(value, dict):
            place = value.get("ref")
            if (
                set(value) != {"ref"}
                or type(place) is not int
                or not 0 <= place < len(self.objects)
            ):
                raise ModelFileError(f"refers to {str(value)[:60]}, which does not precede it")
            return self.objects[place]
        if isinstance(value, list):
            raise ModelFileError("has a list where a value is expected")
        return value

    def _get_array(self, value: Any) -> np.ndarray:
        array = self._get(value)
        if type(array) is not np.ndarray or array.dtype == object:
            raise ModelFileError(f"has a {type(array).__name__} in place of an array")
        return array

    def _get_items(self, items: Any) -> dict[str, Any]:
        """Return keys and values of attributes."""
        pairs = {key: self._get(value) for key, value in items}
        if not all(type(key) is str and not key.startswith("__") for key in pairs):
            raise ModelFileError("has an attribute whose name is not permitted")
        return pairs

    def _build_sequence(self, node: dict[str, Any]) -> Any:
        return _SEQUENCES[node["kind"]](self._get(part) for part in _list(node["items"]))

    def _build_mapping(self, node: dict[str, Any]) -> Any:
        pairs = [(self._get(key), self._get(value)) for key, value in _list(node["items"])]
        return _MAPPINGS[node["kind"]](dict(pairs))

    def _build_plain(self, node: dict[str, Any]) -> Any:
        if not isinstance(node["value"], (dict, list)):
            raise ModelFileError("has a plain value that is neither a dict nor a list")
        return node["value"]

    def _build_float(self, node: dict[str, Any]) -> float:
        if node["value"] not in ("nan", "inf", "-inf"):
            raise ModelFileError("has a float that is written in another way")
        return float(node["value"])

    def _build_array(self, node: dict[str, Any]) -> np.ndarray:
        name = node["file"]
        if name not in self.members or not name.startswith(f"{self.prefix}/"):
            raise ModelFileError(f"names the array {str(name)[:60]!r}, which the archive lacks")
        # Removed: memory is free again once the object that takes the array has copied it.
        return read_array(self.members.pop(name), name)

    def _build_objects(self, node: dict[str, Any]) -> np.ndarray:
        items, shape = _list(node["items"]), tuple(_list(node["shape"]))
        if not all(type(n) is int and n >= 0 for n in shape) or prod(shape) != len(items):
            raise ModelFileError(f"has {len(items)} objects in an array of shape {shape}")
        array = np.empty(len(items), dtype=object)
        for i, part in enumerate(items):
            array[i] = self._get(part)
        return array.reshape(shape)

    def _build_masked(self, node: dict[str, Any]) -> np.ma.MaskedArray:
        data, mask = self._get(node["data"]), self._get_array(node["mask"])
        if type(data) is not np.ndarray or mask.dtype != bool or mask.shape != data.shape:
            raise ModelFileError("has a mask that does not fit its array")
        return np.ma.MaskedArray(data, mask)

    def _build_scalar(self, node: dict[str, Any]) -> np.generic:
        (value,) = self._get_array(node["array"])
        return value

    def _build_bytes(self, node: dict[str, Any]) -> bytes:
        return self._get_array(node["array"]).tobytes()

    def _build_dtype(self, node: dict[str, Any]) -> np.dtype:
        if not isinstance(node["name"], str):
            raise ModelFileError("has a type without a name")
        return np.dtype(node["name"])

    def _build_sparse(self, node: dict[str, Any]) -> Any:
        if node["format"] not in SPARSE_FORMATS:
            raise ModelFileError("has a sparse matrix of an unknown format")
        parts = tuple(self._get_array(node[name]) for name in ("data", "indices", "indptr"))
        shape = tuple(node["shape"])
        if len(shape) != 2 or len(parts[2]) != shape[0] + 1 or not 0 <= shape[1] < 2**31:
            raise ModelFileError("has a sparse matrix whose shape does not fit its rows")
        matrix = (sparse.csr_array if node["is_array"] else sparse.csr_matrix)(parts, shape=shape)
        matrix.check_format(full_check=True)
        return matrix.asformat(node["format"])

    def _build_random_state(self, node: dict[str, Any]) -> np.random.RandomState:
        random_state = np.random.RandomState(0)
        random_state.set_state(tuple(self._get(part) for part in _list(node["state"])))
        return random_state

    def _build_generator(self, node: dict[str, Any]) -> np.random.Generator:
        state = self._get(node["state"])
        if state["bit_generator"] not in _BIT_GENERATORS:
            raise ModelFileError("has an unknown generator of random numbers")
        bit_generator = getattr(np.random, state["bit_generator"])(0)
        bit_generator.state = state
        return np.random.Generator(bit_generator)

    def _build_tree(self, node: dict[str, Any]) -> Tree:
        n_classes = np.ascontiguousarray(self._get_array(node["n_classes"]), dtype=np.intp)
        state = self._get_items(node["state"])
        check_tree(node["n_features"], n_classes, node["n_outputs"], state)
        tree = Tree(node["n_features"], n_classes, node["n_outputs"])
        tree.__setstate__(state)
        return tree

    def _build_neighbors(self, node: dict[str, Any]) -> Any:
        if node["metric"] not in NEIGHBOR_METRICS:
            raise ModelFileError("has a tree for neighbors of another metric")
        points = self._get_array(node["points"])
        return _TREES[node["kind"]](points, leaf_size=node["leaf_size"], metric=node["metric"])

    def _build_loss(self, node: dict[str, Any]) -> Any:
        if node["class"] not in LOSSES:
            raise ModelFileError(f"names the loss {str(node['class'])[:60]!r}")
        loss = getattr(import_module("sklearn._loss.loss"), node["class"])
        return loss(n_classes=node["n"]) if node["class"] == "HalfMultinomialLoss" else loss()

    def _build_function(self, node: dict[str, Any]) -> Callable:
        return self.types.find_function(str(node["name"]))

    def _build_partial(self, node: dict[str, Any]) -> Callable:
        function = self.types.find_function(str(node["function"]))
        return partial(function, **self._get_items(node["keywords"]))

    def _build_class(self, node: dict[str, Any]) -> type:
        return self.types.find_class_value(str(node["name"]))

    def _build_slice(self, node: dict[str, Any]) -> slice:
        return slice(*(self._get(part) for part in _list(node["items"])))

    def _build_range(self, node: dict[str, Any]) -> range:
        return range(*_list(node["items"]))

    def _build_object(self, node: dict[str, Any]) -> Any:
        cls = self.types.find_type(str(node["class"]))
        state = self._get_items(node["state"])
        check_object(cls, state)
        value: Any = cls.__new__(cls)  # type: ignore[call-overload]
        with warnings.catch_warnings():
            # One warning about versions is given for the whole file.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            warnings.filterwarnings("ignore", message=".*was saved by sklvision")
            if hasattr(value, "__setstate__"):
                value.__setstate__(state)
            else:
                vars(value).update(state)
        check_built(value)
        return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ModelFileError("has something else in place of a list")
    return value


_BUILDERS: dict[str, Callable[[Decoder, dict[str, Any]], Any]] = {
    **dict.fromkeys(_SEQUENCES, Decoder._build_sequence),
    **dict.fromkeys(_MAPPINGS, Decoder._build_mapping),
    **dict.fromkeys(_TREES, Decoder._build_neighbors),
    "plain": Decoder._build_plain,
    "float": Decoder._build_float,
    "array": Decoder._build_array,
    "objects": Decoder._build_objects,
    "masked": Decoder._build_masked,
    "scalar": Decoder._build_scalar,
    "bytes": Decoder._build_bytes,
    "dtype": Decoder._build_dtype,
    "sparse": Decoder._build_sparse,
    "random_state": Decoder._build_random_state,
    "generator": Decoder._build_generator,
    "tree": Decoder._build_tree,
    "loss": Decoder._build_loss,
    "function": Decoder._build_function,
    "partial": Decoder._build_partial,
    "class": Decoder._build_class,
    "slice": Decoder._build_slice,
    "range": Decoder._build_range,
    "object": Decoder._build_object,
}
