"""What victims said, utterance by utterance, from records: for tables that compare them on the same utterances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from numpy.typing import ArrayLike

from bench.scoring.inference.estimates import Estimate
from bench.scoring.pooling import Recall, clean_scores
from bench.scoring.record_files.columns import SOUND
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.records import CellRecords, pooled_rows
from bench.scoring.scores import UTTERANCE, clean
from leaderboards.reproduce.shape import TableSubject

_PAIR = ["fold", "seed", "utterance"]
BARE = "none"


@dataclass(frozen=True)
class Answers:
    """All runs of one setting.

    Args:
        setting: corpus, noise bank, task, split and limit.
        of: (victim, defence, attack) to what was said, one row an utterance and cell: fold, seed, repeat, utterance,
            speaker, label_true, clean and attacked (the victim's labels; attacked is null where the attack did not
            apply), and sound (which one it was, where the attack says so).
    """

    setting: Setting
    of: Mapping[tuple[str, str, str], pd.DataFrame]
    _pairs: dict[tuple[str, ...], pd.DataFrame | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def get(self, victim: str, defense: str, attack: str) -> pd.DataFrame | None:
        """Look up what a victim said; None where there is no such run.

        Args:
            victim: spec.
            defense: spec, or "none".
            attack: spec.

        Returns:
            One row for each utterance and cell, as `of` has them.
        """
        return self.of.get((victim, defense, attack))

    def beside(self, victim: str, defense: str, attack: str, other: str) -> pd.DataFrame | None:
        """Put what a victim said under a defence beside what it said under another, once for all figures of them.

        Args:
            victim: spec.
            defense: spec, or "none".
            attack: spec.
            other: the other defence, or "none".

        Returns:
            As `paired` gives it; None where either run is missing.
        """
        pair = victim, defense, attack, other
        if pair not in self._pairs:
            self._pairs[pair] = paired(self.get(victim, defense, attack), self.get(victim, other, attack))
        return self._pairs[pair]

    def victims(self) -> list[str]:
        """List all victims, in the order of the records."""
        return list(dict.fromkeys(victim for victim, _, _ in self.of))

    def about(self, victim: str, defense: str | None = None) -> TableSubject:
        """Say what a table rests on.

        Args:
            victim: spec, or several in words.
            defense: spec; None where the rows have several.
        """
        rows = pd.concat(self.of.values(), ignore_index=True)
        folds, seeds = (tuple(sorted(int(n) for n in rows[name].unique())) for name in ("fold", "seed"))
        speakers, n = int(rows["speaker"].nunique()), int(rows["utterance"].nunique())
        return TableSubject(victim, defense, self.setting, folds, seeds, speakers, n)


def read(cells: Iterable[CellRecords]) -> list[Answers]:
    """Gather finished cells of attacks that ask once, by setting; variants of one attack count once."""
    found: dict[Setting, dict[tuple[str, str, str], dict[CellNames, pd.DataFrame]]] = {}
    for cell in cells:
        names = cell.description.names
        runs = found.setdefault(names.setting, {}).setdefault((names.victim, names.defense, names.attack), {})
        if names not in runs:
            runs[names] = _said(cell)
    return [
        Answers(setting, {who: pd.concat(parts.values(), ignore_index=True) for who, parts in runs.items()})
        for setting, runs in found.items()
    ]


def _said(cell: CellRecords) -> pd.DataFrame:
    rows = pooled_rows([cell])
    told = SOUND if SOUND in rows else "source"
    asked = rows[rows["query"] == 1].set_index("utterance").reindex(columns=["label_after", told])
    asked = asked.rename(columns={"label_after": "attacked", told: "sound"})
    found = clean(rows)[[*UTTERANCE, "speaker", "label_true", "label_before"]].join(asked, on="utterance")
    return found.rename(columns={"label_before": "clean"})


def paired(later: pd.DataFrame | None, earlier: pd.DataFrame | None) -> pd.DataFrame | None:
    """Put one victim's answers beside another's, on the same utterances of the same folds and seeds.

    Args:
        later: rows of `Answers`, or None where there is no such run.
        earlier: rows to set beside them, likewise.

    Returns:
        The rows of `later` with two columns more, `other_clean` and `other_attacked`; None where either is missing.
    """
    if later is None or earlier is None:
        return None
    beside = earlier.drop_duplicates(_PAIR)[[*_PAIR, "clean", "attacked"]]
    other = beside.rename(columns={"clean": "other_clean", "attacked": "other_attacked"})
    return later.merge(other, on=_PAIR, how="inner", validate="many_to_one")


def level(rows: pd.DataFrame | None, column: str, score: Recall = "uar") -> Estimate | None:
    """Compute UAR or WAR of the answers in one column, with its interval; None where there are no answers.

    Args:
        rows: of `Answers`; None where there is no such run.
        column: "clean", "attacked", or a column of `paired`.
        score: which of the two.
    """
    answered = None if rows is None else rows[rows[column].notna()]
    if answered is None or answered.empty:
        return None
    found = clean_scores(answered.assign(label_before=answered[column]), sounds_of(answered, column))
    return found.main if score == "uar" else found.war


def sounds_of(rows: pd.DataFrame, column: str) -> list[ArrayLike]:
    """Say which answers were given about the same sound, as `crossed_with_speakers` does of records.

    Args:
        rows: of `Answers`, or like them.
        column: "attacked", or that of answers about clean speech, which have no sound in common.

    Returns:
        One clustering, or none.
    """
    if column != "attacked" or "sound" not in rows or rows["sound"].isna().all():
        return []
    return [rows["sound"].to_numpy(object)]


def error(figure: Estimate | None) -> Estimate | None:
    """Turn a score into an error, 1 − the score, with its interval."""
    return None if figure is None else figure.complement()


def applied(rows: pd.DataFrame | None) -> str:
    """Say to how many of the utterances the attack applied."""
    return "not run" if rows is None else f"{int(rows['attacked'].notna().sum())} of {len(rows)}"
