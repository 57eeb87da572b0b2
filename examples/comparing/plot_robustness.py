"""
===============================
Will it hold outside the lab?
===============================

Test images are taken by the same camera, in the same light, as the training images. In operation
the lamp ages, the lens drifts out of focus, and objects do not lie as straight. How much worse
do models get, and does it help to include such changes in training?
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklvision.augmentation import RandomRotation, RandomShift
from sklvision.image import FlattenImages
from sklvision.inspection import CorruptionDisplay, RobustnessDisplay
from sklvision.model_selection import robustness_curve
from sklvision.neural_network import ImageClassifier

# %%
# 1,797 handwritten digits of 8 x 8 pixels; black is 0 and white is 1.

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images / 16, digits.target, test_size=0.6, stratify=digits.target, random_state=0
)

# %%
# Logistic regression, and one small net trained twice: on the original digits, and on digits
# that are rotated and shifted a little at random.


def make_net(augment=None):
    return ImageClassifier("resnet8", augment=augment, max_epochs=8, random_state=0)


models = {
    "logistic regression": make_pipeline(FlattenImages(), LogisticRegression(max_iter=500)),
    "net": make_net(),
    "net + augmentation": make_net([RandomRotation(15), RandomShift(1, 1)]),
}
for model in models.values():
    model.fit(X_train, y_train)

# %%
# All three get the very same corrupted digits: the
# :class:`~sklvision.model_selection.RobustnessResult` draws them once, in four steps from hardly
# visible to severe.

result = robustness_curve(models, X_test[:500], y_test[:500], severities=4, random_state=0)
print(result)

# %%
# One digit at every severity. From left to right it is corrupted in the same way, only
# more strongly.

CorruptionDisplay.from_result(result, X_test[0])

# %%
# The net that was trained on rotated and shifted digits recognizes them well. Under other light, or
# with noise, it gains nothing: each kind of robustness must be trained and measured separately.
# Logistic regression has a lower score on clean digits, but is the most robust to changes of light.

RobustnessDisplay.from_result(result)

# %%
# Up to which severity does each lose less than five percentage points? Where a value is missing,
# the loss is smaller at every severity.

print(
    result.summary(drop=0.05)
    .pivot(index="corruption", columns="estimator", values="severity_at_drop")
    .round(2)
)

# %%
# Sensitivity can be reduced by training, as here by :class:`~sklvision.augmentation.RandomShift`,
# or its cause removed: by a controlled lamp, a fixture that holds the part, a locked lens.

# sphinx_gallery_thumbnail_number = 2
plt.show()
