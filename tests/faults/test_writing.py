"""Disks that are full or read-only: the old file stays whole, and the error says what to do."""

import errno
import os
import stat
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from sklvision.export import model_card, quantize, save, to_onnx
from sklvision.model_selection import compare_estimators
from sklvision.neural_network import SpectrumClassifier
from sklvision.utils._files import atomic_write

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")

_NOBODY = 65534
FULL = r"cannot be written \(File too large\)\. The earlier file is unchanged\. Raise the limit"


@pytest.fixture
def full_disk():
    """Files of this process end at some bytes: a disk that is full for everybody, root too."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture(scope="module")
def spectra():
    return np.random.default_rng(0).normal(size=(40, 12)).astype(np.float32), np.arange(40) % 2


@pytest.fixture(scope="module")
def classifier(spectra):
    return SpectrumClassifier("spectrum_mlp", max_epochs=1, random_state=0).fit(*spectra)


@pytest.fixture(scope="module")
def onnx_file(classifier, spectra, tmp_path_factory):
    pytest.importorskip("onnxscript")
    return to_onnx(classifier, tmp_path_factory.mktemp("onnx") / "m.onnx", samples=spectra[0][:4])


@pytest.fixture(scope="module")
def comparison(spectra):
    return compare_estimators(GaussianNB(), *spectra, cv=2, random_state=0)


def write_archive(request, path):
    save(request.getfixturevalue("classifier"), path, data=request.getfixturevalue("spectra"))


def write_onnx(request, path):
    pytest.importorskip("onnxscript")
    X, _ = request.getfixturevalue("spectra")
    to_onnx(request.getfixturevalue("classifier"), path, samples=X[:4])


def write_bytes(request, path):
    quantize(request.getfixturevalue("onnx_file"), request.getfixturevalue("spectra")[0], path)


def write_page(request, path):
    request.getfixturevalue("comparison").to_html(path)


def write_card(request, path):
    model_card(request.getfixturevalue("classifier")).save(path)


WRITERS = {
    "model.sklv": write_archive,
    "model.onnx": write_onnx,
    "small.onnx": write_bytes,
    "report.html": write_page,
    "README.md": write_card,
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n.endswith("onnx") else ()) for n in WRITERS],
)
def test_full_disk_leaves_the_old_file_and_no_other(request, tmp_path, name):
    for fixture in ("spectra", "classifier", "comparison"):
        request.getfixturevalue(fixture)
    if name == "small.onnx":
        request.getfixturevalue("onnx_file")
    path = tmp_path / name
    path.write_text("old")
    request.getfixturevalue("full_disk")
    with pytest.raises(OSError, match=f"{name}: {FULL}") as caught:
        WRITERS[name](request, path)
    assert caught.value.errno == errno.EFBIG
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def user_folder():
    """A folder of a user who may not write everywhere, as which the test then runs."""
    with tempfile.TemporaryDirectory() as name:
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(name, _NOBODY, _NOBODY)
            os.seteuid(_NOBODY)
        yield Path(name)
        Path(name).chmod(stat.S_IRWXU)
        if is_root:
            os.seteuid(0)


def test_read_only_directory_is_named(user_folder):
    path = user_folder / "model.bin"
    path.write_text("old")
    user_folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    words = r"model\.bin: cannot be written"
    with pytest.raises(PermissionError, match=words) as caught, atomic_write(path) as file:
        file.write(b"new")
    assert "change the permissions" in str(caught.value)
    assert path.read_text() == "old"
    assert list(user_folder.iterdir()) == [path]


def test_atomic_write_names_the_file_whose_directory_is_missing(tmp_path):
    path = tmp_path / "missing" / "model.bin"
    words = r"model\.bin: cannot be written .*directory does"
    with pytest.raises(FileNotFoundError, match=words), atomic_write(path):
        pass


def test_atomic_write_passes_errors_of_other_files_on(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="other") as caught,
        atomic_write(tmp_path / "model.bin"),
    ):
        (tmp_path / "other").read_bytes()
    assert caught.value.filename == str(tmp_path / "other")
    assert list(tmp_path.iterdir()) == []


def test_atomic_write_takes_names_as_long_as_the_file_system_does(tmp_path):
    path = tmp_path / ("x" * 251 + ".csv")
    with atomic_write(path, text=True) as file:
        file.write("new")
    assert path.read_text() == "new"


def test_threads_write_one_file_at_once(tmp_path):
    """One of them is the last; none is a mixture."""
    path = tmp_path / "table.csv"
    texts = [str(i) * 200_000 for i in range(8)]
    barrier = threading.Barrier(len(texts))

    def write(text):
        with atomic_write(path, text=True) as file:
            for start in range(0, len(text), 10_000):
                file.write(text[start : start + 10_000])
                barrier.wait(20)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_comparison_goes_on_where_its_memory_is_full(spectra, tmp_path, full_disk):
    match = r"could not be kept in memory= \(File too large\): after an interruption"
    with pytest.warns(UserWarning, match=match):
        result = compare_estimators(
            GaussianNB(), *spectra, cv=2, random_state=0, memory=tmp_path / "kept"
        )
    assert len(result.folds) == 6
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
