"""P1's section 7.3: what denoising gains, alone and with noise-augmented training.

Source: the text of P1's section 7.3 (`p1_denoising.csv`); there is no table.

Readings: P1's percentages are differences of UAR, as in its Table 1: 23 % is 0.23. "Denoising" is RNNoise alone, set
against the victim with neither; where P1 compares with augmentation, it is both (`rnnoise+noise_augmentation`) against
augmentation alone, with reverberation left out of it. The loss against clean speech is that of the same victim. Signal
manipulations are faster segments and fades.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.evaluation.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, Term, applied, contrast, level, read
from leaderboards.reproduce.p1_augmentation import Wanted, against, augmentation, gain, lasting_at
from leaderboards.reproduce.p1_table1 import Published, published
from leaderboards.reproduce.shape import Claim, Table, TableValue, above, below, facts, not_above

PAPER = "P1, section 7.3: what denoising gains"
DENOISED = "rnnoise"
_REVERB = "reverb"
_NOTES = (
    "Gain: UAR with the defence less UAR of the bare victim, on the same noisy utterances; [95 % interval].",
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
    return [_table(found, victim) for found in read(cells) for victim in found.victims()]


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, row) for row in published())
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, paper: Published) -> dict[str, TableValue]:
    denoised = found.get(victim, DENOISED, paper.attack)
    return {
        "noise": paper.noise,
        "SNR": paper.snr_db,
        "bare": level(found.get(victim, BARE, paper.attack), "attacked"),
        "gain of denoising": contrast([gain(found, victim, DENOISED, paper.attack)]),
        "gain of both": contrast([gain(found, victim, both(paper.noise), paper.attack)]),
        "applied to": applied(denoised),
    }


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    printed = {row["claim"]: float(row["value"]) for row in facts("p1_denoising.csv")}

    def gains(wanted: Wanted) -> list[Term]:
        chosen = [row for row in published() if wanted(row)]
        terms = [gain(found, victim, DENOISED, row.attack) for row in chosen]
        return [replace(term, times=1 / len(chosen)) for term in terms]

    gained = contrast(gains(lasting_at("20")))
    yield above("denoising gains under environmental noise at 20 dB, on average", gained, printed["environmental_20db"])
    for snr_db in ("10", "0"):
        lost = contrast(gains(lasting_at(snr_db)))
        yield below(f"denoising loses under environmental noise at {snr_db} dB, on average", lost)
    manipulated = contrast(gains(lambda row: row.noise in ("SpeedSeg", "FadeIn", "FadeOut")))
    yield not_above("denoising gains nothing significant under signal manipulations, on average", manipulated)
    stacked = both("Reverb")
    over = contrast([gain(found, victim, stacked, _REVERB, beside=augmentation("Reverb"))])
    figure = printed["reverb_against_augmentation"]
    yield above("under unseen reverberation, denoising and augmentation gain over augmentation alone", over, figure)
    left = contrast([Term(found.get(victim, stacked, _REVERB), "attacked", "clean")])
    figure = printed["reverb_against_clean"]
    yield below("they are still worse under reverberation than on clean speech", left, figure)
