"""The sounds of the embedded noise bank, one category a file."""
