"""What an entry's page shows: by speaker and emotion, utterance by utterance, and how it is repeated and cited."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.contracts.threat_models import Counted
from leaderboards.site.facts import NEVER, CellFacts
from leaderboards.site.tracks import RankedEntry, Track

MOST = 500
"""Utterances that a page lists; the records have all of them."""
_EMBEDDED = ("synthetic", "embedded")


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


def command(track: Track, entry: RankedEntry) -> str:
    """Return the command that repeats an entry: the same records on a CPU of the same kind with the same versions.

    Args:
        track: whose.
        entry: one of its entries.
    """
    of, first = track.name.setting, entry.attacks[0]
    words = ["bench", "run", "--victim", entry.victim, "--defense", entry.defense]
    for one in dict.fromkeys(each.attack for each in entry.attacks):
        words += ["--attack", one]
    for kind, name in (("corpus", of.corpus), ("noise", of.noise_bank)):
        words += ["--corpus" if kind == "corpus" else "--noise-bank", name]
        if name.partition(":")[0] not in _EMBEDDED:
            words += [f"--{kind}-root", "FOLDER"]
    words += ["--task", of.task, "--split", of.split]
    words += ["--fold", ",".join(map(str, first.folds)), "--seeds", ",".join(map(str, first.seeds))]
    words += ["--k", ",".join(map(str, track.ks))]
    words += [] if of.limit is None else ["--limit", str(of.limit)]
    return " ".join(map(shlex.quote, words))


def configuration(facts: Sequence[CellFacts]) -> list[tuple[str, str]]:
    """Return what determined the entry's first cell: names and values, nested ones as JSON.

    Args:
        facts: of the entry.
    """
    if not facts:
        return []
    told: Mapping[str, object] = json.loads(facts[0].about.text)
    return [
        (name, value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False))
        for name, value in sorted(told.items())
    ]


def citation(entry: RankedEntry, track: Track, page: str) -> str:
    """Return how to cite an entry, in BibTeX.

    Args:
        entry: one of the track's.
        track: whose.
        page: the file name of the entry's page, which is a digest.
    """
    rests = entry.attacks[0].rests_on
    key = page.removesuffix(".html")
    of = track.name.setting
    return (
        f"@misc{{serbench-{key},\n"
        f"  title = {{serbench leaderboard entry {key}: {_tex(entry.name)} on {_tex(of.corpus)} ({_tex(of.task)})}},\n"
        f"  note = {{Track {track.name.id}; records of serbench {_tex(rests.versions['serbench'])}, code {rests.code[:12]}}},\n"
        f"  howpublished = {{\\url{{https://serbench.github.io/serbench/}}}}\n}}"
    )


def _tex(text: str) -> str:
    return "".join("\\" + one if one in "&%$#_{}" else one for one in text if one not in "\\^~")
