"""
===========================
Seeing what a crop cuts out
===========================

Images of nails are two million pixels, most of them belt. Before anything is trained on crops they
should be looked at: is the nail in every one of them?
"""

import matplotlib.pyplot as plt

from sklvision.augmentation import RandomFlip, RandomRotation
from sklvision.datasets import fetch_nails
from sklvision.image import ForegroundCrop
from sklvision.inspection import AugmentationDisplay, CropDisplay

nails = fetch_nails(subset="test")
shown = [0, 20, 25, 30]

# %%
# A window of fixed size about what is nearly as bright as the brightest pixel, looked for in the
# dotted square.

upright = ForegroundCrop().fit(nails.data)
CropDisplay.from_estimator(upright, nails.data, indices=shown)

# %%
# The nail as a whole, turned and scaled to fill the picture.

aligned = ForegroundCrop(threshold="otsu", align=True, output_size=(48, 192)).fit(nails.data)
CropDisplay.from_estimator(aligned, nails.data, indices=shown)

# %%
# Upright windows leave the angle to training: it shall see every one.

AugmentationDisplay.from_augmenters(
    [RandomFlip("both"), RandomRotation(180)],
    upright.transform(nails.data),
    indices=shown,
    names=nails.target,
    random_state=0,
)

plt.show()
