"""Tools shared by the whole package."""
