"""Effects to hear: original, perturbed and difference on a page, with their spectrograms."""
