"""Models of every kind of file behind the service."""

from __future__ import annotations

import numpy as np
import pytest

from sklvision.export import read_manifest, save, to_onnx
from sklvision.serving import create_app
from tests.serving._clients import call, post_images, post_json, run_in_thread
from tests.serving.test_predict import check_parity


def test_archives_are_served_without_a_pickle(spectra, tmp_path):
    path = save(spectra.model, tmp_path / "line.sklv")
    with run_in_thread(path, allow_pickle=False) as address:
        check_parity(
            post_json(address, {"spectra": spectra.X[:5].tolist()}), spectra.model, [spectra.X[:5]]
        )
        facts = call(address, path="/model").json
        page = call(address, path="/model", Accept="text/html,*/*;q=0.8")
    assert facts["manifest"]["format"] == read_manifest(path)["format"]
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_archives_of_images_are_served(images, tmp_path):
    path = save(images.model, tmp_path / "parts.sklv")
    with run_in_thread(path, allow_pickle=False) as address:
        check_parity(post_images(address, *images.files[:3]), images.model, images.files[:3])


def test_onnx_files_are_served(spectra, tmp_path):
    pytest.importorskip("onnxruntime")
    path = to_onnx(spectra.model, tmp_path / "line.onnx", samples=spectra.X[:20])
    with run_in_thread(path, allow_pickle=False) as address:
        answer = post_json(address, {"spectra": spectra.X[:5].tolist()})
    assert answer.status == 200, answer
    expected = spectra.model.predict_proba(spectra.X[:5])
    answered = [list(p["probabilities"].values()) for p in answer.json["predictions"]]
    np.testing.assert_allclose(answered, expected, atol=1e-4)


def test_altered_archives_and_pickles_are_refused(spectra, spectra_file, tmp_path):
    path = save(spectra.model, tmp_path / "line.sklv")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"line\.sklv"):
        create_app(path)
    with pytest.raises(ValueError, match="allow_pickle=True"):
        create_app(spectra_file)
    with pytest.raises(ValueError, match="only archives"):
        create_app(spectra_file, allow_pickle=True, verify=tmp_path / "key")
