"""Generated cases of ``python -m benchmarks fuzz``: targets, arguments, data, and their judge."""
