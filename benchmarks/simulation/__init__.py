"""Corpora and searches drawn from models whose truth is known, and intervals of thousands of them at once."""
