"""The defences: one file a defence."""
