"""
================
Looking at crops
================

Images of nails are two million pixels, most of them belt. Before anything is trained on crops they
should be looked at: is the nail in every one of them?
"""

import matplotlib.pyplot as plt

from sklvision.augmentation import RandomFlip, RandomRotation
from sklvision.datasets import fetch_nails
from sklvision.image import ForegroundCrop
from sklvision.inspection import AugmentationDisplay, CropDisplay

nails = fetch_nails(subset="test")
indices = [0, 20, 25, 30]

# %%
# A window of fixed size about the pixels that are nearly as bright as the brightest one, looked
# for in the dotted square.

upright = ForegroundCrop().fit(nails.data)
CropDisplay.from_estimator(upright, nails.data, indices=indices)

# %%
# The nail as a whole, rotated and scaled to fill the image.

aligned = ForegroundCrop(threshold="otsu", align=True, output_size=(48, 192)).fit(nails.data)
CropDisplay.from_estimator(aligned, nails.data, indices=indices)

# %%
# Upright windows leave the angle to training, which should see all of them.

AugmentationDisplay.from_augmenters(
    [RandomFlip("both"), RandomRotation(180)],
    upright.transform(nails.data),
    indices=indices,
    names=nails.target,
    random_state=0,
)

plt.show()
