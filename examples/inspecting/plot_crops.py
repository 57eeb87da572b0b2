"""
================
Looking at crops
================

Images of nails are mostly belt. Before anything is trained on crops they should be looked at: is
the nail in every one of them, and is it still the same nail after augmentation?
"""

import matplotlib.pyplot as plt
import numpy as np

from sklvision.augmentation import RandomFlip, RandomRotation
from sklvision.datasets import fetch_nails, make_nails
from sklvision.image import ForegroundCrop
from sklvision.inspection import AugmentationDisplay, CropDisplay

try:
    nails = fetch_nails(subset="test", download_if_missing=False)
    X, y = nails.data, nails.target
    published = ForegroundCrop()
    aligned = ForegroundCrop(threshold="otsu", align=True, output_size=(48, 192))
    print("The real photographs, 1936 × 1216 pixels.")
except OSError:
    X, y = make_nails(38, random_state=0)
    published = ForegroundCrop(center_crop=110, crop_size=80, output_size=80)
    aligned = ForegroundCrop(center_crop=None, threshold="otsu", align=True, output_size=(48, 192))
    print("The photographs are absent: generated ones.")
indices = [*np.flatnonzero(y == "good")[:2], *np.flatnonzero(y == "bad")[:2]]

# %%
# A window of fixed size about the pixels that are nearly as bright as the brightest one, looked
# for in the dotted square.

upright = published.fit(X)
CropDisplay.from_estimator(upright, X, indices=indices, names=y)

# %%
# The nail as a whole, rotated and scaled to fill the image.

CropDisplay.from_estimator(aligned.fit(X), X, indices=indices, names=y)

# %%
# Upright windows leave the angle to training, which should see all of them.

AugmentationDisplay.from_augmenters(
    [RandomFlip("both"), RandomRotation(180)],
    np.asarray(upright.transform(X[indices])),
    names=y[indices],
    random_state=0,
)

# sphinx_gallery_thumbnail_number = 2
plt.show()
