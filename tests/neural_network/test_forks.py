"""A process that loaded a net and forks, as web servers do: its children predict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import joblib
import numpy as np
import pytest
import torch

from sklvision.neural_network import ImageClassifier

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

# The parent loads a model, takes a step and forks; the child predicts. Before the last step nothing
# was computed in the parent.
_PROGRAM = """
import os, sys
import joblib, numpy as np
X = np.random.default_rng(1).integers(0, 255, (8, 64, 64, 3)).astype(np.uint8)
for step in ("", "model.net_.history", "model.predict(X)"):
    model = joblib.load(sys.argv[1])
    exec(step)
    child = os.fork()
    if child == 0:
        labels = model.predict(X)
        os._exit(0 if len(labels) == 8 else 1)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    X = np.random.default_rng(0).integers(0, 255, (8, 64, 64, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("fork") / "model.joblib"
    joblib.dump(ImageClassifier(max_epochs=1, random_state=0).fit(X, np.arange(8) % 2), path)
    return path


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of threads, from Python 3.12 on
@pytest.mark.parametrize("has_predicted", [False, True])
def test_loaded_net_predicts_in_a_child_of_this_process(model_file, has_predicted):
    model = joblib.load(model_file)
    X = np.random.default_rng(1).integers(0, 255, (8, 64, 64, 3)).astype(np.uint8)
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)  # with one thread there is nothing that a child could wait for
    try:
        if has_predicted:
            model.predict(X)
        else:
            torch.ones(512, 512) @ torch.ones(512, 512)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if len(model.predict(X)) == 8 else 1)
        status = os.waitpid(child, 0)[1]
    finally:
        torch.set_num_threads(n_threads)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.slow
def test_loaded_net_predicts_in_a_forked_process(model_file):
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM, str(model_file)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.split() == ["0", "0", "0"], result.stderr
