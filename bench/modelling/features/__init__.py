"""Acoustic features that other software computes, and their cache."""
