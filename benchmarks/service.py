"""A service under load: answers, times, memory, and LitServe with the same model.

    python -m benchmarks service

The server has one core, its clients another. Offline batches run on the server's core, before and
after. Every answer must equal the offline prediction of its image.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import numpy as np
from PIL import Image

from benchmarks._harness import run_in_new_process
from sklvision.datasets import ImageCollection, fetch_nails, read_samples
from sklvision.recipes import nails
from sklvision.utils._predictions import predict_with_probabilities

_SERVER_CORE, _CLIENT_CORE = 0, 1
_N_FLAT_REQUESTS = 10_000
_WARM_UP_SECONDS = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    add = parser.add_argument
    add("--seconds", type=float, default=60.0, help="of load on the accurate recipe (default: 60)")
    add("--connections", type=int, default=64, help="default: 64")
    add("--flat-requests", type=int, default=_N_FLAT_REQUESTS, help="for memory; default: 10,000")


def run(args: argparse.Namespace) -> tuple[str, list[dict[str, object]]]:
    """Train two recipes, and load services of them in turn."""
    rows = []
    with TemporaryDirectory() as folder:
        files = fetch_nails(subset="test").filenames.tolist()
        for name, seconds in (("nails()", args.seconds), ("nails(fast=True)", args.seconds / 3)):
            path = Path(folder, "model.joblib")
            run_in_new_process(_train, name, path)
            rows += _measure(name, path, files, folder, seconds, args.connections)
        rows += _measure_memory(Path(folder), path, files[0], args)
    return "nail-sized JPEGs, server on one core", rows


def _train(name: str, path: Path) -> None:
    train = fetch_nails(subset="train")
    is_fast = "fast" in name
    images = ImageCollection(train.filenames, reduce=4 if is_fast else 1)
    joblib.dump(nails(fast=is_fast, random_state=0).fit(images, train.target), path)


def _measure(
    name: str, path: Path, files: list[str], folder: str, seconds: float, n_connections: int
) -> list[dict[str, object]]:
    """Measure offline batches, the service and LitServe, and offline batches again."""
    os.environ["OMP_NUM_THREADS"] = "1"  # of all processes that start from here
    offline_rates = [run_in_new_process(_predict_offline, path, files, seconds / 4)]
    labels, probabilities = offline_rates[0][1:3]
    rows = []
    systems: list[tuple[str, Any, str, float]] = [("sklvision serve", _start_service, "files", 1.0)]
    if find_spec("litserve") is not None:
        systems.append(("LitServe", _start_litserve, "request", 0.5))
    for system, start, field, share in systems:
        with start(path) as (process, port):
            task = {"port": port, "field": field, "n_connections": n_connections, "files": files}
            _load(folder, task | {"seconds": _WARM_UP_SECONDS})
            start_seconds = _read_cpu_seconds(process.pid)
            answers = _load(folder, task | {"seconds": seconds * share})
            cpu_seconds = _read_cpu_seconds(process.pid) - start_seconds
        read_answer = _read_service if field == "files" else _read_litserve
        n_different = _count_differences(answers, read_answer, labels, probabilities)
        rows.append(
            {"model": name, "system": system, "connections": n_connections}
            | _summarize(answers)
            | {"different": n_different}
            | {"cpu_ms": 1e3 * cpu_seconds / max(1, len(answers["ms"]))}
        )
    offline_rates.append(run_in_new_process(_predict_offline, path, files, seconds / 4))
    offline_rate = float(np.mean([rate for rate, *_ in offline_rates]))
    cpu_ms = float(np.mean([milliseconds for *_, milliseconds in offline_rates]))
    rows.append({"model": name, "system": "offline batches", "per_second": offline_rate})
    rows[-1]["cpu_ms"] = cpu_ms
    for row in rows:
        row["fraction_of_offline"] = float(row["per_second"]) / offline_rate  # type: ignore[arg-type]
    return [_complete(row) for row in rows]


def _complete(row: dict[str, object]) -> dict[str, object]:
    names = ["model", "system", "connections", "answers", "lost", "different", "per_second"]
    names += ["fraction_of_offline", "cpu_ms", "p50_ms", "p99_ms", "first_MB", "last_MB"]
    return {name: row.get(name, "") for name in names}


def _predict_offline(
    path: Path, files: list[str], seconds: float
) -> tuple[float, list, list, float]:
    """Predict batches of files on the server's core.

    Returns images per second, labels, probabilities, and milliseconds of the processor per image.
    """
    os.sched_setaffinity(0, {_SERVER_CORE})
    model = joblib.load(path)

    def predict() -> tuple[np.ndarray, np.ndarray | None]:
        (batch,) = read_samples(files, model, batch_size=len(files))
        return predict_with_probabilities(model, batch.data)

    labels, probabilities = predict()
    n_images, start, cpu_start = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        predict()
        n_images += len(files)
    rate = n_images / (time.perf_counter() - start)
    cpu_ms = 1e3 * (time.process_time() - cpu_start) / n_images
    return rate, labels.tolist(), np.asarray(probabilities).tolist(), cpu_ms


@contextmanager
def _start_service(path: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    argv = ["-m", "sklvision", "serve", path, "--allow-pickle", "--port", 0, "--quiet"]
    with _start(argv) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, int(line.rsplit(":", 1)[1])


@contextmanager
def _start_litserve(path: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with _start(["-m", "benchmarks._service_litserve", path, port], quiet=True) as process:
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        time.sleep(5)  # its workers load the model on their own
        yield process, port


@contextmanager
def _start(argv: Sequence[object], *, quiet: bool = False) -> Iterator[subprocess.Popen]:
    """Start a server on its core, with everything that it starts in turn."""
    process = subprocess.Popen(
        ["taskset", "-c", str(_SERVER_CORE), sys.executable, *map(str, argv)],
        stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(attempt: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _load(folder: str, task: dict[str, Any]) -> dict[str, Any]:
    """Run the clients on their core."""
    source, target = Path(folder, "task.json"), Path(folder, "answers.json")
    source.write_text(json.dumps({"n_requests": 10**9} | task), encoding="utf-8")
    argv = ["taskset", "-c", str(_CLIENT_CORE), sys.executable, "-m"]
    subprocess.run([*argv, "benchmarks._service_clients", source, target], check=True)
    return json.loads(target.read_text(encoding="utf-8"))


def _read_service(body: str) -> tuple[Any, list[float]]:
    (prediction,) = json.loads(body)["predictions"]
    return prediction["label"], list(prediction["probabilities"].values())


def _read_litserve(body: str) -> tuple[Any, list[float]]:
    answer = json.loads(body)
    return answer["label"], answer["probabilities"]


def _count_differences(
    answers: dict[str, Any], read_answer: Any, labels: list, probabilities: list
) -> int:
    """Count answers whose label or probabilities are not those of the offline prediction."""
    n_different = 0
    for place, body in zip(answers["images"], answers["bodies"], strict=True):
        label, row = read_answer(body)
        is_equal = label == labels[place] and np.allclose(row, probabilities[place], 0, 1e-6)
        n_different += not is_equal
    return n_different


def _summarize(answers: dict[str, Any]) -> dict[str, object]:
    n_answers = len(answers["ms"])
    p50, p99 = np.percentile(answers["ms"], [50, 99]) if n_answers else (np.nan, np.nan)
    return {
        "answers": n_answers,
        "lost": len(answers["lost"]),
        "per_second": n_answers / answers["seconds"],
        "p50_ms": float(p50),
        "p99_ms": float(p99),
    }


def _measure_memory(
    folder: Path, path: Path, file: str, args: argparse.Namespace
) -> list[dict[str, object]]:
    """Measure the memory of the service after a tenth of the requests, and after all of them.

    Images are small here, so that the requests take seconds and not minutes.
    """
    small = folder / "small.jpg"
    with Image.open(file) as image:
        image.reduce(8).save(small)
    n_first = args.flat_requests // 10
    task = {"field": "files", "n_connections": args.connections, "files": [str(small)]}
    with _start_service(path) as (process, port):
        task |= {"port": port, "seconds": 600}
        _load(str(folder), task | {"n_requests": n_first})
        first = _read_memory(process.pid)
        answers = _load(str(folder), task | {"n_requests": args.flat_requests - n_first})
        last = _read_memory(process.pid)
    row = {"model": "nails(fast=True)", "system": "sklvision serve, small images"}
    row |= {"connections": args.connections, "first_MB": first, "last_MB": last}
    return [_complete(row | _summarize(answers))]


def _read_cpu_seconds(session: int) -> float:
    """Return the time on the processor of all processes of a session (Linux only).

    Other work on the machine changes it less than wall time.
    """
    n_ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[3]) == session:
            n_ticks += int(fields[11]) + int(fields[12])
    return n_ticks / os.sysconf("SC_CLK_TCK")


def _read_memory(pid: int) -> float:
    """Return the resident memory of a process in megabytes (Linux only)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
