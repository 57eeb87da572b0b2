"""The archive: one zip file without a pickle, for a fitted model and the evidence about it."""
