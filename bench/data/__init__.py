"""Corpora, noise banks, downloads, splits, tasks, leakage checks, the synthetic voice."""
