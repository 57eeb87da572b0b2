"""Data leakage between folds: copies, split groups, capture series, contradicting labels."""
