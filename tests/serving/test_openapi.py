"""The description of the service is true to what it does."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklvision.image import FlattenImages
from tests.serving._clients import call, run_in_thread


def test_openapi_lists_every_route_and_the_size_of_samples(spectra_server):
    description = call(spectra_server, path="/openapi.json").json
    assert set(description["paths"]) == {"/", "/predict", "/health", "/model", "/metrics"}
    body = description["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "text/csv"}
    row = body["application/json"]["schema"]["properties"]["spectra"]["items"]
    assert (row["minItems"], row["maxItems"]) == (40, 40)
    assert "securitySchemes" not in description["components"]


def test_openapi_of_images_and_tokens(images):
    with run_in_thread(images.model, tokens=["x"]) as address:
        description = call(address, path="/openapi.json").json
    post = description["paths"]["/predict"]["post"]
    assert "multipart/form-data" in post["requestBody"]["content"]
    assert post["security"] == [{"token": []}]
    assert "401" in post["responses"]
    assert "401" not in description["paths"]["/health"]["get"]["responses"]


# That a text is a table, or bytes are an image, cannot be described.
SPECTRUM_CHECKS = ["--checks", "all", "--exclude-checks", "positive_data_acceptance"]
IMAGE_CHECKS = [
    "--checks",
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,unsupported_method",
]


@pytest.fixture(scope="module")
def small_image_model():
    X = np.random.default_rng(0).integers(0, 255, (8, 2, 3), dtype=np.uint8)
    return make_pipeline(FlattenImages(), LogisticRegression()).fit(X, [0, 1] * 4)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
@pytest.mark.parametrize("checks", [SPECTRUM_CHECKS, IMAGE_CHECKS], ids=["spectra", "images"])
def test_openapi_is_true_to_every_answer(checks, spectra, small_image_model, tmp_path):
    """Random requests by the description, and against it; docs/guide/serving.md runs ten thousand."""
    model = spectra.model if checks is SPECTRUM_CHECKS else small_image_model
    with run_in_thread(model, allow_hosts=["example.invalid"]) as (host, port):
        argv = [sys.executable, "-m", "schemathesis.cli", "run", *checks, "--continue-on-failure"]
        argv += [f"http://{host}:{port}/openapi.json", "--max-examples", "20", "--seed", "0"]
        argv += ["--request-timeout", "60"]  # a loaded machine is slow
        completed = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert completed.returncode == 0, completed.stdout
    assert "Tested: 6" in completed.stdout
