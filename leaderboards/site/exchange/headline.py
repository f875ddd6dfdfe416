"""An entry in its track, as other formats tell it: at the greatest k, with all noises that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from bench.scoring.inference.estimates import Estimate
from leaderboards.site.pages import page_of
from leaderboards.site.tracks import AttackFigures, RankedEntry, Standing, Track

HOME = "https://serbench.github.io/serbench/"


@dataclass(frozen=True)
class Metric:
    """Hold a figure under the names that others know it by.

    Args:
        kind: its identifier: "recall", "robust_accuracy", "attack_success_rate".
        name: in words.
        figure: with its interval.
        lower_is_better: whether it is.
        score: of the attack that it is of; None for a figure of clean speech.
    """

    kind: str
    name: str
    figure: Estimate
    lower_is_better: bool = False
    score: AttackFigures | None = None


@dataclass(frozen=True)
class Headline:
    """Hold an entry in its track.

    Args:
        track: whose.
        standing: its place in the view that is shown first.
    """

    track: Track
    standing: Standing

    @property
    def entry(self) -> RankedEntry:
        """Return the entry."""
        return self.standing.entry

    @property
    def name(self) -> str:
        """Return the name of its files: a digest, since names may hold anything."""
        return page_of(self.track, self.entry).removesuffix(".html")

    @property
    def version(self) -> str:
        """Return the version of serbench that its records are of."""
        return self.entry.attacks[0].rests_on.versions["serbench"]

    def metrics(self) -> Iterator[Metric]:
        """Return clean UAR and, where an attack was run, robust accuracy and Acc_att under the strongest."""
        if self.entry.clean_name == "UAR":
            yield Metric("recall", "clean UAR (macro-averaged recall, nobody attacks)", self.entry.clean)
        else:
            yield Metric("ccc", "clean CCC (concordance correlation coefficient, nobody attacks)", self.entry.clean)
        if (worst := self.standing.worst) is not None:
            score = worst.score
            within = f"k = {score.k}, {score.noises} noises, {worst.scores.attack}"
            robust, success = score.robust_accuracy, score.acc_att
            yield Metric("robust_accuracy", f"robust accuracy ({within})", robust, score=worst)
            yield Metric("attack_success_rate", f"Acc_att ({within})", success, lower_is_better=True, score=worst)


def about(track: Track) -> str:
    """Return what all entries of a track were measured on, in one line.

    Args:
        track: which.
    """
    of, granted = track.name.setting, track.name.granted
    limit = "" if of.limit is None else f", {of.limit} utterances a fold"
    return f"{of.task} on {of.speech}, {of.split}{limit}, noises {of.noise_bank}; attacker {granted}"


@cache
def writer() -> str:
    """Return the version of serbench that writes."""
    return metadata.version("serbench")
