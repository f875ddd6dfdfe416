"""Alarm bells: what makes a figure doubtful, heard in the records alone. Each has a section in docs/bells.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.scoring import signs
from bench.scoring.figures.measured import EntryRecords
from bench.scoring.pooling import CleanScores
from bench.scoring.record_files.names import FEW_SPEAKERS
from bench.scoring.rehearsed import held_in_rehearsal, misled
from bench.scoring.signs import Sign
from bench.scoring.unmoved import unmoved


@dataclass(frozen=True)
class Evidence:
    """Hold all that a bell may listen to.

    Args:
        own: the records of the entry.
        clean: its figures when nobody attacks.
        beside: what other attacks did to the same victim under the same defence, on the same speech.
    """

    own: EntryRecords
    clean: CleanScores
    beside: Sequence[EntryRecords] = ()


@dataclass(frozen=True)
class Bell:
    """Describe one alarm.

    Args:
        name: as it stands in tables, JSON and boards, and as the heading of its section.
        means: what is doubtful where it rings.
        threshold: at which figure it rings.
        hear: finds the sign in the evidence, given the threshold; None where there is none.
    """

    name: str
    means: str
    threshold: float
    hear: Callable[[Evidence, float], Sign | None]

    @property
    def page(self) -> str:
        """Return where it is documented."""
        return f"docs/bells.md#{self.name}"


@dataclass(frozen=True)
class Ring:
    """Hold a bell that rang.

    Args:
        bell: which.
        figure: what reached the threshold.
        says: the same in words; may hold text from outside.
    """

    bell: Bell
    figure: float
    says: str

    def to_json(self) -> dict[str, object]:
        """Return one of `bells[]` in docs/json.md."""
        about = {"bell": self.bell.name, "figure": self.figure, "threshold": self.bell.threshold}
        return {**about, "says": self.says, "means": self.bell.means, "see": self.bell.page}

    def __str__(self) -> str:
        """Return what tables print."""
        return f"Bell {self.bell.name}: {self.says} ({self.bell.page})"


BELLS = (
    Bell(
        "constant-answer",
        "The victim gives nearly everything one answer: nothing can change it, and it recognises nothing.",
        0.7,
        lambda found, least: signs.constant_answer(found.own, least),
    ),
    Bell(
        "chance-level",
        "The clean UAR cannot be told from guessing: what an attack does to guesses says nothing.",
        0.0,
        lambda found, most: signs.chance_level(found.own, found.clean, most),
    ),
    Bell(
        "lost-in-sessions",
        "Who asks about several sounds in one session is not answered: it withstands honest users as it does attacks.",
        0.25,
        lambda found, least: signs.lost_in_sessions(found.own, least),
    ),
    Bell(
        "trained-on",
        "The victim was trained on attacked speakers: it may know their voices, and fare worse with others.",
        0.0,
        lambda found, most: signs.trained_on(found.own, most),
    ),
    Bell(
        "unmoved",
        "No noise changes what the victim answers, however loud: it does not go by the sound that was attacked.",
        0.1,
        lambda found, below: unmoved(found.own, below),
    ),
    Bell(
        "labels-flip",
        "Labels change when the same is asked again: a part of the changes is no attack's doing.",
        0.05,
        lambda found, least: signs.labels_flip(found.own, least),
    ),
    Bell(
        "plain-noise",
        "Plain noise that is no louder does as much: the search adds nothing.",
        1.0,
        lambda found, louder: signs.plain_noise(found.own, found.beside, louder),
    ),
    Bell(
        "transfer-stronger",
        "What was found on the bare victim does more than asking this one: the defence hides from the search.",
        0.05,
        lambda found, least: signs.transfer_stronger(found.own, found.beside, least),
    ),
    Bell(
        "held-in-rehearsal",
        "The victim withstood the rehearsal better than the attack: it knows the speech that attacks learn on.",
        0.1,
        lambda found, least: held_in_rehearsal(found.own, least),
    ),
    Bell(
        "misled",
        "Noise does otherwise where attackers learn what harms than where they attack: who was informed was misled.",
        0.2,
        lambda found, least: misled(found.own, least),
    ),
    Bell(
        "dies-in-pcm",
        "Successes are none once the sound is written as 16-bit PCM: they rest on rounding.",
        0.1,
        lambda found, least: signs.dies_in_pcm(found.own, least),
    ),
    Bell(
        "short-bursts",
        "Successes rest on noise that is far louder for a moment than over the whole utterance.",
        0.25,
        lambda found, least: signs.short_bursts(found.own, least),
    ),
    Bell(
        "few-applied",
        "The attack asked about few of the utterances: its figures are about those alone, or mostly nobody's.",
        0.5,
        lambda found, below: signs.few_applied(found.own, below),
    ),
    Bell(
        "few-speakers",
        "So few speakers say little about others.",
        float(FEW_SPEAKERS),
        lambda found, below: signs.few_speakers(found.own, below),
    ),
    Bell(
        "measurements-missing",
        "Measurements are missing beside others of the same victim: whoever left them out may have chosen.",
        0.0,
        lambda found, most: signs.measurements_missing(found.own, most),
    ),
    Bell(
        "all-broke-the-rule",
        "No candidate could have counted: an Acc_att of 0 says nothing about the victim.",
        0.0,
        lambda found, most: signs.all_broke_the_rule(found.own, most),
    ),
)
"""All bells, the gravest first."""
NAMED = {bell.name: bell for bell in BELLS}


def rung(evidence: Evidence) -> tuple[Ring, ...]:
    """Find all bells that ring, in their order."""
    heard = ((bell, bell.hear(evidence, bell.threshold)) for bell in BELLS)
    return tuple(Ring(bell, *sign) for bell, sign in heard if sign is not None)
