"""Figures of certificates: how many answers are proven, and how far."""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from bench.core.errors import UsageError
from bench.core.types import Label
from bench.defending.certificates import GREATEST_ALPHA, LEAST_ALPHA, Certificate, proven_at
from bench.scoring.inference.estimates import Estimate
from bench.scoring.statistics import proportion_interval

SNRS_DB = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)


@dataclass(frozen=True)
class Effort:
    """Say how carefully is certified.

    Args:
        first: noisy copies on which an utterance's class is chosen; Cohen et al. take 100.
        copies: further copies on which its chance is bounded; Cohen et al. take 100,000.
        alpha: chance that a certificate is wrong; Cohen et al. take 0.001.
    """

    first: int = 100
    copies: int = 1000
    alpha: float = 0.001

    def __post_init__(self) -> None:
        counts = (("--first", self.first, "Cohen et al. take 100"), ("--copies", self.copies, "try 1000"))
        for option, count, remedy in counts:
            if count < 1:
                raise UsageError(option, str(count), "at least 1", remedy)
        if not LEAST_ALPHA <= self.alpha <= GREATEST_ALPHA:
            expected = f"from {LEAST_ALPHA:g} to {GREATEST_ALPHA:g}"
            raise UsageError("--alpha", f"{self.alpha:g}", expected, "Cohen et al. take 0.001")


@dataclass(frozen=True)
class CertifiedNames:
    """Name a victim whose answers are certified.

    Args:
        victim: spec.
        defense: spec.
        corpus: name.
        task: what the victim tells.
        split: who was trained on.
    """

    victim: str
    defense: str
    corpus: str
    task: str
    split: str


@dataclass(frozen=True)
class CertifiedBasis:
    """Say what certificates rest on.

    Args:
        corpus_fingerprint: changes with any sample or annotation.
        device: "cpu" or "cuda".
        versions: of packages and of Python, and `harness`, a digest of the harness's code.
        proven_by: the distribution and version, or the plug-in file, that brings the defence whose certificates they
            are: another's than serbench's are looked at, and else its word.
    """

    corpus_fingerprint: str
    device: str
    versions: Mapping[str, str] = field(hash=False)
    proven_by: str = ""


@dataclass(frozen=True)
class CertifiedUtterance:
    """Hold the certificate of one utterance, and whether it is right.

    Args:
        fold: of the split, from 0.
        seed: of the training.
        speaker: who speaks it.
        proof: the certificate.
        label: the proven class; None where the victim abstains.
        label_true: the corpus's label.
        right: whether the two are the same.
    """

    fold: int
    seed: int
    speaker: str
    proof: Certificate
    label: Label | None
    label_true: Label | None
    right: bool

    def to_json(self) -> dict[str, object]:
        """Return one of `utterances[]` in docs/json.md."""
        place = {"fold": self.fold, "seed": self.seed, "speaker": self.speaker}
        return {**place, **asdict(self.proof), "label": self.label, "label_true": self.label_true, "right": self.right}


@dataclass(frozen=True)
class Certified:
    """Hold the certificates of one fitted victim.

    Args:
        names: victim, defence, corpus, task, split.
        fold: of the split, from 0.
        seed: of the training.
        rests_on: data and versions.
        utterances: one certificate each.
    """

    names: CertifiedNames
    fold: int
    seed: int
    rests_on: CertifiedBasis
    utterances: tuple[CertifiedUtterance, ...]


@dataclass(frozen=True)
class CertifiedAt:
    """Hold how many answers no noise at an SNR can change.

    Args:
        snr_db: at it, or above it.
        accuracy: share of utterances whose proven answer is right and proven at that SNR.
    """

    snr_db: float
    accuracy: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `certified` in docs/json.md."""
        return {"snr_db": self.snr_db, **self.accuracy.named("accuracy")}


@dataclass(frozen=True)
class CertifiedScores:
    """Hold the figures of one victim, defence and task over folds and seeds.

    Args:
        names: victim, defence, corpus, task, split.
        folds: put together.
        seeds: likewise.
        effort: that was taken.
        speakers: of so many.
        abstained: share of utterances of which nothing is proven.
        right: share whose proven answer is right.
        at: certified accuracy at each SNR.
        median_radius: over what is proven; None where nothing is.
        median_snr_db: likewise; None, too, where only silence is proven.
        rests_on: data and versions.
        utterances: one certificate each.
    """

    names: CertifiedNames
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    effort: Effort
    speakers: int
    abstained: Estimate
    right: Estimate
    at: tuple[CertifiedAt, ...]
    median_radius: float | None
    median_snr_db: float | None
    rests_on: CertifiedBasis
    utterances: tuple[CertifiedUtterance, ...]

    @property
    def n(self) -> int:
        """Return how many certificates there are."""
        return len(self.utterances)

    def to_json(self) -> dict[str, object]:
        """Return one of `certified[]` in docs/json.md."""
        return {
            **asdict(self.names),
            "folds": list(self.folds),
            "seeds": list(self.seeds),
            **asdict(self.effort),
            "n": self.n,
            "speakers": self.speakers,
            **self.abstained.named("abstained"),
            **self.right.named("right"),
            "certified": [one.to_json() for one in self.at],
            "median_radius": self.median_radius,
            "median_snr_db": self.median_snr_db,
            "rests_on": asdict(self.rests_on),
            "utterances": [one.to_json() for one in self.utterances],
        }


def summaries(found: Sequence[Certified], effort: Effort, snrs_db: Sequence[float] = SNRS_DB) -> list[CertifiedScores]:
    """Score certificates, folds and seeds put together: one for each victim, defence and task.

    Certified accuracy at an SNR is the share of utterances whose proven answer is right and which no noise at that SNR,
    or above it, can change.

    Args:
        found: at least one utterance each.
        effort: that they were certified with.
        snrs_db: where certified accuracy is read off.
    """
    groups: dict[Hashable, list[Certified]] = {}
    for one in found:
        groups.setdefault(one.names, []).append(one)
    return [_summary(group, effort, snrs_db) for group in groups.values()]


def _summary(group: Sequence[Certified], effort: Effort, snrs_db: Sequence[float]) -> CertifiedScores:
    told = [utterance for one in group for utterance in one.utterances]
    proven = [one.proof for one in told if one.label is not None]
    snrs = [proof.snr_db for proof in proven if proof.snr_db is not None]
    at = ((snr, [one.right and proven_at(one.proof.snr_db, snr) for one in told]) for snr in snrs_db)
    return CertifiedScores(
        names=group[0].names,
        folds=tuple(sorted({one.fold for one in group})),
        seeds=tuple(sorted({one.seed for one in group})),
        effort=effort,
        speakers=len({one.speaker for one in told}),
        abstained=_share([one.label is None for one in told], told),
        right=_share([one.right for one in told], told),
        at=tuple(CertifiedAt(snr, _share(hits, told)) for snr, hits in at),
        median_radius=statistics.median(proof.radius for proof in proven) if proven else None,
        median_snr_db=statistics.median(snrs) if snrs else None,
        rests_on=group[0].rests_on,
        utterances=tuple(told),
    )


def _share(hits: Sequence[bool], told: Sequence[CertifiedUtterance]) -> Estimate:
    units = [one.proof.utterance for one in told]  # several seeds may have certified the same one
    interval = proportion_interval([float(hit) for hit in hits], [one.speaker for one in told], units=units)
    return Estimate(sum(hits) / len(hits), *interval, n=len(hits))
