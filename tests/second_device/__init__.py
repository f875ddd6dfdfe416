"""A second device that is the CPU in disguise: whoever mixes it with the CPU meets the error that a GPU would give."""
