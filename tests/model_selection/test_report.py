"""The report: what it holds, and how a browser lays it out."""

import html
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder

from sklvision.image import FlattenImages
from sklvision.model_selection import (
    compare_estimators,
    learning_curve_forecast,
    robustness_curve,
)

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
VOID = {"meta"}


@pytest.fixture(scope="module")
def images():
    digits = load_digits()
    return (15 * digits.images[:300]).astype(np.uint8), digits.target[:300]


@pytest.fixture(scope="module")
def result(images):
    neighbors = make_pipeline(FlattenImages(), KNeighborsClassifier())
    search = GridSearchCV(neighbors, {"kneighborsclassifier__n_neighbors": [1, 3]}, cv=2)
    forest = make_pipeline(FlattenImages(), RandomForestClassifier(20))
    with pytest.warns(UserWarning, match="probably optimistic"):  # digits come in series of writers
        return compare_estimators(
            {"forest & <friends>": forest, "neighbors": search},
            *images,
            cv=3,
            scoring=["accuracy", "f1_macro"],
            random_state=0,
        )


@pytest.fixture(scope="module")
def page(images, result):
    X, y = images
    train, test = result.splits[0]
    fitted_models = {
        name: clone(result.estimators[name]).fit(X[train], y[train])
        for name in ("forest & <friends>", "logistic regression")
    }
    curves = robustness_curve(
        fitted_models,
        X[test],
        y[test],
        corruptions=["noise", "shift"],
        severities=2,
        random_state=0,
    )
    forecast = learning_curve_forecast(
        result.estimators["forest & <friends>"], X, y, cv=3, random_state=0
    )
    return result.to_html(robustness=curves, forecast={"forest": forecast})


class Balance(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.links = []

    def handle_starttag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_to_html_is_well_formed_and_self_contained(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert parser.links == []
    assert "<script" not in page
    assert "@import" not in page
    assert "url(" not in page


def test_to_html_escapes_names(page):
    assert "forest &amp; &lt;friends&gt;" in page
    assert "<friends>" not in page


def test_to_html_has_every_section(page):
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == [
        "Against logistic regression",
        "What a higher score costs",
        "Recall and precision by class",
        "Confusion matrices",
        "Calibration",
        "Robustness to image or spectrum corruption",
        "Learning curves",
        "Parameters chosen by the searches",
        "Data leakage",
        "How it was compared",
    ]
    assert "kneighborsclassifier__n_neighbors" in page
    text = " ".join(html.unescape(page).split())
    assert "RandomForestClassifier(n_estimators=20, random_state=" in text
    assert "f1_macro in every fold" in page


def test_to_html_shows_the_numbers_of_the_result(page, result):
    row = result.differences().loc["neighbors"]
    assert f"{100 * row['low']:+.2f} to {100 * row['high']:+.2f}" in page
    counts = result.confusion_matrix("logistic regression").to_numpy()
    table = page.partition("Confusion matrices")[2].partition("<h3>logistic regression")[2]
    cells = re.findall(r'<td class="hit" style="--depth:\d+%">(\d+)</td>', table)
    assert [int(cell) for cell in cells[:10]] == np.diag(counts).tolist()


def test_to_html_lists_frequent_confusions_of_many_classes():
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(25), 6)
    X = y[:, np.newaxis] + rng.normal(scale=2, size=(150, 2))
    y = LabelEncoder().fit(y).transform(y).astype(str)
    result = compare_estimators(KNeighborsClassifier(), X, y, cv=3, check_leaks=False)
    page = result.to_html()
    assert 'class="confusion"' not in page
    assert "the most frequent of" in page


def test_to_html_reports_that_no_leaks_were_found():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 6)), np.tile([0, 1], 40)
    page = compare_estimators(KNeighborsClassifier(), X, y, random_state=0).to_html()
    assert "Data leakage" in page
    assert "probably optimistic" not in page


def test_to_html_refuses_a_path_that_cannot_be_written(result, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"report\.html': the directory .*nowhere"):
        result.to_html(tmp_path / "nowhere" / "report.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        result.to_html(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome to open the page in")
@pytest.mark.parametrize("width", [390, 1200])
def test_to_html_fits_the_screen_of_a_browser(page, tmp_path, width):
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    # A frame is as narrow as a phone, which a headless window cannot be.
    (tmp_path / "frame.html").write_text(
        f'<iframe src="report.html" style="width:{width}px;height:900px;border:0" onload="'
        "const page = this.contentDocument.documentElement;"
        "document.title = [page.scrollWidth, page.scrollHeight, "
        "page.querySelectorAll('svg circle').length].join(' ')\"></iframe>"
    )
    dom = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--allow-file-access-from-files",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=5000",
            "--dump-dom",
            (tmp_path / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    match = re.search(r"<title>(\d+) (\d+) (\d+)</title>", dom)
    assert match, dom[:500]
    wide, high, n_dots = map(int, match.groups())
    assert wide <= width
    assert 2000 < high < 12000
    assert n_dots > 20


@pytest.mark.parametrize("is_drawn", [True, False])
def test_page_draws_the_majority_class_where_a_candidate_is_worse(tmp_path, is_drawn):
    """Else the front, of which it is the cheapest part, has a caption and no line."""
    y = np.repeat([0, 1], [12, 28])
    X = np.c_[y, np.ones(40)]
    worse = DummyClassifier(strategy="constant", constant=0)
    estimators = {
        "one": KNeighborsClassifier(1),
        "two": worse if is_drawn else KNeighborsClassifier(),
    }
    path = tmp_path / "report.html"
    compare_estimators(estimators, X, y, cv=2, random_state=0, check_leaks=False).to_html(path)
    page = path.read_text(encoding="utf-8")
    assert bool(re.search("<title>majority class: [^<]* ms</title>", page)) is is_drawn
