"""Tables of spectra: the layout of a text file, the roles of its columns, its values."""
