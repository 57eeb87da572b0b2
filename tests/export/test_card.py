"""Model cards: what they state, what they leave open, and their files."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.export import (
    ModelCard,
    OnnxClassifier,
    load,
    model_card,
    read_manifest,
    save,
)
from sklvision.model_selection import compare_estimators, estimate_accuracy, robustness_curve
from sklvision.reporting._yaml import format_yaml

yaml = pytest.importorskip("yaml")

SCORES = ["accuracy", "balanced_accuracy", "f1_macro"]


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="module")
def candidates():
    scaled = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    return {"bayes": GaussianNB(), "scaled": scaled}


@pytest.fixture(scope="module")
def comparison(iris, candidates):
    with pytest.warns(UserWarning, match="probably optimistic"):  # iris holds a flower twice
        return compare_estimators(candidates, *iris, scoring=SCORES, random_state=0)


@pytest.fixture(scope="module")
def bayes(iris):
    return GaussianNB().fit(*iris)


@pytest.fixture(scope="module")
def card(bayes, comparison, iris):
    return model_card(
        bayes,
        comparison,
        data=iris,
        test_data=iris,
        robustness=robustness_curve(bayes, *iris, random_state=0, severities=1),
        title="Flowers of three kinds",
        intended_use="Teaching.\nNot for botany.",
        limits="Three kinds of one place and year.",
        license="Apache-2.0",
        authors="A. Gardener",
        data_name="Iris (Fisher)",
    )


def read_front_matter(text):
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_metadata_follow_the_specification_of_hugging_face(card, comparison):
    metadata, _ = read_front_matter(card.to_markdown())
    assert metadata == card.metadata
    assert metadata["license"] == "apache-2.0"
    assert metadata["library_name"] == "sklearn"
    assert metadata["pipeline_tag"] == "tabular-classification"
    (model,) = metadata["model-index"]
    assert model["name"] == "Flowers of three kinds"
    (result,) = model["results"]
    assert result["task"]["type"] == "tabular-classification"
    assert result["dataset"] == {"type": "iris-fisher", "name": "Iris (Fisher)"}
    by_fold, f1 = result["metrics"][0], result["metrics"][2]
    assert by_fold["type"] == "accuracy"
    expected = comparison.to_frame().loc["bayes", "mean_accuracy"]
    assert by_fold["value"] == pytest.approx(expected, abs=1e-6)
    assert (f1["type"], f1["args"]) == ("f1", {"average": "macro"})
    assert metadata["metrics"] == ["accuracy", "balanced_accuracy", "f1"]


def test_metadata_are_read_by_the_library_of_hugging_face(card):
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(card.to_markdown()).data
    assert data.model_name == "Flowers of three kinds"
    assert {result.metric_type for result in data.eval_results} >= {"accuracy", "f1"}


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        (None, {"license": "unknown"}),
        ("MIT", {"license": "mit"}),
        ("Plant 7, internal", {"license": "other", "license_name": "plant-7-internal"}),
    ],
)
def test_metadata_of_any_license_are_valid(bayes, license, expected):
    metadata = model_card(bayes, license=license).metadata
    assert {key: metadata[key] for key in metadata if "license" in key} == expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=4))
def test_format_yaml_is_read_as_it_was(values):
    text = "\n".join(format_yaml(values))
    parsed = yaml.safe_load(text)
    assert json.dumps(parsed) == json.dumps(values)


def test_scores_have_the_interval_of_the_corrected_t_test(card, comparison):
    values = comparison.scores("accuracy").loc["bayes"].to_numpy()
    error = values.std(ddof=1) * np.sqrt(1 / 5 + 30 / 120)
    margin = student.ppf(0.975, 4) * error
    low, high = values.mean() - margin, min(1, values.mean() + margin)
    row = f"| accuracy | {values.mean():.4f} | {low:.4f} to {high:.4f} |"
    assert row in card.to_markdown()


def test_recall_and_precision_have_intervals(card, comparison):
    counts = comparison.confusion_matrix("bayes").to_numpy()
    recall, precision = counts[1, 1] / counts[1].sum(), counts[1, 1] / counts[:, 1].sum()
    pattern = rf"\| versicolor \| 50 \| {recall:.4f} \| 0\.\d+ to 0\.\d+ \| {precision:.4f} \| 0\."
    assert re.search(pattern, card.to_markdown())


def test_grouped_samples_have_no_intervals_by_class(iris):
    X, y = iris
    groups = np.arange(len(y)) // 2
    result = compare_estimators(
        GaussianNB(), X, y, groups=groups, check_leaks=False, random_state=0
    )
    text = model_card(GaussianNB().fit(X, y), result).to_markdown()
    assert re.search(r"\| setosa \| 50 \| 1.0000 \| – \| 1.0000 \| – \|", text)
    assert "too narrow" in text


def test_leaks_are_a_warning_where_scores_stand_and_among_limits(card):
    text = card.to_markdown()
    assert text.count("probably optimistic") == 2
    assert "have an exact copy in the training set" in text


def test_statements_of_the_author_are_shown(card):
    for text in (card.to_markdown(), card.to_html()):
        assert "Not for botany." in text
        assert "Three kinds of one place and year." in text
        assert "A. Gardener" in text


def test_scores_are_measured_on_test_data(card, bayes, iris):
    accuracy = bayes.score(*iris)
    assert re.search(rf"\| accuracy \| {accuracy:.4f} \| 0.9\d+ to 0.9\d+ \|", card.to_markdown())
    latency = card.facts["latency"]
    assert 0 < latency["batch_ms"] < latency["one_ms"]


def test_labels_of_another_type_are_refused(iris):
    X, y = iris[0], np.arange(150) % 2
    with pytest.raises(ValueError, match=r"does not know: '0', '1'\. Its classes are 0, 1"):
        model_card(GaussianNB().fit(X, y), test_data=(X, y.astype(str)))
    score = model_card(GaussianNB().fit(X, y), test_data=(X, y.astype(float))).facts["test_scores"]
    assert score["scores"]["accuracy"]["mean"] > 0.4


def test_balanced_accuracy_has_an_interval_that_contains_it(card):
    score = card.facts["test_scores"]["scores"]["balanced_accuracy"]
    assert score["low"] < score["mean"] < score["high"]
    assert score["high"] - score["low"] == pytest.approx(0.065, abs=0.01)


def test_robustness_is_listed(card):
    assert re.search(r"\| gain \| ±20 % \| [\d.]+ \| -0\.\d+ \|", card.to_markdown())


def test_fingerprint_depends_on_samples_and_labels(bayes, iris):
    X, y = iris
    prints = {
        model_card(bayes, data=data).facts["data"]["sha256"]
        for data in ((X, y), (X.copy(), y), (X + 1e-9, y), (X, y[::-1]))
    }
    assert len(prints) == 3


def test_unknown_facts_are_named_with_how_to_measure_them(bayes):
    text = model_card(bayes).to_markdown()
    assert "> **Not stated. The author" in text
    assert "> **Not measured. Pass the comparison" in text
    for fact in ("Leaks", "Robustness", "Latency", "Fingerprint", "Folds", "Drift"):
        line = re.search(rf"- \*\*{fact}:\*\* (.*)", text)[1]
        assert line.startswith("not "), line
    assert "accuracy" not in read_front_matter(text)[0]
    assert "model-index" not in read_front_matter(text)[0]


def test_facts_survive_json(card):
    restored = ModelCard(json.loads(json.dumps(card.facts, allow_nan=False)))
    assert restored.to_markdown() == card.to_markdown()
    assert restored.to_html() == card.to_html()


def test_texts_of_others_stay_texts(iris):
    X, _ = iris
    labels = np.array(["<script>alert(1)</script>", "a|b", "*c*\n# d"])[np.arange(len(X)) % 3]
    result = compare_estimators({"<b>": GaussianNB()}, X, labels, check_leaks=False, random_state=0)
    card = model_card(GaussianNB().fit(X, labels), result, title='"---": {x}', license="mit")
    metadata, body = read_front_matter(card.to_markdown())
    assert metadata["model-index"][0]["name"] == '"---": {x}'
    assert "\n# d" not in body
    assert r"a\|b" in body
    for text in (body, card.to_html()):
        assert "<script" not in text
        assert "<b>" not in text


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


def test_files_are_listed_with_checksums(bayes, tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"abc")
    text = model_card(bayes, files=[path]).to_markdown()
    assert (
        "| model.bin | 3 B | ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad |"
        in text
    )
    assert model_card(bayes, files=str(path)).facts["files"][0]["bytes"] == 3


def test_candidate_is_found_by_its_parameters(iris, candidates, comparison):
    scaled = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, random_state=3)).fit(*iris)
    assert model_card(scaled, comparison).facts["evidence"]["name"] == "scaled"
    other = make_pipeline(StandardScaler(), LogisticRegression(C=0.2)).fit(*iris)
    with pytest.raises(ValueError, match=r"no classifier with the steps and parameters.*'scaled'"):
        model_card(other, comparison)
    named = model_card(other, comparison, candidate="scaled")
    assert named.facts["evidence"]["name"] == "scaled"
    with pytest.raises(ValueError, match="Did you mean 'scaled'"):
        model_card(other, comparison, candidate="scald")


def test_baselines_have_cards_too(iris, comparison):
    text = model_card(
        DummyClassifier().fit(*iris), comparison, candidate="majority class"
    ).to_markdown()
    assert "Accuracy 0.3333" in text
    assert "against" not in text


def test_one_fold_has_an_interval_of_its_accuracy(iris):
    order = np.random.default_rng(0).permutation(150)
    result = compare_estimators(
        GaussianNB(), *iris, cv=[(order[:100], order[100:])], check_leaks=False, random_state=0
    )
    score = model_card(GaussianNB().fit(*iris), result).facts["evidence"]["scores"]["accuracy"]
    assert 0 < score["low"] < score["mean"] < score["high"]


def test_models_of_every_kind_have_a_card(iris, spectrum_net, digit_net, digit_file):
    X, y = iris
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-8]}, cv=2).fit(X, y)
    vote = VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression(max_iter=500))]).fit(
        X, y
    )
    leads = {
        search: "GaussianNB classifies rows of 4 numbers into 3 classes: setosa, versicolor, virginica.",
        vote: "VotingClassifier classifies rows of 4 numbers into 3 classes",
        spectrum_net: "SpectrumClassifier (spectrum\\_mlp) classifies spectra of 502 bands into 3 classes: 0, 1, 5.",
        digit_net: "ImageClassifier (resnet8) classifies images of 8 × 8 pixels into 10 classes",
        OnnxClassifier(digit_file): "OnnxClassifier classifies images of 8 × 8",
    }
    for model, lead in leads.items():
        card = model_card(model)
        assert lead in card.to_markdown()
        kind = "image" if "images" in lead else "tabular"
        assert card.metadata["pipeline_tag"] == f"{kind}-classification"
    net = model_card(spectrum_net)
    assert "10 epochs" in net.to_markdown()
    assert net.metadata["library_name"] == "sklvision"
    assert "spectroscopy" in net.metadata["tags"]
    assert f"**Parameters:** {spectrum_net.n_parameters_:,}" in net.to_markdown()


@pytest.fixture(scope="module")
def estimate(iris):
    return estimate_accuracy(GaussianNB(), *iris, name="bayes", cv=3, random_state=0)


def test_estimate_of_accuracy_is_evidence(bayes, estimate):
    text = model_card(bayes, estimate).to_markdown()
    low, high = estimate.compute_interval("bayes")
    accuracy = estimate.accuracy["bayes"]
    assert f"| accuracy | {accuracy:.4f} | {low:.4f} to {high:.4f} |" in text
    assert f"| majority class (baseline) | {estimate.accuracy['majority class']:.4f} |" in text
    assert "**Folds:** over 3 folds" in text


def test_leaks_of_an_estimate_are_limits(bayes, estimate):
    assert estimate.leaks  # iris holds a flower twice
    text = model_card(bayes, estimate).to_markdown()
    assert text.count("probably optimistic") == 2
    assert "not searched for" not in text


def test_other_scores_of_an_estimate_are_listed(iris, bayes):
    estimate = estimate_accuracy(
        GaussianNB(), *iris, name="bayes", scoring="balanced_accuracy", random_state=0
    )
    score = estimate.scores["balanced_accuracy"]["bayes"]
    text = model_card(bayes, estimate).to_markdown()
    assert f"| balanced accuracy | {score:.4f} | – |" in text


def test_estimate_of_groups_has_no_interval(bayes, iris):
    groups = np.arange(150) // 2
    estimate = estimate_accuracy(
        GaussianNB(), *iris, name="bayes", cv=3, groups=groups, random_state=0
    )
    score = model_card(bayes, estimate).facts["evidence"]["scores"]["accuracy"]
    assert score["low"] is score["high"] is None


def test_archive_keeps_the_estimate_for_the_card(bayes, estimate, tmp_path):
    path = save(bayes, tmp_path / "bayes.sklv", comparison=estimate)
    manifest = read_manifest(path)
    assert manifest["evidence"] is None
    assert model_card(manifest).facts["evidence"] == model_card(bayes, estimate).facts["evidence"]


@pytest.fixture(scope="module")
def archive(bayes, comparison, iris, tmp_path_factory):
    path = tmp_path_factory.mktemp("card") / "flowers.sklv"
    return save(bayes, path, comparison=comparison, data=iris, samples=iris[0][:2])


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
        ({"license": 3}, TypeError, "license must be a text or None, got 3"),
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
