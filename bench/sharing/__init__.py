"""What leaves this machine: exported victims, model cards, what such a folder may name."""
