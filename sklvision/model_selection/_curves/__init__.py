"""Learning curves, and what they say of sizes that were not measured."""
