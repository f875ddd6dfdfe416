"""The victims: one file a victim."""
