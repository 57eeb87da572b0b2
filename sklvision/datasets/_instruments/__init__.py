"""Spectra in files of instruments: JCAMP-DX and Bruker OPUS, alone and in folders."""
