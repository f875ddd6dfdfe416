"""P1's section 7.2: what noise-augmented training gains where the noise that attacks was left out of it.

Source: the columns of augmented IEMOCAP in P1's Table 1 (`best_practices_table1.csv`), and its text.

Readings: a noise is set against the victim that was trained with the others of its group: NatSt and NatCo against the
one that knows human and interior sounds, Reverb against the one that knows faster segments and fades. FadeIn and
FadeOut are one noise there. DropW and DropLt belong to neither group; they are set against the whole synthetic one. A
gain is the UAR of the augmented victim less that of the one trained on clean speech, on the same noisy utterances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bench.evaluation.options import Options
from bench.scoring.estimates import Estimate
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, Term, applied, contrast, level, paired, read
from leaderboards.reproduce.p1_table1 import Published, published
from leaderboards.reproduce.shape import Claim, Table, TableValue, above, below, facts, number

PAPER = "P1, section 7.2: what noise-augmented training gains"
_GROUPS = {"Nat": "natural", "Hum": "human", "Int": "interior"}
_SYNTHETIC = {"SpeedSeg": "speed_segment", "FadeIn": "fade", "FadeOut": "fade", "Reverb": "reverb"}
_NOTES = (
    "Gain: UAR after augmented training less UAR after clean training, on the same noisy utterances; [95 % interval].",
    "Published: on IEMOCAP. Left out: of the training, which had the other noises of the group.",
)


def augmentation(noise: str) -> str:
    """Name the defence that one of P1's noises is set against.

    >>> augmentation("NatSt"), augmentation("DropW")
    ('noise_augmentation:leave_out=natural', 'noise_augmentation:group=synthetic')
    """
    if noise[:3] in _GROUPS:
        return f"noise_augmentation:leave_out={_GROUPS[noise[:3]]}"
    left = f",leave_out={_SYNTHETIC[noise]}" if noise in _SYNTHETIC else ""
    return f"noise_augmentation:group=synthetic{left}"


Wanted = Callable[[Published], bool]


def environmental(row: Published) -> bool:
    """Say whether a noise is a sound laid over the speech."""
    return row.noise[:3] in _GROUPS


def starting(row: Published) -> bool:
    """Say whether a noise is a sound that starts with the utterance and fades out."""
    return environmental(row) and row.noise.endswith("St")


def lasting_at(snr_db: str) -> Wanted:
    """Make the test whether a noise is a sound that lasts, at this SNR.

    >>> [row.noise for row in published() if lasting_at("10")(row)]
    ['NatCo', 'HumCo', 'IntCo']
    """
    return lambda row: environmental(row) and row.snr_db == snr_db


def synthetic(row: Published) -> bool:
    """Say whether a noise is one of the synthetic ones that are left out in turn."""
    return row.noise in _SYNTHETIC


def reverberation(row: Published) -> bool:
    """Say whether a noise is reverberation."""
    return row.noise == "Reverb"


def against(options: Options, defense_of: Callable[[str], str]) -> list[Options]:
    """Select runs: for each defence, the noises that it is set against.

    Args:
        options: what else is asked for.
        defense_of: from P1's name of a noise to the defence.
    """
    groups: dict[str, list[str]] = {}
    for row in published():
        groups.setdefault(defense_of(row.noise), []).append(row.attack)
    return [replace(options, defenses=(name,), attacks=tuple(attacks)) for name, attacks in groups.items()]


def asked(options: Options) -> list[Options]:
    """Select runs: the bare victim under all noises, each augmented one under those that it is set against."""
    attacks = tuple(row.attack for row in published())
    return [replace(options, defenses=(BARE,), attacks=attacks), *against(options, augmentation)]


def tables(cells: Sequence[CellRecords]) -> list[Table]:
    """Make a table for each victim and setting."""
    return [_table(found, victim) for found in read(cells) for victim in found.victims()]


def gain(found: Answers, victim: str, defense: str, attack: str, beside: str = BARE) -> Term:
    """Express what a defence gains under an attack, over another one or none, as a term of a contrast.

    Args:
        found: all that was said.
        victim: spec.
        defense: spec.
        attack: spec.
        beside: the defence that it is compared with.
    """
    return Term(paired(found.get(victim, defense, attack), found.get(victim, beside, attack)))


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, row, gains) for row, gains in zip(published(), _published(), strict=True))
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _published() -> list[dict[str, float | None]]:
    """The paper's gains, in the order of its noises."""
    names = ("activation", "valence")
    return [{name: number(row[f"aug_{name}_gain"]) for name in names} for row in facts("best_practices_table1.csv")]


def _row(found: Answers, victim: str, paper: Published, gains: dict[str, float | None]) -> dict[str, TableValue]:
    defense = augmentation(paper.noise)
    defended = found.get(victim, defense, paper.attack)
    return {
        "noise": paper.noise,
        "SNR": paper.snr_db,
        "left out": defense.partition("leave_out=")[2] or "nothing",
        "published activation": gains["activation"],
        "published valence": gains["valence"],
        "clean training": level(found.get(victim, BARE, paper.attack), "attacked"),
        "gain": contrast([gain(found, victim, defense, paper.attack)]),
        "applied to": applied(defended),
    }


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    def ours(wanted: Wanted) -> Estimate | None:
        return contrast(gains(found, victim, wanted))

    def printed(wanted: Wanted) -> float:
        return _mean_published(found.setting.task, wanted)

    for text, wanted in (
        ("environmental noise", environmental),
        ("environmental noise that starts and fades out", starting),
        ("synthetic noise", synthetic),
    ):
        yield above(f"UAR gains under {text} left out of the training, on average", ours(wanted), printed(wanted))
    soft = lasting_at("20")
    less = contrast([*gains(found, victim, reverberation), *gains(found, victim, soft, -1.0)])
    figure = round(printed(reverberation) - printed(soft), 3)
    yield below("reverberation gains less than environmental noise throughout at 20 dB", less, figure)
    left = [
        Term(found.get(victim, augmentation(row.noise), row.attack), "attacked", "clean", 1 / 12)  # of 12 noises
        for row in published()
        if environmental(row)
    ]
    yield below("environmental noise still costs the augmented victim UAR, on average", contrast(left))


def gains(found: Answers, victim: str, wanted: Wanted, times: float = 1.0) -> list[Term]:
    """Express the mean gain of augmented training under some of the noises as terms of a contrast.

    Args:
        found: all that was said.
        victim: spec.
        wanted: which of P1's noises.
        times: how often the mean counts, negative to be taken away.
    """
    chosen = [row for row in published() if wanted(row)]
    found_of = [gain(found, victim, augmentation(row.noise), row.attack) for row in chosen]
    return [replace(term, times=times / len(chosen)) for term in found_of]


def _mean_published(task: str, wanted: Wanted) -> float:
    column = "valence" if task.startswith("valence") else "activation"
    both = zip(published(), _published(), strict=True)
    figures = [figure for row, of in both if wanted(row) and (figure := of[column]) is not None]
    return round(sum(figures) / len(figures), 3)
