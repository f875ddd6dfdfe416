"""P1's section 7.3: what denoising gains, alone and with noise-augmented training.

Source: the text of P1's section 7.3; there is no table ([`p1_published`][leaderboards.reproduce.p1_published]).

Readings: P1's percentages are relative to the same victim without denoising, on the same noisy utterances. "Denoising"
is RNNoise alone, set against the victim with neither; where P1 compares with augmentation, it is both
(`rnnoise+noise_augmentation`) against augmentation alone, with reverberation left out of it. The loss against clean
speech is that of the same victim. Signal manipulations are faster segments and fades. P1's +36 % and −28 % under
reverberation do not agree with its Table 1, by which 0.67 · 0.64 · 1.05 · 1.36 is 9 % below clean speech: only their
direction is a claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, level, read
from leaderboards.reproduce.claims import Claim, above, below, not_above
from leaderboards.reproduce.contrasts import Term, contrast, relative
from leaderboards.reproduce.p1_augmentation import against, augmentation, gain
from leaderboards.reproduce.p1_noises import Wanted, lasting_at, named
from leaderboards.reproduce.p1_published import Published, published, told
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P1, section 7.3: what denoising gains"
DENOISED = "rnnoise"
_REVERB = "reverb"
_NOTES = (
    "Gain: UAR with the defence / UAR of the bare victim − 1, on the same noisy utterances; as UAR: the difference; "
    "[95 % interval].",
    "Both: augmented training, its noisy and its clean utterances denoised; the noise that attacks is left out of it.",
)


def both(noise: str) -> str:
    """Name denoising together with augmentation, against one of P1's noises.

    >>> both("IntCo")
    'rnnoise+noise_augmentation:leave_out=interior'
    """
    return f"{DENOISED}+{augmentation(noise)}"


def asked(options: Options) -> list[Options]:
    """Select runs: bare and denoised victims under all noises, and the augmented ones.

    The denoised and augmented victims stand under those noises that they are set against, the augmented one under
    reverberation.
    """
    attacks = tuple(row.attack for row in published())
    alone = replace(options, defenses=(augmentation("Reverb"),), attacks=(_REVERB,))
    return [replace(options, defenses=(BARE, DENOISED), attacks=attacks), *against(options, both), alone]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim and setting."""
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, row) for row in published())
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, paper: Published) -> dict[str, TableValue]:
    alone = [gain(found, victim, DENOISED, paper.attack)]
    return {
        "noise": paper.noise,
        "SNR": paper.snr_db,
        "bare": level(found.get(victim, BARE, paper.attack), "attacked"),
        "relative gain of denoising": relative(alone),
        "as UAR": contrast(alone),
        "relative gain of both": relative([gain(found, victim, both(paper.noise), paper.attack)]),
        "applied to": applied(found.get(victim, DENOISED, paper.attack)),
    }


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    def gains(wanted: Wanted) -> list[Term]:
        chosen = [row for row in published() if wanted(row)]
        terms = [gain(found, victim, DENOISED, row.attack) for row in chosen]
        return [replace(term, times=1 / len(chosen)) for term in terms]

    def printed(quantity: str) -> tuple[tuple[str, float]]:
        return (("as printed, of which the direction alone is claimed", told(quantity, found.setting.task)),)

    gained = relative(gains(lasting_at("20")))
    figure = told("denoising_at_20db", found.setting.task)
    yield above("denoising gains under environmental noise at 20 dB, on average", gained, figure)
    for snr_db in ("10", "0"):
        lost = relative(gains(lasting_at(snr_db)))
        yield below(f"denoising loses under environmental noise at {snr_db} dB, on average", lost)
    manipulated = relative(gains(named("SpeedSeg", "FadeIn", "FadeOut")))
    yield not_above("denoising gains nothing to speak of under signal manipulations, on average", manipulated)
    stacked = both("Reverb")
    over = relative([gain(found, victim, stacked, _REVERB, beside=augmentation("Reverb"))])
    claim = above("under unseen reverberation, denoising and augmentation gain over augmentation alone", over)
    yield replace(claim, beside=printed("reverberation_against_augmentation"))
    left = relative([Term(found.get(victim, stacked, _REVERB), "attacked", "clean")])
    claim = below("they are still worse under reverberation than on clean speech", left)
    yield replace(claim, beside=printed("reverberation_against_clean"))
