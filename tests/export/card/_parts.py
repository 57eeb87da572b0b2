"""The scores that a card shows, and the reading of its metadata."""

import pytest

SCORES = ["accuracy", "balanced_accuracy", "f1_macro"]


def read_front_matter(text):
    _, front, body = text.split("---\n", 2)
    return pytest.importorskip("yaml").safe_load(front), body
