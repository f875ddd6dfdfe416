"""Some of P1's noises, and what the paper's Table 1 says of them on average."""

from __future__ import annotations

from collections.abc import Callable

from leaderboards.reproduce.p1_published import Published, column_of, published

Wanted = Callable[[Published], bool]
"""Whether a noise is one of those that are meant."""


def environmental(row: Published) -> bool:
    """Say whether a noise is a sound laid over the speech."""
    return row.environmental


def starting(row: Published) -> bool:
    """Say whether a noise is a sound that starts with the utterance and fades out."""
    return row.environmental and row.noise.endswith("St")


def lasting_at(snr_db: str) -> Wanted:
    """Make the test whether a noise is a sound that lasts, at this SNR.

    >>> [row.noise for row in published() if lasting_at("10")(row)]
    ['NatCo', 'HumCo', 'IntCo']
    """
    return lambda row: row.environmental and row.snr_db == snr_db


def named(*noises: str) -> Wanted:
    """Make the test whether a noise is one of these.

    >>> [row.noise for row in published() if named("FadeIn", "Reverb")(row)]
    ['FadeIn', 'Reverb']
    """
    return lambda row: row.noise in noises


def named_at(noise: str, snr_db: str) -> Wanted:
    """Make the test whether a row is this noise at this SNR.

    Args:
        noise: its name in P1.
        snr_db: as it stands there.
    """
    return lambda row: (row.noise, row.snr_db) == (noise, snr_db)


def mean_change(task: str, wanted: Wanted) -> float:
    """Average the relative changes of UAR in Table 1.

    Args:
        task: which column.
        wanted: which noises.
    """
    figures = [row.changes[column_of(task)] for row in published() if wanted(row)]
    return round(sum(figures) / len(figures), 3)


def mean_gain(task: str, wanted: Wanted) -> float:
    """Average the relative gains of augmentation in Table 1.

    Args:
        task: which column.
        wanted: which noises.
    """
    figures = [row.gains[column_of(task)] for row in published() if wanted(row)]
    return round(sum(figures) / len(figures), 3)
