"""Who is ranked against whom, and by what: boards as pure functions of scores. See docs/scores.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.contracts.threat_models import NOTHING_GRANTED, Counted, ThreatModel
from bench.scoring.bells import Ring
from bench.scoring.entries.kept_scores import kept_ranks
from bench.scoring.entries.lines import gap_of, plain_p, tests_of
from bench.scoring.figures.conditions import Score
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.inference.ranks import Rank
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.names import Setting
from bench.scoring.results import PooledScores, Results

BOARD = (
    *("attack", "corpus", "noise_bank", "task", "split", "limit", "train_corpus"),
    *("corr", "noises", "k", "threat_model", "data"),
)
"""Victims are ranked against each other only where all of these agree."""


UNRANKED = ("constant-answer",)
"""Bells of victims that get no rank: what always answers the same cannot be fooled, and recognises nothing."""
LAST = ("chance-level", "lost-in-sessions")
"""Bells of victims that stand below all others: of guesses, and of what answers nobody twice, robust accuracy says
nothing."""


@dataclass(frozen=True)
class BoardLine:
    """One ranked victim under one defence.

    Args:
        rank: 1 is best; equal figures share a rank; with the ranks that the data leave open. None for what is not
            ranked.
        entry: the victim under its defence, with its clean UAR, what it rests on, and the bells that ring.
        score: of one Corr, Noises and k: robust accuracy and Acc_att.
    """

    rank: Rank | None
    entry: PooledScores
    score: Score

    @property
    def victim(self) -> str:
        """Return the victim's spec."""
        return self.entry.victim

    @property
    def defense(self) -> str:
        """Return the defence's spec, or "none"."""
        return self.entry.defense

    @property
    def gap(self) -> Difference | None:
        """Return the validity gap under the same Corr and k."""
        return gap_of(self.entry, self.score)

    @property
    def after(self) -> Estimate | None:
        """Return UAR, or CCC, after an attack that asks once; None after a search."""
        return None if self.entry.perturbed is None else self.entry.perturbed.main.after

    @property
    def bells(self) -> str:
        """Return the names of the bells that ring, with commas between them."""
        return ", ".join(ring.bell.name for ring in self.entry.bells)

    def p(self, compared: str) -> str:
        """Return p after Holm of the test that the score takes part in, in words; a dash where there is none.

        Args:
            compared: "corr" or "noises".
        """
        found = (test.p_holm for test in tests_of(self.entry, self.score) if test.compared == compared)
        return plain_p(next(found, None))


@dataclass(frozen=True)
class BoardSetting:
    """Name what all lines of a board share: victims are ranked against each other only where all of it agrees.

    Args:
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split and limit.
        corr: whether the attacker is informed.
        noises: which successes are counted.
        k: queries allowed.
        data: which speech, noises and rules, in words.
        threat_model: what the attacker is granted beside Corr, Noises and k.
    """

    attack: str
    setting: Setting
    corr: bool
    noises: Counted
    k: int
    data: str
    threat_model: ThreatModel = NOTHING_GRANTED

    def columns(self) -> dict[str, object]:
        """Return the first columns of the CSV, by the names in `BOARD`."""
        condition = {"corr": self.corr, "noises": self.noises, "k": self.k, "threat_model": str(self.threat_model)}
        return {"attack": self.attack, **self.setting.to_json(), **condition, "data": self.data}


@dataclass(frozen=True)
class Board:
    """One ranking.

    Args:
        setting: what all lines share.
        lines: best first.
    """

    setting: BoardSetting
    lines: tuple[BoardLine, ...]

    @property
    def clean_name(self) -> str:
        """Return what the figure is called that stands for a victim when nobody attacks: UAR or CCC."""
        return self.lines[0].entry.clean.name if self.lines else "UAR"

    @property
    def asks_once(self) -> bool:
        """Return whether the attack asks once, and UAR after it is known of any line."""
        return any(line.entry.perturbed is not None for line in self.lines)

    @property
    def rung(self) -> list[tuple[BoardLine, Ring]]:
        """Return every bell that rings, each with the line that it rings for."""
        return [(line, ring) for line in self.lines for ring in line.entry.bells]

    @property
    def title(self) -> str:
        """Return the setting as one line."""
        about, of = self.setting, self.setting.setting
        limit = "" if of.limit is None else f", {of.limit} utterances a fold"
        granted = "" if about.threat_model == NOTHING_GRANTED else f", attacker {about.threat_model}"
        leaks = " (speakers shared)" if of.shares_speakers else ""
        return (
            f"{about.attack}, Corr {'yes' if about.corr else 'no'}, "
            f"{about.noises} noises, k = {about.k}{granted}: {of.task} on {of.speech}, "
            f"{of.split}{leaks}, noises {of.noise_bank}{limit} ({about.data})"
        )


def boards(results: Results, greatest_k: bool = False) -> list[Board]:
    """Rank victims and defences within each setting.

    Args:
        results: of one or more runs; folds and seeds are pooled.
        greatest_k: make only those boards that differ from another in k alone and have the greatest.
    """
    groups: dict[BoardSetting, list[tuple[PooledScores, Score]]] = {}
    for entry in results.pooled:
        data = data_of(entry.rests_on, entry.setting)
        for score in entry.scores:
            granted = replace(entry.threat_model, allowed="all")  # the column of noises says it
            setting = BoardSetting(entry.attack, entry.setting, score.corr, score.noises, score.k, data, granted)
            groups.setdefault(setting, []).append((entry, score))
    most = {replace(setting, k=0): setting.k for setting in sorted(groups, key=lambda one: one.k)}
    kept = (one for one in groups if not greatest_k or one.k == most[replace(one, k=0)])
    return [Board(setting, _ranked(groups[setting])) for setting in kept]


def data_of(rests_on: RestsOn, setting: Setting) -> str:
    """Say which speech, noises and rules figures rest on, and which task of a name: others are not compared.

    Args:
        rests_on: data and rules.
        setting: names the task.
    """
    speech, noises = rests_on.corpus_fingerprint[:8], rests_on.noise_fingerprint[:8]
    other = rests_on.train_corpus_fingerprint
    trained = "" if other is None else f", trained on {other[:8]}"
    knew = "" if rests_on.enrolment == "halves" else f", enrolment {rests_on.enrolment}"
    knew += f", task {setting.defined}" if setting.defined else ""
    return f"corpus {speech}{trained}, noises {noises}, above {rests_on.min_snr_db:g} dB, {rests_on.perception}{knew}"


def _ranked(entries: Sequence[tuple[PooledScores, Score]]) -> tuple[BoardLine, ...]:
    """The lines of a board: by robust accuracy, those at chance level after the others, those without a rank last."""
    ordered = sorted(entries, key=lambda one: (*_place(*one), -one[0].clean.main.value, one[0].victim, one[0].defense))
    ranked = [(entry, score) for entry, score in ordered if not _place(entry, score)[0]]
    figures = [score.robust_accuracy.value for _, score in ranked]
    groups = [int(_place(entry, score)[1]) for entry, score in ranked]
    ranks = kept_ranks(figures, [score.outcomes for _, score in ranked], groups)
    places = [*ranks, *(None for _ in ordered[len(ranked) :])]
    return tuple(BoardLine(rank, entry, score) for rank, (entry, score) in zip(places, ordered, strict=True))


def _place(entry: PooledScores, score: Score) -> tuple[bool, bool, float]:
    """What is ranked by, ascending: whether there is no rank, whether others come first, less robust accuracy."""
    rung = {ring.bell.name for ring in entry.bells}
    return not rung.isdisjoint(UNRANKED), not rung.isdisjoint(LAST), -score.robust_accuracy.value
