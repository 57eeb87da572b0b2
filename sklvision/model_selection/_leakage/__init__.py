"""What makes folds flatter: copies, split groups, capture series, contradicting labels."""
