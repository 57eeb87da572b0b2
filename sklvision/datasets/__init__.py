"""Data sets: spectra and images, made, read from files and fetched."""

from sklvision.datasets._images.collection import ImageCollection
from sklvision.datasets._images.folder import load_image_folder
from sklvision.datasets._images.simulate import make_nails
from sklvision.datasets._labeled.load import load_labeled
from sklvision.datasets._labeled.read import read_samples
from sklvision.datasets._remote.cifar10 import fetch_cifar10
from sklvision.datasets._remote.fetch import get_data_home
from sklvision.datasets._remote.flowers17 import fetch_flowers17
from sklvision.datasets._remote.mnist import fetch_mnist
from sklvision.datasets._remote.nails import fetch_nails
from sklvision.datasets._spectra.load import load_spectra
from sklvision.datasets._spectra.simulate import make_spectra
from sklvision.utils._array_collection import ArrayCollection

__all__ = [
    "ArrayCollection",
    "ImageCollection",
    "fetch_cifar10",
    "fetch_flowers17",
    "fetch_mnist",
    "fetch_nails",
    "get_data_home",
    "load_image_folder",
    "load_labeled",
    "load_spectra",
    "make_nails",
    "make_spectra",
    "read_samples",
]
