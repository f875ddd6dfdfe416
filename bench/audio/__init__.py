"""Sound files to tensors, and signal processing. Knows no corpus and no attack."""

from bench.core.code.aliases import renamed


def __getattr__(name: str) -> object:
    return renamed(__name__, name)
