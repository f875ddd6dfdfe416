"""Tracks: who is ranked against whom on the site. The strongest attack that anybody ran on an entry is its figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bench.contracts.threat_models import COUNTED, Counted
from bench.core.specs import NO_DEFENSE, bare
from bench.scoring.bells import NAMED, Ring
from bench.scoring.entries.kept_scores import kept_ranks
from bench.scoring.entries.lines import gap_of
from bench.scoring.figures.conditions import Score
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.inference.ranks import Rank
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.results import PooledScores, Results
from leaderboards.ranking import LAST, UNRANKED
from leaderboards.site.track_names import TrackName

Verified = tuple[str, str, str]
"""How an entry was verified, in a word and in a line, and who made it."""


@dataclass(frozen=True)
class AttackFigures:
    """Hold what one attack did to an entry.

    Args:
        scores: of the attack.
        score: its score at the greatest k that it has within those allowed.
    """

    scores: PooledScores
    score: Score

    @property
    def gap(self) -> Difference | None:
        """Return what is lost to noises that people hear as another emotion."""
        return gap_of(self.scores, self.score)


@dataclass(frozen=True)
class RankedEntry:
    """Hold one victim under one defence, with every attack that was run on it in a track.

    Args:
        victim: spec.
        defense: spec, or "none".
        attacks: what each did, with those of its scores alone that are the track's.
        seen: names of the attacks and effects that the defence was made with.
        mark: tells it from another of the same names; "" where there is none.
        who: as `who` gives it.
        verified: how the board's owner verified it, in a word and in a line; empty where nobody did.
    """

    victim: str
    defense: str
    attacks: tuple[PooledScores, ...]
    seen: frozenset[str] = frozenset()
    mark: str = ""
    who: tuple[str, ...] = ()
    verified: Verified = ("", "", "")

    @property
    def name(self) -> str:
        """Return what it is called in one line."""
        under = "" if self.defense == NO_DEFENSE else f" under {self.defense}"
        return f"{self.victim}{under}{self.mark}"

    @cached_property
    def widest(self) -> PooledScores:
        """Return what the attack that was run on the most utterances did: it tells most of clean speech."""
        return max(self.attacks, key=lambda one: one.n)

    @property
    def clean(self) -> Estimate:
        """Return UAR when nobody attacks; CCC in a dimensional task."""
        return self.widest.clean.main

    @property
    def clean_name(self) -> str:
        """Return what that figure is called."""
        return self.widest.clean.name

    @cached_property
    def bells(self) -> tuple[Ring, ...]:
        """Return every bell that rings under any attack, once, the gravest first."""
        found: dict[str, Ring] = {}
        for one in self.attacks:
            for ring in one.bells:
                found.setdefault(ring.bell.name, ring)
        return tuple(found[name] for name in NAMED if name in found)

    def has_seen(self, attack: str) -> bool:
        """Tell whether the defence was made with an attack of that name.

        Args:
            attack: its spec.
        """
        return any(bare(part).partition(":")[0] in self.seen for part in attack.split("+"))

    def attacked(self, k: int, noises: Counted) -> list[AttackFigures]:
        """List what each attack did within k queries, the strongest first: the least robust accuracy.

        Args:
            k: queries allowed.
            noises: which successes count.
        """
        if (k, noises) not in self._attacked:
            known = ((one, [s for s in one.scores if s.noises == noises and s.k <= k]) for one in self.attacks)
            found = (AttackFigures(one, max(of, key=lambda score: score.k)) for one, of in known if of)
            self._attacked[k, noises] = sorted(found, key=lambda one: (*_strength(one.score), one.scores.attack))
        return self._attacked[k, noises]

    @cached_property
    def _attacked(self) -> dict[tuple[int, Counted], list[AttackFigures]]:
        """What `attacked` has found: every table and file of a site asks for it."""
        return {}

    @property
    def place(self) -> tuple[bool, bool]:
        """Tell whether it has no rank, and whether all others stand above it."""
        rung = {ring.bell.name for ring in self.bells}
        return not rung.isdisjoint(UNRANKED), not rung.isdisjoint(LAST)


def _strength(score: Score) -> tuple[float, float]:
    return score.robust_accuracy.value, -score.acc_att.value


@dataclass(frozen=True)
class Standing:
    """Hold an entry's place in a view.

    Args:
        entry: which.
        rank: with the ranks that the data leave open; None for what is not ranked.
        tied: whether another entry has the same rank.
        attacked: what each attack did, the strongest first; none where no attack counts such noises.
    """

    entry: RankedEntry
    rank: Rank | None
    tied: bool
    attacked: tuple[AttackFigures, ...]

    @property
    def worst(self) -> AttackFigures | None:
        """Return the strongest attack."""
        return self.attacked[0] if self.attacked else None

    def worst_of(self, seen: bool) -> AttackFigures | None:
        """Return the strongest of the attacks that the defence has seen, or of the others."""
        return next((one for one in self.attacked if self.entry.has_seen(one.scores.attack) == seen), None)


@dataclass(frozen=True)
class Track:
    """Hold one ranking, at each k and for each kind of noises.

    Args:
        name: what its entries share.
        entries: victims under their defences.
    """

    name: TrackName
    entries: tuple[RankedEntry, ...]

    @cached_property
    def ks(self) -> tuple[int, ...]:
        """Return the numbers of queries that can be chosen."""
        return tuple(sorted({s.k for e in self.entries for one in e.attacks for s in one.scores}))

    @cached_property
    def noises(self) -> tuple[Counted, ...]:
        """Return the kinds of noises that can be chosen, the widest first."""
        known = {s.noises for e in self.entries for one in e.attacks for s in one.scores}
        return tuple(one for one in reversed(COUNTED) if one in known)

    @cached_property
    def folds(self) -> frozenset[int]:
        """Return the folds that any figure rests on: who was measured on fewer may have chosen them."""
        return frozenset(fold for e in self.entries for one in e.attacks for fold in one.folds)

    @cached_property
    def attacks(self) -> tuple[str, ...]:
        """Return the names of all attacks that anybody ran in the track."""
        return tuple(sorted({one.attack for entry in self.entries for one in entry.attacks}))

    @cached_property
    def views(self) -> dict[tuple[int, Counted], tuple[Standing, ...]]:
        """Rank for each k and kind of noises, best first."""
        return {(k, noises): _standings(self.entries, k, noises) for k in self.ks for noises in self.noises}

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Return the view that is shown first: the greatest k, and all noises that there are."""
        return self.views[self.ks[-1], self.noises[0]]


def _standings(entries: Sequence[RankedEntry], k: int, noises: Counted) -> tuple[Standing, ...]:
    found = [(entry, tuple(entry.attacked(k, noises))) for entry in entries]
    found.sort(key=lambda one: (not one[1], *one[0].place, *_order(one[1]), -one[0].clean.value, one[0].name))
    ranked = [(entry, attacked[0].score) for entry, attacked in found if attacked and not entry.place[0]]
    figures = [score.robust_accuracy.value for _, score in ranked]
    ranks = kept_ranks(figures, [score.outcomes for _, score in ranked], [int(e.place[1]) for e, _ in ranked])
    of = {id(entry): rank for (entry, _), rank in zip(ranked, ranks, strict=True)}
    sharing = Counter(rank.value for rank in ranks)
    standings = []
    for entry, attacked in found:
        rank = of.get(id(entry))
        standings.append(Standing(entry, rank, rank is not None and sharing[rank.value] > 1, attacked))
    return tuple(sorted(standings, key=lambda one: (one.rank is None, one.rank.value if one.rank else 0)))


def _order(attacked: Sequence[AttackFigures]) -> tuple[float]:
    return (-attacked[0].score.robust_accuracy.value,) if attacked else (0.0,)


def tracks(
    results: Results,
    seen: Mapping[str, frozenset[str]],
    verified: Mapping[tuple[TrackName, tuple[str, ...]], Verified] | None = None,
) -> list[Track]:
    """Put results into tracks: a corpus and its rules, a task, a threat model.

    Args:
        results: of one or more runs.
        seen: by a defence's spec, the attacks and effects that it was made with.
        verified: by track and entry, how it was verified.
    """
    found: dict[TrackName, dict[tuple[str, ...], list[PooledScores]]] = {}
    for one in results.pooled:
        for corr in sorted({score.corr for score in one.scores}):
            name = TrackName.of(one.setting, one.rests_on, one.threat_model, corr)
            own = replace(one, scores=tuple(score for score in one.scores if score.corr == corr))
            found.setdefault(name, {}).setdefault(who(one.victim, one.defense, one.rests_on), []).append(own)
    ordered = sorted(found, key=lambda one: (one.setting.corpus, one.setting.task, str(one.granted), one.id))
    known = verified or {}
    return [
        Track(
            name,
            tuple(replace(e, verified=known.get((name, e.who), ("", "", ""))) for e in _entries(found[name], seen)),
        )
        for name in ordered
    ]


def who(victim: str, defense: str, rests_on: RestsOn) -> tuple[str, ...]:
    """Tell an entry from all others of a track: by its names, and the versions of what it was measured with.

    Args:
        victim: spec.
        defense: spec, or "none".
        rests_on: versions and device.
    """
    versions = rests_on.versions
    return victim, defense, versions["serbench"], versions["harness"], versions["torch"], rests_on.device


def _entries(
    found: Mapping[tuple[str, ...], Sequence[PooledScores]], seen: Mapping[str, frozenset[str]]
) -> tuple[RankedEntry, ...]:
    named = [one[:2] for one in found]
    entries = []
    for whose, attacks in found.items():
        victim, defense, version, harness, *_ = whose
        mark = "" if named.count(whose[:2]) == 1 else f" (serbench {version}, code {harness[:7]}, {whose[-1]})"
        entries.append(RankedEntry(victim, defense, tuple(attacks), seen.get(defense, frozenset()), mark, whose))
    return tuple(entries)
