"""Public data sets, downloaded where they are missing: one file each."""
