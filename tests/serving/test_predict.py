"""Answers of a running service equal offline predictions, whatever way the samples come."""

from __future__ import annotations

import base64
import threading
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklvision.datasets import read_samples
from sklvision.image import FlattenImages
from sklvision.spectral import SpectralScaler
from sklvision.utils._predictions import predict_with_probabilities
from tests.serving._clients import (
    call,
    make_form,
    post_csv,
    post_images,
    post_json,
    run_in_thread,
)
from tests.serving.conftest import encode


def predict_offline(model, samples):
    (batch,) = read_samples(samples, model)
    labels, probabilities = predict_with_probabilities(model, batch.data)
    return labels.tolist(), probabilities


def check_parity(answer, model, samples):
    assert answer.status == 200, answer
    predictions = answer.json["predictions"]
    labels, probabilities = predict_offline(model, samples)
    assert [prediction["label"] for prediction in predictions] == labels
    answered = [list(prediction["probabilities"].values()) for prediction in predictions]
    np.testing.assert_allclose(answered, probabilities, rtol=0, atol=1e-12)
    names = [list(map(str, model.classes_))] * len(predictions)
    assert [list(prediction["probabilities"]) for prediction in predictions] == names


@pytest.mark.parametrize("n_images", [1, 3])
def test_predict_of_images_equals_offline_prediction(image_server, images, n_images):
    files = images.files[:n_images]
    check_parity(post_images(image_server, *files), images.model, files)


def test_predict_of_json_equals_offline_prediction(spectra_server, spectra):
    answer = post_json(spectra_server, {"spectra": spectra.X[:7].tolist()})
    check_parity(answer, spectra.model, [spectra.X[:7]])


def test_predict_of_csv_goes_by_names_of_columns(spectra_server, spectra):
    table = pd.DataFrame(spectra.X[:5], columns=spectra.names)
    table.insert(3, "operator", "Kim")
    answer = post_csv(spectra_server, table[table.columns[::-1]].to_csv(index=False))
    check_parity(answer, spectra.model, [spectra.X[:5]])


def test_predict_of_a_hundred_clients_at_once_equals_offline_prediction(image_server, images):
    answers = {}

    def ask(i):
        answers[i] = post_images(image_server, images.files[i % 10], images.files[(i + 3) % 10])

    threads = [threading.Thread(target=ask, args=[i]) for i in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, answer in answers.items():
        check_parity(answer, images.model, [images.files[i % 10], images.files[(i + 3) % 10]])
    assert len(answers) == 100


def test_predict_of_a_broken_image_leaves_others_of_its_batch_alone(image_server, images):
    statuses = {}

    def ask(i):
        content = images.files[i][:-200] if i % 3 == 0 else images.files[i]
        statuses[i] = post_images(image_server, content).status

    threads = [threading.Thread(target=ask, args=[i]) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {i: 422 if i % 3 == 0 else 200 for i in range(10)}


def test_predict_reads_files_in_the_mode_of_training(image_server, images):
    color = np.asarray(Image.open(BytesIO(images.files[0])).convert("RGB"))
    check_parity(post_images(image_server, encode(color)), images.model, [images.files[0]])


def test_predict_warns_of_each_sample_in_another_unit(spectra_server, spectra):
    rows = np.vstack([spectra.X[0], spectra.X[1] * 1000])
    predictions = post_json(spectra_server, {"spectra": rows.tolist()}).json["predictions"]
    assert predictions[0]["warnings"] == []
    (warning,) = predictions[1]["warnings"]
    assert "another scale or unit than the training data" in warning


def test_predict_warns_of_each_sample_in_reverse_order():
    X = np.linspace(0.2, 0.9, 20) + np.random.default_rng(0).normal(0, 0.02, (30, 20))
    model = make_pipeline(SpectralScaler("snv"), LogisticRegression()).fit(X, [0, 1] * 15)
    with run_in_thread(model) as address:
        rows = np.vstack([X[0], X[1, ::-1]]).tolist()
        predictions = post_json(address, {"spectra": rows}).json["predictions"]
    assert predictions[0]["warnings"] == []
    (warning,) = predictions[1]["warnings"]
    assert "falls where the training data rise (correlation with their mean -" in warning


def test_predict_warns_of_images_in_another_size(image_server):
    pixels = np.random.default_rng(0).integers(0, 255, (200, 300), dtype=np.uint8)
    (prediction,) = post_images(image_server, encode(pixels)).json["predictions"]
    assert prediction["warnings"] == [
        "The image has 300 × 200 pixels, the training images had 64 × 48."
    ]


@pytest.mark.parametrize("image_format", ["TIFF", "PNG", "WEBP"])
def test_predict_warns_of_pages_and_frames_that_are_not_read(image_server, images, image_format):
    first, second = (Image.open(BytesIO(content)) for content in images.files[:2])
    stream = BytesIO()
    first.save(stream, image_format, save_all=True, append_images=[second], lossless=True)
    answer = post_images(image_server, images.files[0], stream.getvalue())
    alone, of_pages = answer.json["predictions"]
    assert (alone.pop("warnings"), of_pages.pop("warnings")) == (
        [],
        [
            "The image holds several pages or frames, of which the first is read; the model does "
            "not see the others."
        ],
    )
    assert of_pages == alone


def test_predict_warns_of_channels_that_are_not_read(image_server):
    tifffile = pytest.importorskip("tifffile")
    stream = BytesIO()
    pixels = np.zeros((48, 64, 5), np.uint8)
    pixels[20:24, 20:40] = 220
    tifffile.imwrite(stream, pixels, photometric="rgb")
    (prediction,) = post_images(image_server, stream.getvalue()).json["predictions"]
    (warning,) = prediction["warnings"]
    assert warning.startswith("The image holds 5 channels, of which 3 are read; the model")


def test_predict_shows_the_crop_on_request(image_server, images):
    answer = post_images(image_server, images.files[0], path="/predict?crop=true")
    (prediction,) = answer.json["predictions"]
    content = base64.b64decode(prediction["crop"].removeprefix("data:image/png;base64,"))
    crop = np.asarray(Image.open(BytesIO(content)))
    (batch,) = read_samples([images.files[0]], images.model)
    np.testing.assert_array_equal(crop, np.asarray(images.model[0].transform(batch.data))[0])
    assert "crop" not in post_images(image_server, images.files[0]).json["predictions"][0]


@pytest.mark.parametrize("labels", [[0, 1], [True, False], ["ü", "x"], [-7, 5]])
def test_predict_keeps_the_type_of_labels(labels):
    X = np.array([[0.0, 1.0], [1.0, 0.0]] * 4)
    model = DecisionTreeClassifier().fit(X, labels * 4)
    with run_in_thread(model) as address:
        predictions = post_json(address, {"spectra": X[:2].tolist()}).json["predictions"]
    assert [prediction["label"] for prediction in predictions] == labels


def test_predict_of_a_model_without_probabilities():
    from sklearn.svm import LinearSVC

    X = np.array([[0.0, 1.0], [1.0, 0.0]] * 4)
    with run_in_thread(LinearSVC().fit(X, [0, 1] * 4)) as address:
        predictions = post_json(address, {"spectra": X[:2].tolist()}).json["predictions"]
    assert predictions[0] == {"label": 0, "probabilities": None, "warnings": []}


def test_predict_of_rows_of_pixels_by_a_model_of_images():
    from sklearn.datasets import load_digits
    from sklearn.pipeline import make_pipeline

    digits = load_digits()
    model = make_pipeline(FlattenImages(), LogisticRegression(max_iter=2000))
    model.fit(digits.images[:300].astype(np.uint8), digits.target[:300])
    rows = digits.data[300:305]
    with run_in_thread(model) as address:
        answer = post_json(address, {"spectra": rows.tolist()})
    check_parity(answer, model, [rows])


def test_predict_counts_and_logs_nothing_of_the_samples(spectra, caplog):
    with caplog.at_level("INFO", "sklvision.serving"), run_in_thread(spectra.model) as address:
        post_json(address, {"spectra": spectra.X[:3].tolist()})
        call(address, path="/predict?image_url=http://secret.example/x")
        metrics = call(address, path="/metrics").body.decode()
    assert 'sklvision_requests_total{method="POST",path="/predict",status="200"} 1.0' in metrics
    assert metrics.count("sklvision_predictions_total{") >= 1
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("127.0.0.1 POST /predict 200 ")
    assert lines[0].endswith(" ms 3 samples")
    assert "secret" not in " ".join(lines)
    assert f"{spectra.X[0, 0]:.4f}" not in " ".join(lines)


def test_model_describes_classes_and_input(spectra_server, spectra):
    facts = call(spectra_server, path="/model").json
    assert facts["classes"] == spectra.model.classes_.tolist()
    assert facts["takes"] == "spectra"
    assert facts["input_shape"] == [40]
    assert facts["input"]["input"].startswith("spectra of 40 bands")


def test_health(spectra_server):
    assert call(spectra_server, path="/health").json == {"status": "ok"}


def test_forms_with_other_boundaries_are_read(image_server, images):
    boundary = "----WebKitFormBoundary'()+_,-./:=?x"
    body = make_form(images.files[0], boundary=boundary)
    answer = call(
        image_server,
        "POST",
        "/predict",
        body,
        Content_Type=f'multipart/form-data; boundary="{boundary}"',
    )
    check_parity(answer, images.model, [images.files[0]])
