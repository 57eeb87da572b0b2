"""Model files, and changes of them that an accident or an attacker could make.

A mutant is made of a file and a seed alone, so that each can be made again. Half of the archives
are changed byte by byte, as damage does; the others get the checksums of their new content, as
anyone can compute them, so that the change reaches the code behind the checksums.
"""

from __future__ import annotations

import json
import random
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from sklvision.datasets import make_spectra
from sklvision.export import save, to_onnx
from sklvision.export._archive.container import read_container, write_container
from sklvision.export._archive.load import check_members
from sklvision.image import FlattenImages, Resize
from sklvision.neural_network import ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler

N_BANDS, SIDE = 12, 8
# Names that a file must not have imported or called, and extreme values of every type.
FOREIGN = [
    *("os.system", "posix.system", "subprocess.Popen", "builtins.eval", "builtins.exec"),
    *("canary.Canary", "pickle.loads", "joblib.load", "numpy.load", "numpy.memmap"),
    *("operator.methodcaller", "sklearn.datasets.fetch_openml", "sklearn.utils._bunch.Bunch"),
    *("sklvision.export._archive.load.load", "sklearn.pipeline.os", "torch.load", "shutil.rmtree"),
]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 7, 255, 2**31 - 1, 2**31, 2**53, 2**63, -(2**63), 10**300),
    *(0.5, -0.0, 1e308, 1e-308, "", "nan", "a" * 5000, "../../etc/passwd", "/dev/zero", "\0"),
    *([], {}, [[]], {"ref": 0}, {"ref": -1}, {"ref": 10**9}, {"kind": "function"}, [None] * 50),
]
KINDS = [
    *(
        "list",
        "tuple",
        "set",
        "dict",
        "bunch",
        "plain",
        "float",
        "array",
        "objects",
        "scalar",
        "masked",
    ),
    *("bytes", "dtype", "sparse", "random_state", "generator", "tree", "kdtree", "loss", "masked"),
    *("function", "partial", "class", "slice", "range", "object", "MethodNode", "OperatorFuncNode"),
]


def make_files(folder: Path, *, with_graphs: bool = True) -> dict[str, Path]:
    """Write one small file of every kind; returns them by name."""
    X, y = make_spectra(90, n_bands=N_BANDS, random_state=0, return_X_y=True)
    images = np.random.default_rng(0).integers(0, 256, (30, SIDE, SIDE), dtype=np.uint8)
    models = _make_models()
    files = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models.items():
            samples = images if "image" in name else X
            model.fit(samples, y[: len(samples)])
            file_name = name.replace(", ", "_").replace(" ", "_")
            files[name] = save(model, folder / f"{file_name}.sklv", samples=samples[:2])
        if not with_graphs:
            return files
        net, forest = models["spectrum net"][-1], models["forest"]
        net.fit(X, y)
        files["graph of a net"] = to_onnx(net, folder / "graph_of_a_net.onnx")
        path = folder / "graph_of_trees.onnx"
        files["graph of trees"] = to_onnx(forest, path, samples=X[:5])
        path = folder / "archive_with_a_graph.sklv"
        files["archive with a graph"] = save(net, path, samples=X[:2], onnx=True)
    return files


def _make_models() -> dict[str, Any]:
    net = {"max_epochs": 1, "random_state": 0, "architecture_params": {"hidden_layer_sizes": (4,)}}
    calibrated = CalibratedClassifierCV(GaussianNB(), cv=2)
    vote = VotingClassifier([("a", calibrated), ("b", GaussianNB())], voting="soft")
    spectrum_net = SpectrumClassifier("spectrum_mlp", **net)
    return {
        "scaler, logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
        "function, bayes": make_pipeline(FunctionTransformer(np.sqrt), GaussianNB()),
        "forest": RandomForestClassifier(2, max_depth=3, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=1, max_depth=2, random_state=0),
        "histogram boosting": HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=3),
        "support vectors": SVC(),
        "neighbors": KNeighborsClassifier(algorithm="kd_tree"),
        "perceptron": MLPClassifier((3,), max_iter=2, random_state=0),
        "vote": vote,
        "spectrum net": make_pipeline(SavitzkyGolay(5), SpectralScaler("snv"), spectrum_net),
        "resized images": make_pipeline(Resize((4, 4)), FlattenImages(), GaussianNB()),
        "image net": ImageClassifier("mlp", **net),
    }


def make_mutant(path: Path, seed: int) -> tuple[str, bytes]:
    """Return the name of a change, and the content of the changed file.

    Parameters
    ----------
    path : Path
        An archive or an ONNX file.
    seed : int
        Seed of the change.
    """
    rng = random.Random(seed)
    if path.suffix == ".onnx":
        changes = [change_bytes, change_bytes, change_message]
        change = rng.choice(changes)
        return change.__name__, bytes(change(path.read_bytes(), rng))
    if rng.random() < 0.3:
        return "change_bytes", bytes(change_bytes(path.read_bytes(), rng))
    members = {name: bytes(part) for name, part in read_container(path).members.items()}
    change_members = rng.choice(_MEMBER_CHANGES)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        change_members(members, rng)
    return change_members.__name__, write_members(members)


def write_members(members: dict[str, bytes]) -> bytes:
    """Write members with the checksums of their content, as far as there is a manifest."""
    try:
        manifest = json.loads(members["manifest.json"])
        parts = {name: part for name, part in members.items() if name != "manifest.json"}
        manifest["members"] = check_members(parts)
        members = {"manifest.json": json.dumps(manifest).encode(), **parts}
    except (KeyError, ValueError, TypeError):
        pass
    return bytes(write_container(members))


def change_bytes(content: bytes, rng: random.Random) -> bytearray:
    """Flip bits, or insert, remove, repeat or overwrite bytes."""
    mutant = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if not mutant:
            break
        place = rng.randrange(len(mutant))
        n = min(rng.choice([1, 4, 64, 1000]), len(mutant) - place)
        action = rng.randrange(7)
        if action == 0:
            mutant[place] ^= 1 << rng.randrange(8)
        elif action == 1:
            mutant[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif action == 2:
            del mutant[place : place + n]
        elif action == 3:
            mutant[place:place] = rng.randbytes(n)
        elif action == 4:
            mutant[place:place] = mutant[place : place + n]
        elif action == 5:
            mutant[place : place + n] = rng.randbytes(n)
        else:
            del mutant[place:]
    return mutant


def change_member_bytes(members: dict[str, bytes], rng: random.Random) -> None:
    """Change the bytes of one member."""
    name = rng.choice(list(members))
    members[name] = bytes(change_bytes(members[name], rng))


def change_structure(members: dict[str, bytes], rng: random.Random) -> None:
    """Put another value, name, kind or reference into the structure."""
    name = rng.choice(["model.json", "model.json", "model.json", "samples.json", "manifest.json"])
    try:
        structure = json.loads(members[name])
    except (KeyError, ValueError):
        return
    holders: list[tuple[Any, Any]] = []
    _collect(structure, holders)
    if not holders:
        return
    holder, key = rng.choice(holders)
    value = holder[key]
    action = rng.randrange(6)
    if action == 0:
        holder[key] = rng.choice(VALUES)
    elif action == 1 and isinstance(value, str):
        holder[key] = rng.choice([*FOREIGN, *KINDS, *_collect_texts(structure)])
    elif action == 2 and isinstance(value, (int, float)):
        holder[key] = rng.choice([value + 1, value - 1, -value, value * 1000, 0, 2**40])
    elif action == 3:
        other_holder, other_key = rng.choice(holders)
        holder[key] = other_holder[other_key]
    elif action == 4:
        del holder[key]
    elif isinstance(value, list) and value:
        value.insert(rng.randrange(len(value)), rng.choice(value))
    else:
        holder[key] = rng.choice(VALUES)
    try:
        members[name] = json.dumps(structure).encode()
    except (ValueError, RecursionError):  # a value that now contains itself
        return


def _collect(value: Any, holders: list[tuple[Any, Any]]) -> None:
    """Collect every place of a value that can be changed."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        holders.append((value, key))
        _collect(value[key], holders)


def _collect_texts(structure: Any) -> list[str]:
    holders: list[tuple[Any, Any]] = []
    _collect(structure, holders)
    return [holder[key] for holder, key in holders if isinstance(holder[key], str)][:200] or [""]


def change_array(members: dict[str, bytes], rng: random.Random) -> None:
    """Write extreme numbers into an array, another header, or the array of another place."""
    names = [name for name in members if name.endswith(".npy")]
    if not names:
        return
    name = rng.choice(names)
    content = bytearray(members[name])
    action = rng.randrange(4)
    if action == 0:
        members[name] = members[rng.choice(names)]
    elif action == 1 and len(content) > 128:
        numbers = [0, 1, -1, 2**31 - 1, 2**40, 2**63 - 1, -(2**63)]
        for _ in range(rng.choice([1, 3, 10])):
            place = rng.randrange(128, len(content)) // 8 * 8
            form, value = rng.choice(
                [("<q", rng.choice(numbers)), ("<d", rng.choice([np.nan, 1e300]))]
            )
            content[place : place + 8] = struct.pack(form, value)
        members[name] = bytes(content)
    elif action == 2:
        header = members[name][10:128].decode("latin1")
        changes = {
            "descr": ["'|O'", "'<U99999999'", "'<f2'", "'<i8'", "[('a', 'O')]", "'|V0'"],
            "shape": ["(1000000000000,)", "(-1,)", "()", "(0, 4)", "(2, 3, 4)"],
            "fortran_order": ["True", "False"],
        }
        key = rng.choice(list(changes))
        values = {"descr": "'<f8'", "fortran_order": "False", "shape": "(1,)"}
        values[key] = rng.choice(changes[key])
        text = "{" + ", ".join(f"'{k}': {v}" for k, v in values.items()) + ", }"
        text = (
            text if rng.random() < 0.7 else header.replace("False", rng.choice(["True", "0" * 500]))
        )
        members[name] = (
            b"\x93NUMPY\1\0"
            + struct.pack("<H", len(text) + 1)
            + text.encode()
            + b"\n"
            + content[128:]
        )
    else:
        members[name] = bytes(change_bytes(members[name], rng))


def change_members(members: dict[str, bytes], rng: random.Random) -> None:
    """Remove a member, add one, or exchange two."""
    names = list(members)
    action = rng.randrange(3)
    if action == 0:
        del members[rng.choice(names)]
    elif action == 1:
        name = rng.choice(
            ["model.pkl", "../../evil", "/etc/passwd", "graph.onnx", "model/99999.npy"]
        )
        members[name] = b"\x80\x04cposix\nsystem\n(S'true'\ntR."
    else:
        first, second = rng.choice(names), rng.choice(names)
        members[first], members[second] = members[second], members[first]


def change_graph(members: dict[str, bytes], rng: random.Random) -> None:
    """Change the graph of an archive, or put one in."""
    if "graph.onnx" in members:
        members["graph.onnx"] = bytes(change_message(members["graph.onnx"], rng))
    else:
        change_structure(members, rng)


def change_message(content: bytes, rng: random.Random) -> bytes:
    """Change fields of the messages of an ONNX file."""
    import onnx

    try:
        model = onnx.load_model_from_string(content)
    except Exception:  # changed before into something else
        return bytes(change_bytes(content, rng))
    graph = model.graph
    action = rng.randrange(7)
    if action == 0 and graph.initializer:
        tensor = rng.choice(graph.initializer)
        tensor.dims[:] = [rng.choice([0, 1, 2, -1, 2**31, 2**62]) for _ in range(rng.randrange(4))]
    elif action == 1 and graph.initializer:
        tensor = rng.choice(graph.initializer)
        tensor.raw_data = bytes(change_bytes(tensor.raw_data, rng))
    elif action == 2 and graph.initializer:
        tensor = rng.choice(graph.initializer)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=rng.choice(["../../etc/passwd", "w.bin"]))
    elif action == 3 and graph.node:
        node = rng.choice(graph.node)
        node.op_type = rng.choice(
            ["Loop", "EPContext", "Expand", "ConstantOfShape", "Conv", "Tile"]
        )
    elif action == 4 and graph.node:
        node = rng.choice(graph.node)
        for attribute in node.attribute:
            attribute.i = rng.choice([0, -1, 2**40])
            attribute.ints[:] = [rng.choice([0, -1, 5, 2**40]) for _ in attribute.ints]
    elif action == 5 and graph.node:
        node = rng.choice(graph.node)
        if node.input:
            source = rng.choice(graph.node)
            node.input[rng.randrange(len(node.input))] = rng.choice(
                [*source.input, *source.output, ""]
            )
    else:
        for entry in model.metadata_props:
            entry.value = change_bytes(entry.value.encode(), rng).decode("utf-8", "replace")
    return model.SerializeToString()


_MEMBER_CHANGES: list[Callable[[dict[str, bytes], random.Random], None]] = [
    change_member_bytes,
    change_structure,
    change_structure,
    change_structure,
    change_array,
    change_array,
    change_members,
    change_graph,
]
