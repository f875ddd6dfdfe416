"""The signs that ring `bench.scoring.bells`: each a pure function of records and a threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bench.core.specs import Spec, inner_spec
from bench.scoring.arrays import Floats
from bench.scoring.figures.conditions import Condition
from bench.scoring.figures.measured import EntryRecords
from bench.scoring.figures.number_signs import constant_number
from bench.scoring.pooling import CleanScores
from bench.scoring.record_files.names import few_say_little
from bench.scoring.record_files.pooled import CellPlace

PLAIN_NOISES = ("environmental", "white_noise")
"""Attacks that lay one sound over the utterance and ask once."""
BURST_DB = 12.0
"""So far below the SNR over the utterance lies that of its noisiest 250 ms where a success is a burst."""
Sign = tuple[float, str]
"""A figure that reached a bell's threshold, and what it says in words."""


def constant_answer(own: EntryRecords, least: float) -> Sign | None:
    """Find the fitted victim that gives one answer to most clean utterances whose label is another.

    Args:
        own: records.
        least: the share of them from which it counts as constant. Those whose label it is say nothing of it.
    """
    if own.about.dimension is not None:
        return constant_number(own, own.about.dimension, least)
    columns, rows = own.records.columns, own.clean_rows
    cells, answers, labels = own.records.cell[rows], columns.texts["label_before"], columns.texts["label_true"]
    found = []
    for cell in range(len(own.records.cells)):
        some = rows[cells == cell]
        if len(some) and len(np.unique(labels.codes[some])) > 1:
            most = int(np.bincount(answers.codes[some]).argmax())
            others = some[~labels.is_(answers.names[most])[some]]
            found.append((float((answers.codes[others] == most).mean()), most, own.records.cells[cell]))
    share, most, place = max(found, key=lambda one: one[0], default=(0.0, 0, (0, 0, 0)))
    if share < least:
        return None
    answer, (fold, seed, _) = str(answers.names[most]), place
    told = f"{share:.0%} of the clean utterances of other labels"
    return share, f"answers {answer!r} to {told} (fold {fold}, seed {seed})"


def chance_level(own: EntryRecords, found: CleanScores, most: float) -> Sign | None:
    """Find a clean UAR, or CCC, whose interval does not lie above chance.

    Args:
        own: records.
        found: figures when nobody attacks.
        most: so far above chance the interval's lower bound may lie.
    """
    classes = len(_texts(own, "label_true"))
    if found.uar is None:
        says = f"clean CCC {found.main} does not lie above 0, which answers that hang on nothing have"
        return (found.main.low, says) if found.main.low <= most else None
    above = found.uar.low - 1 / classes
    if classes < 2 or above > most:
        return None
    return above, f"clean UAR {found.uar} does not lie above chance, {1 / classes:.2f} with {classes} classes"


def trained_on(own: EntryRecords, most: float) -> Sign | None:
    """Find attacked speakers that somebody else trained the victim on.

    Args:
        own: records.
        most: the share of the attacked speakers that rings nothing.
    """
    speakers = _texts(own, "speaker")
    met = len(speakers & own.trained_on)
    if met <= most * len(speakers):
        return None
    return met / len(speakers), f"{met} of {len(speakers)} attacked speakers are among those that it was trained on"


def lost_in_sessions(own: EntryRecords, least: float) -> Sign | None:
    """Find a victim that says something else of clean speech for what the same speaker has asked before.

    Args:
        own: records; those that do not say are passed over.
        least: the share of clean utterances.
    """
    lost, of = own.in_sessions
    if not of or lost / of < least:
        return None
    return lost / of, f"{lost / of:.0%} of clean utterances are refused or answered otherwise within a session"


def labels_flip(own: EntryRecords, least: float) -> Sign | None:
    """Find labels that did not hold when the same was asked again: changed ones, or those of clean speech.

    Args:
        own: records; those that do not say whether labels held are passed over.
        least: the share of changed labels; or of further answers about clean speech.
    """
    shares = own.records.columns.number("flip_share")[own.clean_rows]
    again = shares[~np.isnan(shares)]
    if len(again) and again.mean() >= least:
        return float(again.mean()), f"{again.mean():.0%} of further answers about clean speech are other labels"
    by_chance, changed = own.tally.by_chance, own.tally.moved
    share = by_chance / changed if changed else 0.0
    if share < least or not share:
        return None
    return share, f"{by_chance:,} of {changed:,} changed labels did not hold when asked again"


def plain_noise(own: EntryRecords, beside: Sequence[EntryRecords], louder: float) -> Sign | None:
    """Find plain noise of the same run that succeeds as often as a search, and is no louder.

    Args:
        own: records of a search.
        beside: of other attacks on the same victim.
        louder: dB by which the noise may be louder than the search's successes, in the median.
    """
    if not own.searches:
        return None
    for noise in (one for one in beside if _name(one) in PLAIN_NOISES):
        for condition, plain in _pairs(own, noise):
            reached, by_noise = _acc_att(condition, own.most), _acc_att(plain, noise.most)
            own_snr, noise_snr = _median_snr(condition, own.most), _median_snr(plain, noise.most)
            no_louder = own_snr is None or (noise_snr is not None and noise_snr >= own_snr - louder)
            if by_noise > 0 and by_noise >= reached and no_louder:
                what = f"{noise.about.attack_base} alone has Acc_att {by_noise:.2f}, the search {reached:.2f}"
                return by_noise - reached, f"{what} ({_said(condition)})"
    return None


def transfer_stronger(own: EntryRecords, beside: Sequence[EntryRecords], least: float) -> Sign | None:
    """Find what was brought from the bare victim and succeeds more often than the same search that asks this one.

    Args:
        own: records of a search.
        beside: of other attacks on the same victim.
        least: by how much more of the utterances.
    """
    if not own.searches:
        return None
    for transfer in (one for one in beside if _name(one) == "transfer" and _same_search(own, one)):
        found: dict[str, float] = {}
        for condition, brought in _pairs(own, transfer):
            ahead = _acc_att(brought, transfer.most) - _acc_att(condition, own.most)
            found[condition.noises] = min(ahead, found.get(condition.noises, ahead))
        noises, ahead = max(found.items(), key=lambda one: one[1], default=("", 0.0))
        if found and ahead >= least:
            return ahead, f"{transfer.about.attack_base} has {ahead:.2f} more Acc_att than the search (noises {noises})"
    return None


def dies_in_pcm(own: EntryRecords, least: float) -> Sign | None:
    """Find successes that are none as 16-bit PCM; records that do not say are passed over.

    Args:
        own: records.
        least: the share of the utterances that were attacked successfully.
    """
    worst: Sign | None = None
    for condition in own.conditions:
        before, known = _acc_att(condition, own.most), condition.acc_att_pcm(own.most)
        if known is None or not before:
            continue
        lost = 1 - known.value / before
        if lost >= least and (worst is None or lost > worst[0]):
            worst = lost, f"{lost:.0%} of the successes are none as 16-bit PCM ({_said(condition)})"
    return worst


def short_bursts(own: EntryRecords, least: float) -> Sign | None:
    """Find successes whose noise is far louder for a moment than over the whole utterance.

    Args:
        own: records; successes that do not say are passed over.
        least: the share of those that do.
    """
    worst: Sign | None = None
    for condition in own.conditions:
        snr_db, burst_db = _of_first_successes(condition, own.most, "snr_db", "burst_snr_db")
        above = (snr_db - burst_db)[~np.isnan(snr_db) & ~np.isnan(burst_db)]
        if not len(above):
            continue
        share = float((above >= BURST_DB).mean())
        if share >= least and (worst is None or share > worst[0]):
            says = f"{share:.0%} of the successes have 250 ms of speech {BURST_DB:g} dB or more below their SNR"
            worst = share, f"{says} ({_said(condition)})"
    return worst


def few_applied(own: EntryRecords, below: float) -> Sign | None:
    """Find an attack that asked about few of the utterances.

    Args:
        own: records.
        below: the share of the utterances.
    """
    of = len(own.clean_rows)
    applied = int((own.records.columns.query == 1).sum())
    return (applied / of, f"applied to {applied:,} of {of:,} utterances") if applied / of < below else None


def few_speakers(own: EntryRecords, below: float) -> Sign | None:
    """Find results that rest on few speakers.

    Args:
        own: records.
        below: the number of speakers.
    """
    count = len(_texts(own, "speaker"))
    said = few_say_little(count) if count < below else None
    return None if said is None else (float(count), said)


def measurements_missing(own: EntryRecords, most: float) -> Sign | None:
    """Find measurements that are not there, though later ones of the fitted victim are, or the seed's in other folds.

    Args:
        own: records.
        most: so many are none.
    """
    missing = set[CellPlace]()
    for records in (one for each in own.conditions for one in (each.records, *each.by_budget.values())):
        before = {(*place[:2], earlier) for place in records.cells for earlier in range(place[2])}
        known = {place[:2] for place in records.cells}
        folds, seeds = ({place[part] for place in known} for part in (0, 1))
        missing |= before - {*records.cells}
        missing |= {(fold, seed, 0) for fold in folds for seed in seeds if (fold, seed) not in known}
    if len(missing) <= most:
        return None
    fold, seed, repeat = min(missing)
    return float(len(missing)), f"{len(missing)} missing: fold {fold}, seed {seed}, repeat {repeat}, where others are"


def all_broke_the_rule(own: EntryRecords, most: float) -> Sign | None:
    """Find an attack none of whose candidates lay above the SNR that counts; one without an SNR may have counted.

    Args:
        own: records.
        most: so many candidates above it are none.
    """
    tried = own.candidates
    if not tried.asked or tried.with_snr < tried.asked or tried.above > most:
        return None
    return float(tried.above), f"{tried} ({tried.changed:,} changed the label)"


def _name(one: EntryRecords) -> str:
    return one.about.attack_base.partition(":")[0]


def _pairs(own: EntryRecords, other: EntryRecords) -> Iterator[tuple[Condition, Condition]]:
    """The conditions of both in which the same successes count."""
    for one in own.conditions:
        yield from ((one, two) for two in other.conditions if one.noises == two.noises)


def _same_search(own: EntryRecords, transfer: EntryRecords) -> bool:
    """Whether an attack brings what this search finds, informed or not, with whatever noises."""
    told = transfer.about.attack_params.get("attack")
    if not isinstance(told, str):
        return False
    inner = Spec.parse(inner_spec(told))
    plain = Spec(inner.name, tuple(pair for pair in inner.params if pair[0] not in ("corr", "noises")))
    return str(plain) == own.about.attack_base


def _acc_att(condition: Condition, k: int) -> float:
    return float(condition.fell(k).mean())


def _texts(own: EntryRecords, name: str) -> set[str]:
    """The different texts of the clean rows."""
    texts = own.records.columns.texts[name]
    return set(texts.names[np.unique(texts.codes[own.clean_rows])].tolist())


def _of_first_successes(condition: Condition, k: int, *names: str) -> tuple[Floats, ...]:
    """Numbers of the candidates that did it, of each utterance that was attacked successfully."""
    records = condition.at(k).records
    places = records.once(("winners", k, condition.noises), lambda: records.winners(k, condition.noises))
    return tuple(records.columns.number(name)[places] for name in names)


def _median_snr(condition: Condition, k: int) -> float | None:
    """The median SNR of the successes, in dB; None where none has one."""
    (snr_db,) = _of_first_successes(condition, k, "snr_db")
    found = snr_db[~np.isnan(snr_db)]
    return float(np.median(found)) if len(found) else None


def _said(condition: Condition) -> str:
    return f"Corr {'yes' if condition.corr else 'no'}, noises {condition.noises}"
