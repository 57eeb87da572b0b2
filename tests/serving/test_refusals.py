"""Wrong requests get a status of the client and one sentence, and nothing else."""

from __future__ import annotations

import gzip
import json
from io import BytesIO

import numpy as np
import pytest

from tests.serving._clients import (
    FORM_TYPE,
    call,
    check_refusal,
    make_form,
    post_csv,
    post_images,
    post_json,
    run_in_thread,
    send_raw,
)
from tests.serving.conftest import encode

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SVG, "not an image"),
        (HTML, "not an image"),
        (b"", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "not an image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not an image"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "not an image"),
        (b"\xff\xd8\xff" + bytes(1000), "not an image"),
        (b"II*\0\xff\xff\xff\xff", "not an image"),
    ],
)
def test_files_that_are_no_images_are_refused(image_server, content, words):
    check_refusal(post_images(image_server, content), 422, words)


def test_a_bad_file_is_named_by_its_number(image_server, images):
    answer = post_images(image_server, images.files[0], images.files[1][:-300])
    check_refusal(answer, 422, "Image 2: cannot be read as an image")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 4000, 400, "not JSON"),
        (b"[" * 100_000, 413, "4,096 samples"),
        (b'{"spectra": ' + b"[" * 100_000, 413, "4,096 samples"),
        (b'{"spectra": [[' + b"1," * 4096 * 40 + b"1]]}", 413, "more values"),
        (b'{"spectra": [[1]], "x": {"y": {}}}', 422, "and nothing more"),
        (b"[]", 422, "and nothing more"),
        (b'{"spectra": [[1]], "more": 1}', 422, "and nothing more"),
        (b'{"spectra": []}', 422, "list of lists of numbers"),
        (b'{"spectra": {}}', 422, "and nothing more"),
        (b'{"spectra": [1, 2]}', 422, "list of lists of numbers"),
        (b'{"spectra": [["1"]]}', 422, "list of lists of numbers"),
        (b'{"spectra": [[true]]}', 422, "list of lists of numbers"),
        (b'{"spectra": [[null]]}', 422, "list of lists of numbers"),
        (b'{"spectra": [[1], [1, 2]]}', 422, "differ in length"),
        (b'{"spectra": [[1, 2, 3]]}', 422, "rows of 3 numbers, and the model takes rows of 40"),
        (b'{"spectra": [[1' + b"0" * 400 + b"]]}", 422, "too large"),
    ],
)
def test_wrong_json_is_refused(spectra_server, body, status, words):
    check_refusal(post_json(spectra_server, body), status, words)


@pytest.mark.parametrize(
    ("value", "words"), [("NaN", "missing"), ("Infinity", "infinite"), ("1e999", "infinite")]
)
def test_spectra_with_missing_values_are_refused(spectra_server, value, words):
    row = f"[{', '.join([value] + ['1'] * 39)}]"
    answer = post_json(spectra_server, f'{{"spectra": [{row}]}}'.encode())
    check_refusal(answer, 422, words)
    assert "sample 1, value 1" in answer.json["detail"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "table"),
        ("900 nm,910 nm\n1,2\n", "bands that the model takes are missing"),
        ("a,b\n", "table"),
        ("\0\0\0\0\n\0", "table"),
        ('"a,b\n1,2\n', "table"),
        ("file\n/etc/hostname.png\n", "table"),
    ],
)
def test_wrong_tables_are_refused(spectra_server, text, words):
    answer = post_csv(spectra_server, text)
    check_refusal(answer, 422)
    assert "/tmp" not in answer.json["detail"]
    assert words in answer.json["detail"] or "table" in answer.json["detail"]


@pytest.mark.parametrize("text", ["1\n" * 10_000, ("1," * 1000 + "1\n") * 2000])
def test_tables_of_too_many_cells_are_refused(spectra_server, text):
    check_refusal(post_csv(spectra_server, text), 413, "more")


def test_a_table_of_file_names_reads_no_files(image_server, tmp_path, images):
    (tmp_path / "private.png").write_bytes(images.files[0])
    answer = post_csv(image_server, f"file\n{tmp_path}/private.png\n")
    check_refusal(answer, 422)


def test_missing_values_in_a_table_are_refused(spectra_server, spectra):
    row = ["1"] * 40
    row[7] = ""
    answer = post_csv(spectra_server, ",".join(spectra.names) + "\n" + ",".join(row) + "\n")
    check_refusal(answer, 422, "missing")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"x", "text/plain", 415, "must be multipart/form-data"),
        (b"x", "", 415, "must be multipart/form-data"),
        (b"x", "multipart/form-data", 400, "no boundary"),
        (b"x", f"multipart/form-data; boundary={'b' * 200}", 400, "no boundary"),
        (b"x", FORM_TYPE, 400, "broken"),
        (b"", FORM_TYPE, 400, ""),
        (make_form(b"x")[:-10], FORM_TYPE, 400, "ends before"),
        (make_form(b"x", field="image"), FORM_TYPE, 422, "not named 'files'"),
        (b"--boundary\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", FORM_TYPE, 400, ""),
        (b"--boundary\r\n\r\nx\r\n--boundary--\r\n", FORM_TYPE, 422, "not named 'files'"),
    ],
)
def test_wrong_bodies_are_refused(image_server, body, content_type, status, words):
    answer = call(image_server, "POST", "/predict", body, Content_Type=content_type)
    check_refusal(answer, status, words)


def test_an_empty_form_is_refused(image_server):
    answer = call(image_server, "POST", "/predict", make_form(), Content_Type=FORM_TYPE)
    check_refusal(answer, answer.status)
    assert answer.status in {400, 422}  # older parsers take it for a broken one


def test_compressed_bodies_are_not_unpacked(spectra_server):
    body = gzip.compress(b'{"spectra": [[1]]}')
    answer = call(
        spectra_server,
        "POST",
        "/predict",
        body,
        Content_Type="application/json",
        Content_Encoding="gzip",
    )
    check_refusal(answer, 400, "not JSON")


def test_images_for_a_model_of_spectra_are_refused(spectra_server, images):
    check_refusal(post_images(spectra_server, images.files[0]), 422, "takes spectra")
    check_refusal(post_images(spectra_server, images.files[0]), 422, "Content-Type: text/csv")


def test_images_of_another_size_are_refused_by_a_model_of_one_size():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from sklvision.image import FlattenImages

    X = np.random.default_rng(0).integers(0, 255, (8, 6, 6), dtype=np.uint8)
    model = make_pipeline(FlattenImages(), LogisticRegression()).fit(X, [0, 1] * 4)
    with run_in_thread(model) as address:
        answer = post_images(address, encode(np.zeros((9, 9), np.uint8)))
        check_refusal(answer, 422)
        assert post_images(address, encode(X[0])).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/predict/", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/page/page.html", 404),
        ("GET", "/docs", 404),
        ("PUT", "/predict", 405),
        ("DELETE", "/model", 405),
        ("POST", "/", 405),
        ("POST", "/health", 405),
        ("GET", "/predict", 422),
        ("GET", "/predict?image_url=", 422),
        ("POST", "/predict?crop=maybe", 415),
    ],
)
def test_wrong_paths_and_methods_are_refused(spectra_server, method, path, status):
    answer = call(spectra_server, method, path)
    check_refusal(answer, status)
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST"}


def test_a_wrong_flag_is_refused(spectra_server, spectra):
    answer = call(
        spectra_server,
        "POST",
        "/predict?crop=maybe",
        json.dumps({"spectra": spectra.X[:1].tolist()}),
        Content_Type="application/json",
    )
    check_refusal(answer, 422, "crop must be true or false")


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01 TLS\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(spectra_server, content):
    head, _, body = send_raw(spectra_server, content).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body) == {"detail": "The request is not valid HTTP."}


def test_answers_forbid_browsers_to_guess(spectra_server):
    answer = call(spectra_server, path="/nothing")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json"
    assert "server" not in answer.headers


def test_an_unknown_failure_says_nothing_of_its_reason(images):
    class Failing:
        classes_ = np.array([0, 1])
        n_features_in_ = 2

        def fit(self, X, y):
            return self

        def predict(self, X):
            raise RuntimeError("secret path")

        def __sklearn_is_fitted__(self):
            return True

        def __sklearn_tags__(self):
            from sklearn.utils import Tags, TargetTags

            return Tags(estimator_type="classifier", target_tags=TargetTags(required=True))

    with run_in_thread(Failing()) as address:
        answer = post_json(address, {"spectra": [[1, 2]]})
    assert answer.status == 500
    assert answer.json == {"detail": "The server failed; its log has the reason."}


def test_tokens_are_needed_where_they_are_set(spectra):
    body = {"spectra": spectra.X[:1].tolist()}
    with run_in_thread(spectra.model, tokens=["right", "other"]) as address:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}):
            answer = post_json(address, body, **header)
            check_refusal(answer, 401, "token")
            assert answer.headers["www-authenticate"] == "Bearer"
        for path in ("/model", "/metrics", "/predict?image_url=http://x/"):
            check_refusal(call(address, path=path), 401)
        for token in ("right", "other"):
            assert post_json(address, body, Authorization=f"Bearer {token}").status == 200
        assert call(address, path="/health").status == 200
        assert call(address, path="/").status == 200


def test_image_url_is_off_unless_a_host_is_allowed(image_server):
    answer = call(image_server, path="/predict?image_url=http://example.com/x.jpg")
    check_refusal(answer, 403, "switched off")


def test_sixteen_bit_and_broken_tiffs_never_fail(image_server):
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.zeros((48, 64), np.uint16)).save(stream, "TIFF")
    content = stream.getvalue()
    statuses = {
        post_images(image_server, content[:length]).status for length in range(8, len(content), 997)
    }
    assert statuses <= {200, 422}
