"""Units scored by several processes, where there are many cells of which no figures are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bench.core.crew import Crew
from bench.scoring.dependence import Estimand
from bench.scoring.fates import NotedFates, read, told
from bench.scoring.kept_scores import (
    keep_fates,
    kept_scores,
    learn_places,
    made_scores,
    read_scores,
)
from bench.scoring.units import FinishedCell, UnitScores, pooled_unit, single_unit

Kind = Literal["pooled", "cells"]


def scored_units(
    kind: Kind,
    parts: Sequence[Sequence[FinishedCell]],
    ks: Sequence[int],
    estimand: Estimand,
    noted: NotedFates | None = None,
    crew: Crew | None = None,
) -> Iterator[UnitScores]:
    """Score units, or read what is kept of them: in order, whoever scores them.

    Args:
        kind: "pooled" over folds and seeds, or "cells" one by one.
        parts: the cells of each unit.
        ks: numbers of queries.
        estimand: what the intervals are about.
        noted: keeps what became of the utterances of each cell whose rows are read.
        crew: processes that share the work where there is much of it; by default one for each core.
    """

    def here(own: Sequence[FinishedCell]) -> UnitScores:
        make = partial(_made, kind, own, ks, estimand, noted)
        # what is read, also the first time
        return read_scores(made_scores(kind, own, ks, estimand, make)) if _filed(own) else make()

    kept = [kept_scores(kind, own, ks, estimand) if _filed(own) else None for own in parts]
    missing = [own for own, found in zip(parts, kept, strict=True) if found is None]
    with Crew() if crew is None else nullcontext(crew) as team:
        if all(map(_filed, parts)) and team.shares(sum(map(len, missing))):
            asked = [_Asked(kind, tuple(own), tuple(ks), estimand, noted is not None) for own in missing]
            answers = team.in_order(_Asked.answer, asked)
            yield from (next(answers).scores(noted) if found is None else found for found in kept)
        else:
            yield from (here(own) if found is None else found for own, found in zip(parts, kept, strict=True))


def _filed(own: Sequence[FinishedCell]) -> bool:
    """Whether figures of a unit are kept: the digests of its files tell what they rest on."""
    return all(cell.digest is not None for cell in own)


def _made(
    kind: Kind, own: Sequence[FinishedCell], ks: Sequence[int], estimand: Estimand, noted: NotedFates | None
) -> UnitScores:
    if kind == "cells":
        return single_unit(own, ks)
    return pooled_unit(own, ks, estimand, None if noted is None else noted.note)


@dataclass(frozen=True)
class _Answer:
    """What another process has made of a unit: figures, fates of utterances, and places that they are about."""

    figures: str
    fates: str
    kept: str
    places: Mapping[str, str]

    def scores(self, noted: NotedFates | None) -> UnitScores:
        learn_places(self.places)
        if noted is not None:
            noted.fates.update(read(self.fates))
            noted.kept.add(self.kept)
        return read_scores(self.figures)


@dataclass(frozen=True)
class _Asked:
    """A unit that another process is to score."""

    kind: Kind
    cells: tuple[FinishedCell, ...]
    ks: tuple[int, ...]
    estimand: Estimand
    noting: bool

    def answer(self) -> _Answer:
        noted = NotedFates()
        scores = _made(self.kind, self.cells, self.ks, self.estimand, noted if self.noting else None)
        outcomes = (score.outcomes for _, entry in scores.entries for score in entry.scores)
        places = {one.places.digest: one.places.text for one in outcomes if one is not None}
        figures = made_scores(self.kind, self.cells, self.ks, self.estimand, lambda: scores)
        whole = [cell for cell in self.cells if cell.description.names.half is None]
        kept, fates = keep_fates(whole, noted.fates) if self.noting else ("", told({}))
        return _Answer(figures, fates if len(whole) == len(self.cells) else told(noted.fates), kept, places)
