"""The cells of a grid, measured by as many processes as there are, and how it goes."""
