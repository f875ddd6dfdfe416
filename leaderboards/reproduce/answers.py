"""What victims said, utterance by utterance, from records: for tables that compare them on the same utterances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from bench.scoring.pooling import clean_scores, weighted_means
from bench.scoring.records import CellRecords
from bench.scoring.results import cell_name
from bench.scoring.scores import clean
from bench.scoring.statistics import difference_interval
from leaderboards.reproduce.shape import TableFigure

SETTING = ("corpus", "noise_bank", "task", "split", "limit")
"""What all rows of a table share, beside victims."""

Score = Literal["uar", "war"]
_PAIR = ["fold", "seed", "utterance"]
BARE = "none"


@dataclass(frozen=True)
class Answers:
    """All runs of one setting.

    Args:
        setting: by the names in `SETTING`.
        of: (victim, defence, attack) to what was said, one row an utterance and cell: cell, fold, seed, utterance,
            speaker, label_true, clean and attacked (the victim's labels; attacked is null where the attack did not
            apply).
    """

    setting: Mapping[str, Any]
    of: Mapping[tuple[str, str, str], pd.DataFrame]

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

    def victims(self) -> list[str]:
        """List all victims, in the order of the records."""
        return list(dict.fromkeys(victim for victim, _, _ in self.of))

    def about(self, **names: str) -> dict[str, Any]:
        """Say what a table rests on: the names given, the setting, folds, seeds, speakers and utterances."""
        rows = pd.concat(self.of.values(), ignore_index=True)
        counts = {name: int(rows[column].nunique()) for name, column in (("speakers", "speaker"), ("n", "utterance"))}
        folds, seeds = (sorted(int(n) for n in rows[name].unique()) for name in ("fold", "seed"))
        return {**names, **self.setting, "folds": folds, "seeds": seeds, **counts}


def read(cells: Iterable[CellRecords]) -> list[Answers]:
    """Gather finished cells of attacks that ask once, by setting; variants of one attack count once."""
    found: dict[tuple[Any, ...], dict[tuple[str, str, str], dict[str, pd.DataFrame]]] = {}
    for cell in cells:
        about = cell.description
        who = (about["victim"], about["defense"], about["attack"])
        group = found.setdefault(tuple(about[name] for name in SETTING), {})
        group.setdefault(who, {}).setdefault(cell_name(about), _said(cell))
    return [
        Answers(
            dict(zip(SETTING, setting, strict=True)),
            {who: pd.concat(parts.values(), ignore_index=True) for who, parts in runs.items()},
        )
        for setting, runs in found.items()
    ]


def _said(cell: CellRecords) -> pd.DataFrame:
    about, rows = cell.description, cell.rows
    asked = rows[rows["query"] == 1].set_index("utterance")["label_after"].rename("attacked")
    found = clean(rows)[["utterance", "speaker", "label_true", "label_before"]].join(asked, on="utterance")
    named = found.rename(columns={"label_before": "clean"})
    return named.assign(cell=cell_name(about), fold=about["fold"], seed=about["seed"])


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


def level(rows: pd.DataFrame | None, column: str, score: Score = "uar") -> TableFigure | None:
    """Compute UAR or WAR of the answers in one column, with its interval; None where there are no answers.

    Args:
        rows: of `Answers`; None where there is no such run.
        column: "clean", "attacked", or a column of `paired`.
        score: which of the two.
    """
    answered = None if rows is None else rows[rows[column].notna()]
    if answered is None or answered.empty:
        return None
    found = clean_scores(answered.assign(label_before=answered[column]))
    return TableFigure(found[score], tuple(found[f"{score}_ci95"]))


def error(figure: TableFigure | None) -> TableFigure | None:
    """Turn a score into an error, 1 − the score, with its interval."""
    return None if figure is None else TableFigure(1 - figure.value, (1 - figure.ci95[1], 1 - figure.ci95[0]))


@dataclass(frozen=True)
class Term:
    """A difference of two columns of answers to the same utterances.

    Args:
        rows: see `paired`; None where there is no such run.
        later: the column that is better where the difference is above 0.
        earlier: the other.
        times: how often it counts, negative to be taken away.
    """

    rows: pd.DataFrame | None
    later: str = "attacked"
    earlier: str = "other_attacked"
    times: float = 1.0


def contrast(terms: Sequence[Term], score: Score = "uar") -> TableFigure | None:
    """Compute Σ times · (score of `later` − score of `earlier`), with an interval that heeds whose utterances they
    share.

    Every term is over the utterances that both columns answer; speakers are the clusters of all terms together.

    Args:
        terms: at least one.
        score: UAR or WAR.

    Returns:
        None where a term has no such utterance.
    """
    parts = []
    for number, term in enumerate(terms):
        rows = None if term.rows is None else term.rows[term.rows[[term.later, term.earlier]].notna().all(axis=1)]
        if rows is None or rows.empty:
            return None
        stratum, shares = next((s, w) for name, s, w in weighted_means(rows) if name == score)
        hits = (rows[term.later] == rows["label_true"], rows[term.earlier] == rows["label_true"])
        told = {"later": hits[0].astype(float), "earlier": hits[1].astype(float), "speaker": rows["speaker"]}
        told["unit"] = rows["cell"] + "/" + rows["utterance"]
        parts.append(pd.DataFrame({**told, "stratum": f"{number}/" + stratum, "weight": term.times * shares}))
    whole = pd.concat(parts, ignore_index=True)
    weights, speakers, strata = whole["weight"].to_numpy(float), whole["speaker"].tolist(), whole["stratum"].tolist()
    value = float(weights @ (whole["later"] - whole["earlier"]).to_numpy(float))
    units = whole["unit"].tolist()
    found = difference_interval(whole["later"], whole["earlier"], speakers, strata=strata, weights=weights, units=units)
    return TableFigure(value, found, signed=True)


def applied(rows: pd.DataFrame | None) -> str:
    """Say to how many of the utterances the attack applied."""
    return "not run" if rows is None else f"{int(rows['attacked'].notna().sum())} of {len(rows)}"
