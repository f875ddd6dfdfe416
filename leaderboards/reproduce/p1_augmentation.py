"""P1's section 7.2: what noise-augmented training gains where the noise that attacks was left out of it.

Source: the columns of augmented IEMOCAP in P1's Table 1, and its text
([`p1_published`][leaderboards.reproduce.p1_published], which has the reading of the figures). A gain is **relative** to
the un-augmented victim on the same noisy utterances: its UAR / that victim's − 1.

Readings: a noise is set against the victim that was trained with the others of its group: NatSt and NatCo against the
one that knows human and interior sounds, Reverb against the one that knows faster segments and fades. FadeIn and
FadeOut are one noise there. DropW and DropLt belong to neither group; they are set against the whole synthetic one. The
combined data, noisy and clean, on which P1 sees a general gain (end of section 7.3), are here the mean of clean speech
and of the mean over the noises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bench.evaluation.plans.options import Options
from bench.scoring.records import CellRecords
from leaderboards.reproduce.answers import BARE, Answers, applied, level, read
from leaderboards.reproduce.claims import Claim, above, below
from leaderboards.reproduce.contrasts import Term, contrast, relative
from leaderboards.reproduce.p1_noises import Wanted, environmental, lasting_at, mean_gain, named, starting
from leaderboards.reproduce.p1_published import CATEGORIES, Published, column_of, published, told
from leaderboards.reproduce.shape import Table, TableValue, judged

PAPER = "P1, section 7.2: what noise-augmented training gains"
_SYNTHETIC = {"SpeedSeg": "speed_segment", "FadeIn": "fade", "FadeOut": "fade", "Reverb": "reverb"}
_NOTES = (
    "Relative gain: UAR after augmented training / UAR after clean training − 1, on the same noisy utterances; as UAR: "
    "the difference; [95 % interval].",
    "Published: on IEMOCAP, relative; as UAR: what that comes to; read as UAR: the other reading. Left out: of the "
    "training, which had the other noises of the group.",
)


def augmentation(noise: str) -> str:
    """Name the defence that one of P1's noises is set against.

    >>> augmentation("NatSt"), augmentation("DropW")
    ('noise_augmentation:leave_out=natural', 'noise_augmentation:group=synthetic')
    """
    if noise[:3] in CATEGORIES:
        return f"noise_augmentation:leave_out={CATEGORIES[noise[:3]]}"
    left = f",leave_out={_SYNTHETIC[noise]}" if noise in _SYNTHETIC else ""
    return f"noise_augmentation:group=synthetic{left}"


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
    return judged([_table(found, victim) for found in read(cells) for victim in found.victims()])


def gain(found: Answers, victim: str, defense: str, attack: str, beside: str = BARE) -> Term:
    """Express what a defence gains under an attack, over another one or none, as a term of a contrast.

    Args:
        found: all that was said.
        victim: spec.
        defense: spec.
        attack: spec.
        beside: the defence that it is compared with.
    """
    return Term(found.beside(victim, defense, attack, beside))


def _table(found: Answers, victim: str) -> Table:
    rows = tuple(_row(found, victim, row) for row in published())
    return Table(PAPER, found.about(victim=victim), rows, tuple(_claims(found, victim)), _NOTES)


def _row(found: Answers, victim: str, paper: Published) -> dict[str, TableValue]:
    defense = augmentation(paper.noise)
    terms = [gain(found, victim, defense, paper.attack)]
    return {
        "noise": paper.noise,
        "SNR": paper.snr_db,
        "left out": defense.partition("leave_out=")[2] or "nothing",
        **paper.gain(column_of(found.setting.task)).columns(),
        "UAR, clean training": level(found.get(victim, BARE, paper.attack), "attacked"),
        "relative gain": relative(terms),
        "gain as UAR": contrast(terms),
        "applied to": applied(found.get(victim, defense, paper.attack)),
    }


def _claims(found: Answers, victim: str) -> Iterator[Claim]:
    task = found.setting.task
    for text, wanted in (
        ("environmental noise", environmental),
        ("environmental noise that starts and fades out", starting),
        ("synthetic noise", named(*_SYNTHETIC)),
    ):
        ours = relative(gains(found, victim, wanted))
        claim = above(f"UAR gains under {text} left out of the training, on average", ours, mean_gain(task, wanted))
        if wanted is starting and column_of(task) == "activation":
            claim = replace(claim, beside=(("section 7.2", told("noise_that_starts", task)),))
        yield claim
    soft, reverb = lasting_at("20"), named("Reverb")
    less = relative([*gains(found, victim, reverb), *gains(found, victim, soft, -1.0)])
    figure = round(mean_gain(task, reverb) - mean_gain(task, soft), 3)
    yield below("reverberation gains less than environmental noise throughout at 20 dB", less, figure)
    left = [
        Term(found.get(victim, augmentation(row.noise), row.attack), "attacked", "clean", 1 / 12)  # of 12 noises
        for row in published()
        if environmental(row)
    ]
    yield below("environmental noise still costs the augmented victim UAR, on average", relative(left))
    yield above("augmented training gains UAR on clean and noisy speech taken together", relative(_all(found, victim)))


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


def _all(found: Answers, victim: str) -> list[Term]:
    """The gain on clean speech and that under the environmental noises, each counting half."""
    noisy = gains(found, victim, environmental, 0.5)
    return [*noisy, *(replace(term, later="clean", earlier="other_clean") for term in noisy)]
