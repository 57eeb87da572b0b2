"""Files: which there are, and how arrays and tables are read from them."""
