"""``sklvision compare --dask``: a scheduler and workers started as users start them."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sklvision
from sklvision.cli import main
from sklvision.datasets import make_spectra

pytest.importorskip("distributed", reason="the extra distributed is absent")


@pytest.fixture(scope="module")
def spectra_file(tmp_path_factory):
    X, y = make_spectra(90, n_bands=30, random_state=0)
    path = tmp_path_factory.mktemp("data") / "line.npz"
    np.savez(path, X=X, y=y)
    return path


@pytest.fixture
def start():
    """Start commands of Dask, and end them after the test."""
    processes = []

    def start(*argv, **env):
        command = [sys.executable, "-m", "distributed.cli." + argv[0], *map(str, argv[1:])]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env or None
        )
        processes.append(process)
        return process

    yield start
    for process in reversed(processes):
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def scheduler(start):
    """Address of a scheduler without workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start("dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
    return f"tcp://127.0.0.1:{port}"


def start_worker(start, address, **env):
    start("dask_worker", address, "--nthreads", 2, "--no-dashboard", "--no-nanny", **env)


def read_scores(output):
    return re.findall(r"^(\S.*?)  +(\d\.\d{4} ± \d\.\d{4} +\d\.\d{4})", output, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "'nonsense' is not the address of a scheduler of Dask"),
        ("http://127.0.0.1:80", "expected HOST:PORT or tcp://HOST:PORT"),
    ],
)
def test_compare_refuses_an_address_of_no_scheduler(address, message, spectra_file, capsys):
    assert main(["compare", str(spectra_file), "--dask", address]) == 2
    assert message in capsys.readouterr().err


def test_compare_refuses_jobs_with_a_cluster(spectra_file, capsys):
    assert main(["compare", str(spectra_file), "--dask", "127.0.0.1:1", "--n-jobs", "2"]) == 2
    assert "--n-jobs" in capsys.readouterr().err


@pytest.mark.slow
def test_compare_names_an_address_where_nobody_answers(spectra_file, capsys):
    assert main(["compare", str(spectra_file), "--dask", "127.0.0.1:1"]) == 2
    assert "No scheduler of Dask answers at 127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.slow
def test_compare_on_a_cluster_prints_the_same_scores(
    scheduler, start, spectra_file, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    argv = ["compare", str(spectra_file), "--cv", "2", "--models", "spectrum_mlp", "lda"]
    argv += ["--report", "report.html"]
    start_worker(start, scheduler)
    assert main([*argv, "--dask", scheduler]) == 0
    output, err = capsys.readouterr()
    assert "dask: 2 fits at the same time on 1 workers" in err
    assert main([*argv, "--n-jobs", "1", "--quiet"]) == 0
    assert read_scores(output) == read_scores(capsys.readouterr().out)
    assert len(read_scores(output)) == 4


@pytest.mark.slow
def test_compare_refuses_workers_of_another_version(
    scheduler, start, spectra_file, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "sklvision"
    shutil.copytree(Path(sklvision.__file__).parent, package)
    (package / "_version.py").write_text('__version__ = "0.0.9"\n')
    start_worker(start, scheduler, PYTHONPATH=str(tmp_path))
    assert main(["compare", str(spectra_file), "--dask", scheduler]) == 2
    assert "sklvision 0.0.9 instead of" in capsys.readouterr().err
