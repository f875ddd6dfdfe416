"""What `python -m benchmarks.gpu` checks, a module a subject."""
