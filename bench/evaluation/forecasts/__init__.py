"""What a grid comes to before it runs, by what was measured on this machine before."""
