"""Metadata of a card follow the specification of Hugging Face, and texts stay texts."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

from sklvision.export import ModelCard, model_card
from sklvision.model_selection import compare_estimators
from sklvision.reporting._yaml import format_yaml
from tests.export.card._parts import read_front_matter

yaml = pytest.importorskip("yaml")


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
