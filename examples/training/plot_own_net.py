"""
=============================
A net of your own, in torch
=============================

The architecture is a parameter. Names come from a registry; a function that returns a module of
torch does as well. Everything else stays as it is: standardization, augmentation, early stopping,
grids, comparisons, one file to ship.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from torch import nn

from sklvision.export import ModelFileError, load, save
from sklvision.inspection import ParetoDisplay, TrainingCurveDisplay
from sklvision.model_selection import compare_estimators, parameter_count
from sklvision.nets import build, get_architecture, list_architectures
from sklvision.neural_network import ImageClassifier
from sklvision.utils.discovery import all_estimators

# %%
# A registered net is a plain module of torch, for one shape of samples and a number of classes.

print(list_architectures("spectrum"))
for name in ("mlp", "resnet8", "resnet20", "cifar_cnn", "speed_cnn"):
    n_parameters = sum(p.numel() for p in build(name, (28, 28, 1), 10).parameters())
    kind = get_architecture(name).kind
    print(f"{name:10} {n_parameters:9,} parameters on {kind}s of 28 x 28 pixels")

# %%
# A net of your own is a function of the shape of one sample and of the number of classes, plus any
# parameters with defaults. It takes channels first, as torch does, and returns logits, one number
# per class, without softmax. Here: convolutions that look at rows and at columns.


def crossing(input_shape, n_classes, width=16, depth=2):
    """Build a net of alternating row and column convolutions."""
    channels, layers = input_shape[-1], []
    for _ in range(depth):
        for kernel in ((1, 3), (3, 1)):
            padding = (kernel[0] // 2, kernel[1] // 2)
            layers += [
                nn.Conv2d(channels, width, kernel, padding=padding, bias=False),
                nn.BatchNorm2d(width),
                nn.GELU(),
            ]
            channels = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * width, n_classes)
    )


print(crossing((8, 8, 1), 10)(torch.zeros(2, 1, 8, 8)).shape)

# %%
# Its parameters are searched like any others.

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, train_size=700, stratify=digits.target, random_state=0
)
own = ImageClassifier(crossing, max_epochs=12, random_state=0)
search = GridSearchCV(own, {"architecture_params": [{"width": 8}, {"width": 24}]}, cv=2).fit(
    X_train, y_train
)
best = search.best_estimator_
print(f"{search.best_params_}, {parameter_count(best):,.0f} parameters")

# %%
# Is the effort worth it? On the same folds as two names of the registry and the baselines:

result = compare_estimators(
    {
        "crossing": search.best_estimator_,
        "resnet8": ImageClassifier("resnet8", max_epochs=8, random_state=0),
        "mlp": ImageClassifier("mlp", max_epochs=12, random_state=0),
    },
    X_train,
    y_train,
    cv=2,
    random_state=0,
)
ParetoDisplay.from_result(result)

# %%
# Training curves show whether it was trained long enough.

TrainingCurveDisplay.from_estimator(best)
print(f"accuracy on the test set: {best.score(X_test, y_test):.3f}")

# %%
# The file holds no code. A function of your own must be named both when the file is saved and when
# it is loaded, because a file must not decide what is imported.

with tempfile.TemporaryDirectory() as folder:
    path = save(best, Path(folder, "crossing.sklv"), types=[crossing])
    try:
        load(path)
    except ModelFileError as error:
        print(f"refused: {error}".replace(folder, "…"))
    loaded = load(path, types=[crossing])
    print("loaded:", (loaded.predict(X_test) == best.predict(X_test)).all())

# %%
# The other estimators of the package can be used in the same places as a net of your own:

for name, estimator in all_estimators():
    if hasattr(estimator, "predict_proba"):
        print(f"{name:20} {estimator.__module__.split('._')[0]}")

plt.show()
