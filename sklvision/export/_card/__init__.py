"""Model cards: facts of a model and of its evaluation, and their sections."""
