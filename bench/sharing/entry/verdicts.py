"""What is said of an entry's figures after its cells were run again: utterance by utterance, not figure by figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.contracts.threat_models import Counted
from bench.core.specs import ISOLATED
from bench.scoring.figures.row_shares import attack_success, robust_accuracy
from bench.scoring.inference.estimates import Estimate
from bench.scoring.inference.mcnemar import LEVEL, mcnemar_p
from bench.scoring.record_files.agreement import told_otherwise
from bench.scoring.record_files.cell_records import CellRecords, pooled_rows
from bench.scoring.scores import clean, robustness, successes, survives

Verdict = Literal["same", "within the interval", "different", "could not be run"]
SAME: Verdict = "same"
WITHIN: Verdict = "within the interval"
DIFFERENT: Verdict = "different"
NOT_RUN: Verdict = "could not be run"
TIES = "ties"
MOST_TIED, FEW_TIED = 0.1, 3
"""Where more of the utterances than this share, and than so many, are ties here alone, nothing is said of the rest."""
_OF_THE_CORPUS = (("label_true", "labels"), ("speaker", "speakers"), ("value_true", "ratings"))
CLOSE = 1e-3
"""Two numbers are the same answer where they lie no further apart than this share of the scale's width."""


@dataclass(frozen=True)
class FigureVerdict:
    """Say of one figure whether it came out again.

    Args:
        figure: "recognised", "robust_accuracy", "acc_att" or "acc_att_pcm"; of an attack that asks once "applied" and
            "recognised_after"; of numbers "told_numbers", utterances of whose clean speech the same was said,
            "told_numbers_after", of whose candidates; "candidates", those of whose candidates the same is told; and
            "ties", those of whom a first tie is found that the other has not.
        noises: which successes count; None of clean speech.
        k: queries allowed; None of clean speech.
        submitted: its value in the entry.
        again: when it was run again.
        gained: utterances whose outcome was no in the entry, and yes again.
        lost: the other way round.
        p: of McNemar's exact test.
        verdict: what is said of it.
    """

    figure: str
    noises: Counted | None
    k: int | None
    submitted: float
    again: float
    gained: int
    lost: int
    p: float
    verdict: Verdict


@dataclass(frozen=True)
class CellVerdict:
    """Say of one cell what came of running it again.

    Args:
        key: of the cell.
        names: victim, defence, attack, fold, seed and repeat, by name.
        verdict: the worst of its figures'.
        n: utterances that were compared.
        ties: utterances left out, since an answer was a tie when it was run again, and not as it was submitted.
        reason: why it could not be run; "" where it was.
        figures: one by one.
    """

    key: str
    names: dict[str, object]
    verdict: Verdict
    n: int = 0
    ties: int = 0
    reason: str = ""
    figures: tuple[FigureVerdict, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return it as it stands in a receipt."""
        return asdict(self) | {"figures": [asdict(one) for one in self.figures]}


def names_of(cell: CellRecords) -> dict[str, object]:
    """Name a cell as people do.

    Args:
        cell: any.
    """
    names = cell.description.names
    told = {"victim": names.victim, "defense": names.defense, "attack": names.attack, "fold": names.fold}
    return told | {"seed": names.seed, "repeat": names.repeat, "half": names.half}


def compared(submitted: CellRecords, again: pd.DataFrame, ks: Sequence[int], counted: Sequence[Counted]) -> CellVerdict:
    """Compare a cell with what came of running it again.

    What is a tie when it is run again, and was none, could be either way on another machine and is left out; what the
    entry calls a tie counts, or all of it might. Where much would be left out, nothing is said of the rest.

    Args:
        submitted: the cell of the entry.
        again: the rows of the same cell.
        ks: numbers of queries at which it is read off.
        counted: which successes are compared.
    """
    other = CellRecords(submitted.key, submitted.description, again)
    ours, theirs = pooled_rows([other]), pooled_rows([submitted])
    name = names_of(submitted)
    if set(theirs["utterance"]) != set(ours["utterance"]):
        return CellVerdict(submitted.key, name, DIFFERENT, reason="other utterances were attacked")
    if what := next((says for column, says in _OF_THE_CORPUS if not _same_column(theirs, ours, column)), ""):
        return CellVerdict(submitted.key, name, DIFFERENT, reason=f"other {what} than the corpus's")
    tied, whole = _tied_anew(theirs, ours), ours["utterance"].nunique()
    kept = tuple(rows[~rows["utterance"].isin(tied)].reset_index(drop=True) for rows in (theirs, ours))
    n = kept[0]["utterance"].nunique()
    if not n or len(tied) > max(MOST_TIED * whole, FEW_TIED):
        reason = f"{len(tied)} of {whole} utterances are ties here and none in the entry"
        return CellVerdict(submitted.key, name, NOT_RUN, n, len(tied), reason)
    scale = submitted.description.dimension
    width = 0.0 if scale is None else scale.high - scale.low
    figures = (*_figures(kept, ks, counted), *_asked_once(kept), *_numbers(kept, width), _candidates(kept))
    figures = (*figures, _ties(theirs, ours))
    return CellVerdict(submitted.key, name, _worst([one.verdict for one in figures]), n, len(tied), "", figures)


def _same_column(theirs: pd.DataFrame, ours: pd.DataFrame, column: str) -> bool:
    """Whether a column that the corpus fills is the same, of each utterance; a label of numbers follows from these."""
    found = [rows[rows["query"] == 0].set_index("utterance")[column].sort_index() for rows in (theirs, ours)]
    return bool(found[0].equals(found[1]))


def _tied_anew(theirs: pd.DataFrame, ours: pd.DataFrame) -> set[str]:
    """Utterances whose first tie is one here alone: a search that met the same tie went the same way until then."""
    firsts = [rows[rows["tied"].eq(True)].groupby("utterance")["query"].min().to_dict() for rows in (theirs, ours)]
    return {str(whose) for whose, query in firsts[1].items() if firsts[0].get(whose) != query}


def _ties(theirs: pd.DataFrame, ours: pd.DataFrame) -> FigureVerdict:
    """Of whom a tie is found in one place alone: another machine finds as many that are not here as we find that are
    not there. A victim that knows that it is run again would be undecided here alone, wherever the entry lies."""
    order = pd.Series(sorted(ours["utterance"].unique()))
    there, here = (order.isin(_tied_anew(*pair)).to_numpy() for pair in ((ours, theirs), (theirs, ours)))
    found = _figure((TIES, None, None), (there, here), None)
    return found if found.verdict == DIFFERENT else replace(found, verdict=SAME)


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    return max(verdicts, key=(SAME, WITHIN, NOT_RUN, DIFFERENT).index, default=NOT_RUN)


def _figures(both: tuple[pd.DataFrame, ...], ks: Sequence[int], counted: Sequence[Counted]) -> Iterator[FigureVerdict]:
    ours = both[-1]
    right = tuple(_by_utterance(_recognised(rows), "right") for rows in both)
    one, other = (_by_utterance(clean(rows), "label_before") for rows in both)
    yield _figure(("recognised", None, None), right, None, same=bool((one == other).all()))
    for noises in counted:
        for k in ks:
            held = tuple(_by_utterance(robustness(rows, k, noises), "robust") for rows in both)
            yield _figure(("robust_accuracy", noises, k), held, robust_accuracy(ours, k, noises))
            fell = tuple(_by_utterance(successes(rows, k, noises), "success") for rows in both)
            yield _figure(("acc_att", noises, k), fell, attack_success(ours, k, noises))
            held = tuple(_survived(rows, k, noises) for rows in both)
            yield _figure(("acc_att_pcm", noises, k), held, None)


def _survived(rows: pd.DataFrame, k: int, noises: Counted) -> NDArray[np.object_]:
    """Which utterances fell to a candidate that is a success as 16-bit PCM too: all, where the records do not say."""
    held = survives(rows)
    return _by_utterance(successes(rows if held is None else rows.assign(accepted=held), k, noises), "success")


def _asked_once(both: tuple[pd.DataFrame, ...]) -> Iterator[FigureVerdict]:
    """Of an attack that asks once, what UAR after it is made of: where it applied, and what was recognised then."""
    if any(rows["query"].max() != 1 for rows in both):
        return
    order = sorted(both[0]["utterance"].unique())
    after = [rows[rows["query"] == 1].set_index("utterance") for rows in both]
    right = [(one["label_after"] == one["label_true"]).reindex(order, fill_value=False) for one in after]
    applied = [pd.Series(order).isin(one.index) for one in after]
    for name, found in (("applied", applied), ("recognised_after", right)):
        yield _figure((name, None, 1), [one.to_numpy() for one in found], None)


def _numbers(both: tuple[pd.DataFrame, ...], width: float) -> Iterator[FigureVerdict]:
    """Of a dimensional task, of whose clean speech the same number is told, and of whose candidates, where these are
    the same and moved as far as counts: what CCC is made of."""
    if not width:
        return
    one, other = (_by_utterance(clean(rows), "value_before").astype(float) for rows in both)
    close = np.abs(one - other) <= CLOSE * width
    yield _figure(("told_numbers", None, None), (np.ones_like(close), close), None)
    names = ["utterance", "query", "recipe", "label_after", "value_after"]
    bare = (rows.assign(recipe=rows["recipe"].str.replace(ISOLATED, "")) for rows in both)
    theirs, ours = (rows.loc[rows["query"] > 0, names] for rows in bare)
    asked = theirs.merge(ours, on=names[:4], suffixes=("", "_again"))
    far = (asked["value_after"] - asked["value_after_again"]).abs() > CLOSE * width
    same = ~pd.Series(sorted(both[0]["utterance"].unique())).isin(asked.loc[far, "utterance"]).to_numpy()
    yield _figure(("told_numbers_after", None, None), (np.ones_like(same), same), None)


def _candidates(both: tuple[pd.DataFrame, ...]) -> FigureVerdict:
    """Of whose candidates the same is told: what SNRs, bursts, and intervals that heed sounds are made of."""
    otherwise = told_otherwise(*both)
    same = np.array([one not in otherwise for one in sorted(both[0]["utterance"].unique())])
    return _figure(("candidates", None, None), (np.ones_like(same), same), None)


def _recognised(rows: pd.DataFrame) -> pd.DataFrame:
    found = clean(rows)
    return found.assign(right=found["label_true"] == found["label_before"])


def _by_utterance(found: pd.DataFrame, column: str) -> NDArray[np.object_]:
    return found.sort_values("utterance")[column].to_numpy(object)


def _figure(
    name: tuple[str, Counted | None, int | None],
    outcomes: Sequence[NDArray[Any]],
    estimate: Estimate | None,
    same: bool = True,
) -> FigureVerdict:
    one, other = (found.astype(bool) for found in outcomes)
    gained, lost = int((~one & other).sum()), int((one & ~other).sum())
    p, submitted, again = mcnemar_p(gained, lost), float(one.mean()), float(other.mean())
    low, high = (0.0, 1.0) if estimate is None else estimate.ci95
    verdict = SAME if same and not gained + lost else WITHIN
    if p < LEVEL or not low <= submitted <= high:
        verdict = DIFFERENT
    return FigureVerdict(*name, submitted, again, gained, lost, p, verdict)
