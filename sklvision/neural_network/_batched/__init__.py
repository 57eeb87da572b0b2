"""Grid search that trains many small nets as one."""
