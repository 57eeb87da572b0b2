"""
===============================
Will it hold outside the lab?
===============================

Test images are taken by the same camera, in the same light, as those a model has learned from. At
work the lamp ages, the lens drifts out of focus, and things do not lie as straight. How much worse
do models get, and does it help to show them such things in training?
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
    digits.images / 16, digits.target, test_size=0.5, stratify=digits.target, random_state=0
)

# %%
# Logistic regression, and one small net trained twice: on the digits as they are, and on digits
# that are turned and moved a little at random.


def net(augment=None):
    return ImageClassifier("resnet8", augment=augment, max_epochs=15, random_state=0)


models = {
    "logistic regression": make_pipeline(FlattenImages(), LogisticRegression(max_iter=500)),
    "net": net(),
    "net + augmentation": net([RandomRotation(15), RandomShift(1, 1)]),
}
for model in models.values():
    model.fit(X_train, y_train)

# %%
# All three get the very same corrupted digits, in five steps from hardly visible to severe.

result = robustness_curve(models, X_test, y_test, random_state=0)
print(result)

# %%
# A picture of what that means. Each digit gets worse in one and the same way from left to right:
# only the amount grows.

CorruptionDisplay.from_result(result, X_test[0])

# %%
# Turned and moved digits no longer disturb the net that was shown such digits in training. It is
# no better off under another light, or with noise: each robustness has to be trained, and to be
# measured, on its own. Logistic regression, behind on clean digits, stands changes of light best.

RobustnessDisplay.from_result(result)

# %%
# Up to which severity does each lose less than five percentage points? A missing value is good
# news: it never loses as much.

print(
    result.summary(drop=0.05)
    .pivot(index="corruption", columns="estimator", values="severity_at_drop")
    .round(2)
)

# %%
# What a model is sensitive to can be trained away, as here by
# :class:`~sklvision.augmentation.RandomShift`, or kept away: by a lamp that is controlled, a
# fixture that holds the part, a lens that is locked.

plt.show()
