"""Samples from files of any kind, with labels and groups or without."""
