"""ParetoDisplay: scores against costs, the front, and names next to the points."""

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklvision.inspection import ParetoDisplay
from sklvision.model_selection import compare_estimators

X, y = load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def result():
    models = {"tree": DecisionTreeClassifier(), "bayes": GaussianNB()}
    return compare_estimators(
        models, X, y, cv=3, scoring=["accuracy", "f1_macro"], check_leaks=False, random_state=0
    )


def test_pareto_display_draws_the_front_as_a_step_of_the_best_score_for_each_cost():
    display = ParetoDisplay(names=list("abc"), scores=[0.8, 0.7, 0.9], costs=[1, 2, 10]).plot()
    x, y = display.front_line_.get_data()
    assert display.front_line_.get_drawstyle() == "steps-post"
    assert list(x[1:3]) == [1, 10]
    assert list(y[1:]) == [0.8, 0.9, 0.9]
    assert x[-1] == display.ax_.get_xlim()[1]
    assert display.ax_.get_xscale() == "log"


def test_pareto_display_takes_scores_and_costs_of_a_comparison(result):
    display = ParetoDisplay.from_result(result, score="f1_macro", cost="pickled_bytes")
    frame = result.to_frame()
    assert display.names == list(frame.index)
    np.testing.assert_allclose(display.scores, frame["mean_f1_macro"])
    np.testing.assert_allclose(display.costs, frame["pickled_bytes"].astype(float))
    assert display.front_ == list(result.tradeoffs("f1_macro", cost="pickled_bytes").index)
    assert display.ax_.get_xlabel() == "size in bytes"
    assert "f1 macro" in display.ax_.get_ylabel()


def test_pareto_display_names_estimators_without_a_value(result):
    display = ParetoDisplay.from_result(result, cost="n_parameters")
    assert "tree" in display.left_out_
    assert "tree" in display.ax_.get_title(loc="right")


def test_pareto_display_draws_limits_within_the_axes():
    display = ParetoDisplay(names=["a", "b"], scores=[0.5, 0.9], costs=[1, 5])
    display.plot(max_cost=50, min_score=0.2)
    low, high = display.ax_.get_xlim()
    assert low < 1
    assert high > 50
    assert display.ax_.get_ylim()[0] < 0.2
    assert any(list(line.get_xdata()) == [50, 50] for line in display.ax_.lines)


def test_pareto_display_writes_scores_far_below_the_others_at_the_edge():
    names = ["majority", "line", "tree", "net", "ensemble"]
    display = ParetoDisplay(
        names=names, scores=[0.1, 0.95, 0.94, 0.97, 0.98], costs=[1, 2, 3, 4, 5]
    ).plot()
    assert display.below_ == ["majority"]
    assert display.ax_.get_ylim()[0] > 0.85
    assert "majority (0.1)" in [text.get_text() for text in display.texts_]


@pytest.mark.parametrize("size", [(6.4, 4.4), (3.4, 2.8)])
def test_pareto_display_writes_names_that_cover_neither_names_nor_points(size):
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
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    points = ax.transData.transform(np.column_stack([display.costs, display.scores]))
    assert not any(box.contains(*point) for box in boxes for point in points)


def test_pareto_display_names_candidates_of_a_search_by_differing_parameters():
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


def test_pareto_display_of_many_names_only_the_front_and_baselines():
    scores = np.linspace(0.9, 0.8, 20)
    names = [f"m{i}" for i in range(20)]
    display = ParetoDisplay(names=names, scores=scores, costs=np.arange(20) + 1, baselines=["m7"])
    texts = [text.get_text() for text in display.plot().texts_]
    assert texts == ["m0", "m7"]


def test_pareto_display_refuses_bad_input(result):
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
