"""Figures of what victims said about clean speech, one fold and seed by itself or all together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import pandas as pd

from bench.scoring.clean_numbers import NumbersReport, numbers_report
from bench.scoring.clean_scores import CleanReport, clean_report
from bench.scoring.figures.agreements import is_dimensional


@dataclass(frozen=True)
class CleanNames:
    """Name what was asked about what.

    Args:
        victim: spec.
        defense: spec, or "none".
        corpus: trained on.
        test_corpus: tested on.
        task: what the victim tells.
        split: who was trained on.
    """

    victim: str
    defense: str
    corpus: str
    test_corpus: str
    task: str
    split: str

    @property
    def elsewhere(self) -> bool:
        """Return whether it was tested on another corpus than it was trained on."""
        return self.test_corpus != self.corpus


@dataclass(frozen=True)
class CleanBasis:
    """Say what figures on clean speech rest on: figures that differ in any of it never mix.

    Args:
        corpus_fingerprint: of the corpus trained on.
        test_corpus_fingerprint: of the corpus tested on.
        training_noises: fingerprint of the noises that the defence trained with; None without a defence.
        device: "cpu" or "cuda".
        code: digest of the code of the harness, the victim and the defence.
        versions: of packages and of Python, and `harness`, a digest of the harness's code.
    """

    corpus_fingerprint: str
    test_corpus_fingerprint: str
    training_noises: str | None
    device: str
    code: str
    versions: Mapping[str, str] = field(hash=False)

    def to_json(self) -> dict[str, object]:
        """Return `evaluate rests_on` of docs/json.md."""
        return asdict(self)


@dataclass(frozen=True)
class CleanAnswers:
    """Hold what a victim said about clean speech.

    Args:
        names: victim, defence, corpora, task, split.
        fold: of the split, from 0.
        seed: of the training.
        classes: the task's.
        rests_on: data and versions.
        rows: one an utterance: fold, seed, repeat, utterance, speaker, label_true, label_before; in a dimensional task
            value_true and value_before too.
    """

    names: CleanNames
    fold: int
    seed: int
    classes: tuple[str, ...]
    rests_on: CleanBasis
    rows: pd.DataFrame


@dataclass(frozen=True)
class CleanScoring:
    """Hold the figures of answers that were put together.

    Args:
        names: victim, defence, corpora, task, split.
        folds: what was put together.
        seeds: likewise.
        of_one_cell: whether it is of one fold and one seed, and is told by these.
        report: the figures.
        rests_on: data and versions.
    """

    names: CleanNames
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    of_one_cell: bool
    report: CleanReport | NumbersReport
    rests_on: CleanBasis

    def to_json(self) -> dict[str, object]:
        """Return one of `evaluate cells[]` in docs/json.md; of several folds and seeds, without `fold` and `seed`."""
        place = {"fold": self.folds[0], "seed": self.seeds[0]} if self.of_one_cell else {}
        return {
            **asdict(self.names),
            **place,
            "folds": list(self.folds),
            "seeds": list(self.seeds),
            **self.report.to_json(),
            "rests_on": self.rests_on.to_json(),
        }


def reports(found: Sequence[CleanAnswers], pooled: bool = False) -> list[CleanScoring]:
    """Score answers, those of the same names and the same basis put together.

    Args:
        found: in any order.
        pooled: whether folds and seeds are put together, or stay one by one.
    """
    groups: dict[Hashable, list[CleanAnswers]] = {}
    for one in found:
        place = () if pooled else (one.fold, one.seed)
        groups.setdefault((one.names, one.rests_on, place), []).append(one)
    return [
        CleanScoring(
            names=group[0].names,
            folds=tuple(sorted({one.fold for one in group})),
            seeds=tuple(sorted({one.seed for one in group})),
            of_one_cell=not pooled,
            report=_report(pd.concat([one.rows for one in group], ignore_index=True), group[0].classes),
            rests_on=group[0].rests_on,
        )
        for group in groups.values()
    ]


def _report(rows: pd.DataFrame, classes: Sequence[str]) -> CleanReport | NumbersReport:
    return numbers_report(rows) if is_dimensional(rows) else clean_report(rows, classes)
