"""What a run found, in one sentence for each victim under each defence: the strongest attack at the greatest k."""

from __future__ import annotations

from collections.abc import Sequence

from bench.scoring.figures.conditions import Score
from bench.scoring.results import PooledScores, Results
from leaderboards.report.sentences import attempts, counted, in_a_hundred, interval

MOST = 4
"""Verdicts of a run; what has more is a table's."""


def verdicts(results: Results) -> list[str]:
    """Say in a sentence each what is recognised, and what of it is left under the strongest attack.

    Args:
        results: of a run.

    Returns:
        At most four sentences; none for a victim that was never attacked.
    """
    found: dict[tuple[object, ...], list[PooledScores]] = {}
    for entry in results.pooled:
        found.setdefault((entry.victim, entry.defense, entry.setting), []).append(entry)
    return [_sentence(entries) for entries in list(found.values())[:MOST] if any(one.scores for one in entries)]


def _sentence(entries: Sequence[PooledScores]) -> str:
    worst, score = min(
        (
            (entry, score)
            for entry in entries
            for score in entry.scores
            if score.k == max(one.k for one in entry.scores)
        ),
        key=lambda pair: _rank(pair[1]),
    )
    who = worst.victim if worst.defense == "none" else f"{worst.victim} with {worst.defense}"
    clean, left, k = worst.clean.war, score.robust_accuracy, score.k if worst.perturbed is None else 1
    by = counted(score.noises, worst.rests_on.min_snr_db)
    aim = f"which wants {worst.threat_model.target!r} as the answer, " if worst.threat_model.target else ""
    doubt = f" Doubtful: {worst.bells[0].bell.name} ({worst.bells[0].bell.page})." if worst.bells else ""
    return (
        f"Verdict on {who}: it recognises {in_a_hundred(clean.value)} of 100 utterances when nobody attacks (95 % "
        f"interval: {interval(clean)}), and {in_a_hundred(left.value)} ({interval(left)}) after {attempts(k)} by "
        f"{worst.attack}, {aim}{by}.{doubt}"
    )


def _rank(score: Score) -> tuple[float, bool]:
    """The least that is left; of several alike the one by which most may be done."""
    return score.robust_accuracy.value, score.noises != "all"
