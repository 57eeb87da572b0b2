"""Preprocessing of spectra, one spectrum per row."""

from sklvision.spectral._savgol import SavitzkyGolay
from sklvision.spectral._scaler import SpectralScaler

__all__ = ["SavitzkyGolay", "SpectralScaler"]
