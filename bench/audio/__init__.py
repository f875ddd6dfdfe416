"""Sound files to tensors, and signal processing. Knows no corpus and no attack."""
