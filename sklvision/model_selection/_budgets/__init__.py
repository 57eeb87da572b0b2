"""What classifiers cost, and the best one within limits."""
