"""Preprocessing of images, channels last: (n, height, width) or (n, height, width, channels)."""

from sklvision.image._flatten import FlattenImages
from sklvision.image._foreground_crop import ForegroundCrop
from sklvision.image._pixel_scaler import PixelScaler
from sklvision.image._resize import Resize

__all__ = ["FlattenImages", "ForegroundCrop", "PixelScaler", "Resize"]
