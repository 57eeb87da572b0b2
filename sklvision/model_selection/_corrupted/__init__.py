"""How scores fall as images or spectra get worse."""
