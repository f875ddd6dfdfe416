"""The vocabulary and the plumbing: plain data, errors, keys, specs, cache. Everything may import it; it imports
nothing of ours.
"""
