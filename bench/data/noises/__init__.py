"""Noise banks: one file a source of noise."""
