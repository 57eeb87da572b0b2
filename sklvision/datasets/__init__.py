"""Data sets: spectra and images, made, read from files and fetched."""

from sklvision.datasets._load_spectra import load_spectra
from sklvision.datasets._make_spectra import make_spectra

__all__ = ["load_spectra", "make_spectra"]
