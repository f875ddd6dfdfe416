"""What became of an entry's utterances: by speaker, by emotion, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from leaderboards.site.facts import NEVER, CellFacts

MOST = 500
"""Utterances that a page lists; the records have all of them."""


@dataclass(frozen=True)
class GroupShares:
    """Hold what became of the utterances of one speaker or emotion under the strongest attack.

    Args:
        name: of the speaker or emotion.
        n: attacked utterances.
        right: share that is recognised when nobody attacks.
        robust: share that is recognised and did not fall.
    """

    name: str
    n: int
    right: float
    robust: float


@dataclass(frozen=True)
class Line:
    """Hold what became of one utterance.

    Args:
        utterance: id.
        speaker: who speaks it.
        truth: the corpus's label.
        answers: what the victim said when nobody attacked, in each fold, seed and repeat.
        fell: for each attack, the query at which it fell in each of them; 0 where it did not.
    """

    utterance: str
    speaker: str
    truth: str
    answers: tuple[str, ...]
    fell: tuple[tuple[int, ...], ...]


def chosen(facts: Sequence[CellFacts], attack: str, noises: Counted) -> list[CellFacts]:
    """Select the cells of one attack that count a kind of noises.

    Args:
        facts: of an entry.
        attack: its name in tables.
        noises: which successes count.
    """
    return [one for one in facts if one.about.attack_base == attack and noises in one.fell]


def groups(
    cells: Iterable[CellFacts], noises: Counted, k: int, by: Callable[[CellFacts], Sequence[str]]
) -> list[GroupShares]:
    """Count by speaker or by emotion what became of the utterances.

    Args:
        cells: of one attack.
        noises: which successes count.
        k: queries allowed.
        by: gives each utterance's speaker, or emotion.
    """
    counts: dict[str, list[int]] = {}
    for cell in cells:
        rows = zip(by(cell), cell.truths, cell.answers, cell.fell[noises].tolist(), strict=True)
        for name, truth, answer, query in rows:
            held, count = query == NEVER or query > k, counts.setdefault(str(name), [0, 0, 0])
            for place, one in enumerate((True, truth == answer, truth == answer and held)):
                count[place] += one
    return [GroupShares(name, n, right / n, robust / n) for name, (n, right, robust) in sorted(counts.items())]


def lines(facts: Sequence[CellFacts], attacks: Sequence[str], noises: Counted) -> list[Line]:
    """List what became of each utterance under each attack, by its id.

    Args:
        facts: of an entry.
        attacks: in the order of the columns.
        noises: which successes count.
    """
    about: dict[str, tuple[str, str]] = {}
    answers: dict[str, list[str]] = {}
    fell: dict[str, dict[str, list[int]]] = {}
    for place, attack in enumerate(attacks):
        for cell in chosen(facts, attack, noises):
            told = zip(
                cell.utterances, cell.speakers, cell.truths, cell.answers, cell.fell[noises].tolist(), strict=True
            )
            for utterance, speaker, truth, answer, query in told:
                about[utterance] = speaker, truth
                fell.setdefault(utterance, {}).setdefault(attack, []).append(query)
                if place == 0:
                    answers.setdefault(utterance, []).append(answer)
    return [
        Line(id, *about[id], tuple(answers.get(id, ())), tuple(tuple(fell[id].get(one, ())) for one in attacks))
        for id in sorted(about)
    ]
