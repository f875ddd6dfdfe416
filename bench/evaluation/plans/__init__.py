"""What is asked for, in options or in a file, and the cells that it comes to."""
