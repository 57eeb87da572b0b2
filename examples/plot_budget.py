"""
============================================
The best architecture that is small and fast
============================================

A net that is to run beside a camera has so many milliseconds for an image, and so much room. Which
architecture is the best of those that keep within both? One grid search tells: it measures
what each costs beside how well it does, and refits the best within the budget.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from sklvision.model_selection import file_size, within_budget
from sklvision.neural_network import ImageClassifier

# %%
# 1,797 handwritten digits of 8 × 8 pixels. A test part is kept for the end.

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=500, stratify=digits.target, random_state=0
)

# %%
# A table of architectures is a grid, and so are the widths of one of them. The budget brings
# its own scorers; the size of the file has no limit here and is measured all the same.

grid = [
    {"architecture": ["mlp", "cifar_cnn", "speed_cnn"]},
    {"architecture": ["resnet8"], "architecture_params": [{"width": n} for n in (8, 16, 32)]},
]
budget = within_budget("accuracy", max_latency_ms=10, max_parameters=100_000)
search = GridSearchCV(
    ImageClassifier(max_epochs=4, random_state=0),
    grid,
    scoring=budget.scoring | {"file_size": file_size},
    refit=budget,
    cv=3,
).fit(X_train, y_train)

# %%
# Of times the median over the folds counts, of all else the mean is shown.


def name(params):
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
table.index = results["params"].map(name)
chosen = table.index[search.best_index_]
print(table.sort_values("accuracy", ascending=False).round(3).to_string())
print(f"\nWithin the budget: {chosen}, {search.score(X_test, y_test):.3f} on the test part")

# %%
# Score against latency. What has too many parameters is drawn hollow; what is too slow would be to
# the right of the line. Areas are sizes of files.

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
edges = ["#fb8500" if index == chosen else "#219ebc" for index in table.index]
small = table["parameters"] <= budget.max_parameters
ax.scatter(
    table["ms per image"],
    table["accuracy"],
    s=table["file size, kB"] / 3,
    facecolors=[edge if fits else "none" for edge, fits in zip(edges, small, strict=True)],
    edgecolors=edges,
)
for label, row in table.iterrows():
    above = (0, 4 + (row["file size, kB"] / 9) ** 0.5)
    point = row[["ms per image", "accuracy"]]
    ax.annotate(label, point, above, textcoords="offset points", ha="center")
ax.axvline(budget.max_latency_ms, color="#d62828", linestyle="--", label="limit of latency")
ax.set(
    xlabel="latency (ms per image, one thread)",
    ylabel="accuracy (mean of 3 folds)",
    title=f"Chosen within the budget: {chosen}",
    xlim=(0, None),
)
ax.margins(y=0.2)
ax.legend(loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %%
# The wider net scores higher and does not fit. To compare the chosen one with simple baselines, and
# to say how sure the difference is, hand the whole search to
# :func:`~sklvision.model_selection.compare_estimators`: it then chooses anew within every fold.

plt.show()
