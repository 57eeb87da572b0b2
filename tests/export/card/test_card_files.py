"""Pages, files and archives of a card, and what is refused."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from sklvision.export import load, model_card, read_manifest, save
from sklvision.model_selection import compare_estimators
from tests.export.card._parts import SCORES


def test_page_needs_no_network(card):
    page = card.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"""(src|href)=|url\(|@import|<script""", page)


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_page_fits_a_phone(iris, candidates, tmp_path):
    """In a real browser no part of the page is wider than 390 pixels."""
    X, y = iris
    y = np.array([f"{name}_with_a_long_name_without_any_space_in_it" for name in y])
    result = compare_estimators(candidates, X, y, scoring=SCORES, check_leaks=False, random_state=0)
    model = clone(candidates["scaled"]).fit(X, y)
    file = tmp_path / f"{'model' * 12}.bin"
    file.write_bytes(b"abc")
    card = model_card(model, result, test_data=(X, y), title="Classifier" * 6, files=[file])
    (tmp_path / "frame.html").write_text(
        '<body><iframe id="f" style="width:390px;height:900px;border:0"></iframe><script>'
        f"const page = {json.dumps(card.to_html()).replace('</', '<' + chr(92) + '/')};"
        "const f = document.getElementById('f'); f.srcdoc = page; f.onload = () => {"
        "const d = f.contentDocument.documentElement;"
        "document.title = d.scrollWidth + ' of ' + d.clientWidth; };</script></body>",
        encoding="utf-8",
    )
    process = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        + [
            "--virtual-time-budget=5000",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"file://{tmp_path}/frame.html",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "<title>390 of 390</title>" in process.stdout


def test_save_writes_by_suffix_or_both_to_a_directory(card, tmp_path):
    assert card.save(tmp_path / "card.MD") == [tmp_path / "card.MD"]
    assert (tmp_path / "card.MD").read_text(encoding="utf-8") == card.to_markdown()
    folder = tmp_path / "model"
    folder.mkdir()
    assert card.save(folder) == [folder / "README.md", folder / "model_card.html"]
    assert (folder / "model_card.html").read_text(encoding="utf-8") == card.to_html()


def test_save_replaces_no_readme_of_others(card, tmp_path):
    (tmp_path / "README.md").write_text("# A project\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is not a model card and would be replaced"):
        card.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_save_refuses_other_names(card, tmp_path):
    with pytest.raises(ValueError, match=r"card.pdf'.*\.md or \.html"):
        card.save(tmp_path / "card.pdf")
    assert list(tmp_path.iterdir()) == []


def test_archive_holds_the_card(archive, bayes, comparison, iris):
    text = model_card(read_manifest(archive), license="mit").to_markdown()
    direct = model_card(bayes, comparison, data=iris, license="mit").to_markdown()
    times = re.compile(r"- \*\*(Card made|Archive made|Signature):.*\n")
    assert times.sub("", text) == times.sub("", direct)
    assert "**Signature:** none" in text


def test_loaded_model_has_a_card_with_its_manifest(archive, iris):
    card = model_card(load(archive), read_manifest(archive), test_data=iris)
    assert card.facts["evidence"]["name"] == "bayes"
    assert card.facts["test_scores"]["n_samples"] == 150
    other = GaussianNB().fit(iris[0], np.arange(150) % 3)
    with pytest.raises(ValueError, match="manifest is of a model with the classes"):
        model_card(other, read_manifest(archive))


def replace_values(value, other):
    """Yield copies of nested values, in each of which one value is another."""
    yield other
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        is_nested = isinstance(inner, (dict, list)) and inner
        for replacement in replace_values(inner, other) if is_nested else [other]:
            copy = value.copy()
            copy[key] = replacement
            yield copy


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("other", [None, 7, "<script>", [[]], {"a": -1.5}])
def test_manifests_of_others_make_a_card_or_a_clear_error(archive, other):
    manifest = read_manifest(archive)
    n_cards = n_errors = 0
    for facts in replace_values(manifest["card"], other):
        try:
            card = model_card({**manifest, "card": facts})
        except ValueError:
            n_errors += 1
        else:
            n_cards += 1
            body = card.to_markdown().split("---\n", 2)[2].partition("\n```")[0]
            assert "<script" not in card.to_html() + body
    assert min(n_cards, n_errors) > 0


def test_manifest_alone_cannot_be_measured(archive, iris):
    with pytest.raises(ValueError, match="Pass the model as well"):
        model_card(read_manifest(archive), test_data=iris)


def test_archive_with_an_unknown_candidate_is_not_written(bayes, comparison, tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'bayes'"):
        save(bayes, tmp_path / "x.sklv", comparison=comparison, candidate="baies")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (GaussianNB(), ValueError, "this GaussianNB is not fitted"),
        (GaussianNB, TypeError, "got GaussianNB"),
        (LinearRegression(), TypeError, "must be a fitted classifier.*got LinearRegression"),
        ("model.joblib", TypeError, "got str"),
        ({"classes": [0, 1]}, ValueError, "not the manifest of an archive"),
    ],
)
def test_wrong_models_are_refused(model, error, message):
    with pytest.raises(error, match=message):
        model_card(model)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"comparison": "report.html"},
            TypeError,
            "must be a result of compare_estimators, got str",
        ),
        ({"data": np.zeros((3, 4))}, TypeError, r"data must be a tuple of samples and labels"),
        ({"data": (np.zeros((3, 4)), None)}, TypeError, "data must have labels"),
        (
            {"test_data": (np.zeros((3, 4)), ["setosa"])},
            ValueError,
            "3 samples, and labels of shape",
        ),
        ({"test_data": (np.zeros((1, 4)), ["rose"])}, ValueError, "does not know: 'rose'. Its"),
        ({"test_data": (np.zeros((0, 4)), [])}, ValueError, "no samples"),
        ({"robustness": {"gain": 1}}, TypeError, "must be a result of robustness_curve, got dict"),
        ({"title": " "}, ValueError, "title is empty"),
        ({"license": 3}, TypeError, "license must be a string or None, got 3"),
        ({"files": ["missing.onnx"]}, FileNotFoundError, "missing.onnx"),
    ],
)
def test_wrong_arguments_are_refused(bayes, arguments, error, message):
    with pytest.raises(error, match=message):
        model_card(bayes, **arguments)


def test_comparison_of_other_classes_is_refused(iris, comparison):
    X, y = iris
    model = GaussianNB().fit(X[:100], y[:100])
    with pytest.raises(
        ValueError, match=r"its classes are 'setosa', .*those of the model 'setosa', 'versicolor'"
    ):
        model_card(model, comparison)
