"""Units scored by several processes, where there are many cells of which no figures are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from bench.core.computing.crew import Crew
from bench.scoring.entries.fates import NotedFates, read, told
from bench.scoring.entries.kept_scores import keep_fates, keep_scores, kept_scores, learn_places, read_scores
from bench.scoring.entries.many_units import Kind, scored_together
from bench.scoring.entries.units import FinishedCell, UnitScores
from bench.scoring.figures.dependence import Estimand

_TOGETHER = 160
"""So many cells are scored at a time: a few units, so that every process finds work to the end."""
Unit = Sequence[FinishedCell]


def scored_units(
    kind: Kind,
    parts: Sequence[Unit],
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

    def here(some: Sequence[Unit]) -> Iterator[UnitScores]:
        for own, scores in zip(some, _made(kind, some, ks, estimand, noted), strict=True):
            # what is read, also the first time
            yield read_scores(keep_scores(kind, own, ks, estimand, scores)) if _filed(own) else scores

    kept = [kept_scores(kind, own, ks, estimand) if _filed(own) else None for own in parts]
    missing = [*_portions([own for own, found in zip(parts, kept, strict=True) if found is None])]
    with Crew() if crew is None else nullcontext(crew) as team:
        if all(map(_filed, parts)) and team.shares(sum(len(own) for some in missing for own in some)):
            asked = [_Asked(kind, tuple(map(tuple, some)), tuple(ks), estimand, noted is not None) for some in missing]
            answers = (one for some in team.in_order(_Asked.answers, asked) for one in some)
            each = (own for some in missing for own in some)
            both = zip(each, answers, strict=True)
            made = (next(here([own])) if one is None else one.scores(noted) for own, one in both)
        else:
            made = (scores for some in missing for scores in here(some))
        yield from (next(made) if found is None else found for found in kept)


def _portions(parts: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Units in order, as many at a time as go together."""
    some: list[Unit] = []
    for own in parts:
        if some and sum(map(len, some)) + len(own) > _TOGETHER:
            yield some
            some = []
        some.append(own)
    if some:
        yield some


def _filed(own: Unit) -> bool:
    """Whether figures of a unit are kept: the digests of its files tell what they rest on."""
    return all(cell.digest is not None for cell in own)


def _made(
    kind: Kind, some: Sequence[Unit], ks: Sequence[int], estimand: Estimand, noted: NotedFates | None
) -> Iterator[UnitScores]:
    """The figures of units, at once; where anything is wrong with one of them, one after the other up to that one."""
    note = None if noted is None else noted.note
    found = []
    if len(some) > 1:
        with suppress(Exception):  # each meets its own error again, where it belongs
            found = scored_together(kind, some, ks, estimand, note)
    yield from found
    for own in some[len(found) :]:
        yield from scored_together(kind, [own], ks, estimand, note)


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
    """Units that another process is to score."""

    kind: Kind
    units: tuple[tuple[FinishedCell, ...], ...]
    ks: tuple[int, ...]
    estimand: Estimand
    noting: bool

    def answers(self) -> list[_Answer | None]:
        """What came of each; nothing from one with which anything is wrong on, of which the one who asked is told."""
        noted = NotedFates() if self.noting else None
        made = _made(self.kind, self.units, self.ks, self.estimand, noted)
        found: list[_Answer | None] = []
        with suppress(Exception):
            for own, scores in zip(self.units, made, strict=True):
                found.append(self._answer(own, scores, noted))
        return found + [None] * (len(self.units) - len(found))

    def _answer(self, own: Unit, scores: UnitScores, noted: NotedFates | None) -> _Answer:
        outcomes = (score.outcomes for _, entry in scores.entries for score in entry.scores)
        places = {one.places.digest: one.places.text for one in outcomes if one is not None}
        figures = keep_scores(self.kind, own, self.ks, self.estimand, scores)
        if noted is None:
            return _Answer(figures, told({}), "", places)
        whole = [cell for cell in own if cell.description.names.half is None]
        kept, fates = keep_fates(whole, noted.fates)
        if len(whole) < len(own):
            fates = told({cell.file: noted.fates[cell.file] for cell in own if cell.file is not None})
        return _Answer(figures, fates, kept, places)
