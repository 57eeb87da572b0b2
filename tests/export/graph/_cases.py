"""A small model for every converter of the registry, with data that it is fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import (
    RFE,
    RFECV,
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.fixes import parse_version

from sklvision.augmentation import TestTimeAugmentation
from sklvision.datasets import make_spectra
from sklvision.discriminant_analysis import LinearDiscriminantAnalysisCV
from sklvision.ensemble import GeometricVotingClassifier
from sklvision.feature_extraction import PretrainedFeatures, ShapeFeatures
from sklvision.image import FlattenImages, ForegroundCrop, PixelScaler, Resize
from sklvision.neural_network import BatchedGridSearchCV, ImageClassifier, SpectrumClassifier
from sklvision.spectral import SavitzkyGolay, SpectralScaler
from sklvision.utils._input_check import InputCheck

TRACED = "traced"  # a net is traced by torch, which takes seconds


@dataclass
class Case:
    """An unfitted model, the name of its data, and the converters that it needs."""

    model: object
    data: str
    converters: tuple[str, ...] = ()
    kind: str = ""


@cache
def load_data(name):
    """Samples, most of which are for fitting, and labels."""
    rng = np.random.default_rng(0)
    if name == "spectra":
        X, y = make_spectra(120, random_state=0, return_X_y=True)
        return X[:, ::8], y
    if name == "spectra of classes 0, 1 and 2":
        X, y = load_data("spectra")
        return X, np.unique(y, return_inverse=True)[1]
    if name == "two spectra":
        X, y = load_data("spectra")
        return X, np.where(y == 0, "good", "bad")
    if name == "digits":
        bunch = load_digits()
        return (15 * bunch.images[:120]).astype(np.uint8), bunch.target[:120]
    # Bright blobs of two shapes on a dark background.
    n, height, width = 24, 60, 80
    rows, columns = np.mgrid[:height, :width]
    images = rng.integers(0, 40, (n, height, width)).astype(float)
    for i, image in enumerate(images):
        center = rng.integers((15, 20), (45, 60))
        size = (4, 16) if i % 2 else (9, 9)
        is_inside = (abs(rows - center[0]) < size[0]) & (abs(columns - center[1]) < size[1])
        image[is_inside] = 180 + 4 * rng.integers(0, 12, is_inside.sum())
    y = np.arange(n) % 2 == 1
    if name == "color":
        weights = np.array([1.0, 0.7, 0.4])
        return np.rint(images[..., np.newaxis] * weights).astype(np.uint8), y
    return images.astype(np.uint8) if name == "objects" else images.astype(np.float32), y


def logistic():
    return LogisticRegression(max_iter=200)


def behind(*steps):
    return make_pipeline(*steps, logistic())


def pixels(*steps):
    return make_pipeline(*steps, PixelScaler(), FlattenImages(), logistic())


def table(classifier):
    return make_pipeline(SpectralScaler(), StandardScaler(), classifier)


def small_net():
    return SpectrumClassifier(
        architecture_params={"hidden_layer_sizes": (16,)}, max_epochs=3, random_state=0
    )


def small_image_net():
    return ImageClassifier(
        "mlp", architecture_params={"hidden_layer_sizes": (16,)}, max_epochs=3, random_state=0
    )


MEMBERS = [("a", table(logistic())), ("b", behind(SavitzkyGolay(deriv=1)))]
GRID = {"logisticregression__C": [0.1, 1.0]}
CROP = {"center_crop": (0.9, 0.9), "crop_size": (24, 40), "output_size": (12, 20)}

CASES = {
    **{
        f"SpectralScaler {method}": Case(
            behind(SpectralScaler(method)),
            "spectra",
            ("sklvision.SpectralScaler", "sklearn.Pipeline"),
        )
        for method in ("snv", "msc", "minmax", "l2", "standard", None)
    },
    **{
        f"SavitzkyGolay {mode}": Case(
            behind(SavitzkyGolay(7, polyorder=2, deriv=1, mode=mode), SpectralScaler()),
            "spectra",
            ("sklvision.SavitzkyGolay",),
        )
        for mode in ("interp", "nearest", "mirror", "constant", "wrap")
    },
    "SavitzkyGolay as wide as the spectrum": Case(
        behind(SpectralScaler(None), SelectKBest(k=9), SavitzkyGolay(9, polyorder=3)),
        "spectra",
        ("sklearn.SelectKBest",),
    ),
    "InputCheck": Case(
        behind(InputCheck(), StandardScaler()),
        "spectra",
        ("sklvision.InputCheck", "sklearn.StandardScaler", "sklearn.LogisticRegression"),
    ),
    "MinMaxScaler": Case(
        behind(SpectralScaler("l2"), MinMaxScaler((-1, 2), clip=True)),
        "spectra",
        ("sklearn.MinMaxScaler",),
    ),
    "MaxAbsScaler": Case(
        behind(SpectralScaler(None), MaxAbsScaler()), "spectra", ("sklearn.MaxAbsScaler",)
    ),
    "RobustScaler": Case(
        behind(SpectralScaler(None), RobustScaler()), "spectra", ("sklearn.RobustScaler",)
    ),
    **{
        f"Normalizer {norm}": Case(
            behind(SpectralScaler(None), Normalizer(norm)), "spectra", ("sklearn.Normalizer",)
        )
        for norm in ("l1", "l2", "max")
    },
    "PCA": Case(behind(SpectralScaler(), PCA(5, whiten=True)), "spectra", ("sklearn.PCA",)),
    "TruncatedSVD": Case(
        behind(SpectralScaler(), TruncatedSVD(5)), "spectra", ("sklearn.TruncatedSVD",)
    ),
    **{
        f"FunctionTransformer {function.__name__}": Case(
            behind(SpectralScaler("minmax"), FunctionTransformer(function)),
            "spectra",
            ("sklearn.FunctionTransformer",),
        )
        for function in (np.sqrt, np.log1p, np.square, np.exp, np.abs, np.tanh, np.asarray)
    },
    "FeatureUnion": Case(
        behind(
            FeatureUnion(
                [("pca", table(PCA(3))), ("scaled", SpectralScaler("l2")), ("same", "passthrough")],
                transformer_weights={"pca": 0.5},
            )
        ),
        "spectra",
        ("sklearn.FeatureUnion",),
    ),
    **{
        f"{type(step).__name__}": Case(
            behind(SpectralScaler(), step), "spectra", (f"sklearn.{type(step).__name__}",)
        )
        for step in (
            SelectPercentile(percentile=30),
            SelectFromModel(logistic()),
            VarianceThreshold(0.01),
            RFE(logistic(), n_features_to_select=0.5, step=0.5),
            RFECV(logistic(), step=0.5, cv=2),
        )
    },
    **{
        type(classifier).__name__: Case(
            table(classifier), "spectra", (f"sklearn.{type(classifier).__name__}",)
        )
        for classifier in (
            LogisticRegressionCV(Cs=2, cv=2, max_iter=200, scoring="accuracy"),
            LinearDiscriminantAnalysis(),
            RidgeClassifier(),
            RidgeClassifierCV(),
            LinearSVC(),
            Perceptron(),
            SGDClassifier(loss="log_loss", random_state=0),
        )
    },
    "LogisticRegression of two classes": Case(table(logistic()), "two spectra"),
    "LinearDiscriminantAnalysis of two classes": Case(
        table(LinearDiscriminantAnalysis()), "two spectra"
    ),
    "LinearSVC of two classes": Case(table(LinearSVC()), "two spectra"),
    "SVC": Case(table(SVC()), "spectra", ("*",)),
    "SVC of two classes": Case(table(SVC()), "two spectra", ("*",)),
    "GaussianNB": Case(table(GaussianNB()), "two spectra", ("*",)),
    "RandomForestClassifier": Case(
        table(RandomForestClassifier(5, random_state=0)), "spectra", ("*",)
    ),
    "VotingClassifier soft": Case(
        VotingClassifier(MEMBERS, voting="soft", weights=[1, 3]),
        "spectra",
        ("sklearn.VotingClassifier",),
    ),
    "GeometricVotingClassifier": Case(
        GeometricVotingClassifier([*MEMBERS, ("d", "drop")], weights=[3, 1, 1]),
        "spectra",
        ("sklvision.GeometricVotingClassifier",),
    ),
    "LinearDiscriminantAnalysisCV": Case(
        LinearDiscriminantAnalysisCV(), "spectra", ("sklvision.LinearDiscriminantAnalysisCV",)
    ),
    "VotingClassifier hard": Case(
        VotingClassifier([*MEMBERS, ("c", table(RidgeClassifier())), ("d", "drop")]), "spectra"
    ),
    "StackingClassifier": Case(
        make_pipeline(
            SpectralScaler(),
            StackingClassifier(
                [("a", logistic()), ("b", LinearSVC())], logistic(), passthrough=True, cv=2
            ),
        ),
        "spectra",
        ("sklearn.StackingClassifier",),
    ),
    "StackingClassifier of two classes": Case(
        StackingClassifier(MEMBERS, logistic(), cv=2), "two spectra"
    ),
    **{
        f"CalibratedClassifierCV {method}, {data}": Case(
            CalibratedClassifierCV(table(LinearSVC()), method=method, cv=2),
            data,
            ("sklearn.CalibratedClassifierCV",),
        )
        for method in ("sigmoid", "isotonic")
        for data in ("spectra", "two spectra")
    },
    **{
        f"CalibratedClassifierCV temperature of {name}, {data}": Case(
            CalibratedClassifierCV(table(model), method="temperature", cv=2), data
        )
        for name, model in {"scores": LinearSVC(), "probabilities": GaussianNB()}.items()
        # Of other integers, scikit-learn 1.9 reads the scores of classes that there are not.
        for data in ("spectra of classes 0, 1 and 2", "two spectra")
        if parse_version(sklearn.__version__) >= parse_version("1.8")
    },
    "CalibratedClassifierCV of probabilities": Case(
        CalibratedClassifierCV(table(GaussianNB()), cv=2), "two spectra"
    ),
    "GridSearchCV": Case(
        GridSearchCV(table(logistic()), GRID, cv=2), "spectra", ("sklearn.GridSearchCV",)
    ),
    "RandomizedSearchCV": Case(
        RandomizedSearchCV(table(logistic()), GRID, n_iter=1, cv=2, random_state=0),
        "spectra",
        ("sklearn.RandomizedSearchCV",),
    ),
    "PixelScaler": Case(
        make_pipeline(
            PixelScaler((-1, 1), data_range=(20, 100), clip=True), FlattenImages(), logistic()
        ),
        "digits",
        ("sklvision.PixelScaler", "sklvision.FlattenImages"),
    ),
    **{
        f"Resize {resample} {size}, {data}": Case(
            pixels(Resize(size, resample=resample)), data, ("sklvision.Resize",)
        )
        for resample, size, data in (
            ("bilinear", (5, 6), "digits"),
            ("bilinear", (23, 11), "color"),
            ("box", (5, 12), "digits"),
            ("box", (30, 13), "float objects"),
            ("bicubic", (13, 6), "digits"),
            ("nearest", (13, 6), "digits"),
        )
    },
    "ForegroundCrop bright": Case(
        pixels(ForegroundCrop(**CROP)), "objects", ("sklvision.ForegroundCrop",)
    ),
    "ForegroundCrop dark": Case(pixels(ForegroundCrop(polarity="dark", **CROP)), "float objects"),
    "ForegroundCrop both": Case(
        pixels(ForegroundCrop(polarity="both", threshold=12.5, **CROP)), "objects"
    ),
    "ForegroundCrop color": Case(pixels(ForegroundCrop(**CROP)), "color"),
    "ForegroundCrop beyond the border": Case(
        pixels(ForegroundCrop(center_crop=None, crop_size=(58, 90), output_size=15)), "objects"
    ),
    "ShapeFeatures": Case(
        make_pipeline(ShapeFeatures(), LinearDiscriminantAnalysis()),
        "float objects",
        ("sklvision.ShapeFeatures",),
    ),
    "TestTimeAugmentation": Case(
        TestTimeAugmentation(pixels(), flip="both", shift=2),
        "color",
        ("sklvision.TestTimeAugmentation",),
    ),
    "SpectrumClassifier": Case(
        make_pipeline(SavitzkyGolay(deriv=1), SpectralScaler(), small_net()),
        "spectra",
        ("sklvision.SpectrumClassifier",),
        TRACED,
    ),
    "CalibratedClassifierCV of a net": Case(
        CalibratedClassifierCV(make_pipeline(SpectralScaler(), small_net()), cv=2),
        "two spectra",
        (),
        TRACED,
    ),
    "BatchedGridSearchCV": Case(
        BatchedGridSearchCV(small_net(), {"lr": [0.01, 0.03]}, cv=2),
        "spectra",
        ("sklvision.BatchedGridSearchCV",),
        TRACED,
    ),
    "ImageClassifier": Case(
        make_pipeline(Resize(6), TestTimeAugmentation(small_image_net())),
        "digits",
        ("sklvision.ImageClassifier",),
        TRACED,
    ),
    "PretrainedFeatures": Case(
        make_pipeline(
            PretrainedFeatures(image_size=32, average_flips=True),
            FunctionTransformer(np.sqrt),
            Normalizer(),
            logistic(),
        ),
        "color",
        ("sklvision.PretrainedFeatures",),
        "slow",
    ),
}
# Converters that are not worth a model of their own: they refuse, or are one with another.
EXCEPTIONS = {
    "sklearn.FrozenEstimator",
    "sklvision.OnnxClassifier",
    "sklearn.HalvingGridSearchCV",
    "sklearn.HalvingRandomSearchCV",
}
