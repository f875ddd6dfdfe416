"""What `python -m benchmarks` measures: counts, ratios, and both against a baseline."""
