"""The command as a process: start, stop under load, HTTPS, workers that are forked."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing

import joblib
import numpy as np
import pytest

from sklvision.cli import main
from sklvision.datasets import ImageCollection
from tests.serving._clients import FORM_TYPE, call, make_form, post_json, run_command, run_in_thread


def test_serve_refuses_a_pickle_in_one_line(spectra_file, capsys):
    assert main(["serve", str(spectra_file), "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is probably a pickle, which can run any code" in error
    assert "--allow-pickle" in error
    assert logging.getLogger("sklvision.serving").handlers == []  # later ones would log twice


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["missing.sklv"], "does not exist"),
        (["."], "is a directory"),
        (["missing.sklv", "--host", "300.1.1.1"], "300.1.1.1"),
        (["missing.sklv", "--port", "70000"], "--port 70000 must be from 0 to 65535"),
        (["missing.sklv", "--ssl-keyfile", "key.pem"], "--ssl-keyfile needs --ssl-certfile"),
        (["missing.sklv", "--ssl-certfile", "cert.pem"], "cert.pem: does not exist"),
        (["missing.sklv", "--allow-host", "http://cam1/"], "must be names of hosts"),
    ],
)
def test_serve_refuses_wrong_arguments_in_one_line(argv, words, capsys):
    assert main(["serve", *argv]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error


def test_serve_refuses_files_that_hold_no_model(tmp_path, capsys):
    joblib.dump({"a": 1}, tmp_path / "x.joblib")
    (tmp_path / "y.joblib").write_bytes(b"nothing")
    (tmp_path / "z.onnx").write_bytes(b"nothing")
    for name in ("x.joblib", "y.joblib", "z.onnx"):
        assert main(["serve", str(tmp_path / name), "--allow-pickle", "--port", "0"]) == 2
        assert name in capsys.readouterr().err


def test_serve_refuses_a_port_in_use(spectra_file, capsys):
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        port = sock.getsockname()[1]
        assert main(["serve", str(spectra_file), "--allow-pickle", "--port", str(port)]) == 2
    assert (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). Another program listens "
        f"there; choose another port, or 0 for any free one."
    ) in capsys.readouterr().err


@pytest.mark.slow
def test_serve_answers_what_it_accepted_before_it_stops(image_file, images):
    """SIGTERM under load: every request that was sent on an open connection is answered."""
    answers, failures = [], []
    is_stopped = threading.Event()

    def ask(address, i):
        while not is_stopped.is_set():
            try:
                connection = http.client.HTTPConnection(*address, timeout=30)
                connection.connect()
            except OSError:
                return  # it no longer accepts connections
            with closing(connection):
                is_open = True
                while is_open:
                    try:
                        connection.request("POST", "/predict", body, headers)
                        response = connection.getresponse()
                        answers.append((response.status, response.read()))
                        is_open = response.headers.get("connection") != "close"
                    except (OSError, http.client.HTTPException) as error:
                        failures.append(error)
                        return

    body, headers = make_form(*images.files), {"Content-Type": FORM_TYPE}
    env = {"SKLVISION_TOKENS": "abc, def"}
    with run_command(image_file, "--allow-pickle", "--port", 0, env=env) as (process, address):
        assert call(address, path="/model").status == 401
        headers["Authorization"] = "Bearer def"
        threads = [threading.Thread(target=ask, args=[address, i]) for i in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
        assert process.returncode == 0
        is_stopped.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(answers) > 16
    assert {status for status, _ in answers} == {200}
    # The last bits of probabilities depend on the other samples of a batch.
    labels = [
        [answer["label"] for answer in json.loads(body)["predictions"]] for _, body in answers
    ]
    assert labels == [images.model.predict(ImageCollection(images.files)).tolist()] * len(labels)
    assert " INFO 127.0.0.1 POST /predict 200 " in log
    assert log.count("/predict 200") == len(answers)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    argv += ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert)]
    try:
        subprocess.run(argv, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return cert, key


def test_service_speaks_https(spectra, certificate):
    cert, key = certificate
    with run_in_thread(spectra.model, ssl_certfile=cert, ssl_keyfile=key) as (host, port):
        context = ssl.create_default_context(cafile=cert)
        context.check_hostname = False
        with closing(http.client.HTTPSConnection(host, port, context=context)) as connection:
            body = json.dumps({"spectra": spectra.X[:1].tolist()})
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            assert connection.getresponse().status == 200


def make_forest(tmp_path):
    """A model whose predictions use threads of OpenMP."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    from sklvision.datasets import make_spectra

    X, y = make_spectra(200, n_bands=40, random_state=0, return_X_y=True)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    return X


def make_net(tmp_path):
    from sklvision.datasets import make_spectra
    from sklvision.neural_network import SpectrumClassifier

    X, y = make_spectra(200, n_bands=40, random_state=0, return_X_y=True)
    model = SpectrumClassifier("spectrum_cnn", max_epochs=1, random_state=0).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    return X


@pytest.mark.slow
@pytest.mark.parametrize("make_model", [make_forest, make_net])
@pytest.mark.parametrize("has_predicted", [False, True], ids=["loaded", "predicted"])
def test_workers_that_are_forked_after_loading_answer(tmp_path, make_model, has_predicted):
    """gunicorn --preload: the model is loaded, and even used, before the workers are forked."""
    pytest.importorskip("gunicorn")
    X = make_model(tmp_path)
    (tmp_path / "served.py").write_text(
        "import joblib, numpy as np\n"
        "from sklvision.serving import create_app\n"
        f"model = joblib.load({str(tmp_path / 'model.joblib')!r})\n"
        + (f"model.predict(np.zeros((5000, {X.shape[1]})))\n" if has_predicted else "")
        + "app = create_app(model)\n"
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        address = sock.getsockname()
    argv = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "-k"]
    argv += ["uvicorn.workers.UvicornWorker", "--bind", f"127.0.0.1:{address[1]}", "served:app"]
    with (tmp_path / "log").open("w") as log:
        env = {**os.environ, "OMP_NUM_THREADS": "2"}
        process = subprocess.Popen(argv, cwd=tmp_path, stdout=log, stderr=log, env=env)
        try:
            wait_for(address)
            processes = set()
            body = {"spectra": np.tile(X[:5], (100, 1)).tolist()}
            deadline = time.monotonic() + 60
            while len(processes) < 3 and time.monotonic() < deadline:
                answer = post_json(address, body)
                assert answer.status == 200, (answer, (tmp_path / "log").read_text())
                # Each worker counts for itself.
                text = call(address, path="/metrics").body.decode()
                processes.add(text.split("\nsklvision_process_id ")[1].split("\n")[0])
            assert len(processes) == 3
        finally:
            process.terminate()
            process.wait(30)


def wait_for(address):
    deadline = time.monotonic() + 60
    while True:
        try:
            return call(address, path="/health")
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
