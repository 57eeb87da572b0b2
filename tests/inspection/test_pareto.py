"""The Pareto front: who is on it, what is drawn, and names that can be read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklvision.inspection import ParetoDisplay
from sklvision.model_selection import compare_estimators

X, y = load_wine(return_X_y=True)
number = st.integers(1, 6)


@pytest.fixture(scope="module")
def result():
    models = {"tree": DecisionTreeClassifier(), "bayes": GaussianNB()}
    return compare_estimators(
        models, X, y, cv=3, scoring=["accuracy", "f1_macro"], check_leaks=False, random_state=0
    )


@given(points=st.lists(st.tuples(number, number), min_size=1, max_size=8))
def test_the_front_holds_those_that_nothing_cheaper_equals(points):
    plt = pytest.importorskip("matplotlib.pyplot")
    scores, costs = zip(*points, strict=True)
    names = [f"m{i}" for i in range(len(points))]
    display = ParetoDisplay(names=names, scores=scores, costs=costs).plot()
    plt.close(display.figure_)
    on_front = {points[names.index(name)] for name in display.front_}
    beaten = {
        (s, c)
        for s, c in points
        if any((s2 >= s and c2 <= c) and (s2, c2) != (s, c) for s2, c2 in points)
    }
    assert on_front == set(points) - beaten


def test_the_step_shows_the_best_score_for_each_cost():
    display = ParetoDisplay(names=list("abc"), scores=[0.8, 0.7, 0.9], costs=[1, 2, 10]).plot()
    x, y = display.front_line_.get_data()
    assert display.front_line_.get_drawstyle() == "steps-post"
    assert list(x[1:3]) == [1, 10]
    assert list(y[1:]) == [0.8, 0.9, 0.9]
    assert x[-1] == display.ax_.get_xlim()[1]
    assert display.ax_.get_xscale() == "log"


def test_a_comparison_is_drawn_as_its_table_says(result):
    display = ParetoDisplay.from_result(result, score="f1_macro", cost="pickled_bytes")
    frame = result.to_frame()
    assert display.names == list(frame.index)
    np.testing.assert_allclose(display.scores, frame["mean_f1_macro"])
    np.testing.assert_allclose(display.costs, frame["pickled_bytes"].astype(float))
    assert display.front_ == list(result.tradeoffs("f1_macro", cost="pickled_bytes").index)
    assert display.ax_.get_xlabel() == "size in bytes"
    assert "f1 macro" in display.ax_.get_ylabel()


def test_what_has_no_value_is_left_out_and_named(result):
    display = ParetoDisplay.from_result(result, cost="n_parameters")
    assert "tree" in display.left_out_
    assert "tree" in display.ax_.get_title(loc="right")


def test_limits_are_drawn_and_within_the_axes():
    display = ParetoDisplay(names=["a", "b"], scores=[0.5, 0.9], costs=[1, 5])
    display.plot(max_cost=50, min_score=0.2)
    low, high = display.ax_.get_xlim()
    assert low < 1
    assert high > 50
    assert display.ax_.get_ylim()[0] < 0.2
    assert any(list(line.get_xdata()) == [50, 50] for line in display.ax_.lines)


def test_what_is_far_below_is_at_the_edge_with_its_score():
    names = ["majority", "line", "tree", "net", "vote"]
    display = ParetoDisplay(
        names=names, scores=[0.1, 0.95, 0.94, 0.97, 0.98], costs=[1, 2, 3, 4, 5]
    ).plot()
    assert display.below_ == ["majority"]
    assert display.ax_.get_ylim()[0] > 0.85
    assert "majority (0.1)" in [text.get_text() for text in display.texts_]


@pytest.mark.parametrize("size", [(6.4, 4.4), (3.4, 2.8)])
def test_names_do_not_cover_each_other(size):
    plt = pytest.importorskip("matplotlib.pyplot")
    rng = np.random.default_rng(0)
    names = [f"estimator {i}" for i in range(9)]
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    display = ParetoDisplay(
        names=names, scores=0.9 + 0.02 * rng.random(9), costs=10 ** rng.uniform(0, 2, 9)
    ).plot(ax=ax)
    figure.draw_without_rendering()
    assert sorted(text.get_text() for text in display.texts_) == sorted(names)
    text_type = pytest.importorskip("matplotlib.text").Text
    boxes = [text_type.get_window_extent(text) for text in display.texts_]
    overlaps = sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert overlaps == 0


def test_candidates_of_a_search_are_named_by_what_differs():
    def neg_depth(estimator, X, y):
        return -estimator.get_depth()

    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 3], "criterion": ["gini", "entropy"], "splitter": ["best"]},
        scoring={"accuracy": "accuracy", "neg_depth": neg_depth},
        refit="accuracy",
        cv=3,
    ).fit(X, y)
    display = ParetoDisplay.from_search(search, cost="neg_depth")
    assert set(display.names) == {
        f"{criterion}, max_depth={depth}" for criterion in ("gini", "entropy") for depth in (1, 3)
    }
    assert set(display.costs) <= {1, 2, 3}
    assert display.cost_name == "depth"
    assert ParetoDisplay.from_search(search).cost_name == "scoring in s"


def test_of_many_only_the_front_and_baselines_are_named():
    scores = np.linspace(0.9, 0.8, 20)
    names = [f"m{i}" for i in range(20)]
    display = ParetoDisplay(names=names, scores=scores, costs=np.arange(20) + 1, baselines=["m7"])
    texts = [text.get_text() for text in display.plot().texts_]
    assert texts == ["m0", "m7"]


def test_bad_input_is_refused(result):
    with pytest.raises(ValueError, match=r"no cost 'predict_ms'. Did you mean 'predict_ms_per"):
        ParetoDisplay.from_result(result, cost="predict_ms")
    with pytest.raises(ValueError, match=r"no score 'f2_macro'. Did you mean 'f1_macro'"):
        ParetoDisplay.from_result(result, score="f2_macro")
    with pytest.raises(NotFittedError):
        ParetoDisplay.from_search(GridSearchCV(GaussianNB(), {}))
    with pytest.raises(ValueError, match="differ in length"):
        ParetoDisplay(names=["a"], scores=[1, 2], costs=[1, 2]).plot()
    with pytest.raises(ValueError, match="No estimator has both"):
        ParetoDisplay(names=["a"], scores=[np.nan], costs=[1]).plot()
