"""Processes that are forked after torch was used, or while a thread trains."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

PROGRAM = """
import os, signal, sys, threading, time, warnings
import numpy as np
from pathlib import Path
from PIL import Image
from sklvision.datasets import ImageCollection
from sklvision.neural_network import ImageClassifier

rng = np.random.default_rng(0)
images = rng.integers(0, 255, (60, 32, 32, 3), dtype=np.uint8)
labels = np.arange(60) % 2
for i, image in enumerate(images):
    Image.fromarray(image).save(f"{i:02}.png")
files = ImageCollection(sorted(Path().glob("*.png")))

def crop(image):
    return image[:12, :12, 0]

def make():
    return ImageClassifier("resnet8", max_epochs=1, random_state=0)

model = make().fit(images, labels)
expected = model.predict_proba(images)
assert np.array_equal(model.predict_proba(files), expected)
# Batches of few values train on one thread, with the same bits there as here.
small = images[:, :12, :12, 0]
small_files = files.map(crop)
expected_of_fit = make().fit(small, labels).predict_proba(small)
expected_of_files = make().fit(small_files, labels).predict_proba(small)

def fork(name, work, expected=expected_of_fit):
    process = os.fork()
    if process == 0:
        signal.alarm(60)  # what waits for a thread that the fork lacks waits forever
        try:
            equal = np.array_equal(work(), expected)
            os._exit(0 if equal else 2)
        except BaseException as error:
            print(name, repr(error), flush=True)
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    print(f"{name}: {status}", flush=True)

fork("predict", lambda: model.predict_proba(images), expected)
fork("read and predict", lambda: model.predict_proba(files), expected)
fork("fit", lambda: make().fit(small, labels).predict_proba(small))
fork("read and fit", lambda: make().fit(small_files, labels).predict_proba(small),
     expected_of_files)

started = threading.Event()
def signal_start(X):
    started.set()
    return X
longer = ImageClassifier("resnet8", max_epochs=10_000, augment=signal_start, random_state=0)
threading.Thread(target=longer.fit, args=(small, labels), daemon=True).start()
started.wait()
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # forks of threads, from Python 3.12 on
    fork("fit beside a fit", lambda: make().fit(small, labels).predict_proba(small))
    fork("predict beside a fit", lambda: model.predict_proba(images), expected)
print("end", flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_forked_processes_work(run):
    pytest.importorskip("PIL")
    # With one thread there is nothing to wait for.
    program = run(code=PROGRAM, OMP_NUM_THREADS="2")
    assert program.output.splitlines() == [
        "predict: 0",
        "read and predict: 0",
        "fit: 0",
        "read and fit: 0",
        "fit beside a fit: 0",
        "predict beside a fit: 0",
        "end",
    ], program.errors
