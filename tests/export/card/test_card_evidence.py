"""Scores, intervals, leaks and limits that a card states, and from which data."""

import re

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.export import OnnxClassifier, model_card, read_manifest, save
from sklvision.model_selection import compare_estimators, estimate_accuracy


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
