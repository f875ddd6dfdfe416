"""What leaves this machine: exported victims and their model cards."""
