"""A bell's sign: a victim that withstood the rehearsal of an attack better than the attack itself."""

from __future__ import annotations

from bench.scoring.figures.measured import EntryRecords
from bench.scoring.signs import Sign


def held_in_rehearsal(own: EntryRecords, least: float) -> Sign | None:
    """Find a victim that falls less where an attack prepares than where it attacks, though it is asked more there.

    Args:
        own: records; those that do not say what fell in rehearsals are passed over.
        least: by how much of the utterances.
    """
    worst: Sign | None = None
    k = min(own.most, own.about.threat_model.rehearsal)
    for condition in own.conditions:
        fell, of = own.rehearsed.get((condition.corr, condition.noises), (0, 0))
        if not of:
            continue
        reached = float(condition.fell(k).mean())
        ahead = reached - fell / of
        if ahead >= least and (worst is None or ahead > worst[0]):
            says = f"{fell / of:.0%} of validation utterances fell in the rehearsal, {reached:.0%} of those attacked"
            worst = ahead, f"{says} at k = {k} (noises {condition.noises})"
    return worst
