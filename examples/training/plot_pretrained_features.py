"""
==========================================
Few images? Borrow features from many
==========================================

Twelve labeled images of each class are too few to train a net. A net that was trained on a million
photographs has learned edges, textures and shapes already: frozen, it turns each image into a row
of numbers, for any classifier of scikit-learn.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklvision.datasets import make_nails
from sklvision.feature_extraction import PretrainedFeatures
from sklvision.image import FlattenImages, PixelScaler, Resize
from sklvision.neural_network import ImageClassifier
from sklvision.recipes import images

# %%
# Bent and straight nails on the belt, neither cropped nor rotated: 24 for training and 96 for the
# test. The images are generated.

X, y = make_nails(120, image_size=(76, 121), min_bend=30, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=24, stratify=y, random_state=0)

# %%
# The features are computed once: a thousand numbers per image. Two principal components, colored by
# label, show that they separate the classes better than pixels do.

features = PretrainedFeatures("efficientnet_lite0", image_size=128)
F_train, F_test = features.fit_transform(X_train), features.transform(X_test)
P_test = FlattenImages().fit_transform(Resize(32).fit_transform(X_test))
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for ax, (name, values) in zip(
    axes, {"pixels": P_test, "pretrained features": F_test}.items(), strict=True
):
    plane = PCA(2).fit_transform(StandardScaler().fit_transform(values))
    for label, color in (("good", "#2a9d8f"), ("bad", "#e76f51")):
        ax.plot(*plane[y_test == label].T, "o", color=color, alpha=0.8, mec="white", label=label)
    ax.set(title=name, xticks=[], yticks=[], xlabel="first principal component")
axes[0].set_ylabel("second principal component")
axes[0].legend(frameon=False)

# %%
# Any classifier can use them. Logistic regression on pixels, and a net that is trained from
# scratch, get the same 24 images.

logistic = LogisticRegression(max_iter=1000)
scores = {
    "pixels": make_pipeline(Resize(32), FlattenImages(), PixelScaler(), logistic)
    .fit(X_train, y_train)
    .score(X_test, y_test),
    "net from nothing": make_pipeline(Resize(32), ImageClassifier(max_epochs=15, random_state=0))
    .fit(X_train, y_train)
    .score(X_test, y_test),
    "pretrained features": make_pipeline(StandardScaler(), logistic)
    .fit(F_train, y_train)
    .score(F_test, y_test),
}
fig, ax = plt.subplots(figsize=(7.5, 2.6), layout="constrained")
bars = ax.barh(list(scores), scores.values(), color=["#adb5bd", "#e9c46a", "#2a9d8f"])
ax.bar_label(bars, fmt="%.2f", padding=4)
ax.axvline(0.5, color="gray", ls="--", lw=1)
ax.set(title="accuracy on 96 images, trained on 24", xlim=(0, 1.1))
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)

# %%
# :func:`~sklvision.recipes.images` puts the steps into one pipeline, with the settings that did
# best on several sets of photographs. The net inside is frozen: the file holds the classifier
# alone.

print([name for name, _ in images().steps])
best = max(scores, key=scores.get)
print(f"best here: {best}; pretrained features are {np.size(F_train, 1)} numbers")

plt.show()
