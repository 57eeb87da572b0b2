"""A process that loaded a net and forks, as web servers do: its children predict."""

from __future__ import annotations

import os
import subprocess
import sys

import joblib
import numpy as np
import pytest

from sklvision.neural_network import ImageClassifier

# Steps of the parent, then a fork whose child predicts; 60 seconds suffice for all of it.
_PROGRAM = """
import os, sys
import joblib, numpy as np
model = joblib.load(sys.argv[1])
X = np.zeros((8, 64, 64, 3), np.uint8)
{steps}
child = os.fork()
if child == 0:
    labels = model.predict(X)
    os._exit(0 if len(labels) == 8 else 1)
print("status", os.waitpid(child, 0)[1])
"""


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    X = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("fork") / "model.joblib"
    joblib.dump(ImageClassifier(max_epochs=1, random_state=0).fit(X, np.arange(8) % 2), path)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("steps", ["", "model.predict(X)", "model.net_.history"])
def test_loaded_net_predicts_in_a_forked_process(model_file, steps):
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    program = _PROGRAM.format(steps=steps)
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(model_file)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.split() == ["status", "0"], result.stderr
