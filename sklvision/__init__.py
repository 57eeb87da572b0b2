"""scikit-learn compatible classification of small images and spectra.

Import what you need from the submodules; importing the package itself loads
neither torch nor any other heavy dependency.
"""

from sklvision._version import __version__

__all__ = ["__version__"]
