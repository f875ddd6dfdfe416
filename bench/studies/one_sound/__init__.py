"""One sound, attacked from Python: any model, any attack, and what became of it."""
