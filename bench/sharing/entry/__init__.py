"""An entry: what somebody submits to a board as one file, how it is packed, opened as outside data, and run again."""
