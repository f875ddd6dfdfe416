"""What is scored at a time: the cells of a victim under a defence, read once, their figures kept."""
