"""Structure of an object as a list of nodes, and its numbers as arrays.

Every object becomes a node behind the nodes of its parts, which it names by their places in the
list: ``{"ref": 3}``. A list has no depth, an object that is used twice stays one, and loading
builds one node after another. Plain texts, numbers, booleans and None stand where they are used.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from math import isfinite
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.neighbors import BallTree, KDTree
from sklearn.tree._tree import Tree
from sklearn.utils import Bunch

from sklvision.export._archive.content import is_plain_dtype, write_array, write_json
from sklvision.export._archive.types import LOSSES, TypeList, get_full_name

_SCALARS = (bool, int, str, type(None))
_MAX_PLAIN_DEPTH = 12
SPARSE_FORMATS = ("csr", "csc")
NEIGHBOR_METRICS = ("euclidean", "manhattan", "chebyshev")
_ADVICE = (
    "An archive holds scikit-learn's and sklvision's own types. Replace it, or pass its class or "
    "function to save and to load: types=[{}]."
)
# Of attributes that a fitted model can do without.
_ATTRIBUTE_ADVICE = {
    "callbacks": "A fitted net predicts without it: set_params(callbacks=None) before saving.",
    "_skl_callbacks": "A fitted model predicts without it: set_callbacks() before saving.",
    "memory": "A fitted model predicts without it: set_params(memory=None) before saving.",
}


class Encoder:
    """Turns objects into nodes and members.

    Parameters
    ----------
    types : TypeList
        Types and functions that may be saved.
    prefix : str
        Directory of the arrays inside the archive.
    """

    def __init__(self, types: TypeList, prefix: str) -> None:
        self.types, self.prefix = types, prefix
        self.nodes: list[dict[str, Any]] = []
        self.members: dict[str, bytes] = {}
        self._places: dict[int, int | None] = {}  # None while the object is being encoded
        self._objects: list[Any] = []  # kept, so that no other object gets the id of one
        self._steps: list[str] = []  # names of the steps on the way, for messages
        self._attribute = ""

    def encode_members(self, value: Any) -> dict[str, bytes]:
        """Return the JSON of the structure, and the arrays, by their names in the archive."""
        root = self.encode(value)
        text = write_json({"root": root, "nodes": self.nodes})
        return {f"{self.prefix}.json": text, **self.members}

    def encode(self, value: Any) -> Any:
        """Encode a value, and return what stands for it where it is used."""
        if type(value) in _SCALARS or (type(value) is float and isfinite(value)):
            return value
        key = id(value)
        if key in self._places:
            place = self._places[key]
            if place is None:
                self._refuse(value, "contains itself")
            return {"ref": place}
        self._places[key] = None
        self._objects.append(value)
        node = self._make_node(value)
        self._places[key] = len(self.nodes)
        self.nodes.append(node)
        return {"ref": self._places[key]}

    def _make_node(self, value: Any) -> dict[str, Any]:
        for cls, make in _MAKERS:
            if isinstance(value, cls) if isinstance(cls, tuple) else type(value) is cls:
                return make(self, value)
        if type(value).__name__ in LOSSES and type(value).__module__ == "sklearn._loss.loss":
            return {"kind": "loss", "class": type(value).__name__, "n": value.n_classes}
        if callable(value) and not isinstance(value, BaseEstimator) and hasattr(value, "__name__"):
            return self._make_function(value)
        return self._make_object(value)

    def _make_function(self, value: Any) -> dict[str, Any]:
        name = self.types.name_function(value)
        if name is None:
            self._refuse(value, f"is the function {get_full_name(value)}")
        return {"kind": "function", "name": name}

    def _make_object(self, value: Any) -> dict[str, Any]:
        cls = type(value)
        name = self.types.name_type(cls)
        if name is None:
            self._refuse(value, f"is a {get_full_name(cls)}")
        if getattr(value, "memory", None) is not None:
            self._attribute = "memory"
            self._refuse(value, "is a cache directory")
        state = value.__getstate__()
        if not isinstance(state, dict):
            self._refuse(value, f"is a {get_full_name(cls)} without a state of attributes")
        items = []
        for key, part in state.items():
            previous, self._attribute = self._attribute, key
            items.append([key, self.encode(part)])
            self._attribute = previous
        return {"kind": "object", "class": name, "state": items}

    def _make_sequence(self, value: Any) -> dict[str, Any]:
        if type(value) is list and _is_plain(value):
            return {"kind": "plain", "value": value}
        kind = type(value).__name__
        is_step = kind == "tuple" and len(value) > 1 and isinstance(value[0], str)
        if is_step and hasattr(value[1], "get_params"):
            self._steps.append(value[0])
            node = {"kind": kind, "items": [self.encode(part) for part in value]}
            self._steps.pop()
            return node
        parts = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return {"kind": kind, "items": [self.encode(part) for part in parts]}

    def _make_dict(self, value: Any) -> dict[str, Any]:
        if type(value) is dict and _is_plain(value):
            return {"kind": "plain", "value": value}
        items = [[self.encode(key), self.encode(part)] for key, part in value.items()]
        return {"kind": {dict: "dict", Bunch: "bunch"}.get(type(value), "ordered"), "items": items}

    def _make_array(self, value: np.ndarray) -> dict[str, Any]:
        if value.dtype == object:
            items = [self.encode(part) for part in value.ravel().tolist()]
            return {"kind": "objects", "shape": list(value.shape), "items": items}
        if not is_plain_dtype(value.dtype):
            self._refuse(value, f"is an array of {value.dtype}")
        name = f"{self.prefix}/{len(self.members)}.npy"
        # Booleans of packed structs and the like keep their layout; only the order of axes is free.
        self.members[name] = write_array(np.asanyarray(value))
        return {"kind": "array", "file": name}

    def _make_masked(self, value: np.ma.MaskedArray) -> dict[str, Any]:
        mask = np.ma.getmaskarray(value)
        return {"kind": "masked", "data": self.encode(value.data), "mask": self.encode(mask)}

    def _make_scalar(self, value: np.generic) -> dict[str, Any]:
        if value.dtype.kind in "OV":
            self._refuse(value, f"is a scalar of {value.dtype}")
        array = self.encode(np.asarray(value)[np.newaxis])
        return {"kind": "scalar", "array": array}

    def _make_class(self, value: type) -> dict[str, Any]:
        name = get_full_name(value)
        if value.__module__ not in ("builtins", "numpy"):
            self._refuse(value, f"is the class {name}")
        return {"kind": "class", "name": name}

    def _make_dtype(self, value: np.dtype) -> dict[str, Any]:
        if value.names is not None or value.subdtype is not None:
            self._refuse(value, f"is the type {value}")
        return {"kind": "dtype", "name": value.str}

    def _make_sparse(self, value: Any) -> dict[str, Any]:
        if value.format not in SPARSE_FORMATS:
            self._refuse(value, f"is a sparse matrix of the format {value.format}")
        matrix = value.tocsr()
        parts = {name: self.encode(getattr(matrix, name)) for name in ("data", "indices", "indptr")}
        is_array = isinstance(value, sparse.sparray)
        layout = {"format": value.format, "is_array": is_array, "shape": list(matrix.shape)}
        return {"kind": "sparse", **layout, **parts}

    def _make_random_state(self, value: np.random.RandomState) -> dict[str, Any]:
        state = value.get_state(legacy=True)
        return {"kind": "random_state", "state": [self.encode(part) for part in state]}

    def _make_generator(self, value: np.random.Generator) -> dict[str, Any]:
        return {"kind": "generator", "state": self.encode(value.bit_generator.state)}

    def _make_tree(self, value: Tree) -> dict[str, Any]:
        _, (n_features, n_classes, n_outputs), state = value.__reduce__()
        return {
            "kind": "tree",
            "n_features": int(n_features),
            "n_classes": self.encode(n_classes),
            "n_outputs": int(n_outputs),
            "state": [[key, self.encode(part)] for key, part in state.items()],
        }

    def _make_neighbors(self, value: Any) -> dict[str, Any]:
        """Encode the points of a tree for neighbors, which is built again of them."""
        # Places in the state of the trees of scikit-learn: points, leaf size and metric.
        state = value.__getstate__()
        metric = type(state[11]).__name__.removesuffix("64").removesuffix("Distance").lower()
        if metric not in NEIGHBOR_METRICS or state[12] is not None:
            self._refuse(value, f"is a tree of {metric} distances; set algorithm='brute'")
        points = self.encode(np.array(state[0]))
        kind = type(value).__name__.lower()
        return {"kind": kind, "points": points, "leaf_size": int(state[4]), "metric": metric}

    def _make_partial(self, value: partial) -> dict[str, Any]:
        if value.args:
            self._refuse(value, "is a partial with positional arguments")
        function = self._make_function(value.func)["name"]
        items = [[key, self.encode(part)] for key, part in value.keywords.items()]
        return {"kind": "partial", "function": function, "keywords": items}

    def _make_slice(self, value: slice) -> dict[str, Any]:
        parts = (value.start, value.stop, value.step)
        return {"kind": "slice", "items": [self.encode(part) for part in parts]}

    def _make_bytes(self, value: bytes) -> dict[str, Any]:
        array = self.encode(np.frombuffer(value, np.uint8))
        return {"kind": "bytes", "array": array}

    def _refuse(self, value: Any, problem: str) -> None:
        places = [f"the step {step!r}" for step in self._steps[-1:]] or ["the model"]
        if self._attribute:
            places.insert(0, f"{self._attribute!r} of")
        name = getattr(value, "__name__", type(value).__name__)
        advice = _ATTRIBUTE_ADVICE.get(self._attribute, _ADVICE.format(name))
        raise TypeError(f"{' '.join(places)} {problem}. {advice}")


_MAKERS: list[tuple[Any, Any]] = [
    (float, lambda _, value: {"kind": "float", "value": str(value)}),
    (dict, Encoder._make_dict),
    (Bunch, Encoder._make_dict),
    (OrderedDict, Encoder._make_dict),
    *((cls, Encoder._make_sequence) for cls in (list, tuple, set, frozenset)),
    ((np.generic,), Encoder._make_scalar),
    ((np.dtype,), Encoder._make_dtype),
    (np.ndarray, Encoder._make_array),
    (np.memmap, Encoder._make_array),
    (np.ma.MaskedArray, Encoder._make_masked),
    ((sparse.sparray, sparse.spmatrix), Encoder._make_sparse),
    (np.random.RandomState, Encoder._make_random_state),
    (np.random.Generator, Encoder._make_generator),
    (Tree, Encoder._make_tree),
    ((KDTree, BallTree), Encoder._make_neighbors),
    (partial, Encoder._make_partial),
    ((bytes,), Encoder._make_bytes),
    (slice, Encoder._make_slice),
    (range, lambda _, value: {"kind": "range", "items": [value.start, value.stop, value.step]}),
    ((type,), Encoder._make_class),
]


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether JSON restores a value as it is: dicts of texts, lists, texts and numbers."""
    if type(value) in _SCALARS:
        return True
    if type(value) is float:
        return isfinite(value)
    if depth >= _MAX_PLAIN_DEPTH:
        return False
    if type(value) is list:
        return all(_is_plain(part, depth + 1) for part in value)
    if type(value) is dict:
        return all(type(key) is str and _is_plain(part, depth + 1) for key, part in value.items())
    return False
