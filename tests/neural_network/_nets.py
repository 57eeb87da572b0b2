"""Classifiers whose nets the tests of ``net_`` use."""

from __future__ import annotations

import numpy as np
from skorch.callbacks import Callback

from sklvision.neural_network import SpectrumClassifier

from ._problems import iris

X, y = iris()
X = X.astype(np.float32)
SMALL = {"architecture_params": {"hidden_layer_sizes": (8,), "dropout": 0.0}, "random_state": 0}


def classifier(**params):
    return SpectrumClassifier(**{"max_epochs": 4, "batch_size": 32} | SMALL | params)


class Recorder(Callback):
    def __init__(self):
        self.calls_ = []

    def on_batch_end(self, net, training=None, **kwargs):
        self.calls_.append(training)
