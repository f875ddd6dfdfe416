"""One victim under one defence, as the report tells of it: what was found, and in whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from bench.scoring.entries.groups import BY, GroupScore, ToldEntry, outcomes_at, scores_at, share_at
from bench.scoring.figures.conditions import Condition
from bench.scoring.inference.estimates import Estimate
from bench.scoring.results import PooledScores
from leaderboards.report.picture import Curve, chosen_ks, robust_curves
from leaderboards.site.drawing import Picture
from leaderboards.site.entry import GroupShares
from leaderboards.site.tracks import AttackFigures, RankedEntry, Track

CURVES: Mapping[Counted, str] = {
    "all": "every change that counts",
    "additive": "changes that keep the length",
    "imperceptible": "changes people hear through",
}
"""What a curve is called, by which successes count."""


@dataclass(frozen=True)
class Finding:
    """Hold what the strongest attack does where successes of one kind count.

    Args:
        figures: of the attack.
        k: queries allowed.
        noises: which successes count.
        condition: its records.
        told: the same with all others of the attack, and what is told of the speakers.
    """

    figures: AttackFigures
    k: int
    noises: Counted
    condition: Condition
    told: ToldEntry

    @property
    def lost(self) -> Estimate | None:
        """Estimate of what is recognised when nobody attacks the share that is lost; None where nothing is."""
        rows = outcomes_at(self.condition, self.k)
        right = rows["right"].to_numpy(bool)
        return share_at(self.condition, self.k, rows, right, "fell") if right.any() else None

    @property
    def curve(self) -> Curve:
        """Estimate robust accuracy attempt by attempt."""
        apart = sorted(self.condition.by_budget)
        ks = [k for k in apart if k <= self.k] if apart else chosen_ks(self.k)
        clean = self.figures.scores.clean.war
        return [(0, clean), *((k, self.condition.robust_accuracy(k)) for k in ks)]

    def groups(self) -> dict[str, list[GroupScore]]:
        """Estimate the figures of groups: by emotion, and by what the corpus tells of its speakers."""
        ways = ("emotion", *(by for by in BY if by != "emotion" and self.told.tells(by)))
        return {by: scores_at(self.told, self.condition, self.k, by) for by in ways}

    def speakers(self) -> list[GroupShares]:
        """Count what became of each speaker's utterances, the least robust first."""
        rows = outcomes_at(self.condition, self.k)
        shares = rows.groupby("speaker", sort=True)[["right", "robust"]].agg("mean")
        counts = rows.groupby("speaker", sort=True).size()
        found = [
            GroupShares(str(name), int(n), float(right), float(robust))
            for name, n, right, robust in zip(shares.index, counts, shares["right"], shares["robust"], strict=True)
        ]
        return sorted(found, key=lambda one: (one.robust, one.name))


@dataclass(frozen=True)
class Subject:
    """Hold a victim under a defence, and what attacks did to it.

    Args:
        id: unique in the page.
        track: whose rules hold.
        entry: the victim, with every attack on it.
        findings: by what is counted, what the strongest attack does; the widest first.
    """

    id: str
    track: Track
    entry: RankedEntry
    findings: tuple[Finding, ...]

    @property
    def rests(self) -> PooledScores:
        """Return the attack whose figures stand first: of which n, speakers and versions are told."""
        return self.findings[0].figures.scores if self.findings else self.entry.attacks[0]

    @property
    def tells_numbers(self) -> bool:
        """Return whether the model tells numbers, not emotions."""
        return self.rests.dimension is not None

    @property
    def labels(self) -> list[str]:
        """Return the emotions of the utterances that were tested; of numbers, what is told and counts as what."""
        if not self.findings:
            return []
        own = self.findings[0].told.own
        if (told := own.about.dimension) is not None:
            near = "in its bin" if told.bins else f"at most {told.shift:g} away"
            return [f"{told}", f"recognised: an answer near the corpus's rating, {near}"]
        return sorted(map(str, own.clean["label_true"].unique()))

    def picture(self) -> Picture | None:
        """Draw what is left, attempt by attempt; None of attacks that ask once."""
        curves: Mapping[str, Curve] = {CURVES[one.noises]: one.curve for one in self.findings if one.k > 1}
        return robust_curves(f"left-{self.id}", curves) if curves else None


def subjects(tracks: Sequence[Track], told: Sequence[ToldEntry]) -> list[Subject]:
    """Put together what a report tells of each victim and defence, in the order of the tracks and their ranks.

    Args:
        tracks: of the run.
        told: its records.
    """
    by_key = {_key_of_records(one): one for one in told}
    found: list[Subject] = []
    for track in tracks:
        for standing in track.standings:
            entry = standing.entry
            findings = (_finding(track, entry, noises, by_key) for noises in _told_noises(track))
            known = tuple(one for one in findings if one is not None)
            found.append(Subject(f"e{len(found) + 1}", track, entry, known))
    return found


def _told_noises(track: Track) -> list[Counted]:
    """The widest kind of successes, and the one that listeners hear the same emotion through."""
    return list(dict.fromkeys((track.noises[0], track.noises[-1])))


def _finding(track: Track, entry: RankedEntry, noises: Counted, by_key: Mapping[object, ToldEntry]) -> Finding | None:
    attacked = entry.attacked(track.ks[-1], noises)
    if not attacked:
        return None
    worst = attacked[0]
    told = by_key[_key_of_scores(worst.scores)]
    same = (one for one in told.own.conditions if (one.corr, one.noises) == (worst.score.corr, noises))
    k = min(worst.score.k, 1) if worst.scores.perturbed is not None else worst.score.k
    return Finding(worst, k, noises, next(same), told)


def _key_of_scores(one: PooledScores) -> object:
    return one.victim, one.defense, one.attack, one.setting, _rests(one.rests_on), one.threat_model, one.anytime


def _key_of_records(one: ToldEntry) -> object:
    about, names = one.own.about, one.own.about.names
    who = (names.victim, names.defense, about.attack_base, names.setting)
    return *who, _rests(about.rests_on), one.own.threat_model, about.anytime


def _rests(rests_on: object) -> str:
    """What figures rest on, as a text: a mapping in it cannot be hashed."""
    return repr(rests_on)
