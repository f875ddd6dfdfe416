"""Runs that are put on one board: no two of them may call different figures by the same name."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

from bench.contracts.composition import specs_in
from bench.contracts.entries import SINGULAR
from bench.core.errors import DataError
from bench.core.showing.lookalikes import seen_as
from bench.core.specs import bare
from bench.scoring.entries.several_runs import believed
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.records import Store
from bench.scoring.results import PooledScores, Results


def check_distinct(results: Results, folders: Sequence[Path]) -> None:
    """Refuse two runs that have a victim, defence and attack of the same names on the same speech, of other code.

    Neither may take the other's place, and a reader could not tell their lines apart. Where one folder has both, as
    after an update, both stand on the board. Nor may a component of one run be taken for another run's by its name.

    Args:
        results: of all runs.
        folders: the runs.

    Raises:
        DataError: there are such; it names both runs.
    """
    _check_names(results, folders)
    seen: dict[Hashable, PooledScores] = {}
    for entry in results.pooled:
        name = _named(entry)
        other = seen.setdefault(name, entry)
        if other is not entry:
            what = f"{entry.victim} under {entry.defense} by {entry.attack}"
            _check_one_run(other, entry, folders, f"{what}, measured by other code or with other versions")


def _check_names(results: Results, folders: Sequence[Path]) -> None:
    named: dict[Hashable, tuple[str, PooledScores]] = {}
    for entry in results.pooled:
        for kind, name in _components(entry):
            first, other = named.setdefault((kind, seen_as(name)), (name, entry))
            if first != name:
                _check_one_run(other, entry, folders, f"{SINGULAR[kind]} {name!r}, which is taken for {first!r}")


def _components(entry: PooledScores) -> Iterator[tuple[str, str]]:
    for kind, text in (("victims", entry.victim), ("defenses", entry.defense), ("attacks", entry.attack)):
        yield from ((kind, bare(one).partition(":")[0]) for one in specs_in(kind, text))


def _named(entry: PooledScores) -> Hashable:
    rests = entry.rests_on
    corpora = rests.corpus_fingerprint, rests.train_corpus_fingerprint
    data = corpora, rests.noise_fingerprint, rests.perception, rests.min_snr_db, rests.max_queries
    return entry.victim, entry.defense, entry.attack, entry.setting, data, entry.threat_model


def _check_one_run(one: PooledScores, other: PooledScores, folders: Sequence[Path], what: str) -> None:
    places = [_where(entry.rests_on, entry, folders) for entry in (one, other)]
    apart = next(((a, b) for a in places[0] for b in places[1] if a != b), None)
    if apart is None or set(places[0]) & set(places[1]):
        return
    expected = f"a name that {apart[0]} does not have for other figures"
    raise DataError(apart[1], what, expected, "leave one of the two runs out, or make a board of each")


def _where(rests_on: RestsOn, entry: PooledScores, folders: Sequence[Path]) -> list[Path]:
    """The runs that have a cell of an entry: looked for only where there is something to say."""
    found = []
    for folder in folders:
        for cell in believed(Store(folder), lambda _: None):
            about = cell.description
            names = about.names.victim, about.names.defense, about.attack_base, about.names.setting
            if about.rests_on == rests_on and names == (entry.victim, entry.defense, entry.attack, entry.setting):
                found.append(folder)
                break
    return found
