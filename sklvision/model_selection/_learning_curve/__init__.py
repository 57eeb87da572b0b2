"""Learning curves and their extrapolation to more training samples."""
