"""Scores of fitted classifiers on corrupted images and spectra."""
