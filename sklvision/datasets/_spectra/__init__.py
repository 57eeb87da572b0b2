"""Spectra: simulated, and read from tables and arrays in files."""
