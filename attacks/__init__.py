"""The attacks: one file an attack."""
