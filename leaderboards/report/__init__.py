"""A run as one page that can be handed to somebody else: in plain words, from records alone, self-contained."""
