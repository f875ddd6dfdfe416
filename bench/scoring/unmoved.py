"""A bell's sign: a victim whose answers no noise changes, however loud."""

from __future__ import annotations

from bench.scoring.figures.measured import EntryRecords
from bench.scoring.record_files.candidates import LOUD_DB
from bench.scoring.signs import Sign

FEWEST = 30
"""Of fewer utterances nothing is said."""


def unmoved(own: EntryRecords, below: float) -> Sign | None:
    """Find a victim that answers about loud noise what it answers about clean speech, or refuses neither.

    Args:
        own: records; of an attack that asks about no loud noise nothing is said.
        below: the share of utterances whose answer any such candidate changed.
    """
    changed, of = own.tally.loud_changed, own.tally.loud
    if of < FEWEST or changed / of >= below:
        return None
    return (
        changed / of,
        f"noise at {LOUD_DB:g} dB SNR and below changes the answer about {changed:,} of {of:,} utterances",
    )
