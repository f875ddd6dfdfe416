"""Figures that were made before, read again in the place of the records: known by the digests of all they rest on."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from operator import attrgetter

import numpy as np

from bench.contracts.threat_models import ThreatModel
from bench.core.code.keys import key_of_json
from bench.core.code.shadowing import HOME
from bench.core.errors import DataError
from bench.core.storage.plain import Plain
from bench.core.storage.remembering import keep, recalled
from bench.scoring.bells import NAMED, Bell, Ring
from bench.scoring.entries.fates import Fates, NotedFates, read, told
from bench.scoring.entries.scored import CellScores, PooledScores
from bench.scoring.entries.units import FinishedCell, UnitScores
from bench.scoring.figures.agreements import Agreement
from bench.scoring.figures.attacked_places import AttackedPlaces
from bench.scoring.figures.conditions import Score
from bench.scoring.figures.contrasts import PairedTest, ValidityGap
from bench.scoring.figures.dependence import Estimand
from bench.scoring.figures.efforts import MedianQueries, SmallestPerturbation
from bench.scoring.figures.halves import BankHalves
from bench.scoring.figures.optimality import Optimality
from bench.scoring.figures.outcomes import Outcomes, rank_outcomes
from bench.scoring.figures.searches import Median
from bench.scoring.inference.comparisons import PairedComparison, PValue, Untestable
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.inference.ranks import Rank
from bench.scoring.pooling import CleanScores, Perturbed, PerturbedScores
from bench.scoring.record_files.candidates import Candidates
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.dimensions import Dimension
from bench.scoring.record_files.names import Setting

KINDS: tuple[type, ...] = (
    *(Candidates, PairedComparison, PValue, Untestable, Score, PairedTest, ValidityGap, RestsOn, Ring, Median),
    *(MedianQueries, SmallestPerturbation, Difference, Estimate, BankHalves, Setting, Optimality, ThreatModel),
    *(CleanScores, Perturbed, PerturbedScores, CellScores, PooledScores, UnitScores, Rank, Agreement, Dimension),
)
"""All that figures are made of."""
_SCORES, _PLACES, _RANKS, _FATES = "scores", "places", "ranks", "fates"


def kept_scores(kind: str, sources: Sequence[FinishedCell], ks: Sequence[int], estimand: Estimand) -> UnitScores | None:
    """Return what was made of the same files by the same code, where it is kept.

    Args:
        kind: what is made.
        sources: cells with digests.
        ks: numbers of queries.
        estimand: what intervals are about.
    """
    found = _read(recalled(_SCORES, _key(kind, sources, ks, estimand)))
    return found if isinstance(found, UnitScores) else None


def keep_scores(
    kind: str, sources: Sequence[FinishedCell], ks: Sequence[int], estimand: Estimand, made: UnitScores
) -> str:
    """Keep scores.

    Args:
        kind: what was made.
        sources: cells with digests.
        ks: numbers of queries.
        estimand: what intervals are about.
        made: the scores.

    Returns:
        Them, as they are kept; `read_scores` reads them.
    """
    text = _PLAIN.text(made)
    keep(_SCORES, _key(kind, sources, ks, estimand), text)
    return text


def read_scores(text: str) -> UnitScores:
    """Read what `keep_scores` gave.

    Raises:
        ValueError: it is something else, or of places that are not kept.
    """
    found = _PLAIN.value(text)
    if not isinstance(found, UnitScores):
        raise ValueError(f"{type(found).__name__}, no scores of a unit")
    return found


def _key(kind: str, sources: Sequence[FinishedCell], ks: Sequence[int], estimand: Estimand) -> str:
    about = {"cells": [one.follows_from for one in sources], "k": sorted(set(ks)), "estimand": estimand}
    return key_of_json({"kind": kind, "code": scoring_code(), **about})


def kept_ranks(figures: Sequence[float], outcomes: Sequence[Outcomes | None], groups: Sequence[int]) -> list[Rank]:
    """Rank as [`rank_outcomes`][bench.scoring.figures.outcomes.rank_outcomes] does, or read former ranks of the same.

    Args:
        figures: as there, here and below.
        outcomes: of each entry.
        groups: of each entry.
    """
    told = [None if one is None else one.digest for one in outcomes]
    key = key_of_json({"code": scoring_code(), "figures": list(figures), "outcomes": told, "groups": list(groups)})
    found = _read(recalled(_RANKS, key))
    if isinstance(found, tuple) and len(found) == len(figures):
        return [*found]
    made = rank_outcomes(figures, outcomes, groups)
    if len(made) > 1:
        keep(_RANKS, key, _PLAIN.text(tuple(made)))
    return made


def kept_fates(sources: Sequence[FinishedCell], noted: NotedFates) -> dict[str, Fates]:
    """Return what became of the utterances of a unit's cells, by the digests of their files.

    Args:
        sources: its cells; those without a digest are left out, and those whose rows are not to be believed.
        noted: what was read of them a moment ago, and what is kept of it already.
    """
    files = _by_file(sources)
    key, known = _fates_key(files), noted.fates
    if key in noted.kept:
        return {file: known[file] for file in files}
    text = recalled(_FATES, key)
    if text is not None:
        return read(text)
    found = {file: known.get(file) or _fates_of(source) for file, source in files.items()}
    believed = {file: fates for file, fates in found.items() if fates is not None}
    keep(_FATES, key, told(believed))
    return believed


def keep_fates(sources: Sequence[FinishedCell], known: Mapping[str, Fates]) -> tuple[str, str]:
    """Keep what became of the utterances of a unit's cells.

    Args:
        sources: its cells, all with digests.
        known: of each, by the digest of its file.

    Returns:
        The name that it is kept under, and what is kept.
    """
    files = _by_file(sources)
    key, text = _fates_key(files), told({file: known[file] for file in files})
    keep(_FATES, key, text)
    return key, text


def _by_file(sources: Sequence[FinishedCell]) -> dict[str, FinishedCell]:
    return {source.file: source for source in sources if source.file is not None}


def _fates_key(files: Mapping[str, FinishedCell]) -> str:
    asked = [[file, source.description.noises] for file, source in files.items()]
    return key_of_json({"code": scoring_code(), "cells": asked})


def _fates_of(source: FinishedCell) -> Fates | None:
    try:
        return Fates.of(source.condensed())
    except DataError:
        return None


@cache
def scoring_code() -> str:
    """Digest all code that figures are made by, and the versions of what it computes with."""
    rooms = ("bench/scoring", "bench/core", "bench/contracts")
    files = sorted(file for room in rooms for file in (HOME / room).rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    versions = {name: version(name) for name in ("numpy", "pandas", "scipy", "pyarrow")}
    return key_of_json({"code": digest.hexdigest(), "versions": versions})


def _read(text: str | None) -> object:
    try:
        return None if text is None else _PLAIN.value(text)
    except ValueError:
        return None


_places: dict[str, AttackedPlaces] = {}
"""By digest, those that were read or written: one object for all victims that were attacked on the same utterances."""


def learn_places(told: Mapping[str, str]) -> None:
    """Know places that another process has written: its cache may not be one that can be written to.

    Args:
        told: their texts, by their digests.
    """
    for digest in told.keys() - _places.keys():
        _places[digest] = _as_places(digest, told[digest])


def _told(one: Outcomes) -> list[str]:
    digest = one.places.digest
    if digest not in _places:
        keep(_PLACES, digest, one.places.text)
        _places[digest] = one.places
    return [digest, base64.b64encode(zlib.compress(one.robust.tobytes(), 1)).decode()]


def _made(inner: Sequence[str]) -> Outcomes:
    robust = np.frombuffer(zlib.decompress(base64.b64decode(inner[1])), dtype=np.float64)
    return Outcomes(_kept_places(inner[0]), robust)


def _bell(name: str) -> Bell:
    return NAMED[name]


def _kept_places(digest: str) -> AttackedPlaces:
    if digest not in _places:
        text = recalled(_PLACES, digest)
        if text is None:
            raise ValueError(f"no places {digest}")
        _places[digest] = _as_places(digest, text)
    return _places[digest]


def _as_places(digest: str, text: str) -> AttackedPlaces:
    names, speakers, ways = json.loads(text)
    named = tuple((fold, seed, utterance) for fold, seed, utterance in names)
    found = AttackedPlaces(named, tuple(speakers), tuple(map(tuple, ways)))
    if found.digest != digest:
        raise ValueError(f"other places than {digest}")
    return found


_PLAIN = Plain(KINDS, {Outcomes: (_told, _made), Bell: (attrgetter("name"), _bell)})
