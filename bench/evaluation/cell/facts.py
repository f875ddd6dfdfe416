"""What is counted while a cell is measured, beside its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from bench.contracts.recipes import Samples
from bench.data.people import People
from bench.referee.rehearsal import Rehearsal
from bench.referee.search import Candidate
from bench.scoring.record_files.rows import Row


@dataclass(frozen=True)
class Facts:
    """What was counted while a cell was measured; it determines nothing, and stands beside the records.

    Args:
        looks: utterances that an attacker who has a copy of the defence looked at through it; None for any other.
        unknown: attacked utterances whose speakers have no other one, so that nothing was enrolled of them.
        rounds: of an attack that learns, the utterances in a round, and how many it met in all; None for any other.
        rehearsal: of an attack that rehearses, on how many utterances and with how many queries; None for any other.
        trained_on: attacked speakers that somebody else trained the victim on, as it says.
        people: what the corpus tells of the speakers, by attribute and value; what figures by group are made of.
        sessions: of a victim that remembers, of how many clean utterances it says something else in a session of their
            speaker, and of how many they are; None for any other.
        settings: the effects of an attack that say that their source is a setting.
        search: of an attack that may ask more than once, whether it asked about no utterance twice: its rows look like
            those of an effect.
    """

    looks: int | None
    unknown: int
    rounds: tuple[int, int] | None = None
    rehearsal: Rehearsal | None = None
    trained_on: tuple[str, ...] = ()
    people: People = field(default_factory=dict)
    sessions: tuple[int, int] | None = None
    settings: tuple[str, ...] = ()
    search: bool = False

    def to_json(self) -> dict[str, object]:
        """Return `found` of a record file's description."""
        found: dict[str, object] = {} if self.looks is None else {"looks": self.looks}
        found |= {"unknown_speakers": self.unknown}
        if self.rounds is not None:
            found["rounds"] = dict(zip(("size", "n"), self.rounds, strict=True))
        if self.rehearsal is not None:
            found["rehearsal"] = self.rehearsal.to_json()
        if self.trained_on:
            found["trained_on"] = list(self.trained_on)
        if self.people:
            found["people"] = self.people
        if self.sessions is not None:
            found["sessions"] = dict(zip(("lost", "of"), self.sessions, strict=True))
        if self.settings:
            found["settings"] = list(self.settings)
        if self.search:
            found["search"] = True
        return found


@dataclass(frozen=True)
class MeasuredCell:
    """What came of measuring a cell.

    Args:
        rows: its records.
        facts: what was counted meanwhile.
        samples: accepted free samples by their digests: what no recipe describes.
    """

    rows: list[Row]
    facts: Facts
    samples: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass
class FreeSamples:
    """Count candidates that no recipe describes, and keep the accepted ones.

    Args:
        asked: how many there were.
        accepted: samples by their digests.
    """

    asked: int = 0
    accepted: dict[str, Tensor] = field(default_factory=dict)

    def keep(self, candidate: Candidate, row: Row) -> None:
        """Look at a candidate.

        Args:
            candidate: what was asked about.
            row: what came of it.
        """
        free = [part for part in candidate.recipe.parts if isinstance(part, Samples)]
        self.asked += bool(free)
        if row.accepted:
            self.accepted |= {part.digest: part.waveform.cpu() for part in free}
