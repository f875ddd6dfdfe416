"""How far a candidate is from its original, beside the SNR: one measure a file, listed in `catalogue`."""
