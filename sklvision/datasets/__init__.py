"""Data sets: spectra and images, made, read from files and fetched."""

from sklvision.datasets._collection import ImageCollection
from sklvision.datasets._fetch_arrays import fetch_cifar10, fetch_mnist
from sklvision.datasets._fetch_files import fetch_flowers17, fetch_nails
from sklvision.datasets._image_folder import load_image_folder
from sklvision.datasets._load_spectra import load_spectra
from sklvision.datasets._make_spectra import make_spectra

__all__ = [
    "ImageCollection",
    "fetch_cifar10",
    "fetch_flowers17",
    "fetch_mnist",
    "fetch_nails",
    "load_image_folder",
    "load_spectra",
    "make_spectra",
]
