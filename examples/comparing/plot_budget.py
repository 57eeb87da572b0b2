"""
============================================
The best architecture that is small and fast
============================================

A net that runs next to a camera has limited time for each image, and limited memory. Which
architecture is the best within both limits? One grid search answers this: it measures costs as well
as accuracy, and refits the best architecture within the budget.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from sklvision.model_selection import file_size, within_budget
from sklvision.neural_network import ImageClassifier

# %%
# 1,797 handwritten digits of 8 × 8 pixels. A test set is kept for the end.

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=900, stratify=digits.target, random_state=0
)

# %%
# A table of architectures is a grid, and so are the widths of one of them. The budget provides its
# own scorers. The size of the file has no limit here, but is measured as well.

grid = [
    {"architecture": ["mlp", "cifar_cnn"]},
    {"architecture": ["resnet8"], "architecture_params": [{"width": n} for n in (8, 16, 24)]},
]
budget = within_budget("accuracy", max_latency_ms=20, max_parameters=100_000)
search = GridSearchCV(
    ImageClassifier(max_epochs=3, random_state=0),
    grid,
    scoring=budget.scoring | {"file_size": file_size},
    refit=budget,
    cv=2,
).fit(X_train, y_train)

# %%
# Times are medians over the folds, everything else means.


def format_params(params):
    width = params.get("architecture_params", {}).get("width")
    return params["architecture"] + (f", width {width}" if width else "")


results = pd.DataFrame(search.cv_results_)
table = pd.DataFrame(
    {
        "accuracy": results["mean_test_accuracy"],
        "ms per image": results.filter(regex=r"split\d+_test_latency_ms").median(axis=1),
        "parameters": results["mean_test_parameter_count"].astype(int),
        "file size, kB": results["mean_test_file_size"] / 1000,
    }
)
table.index = results["params"].map(format_params)
best = table.index[search.best_index_]
print(table.sort_values("accuracy", ascending=False).round(3).to_string())
print(f"\nWithin the budget: {best}, {search.score(X_test, y_test):.3f} on the test set")

# %%
# Score against latency. Nets with too many parameters are drawn hollow; nets that are too slow
# would be to the right of the line. Areas are sizes of files.

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
edges = ["#fb8500" if index == best else "#219ebc" for index in table.index]
small = table["parameters"] <= budget.max_parameters
ax.scatter(
    table["ms per image"],
    table["accuracy"],
    s=table["file size, kB"] / 3,
    facecolors=[edge if fits else "none" for edge, fits in zip(edges, small, strict=True)],
    edgecolors=edges,
)
for label, row in table.iterrows():
    radius = 4 + (row["file size, kB"] / 9) ** 0.5
    # Nets of one kind are close to each other: the name of the best is above, others are below.
    is_best = label == table["accuracy"].idxmax()
    ax.annotate(
        label,
        row[["ms per image", "accuracy"]],
        (0, radius if is_best else -radius),
        textcoords="offset points",
        ha="center",
        va="bottom" if is_best else "top",
    )
ax.axvline(budget.max_latency_ms, color="#d62828", linestyle="--", label="limit of latency")
ax.set(
    xlabel="latency (ms per image, one thread)",
    ylabel="accuracy (mean of 2 folds)",
    title=f"Chosen within the budget: {best}",
    xscale="log",
    xlim=(0.1, 40),
)
ax.margins(y=0.2)
ax.legend(loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %%
# The wider net has a higher score, but exceeds the budget. To compare the best one with simple
# baselines, with an interval of the difference, pass the whole search to
# :func:`~sklvision.model_selection.compare_estimators`: it then chooses again within every fold.

plt.show()
