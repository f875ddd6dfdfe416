"""Signs that a victim is another one where attacks prepare than where they attack."""

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


def misled(own: EntryRecords, least: float) -> Sign | None:
    """Find a victim to which noise types do otherwise on validation speakers than on those that are attacked.

    Args:
        own: records; those that do not say what noise types did are passed over, and attackers who choose by more than
            that what they ask about first.
        least: by how much more, or less, of the first queries; of n of them by 1/√n, twice what chance makes of them.
    """
    if not own.first_moves or {"defense", "bare-victim"} & set(own.about.threat_model.knows):
        return None
    of = sum(one for one, _, _ in own.first_moves)
    expected, changed = (sum(one[0] * one[place] for one in own.first_moves) / of for place in (1, 2))
    if abs(changed - expected) < max(least, of**-0.5):
        return None
    says = f"first queries change {changed:.0%} of the answers, {expected:.0%} by what was found on validation speakers"
    return abs(changed - expected), says
