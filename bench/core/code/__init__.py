"""Code as data: what it is made of, what a result depends on, and the keys that follow from both."""
