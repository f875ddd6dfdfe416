"""P1's Table 1: what each imperceptible noise costs a victim that was trained on clean speech.

Source: Jaiswal, Mower Provost: Best practices for noise-based augmentation to improve the performance of deployable
speech-based emotion recognition systems, Table 1, the columns of un-augmented IEMOCAP (`best_practices_table1.csv`).

Readings: P1 gives no level for the noises that start and fade out (St); 20 dB is taken, the softest of its others. The
published figures are differences of UAR; P1 also calls them percentages.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from scipy import stats

from bench.evaluation.options import Options
from bench.scoring.estimates import Difference
from bench.scoring.names import Setting
from bench.scoring.results import PooledScores, Results
from leaderboards.reproduce import shape

PAPER = "P1, Table 1: what each noise costs"
_CATEGORIES = {"Nat": "natural", "Hum": "human", "Int": "interior"}
_EFFECTS = {
    "SpeedSeg": "speed_segment",
    "FadeIn": "fade_in",
    "FadeOut": "fade_out",
    "DropW": "drop_words",
    "DropLt": "drop_letters",
    "Reverb": "reverb",
}


PaperColumn = Literal["activation", "valence"]
"""The paper's columns of un-augmented IEMOCAP."""


@dataclass(frozen=True)
class Published:
    """One row of the paper.

    Args:
        noise: its name there.
        snr_db: of the whole-utterance noises.
        activation: change of UAR on activation, un-augmented; negative is a loss.
        valence: on valence.
        attack: the spec that makes this noise here.
    """

    noise: str
    snr_db: str
    activation: float
    valence: float
    attack: str

    def change(self, column: PaperColumn) -> float:
        """Return the change of UAR in one of the paper's columns.

        Args:
            column: "activation" or "valence".
        """
        return self.valence if column == "valence" else self.activation


@cache
def published() -> tuple[Published, ...]:
    """Read the paper's rows, in its order."""
    return tuple(
        Published(
            row["noise"],
            row["snr_db"],
            float(row["iem_activation_delta"]),
            float(row["iem_valence_delta"]),
            _attack(row["noise"], row["snr_db"]),
        )
        for row in shape.facts("best_practices_table1.csv")
    )


def _attack(noise: str, snr_db: str) -> str:
    if noise in _EFFECTS:
        return _EFFECTS[noise]
    parts = [f"category={_CATEGORIES[noise[:3]]}"] * (noise[:3] != "Nat")
    parts += ["position=start"] if noise.endswith("St") else [f"snr_db={float(snr_db)}"] * (snr_db != "20")
    return "environmental" + (":" + ",".join(parts) if parts else "")


@dataclass(frozen=True)
class Table1Row:
    """A noise, ours beside the paper's.

    Args:
        paper: the published row.
        change: of UAR on the utterances to which it applied; None where it applied to none.
        applied: utterances.
        of: as many were there.
    """

    paper: Published
    change: Difference | None
    applied: int
    of: int


@dataclass(frozen=True)
class Table1:
    """One task's table.

    Args:
        about: victim, defence, corpus, noise bank, task, split, folds, seeds, speakers.
        clean_uar: without noise.
        rows: in the paper's order.
    """

    about: shape.TableSubject
    clean_uar: float
    rows: tuple[Table1Row, ...]

    @property
    def column(self) -> PaperColumn:
        """Name the paper's column that this task is set beside."""
        return "valence" if self.about.setting.task.startswith("valence") else "activation"

    def rank_correlation(self) -> float | None:
        """Compute Spearman's ρ of our changes and the paper's; None with fewer than three rows."""
        both = [(row.change.value, row.paper.change(self.column)) for row in self.rows if row.change is not None]
        if len(both) < 3 or len({ours for ours, _ in both}) == 1:
            return None
        return float(stats.spearmanr(*zip(*both, strict=True)).statistic)

    def claims(self) -> Iterator[tuple[str, bool | None]]:
        """Yield what the paper's figures say about the order of the noises, and whether ours say the same.

        The latter is None where a noise did not apply.
        """
        cost = {
            (row.paper.noise, row.paper.snr_db): None if row.change is None else row.change.value for row in self.rows
        }
        for kind in _CATEGORIES:
            levels = [cost[f"{kind}Co", snr] for snr in ("20", "10", "0")]
            yield f"{kind}: the louder, the worse (20, 10, 0 dB)", _descending(levels)
            soft = [cost[f"{kind}St", ""], cost[f"{kind}Co", "20"]]
            yield f"{kind}: a noise that fades out costs less than one throughout at 20 dB", _descending(soft)
        synthetic = [cost[name, ""] for name in _EFFECTS if name != "Reverb"]
        known = [change for change in synthetic if change is not None]
        worst_synthetic = min(known) if known else None
        best_noise = [cost[f"{kind}Co", "20"] for kind in _CATEGORIES]
        mildest = None if None in best_noise else max(change for change in best_noise if change is not None)
        yield (
            "every environmental noise at 20 dB costs more than any synthetic one but Reverb",
            (_descending([worst_synthetic, mildest])),
        )
        reverb = [worst_synthetic, cost["Reverb", ""]]
        yield "Reverb costs more than every other synthetic noise", _descending(reverb)
        others = [change for (name, _), change in cost.items() if name != "DropLt" and change is not None]
        yield (
            "DropLt costs least of all",
            (None if cost["DropLt", ""] is None or not others else cost["DropLt", ""] >= max(others)),
        )

    def shown(self) -> shape.Table:
        """Return what is printed."""
        rows = tuple(
            {
                "noise": row.paper.noise,
                "SNR": row.paper.snr_db,
                "P1 Act": row.paper.activation,
                "P1 Val": row.paper.valence,
                f"ours, {self.about.setting.task}": row.change,
                "applied to": f"{row.applied} of {row.of}",
            }
            for row in self.rows
        )
        verdicts: dict[bool | None, shape.Verdict] = {True: "holds", False: "does not hold", None: "not tested"}
        claims = tuple(shape.Claim(claim, verdicts[holds]) for claim, holds in self.claims())
        rho = self.rank_correlation()
        notes = (
            f"Clean UAR {self.clean_uar:.2f}. Change of UAR from clean to noisy, over the utterances to which a noise "
            "applied; [95 % interval]. Claims here are about the order of the figures alone.",
            *([] if rho is None else [f"Rank correlation with P1's column for {self.column}: {rho:+.2f}"]),
        )
        return shape.Table(PAPER, self.about, rows, claims, notes)

    def to_json(self) -> dict[str, object]:
        """Return the table as plain values."""
        rows = [
            {
                "noise": row.paper.noise,
                "snr_db": float(row.paper.snr_db) if row.paper.snr_db else None,
                "attack": row.paper.attack,
                "published_activation": row.paper.activation,
                "published_valence": row.paper.valence,
                "change": None if row.change is None else row.change.value,
                "ci95": None if row.change is None else list(row.change.ci95),
                "applied": row.applied,
                "of": row.of,
            }
            for row in self.rows
        ]
        claims = [{"claim": claim, "holds": holds} for claim, holds in self.claims()]
        rho = self.rank_correlation()
        return {
            **self.about.to_json(),
            "clean_uar": self.clean_uar,
            "rows": rows,
            "claims": claims,
            "rank_correlation": rho,
        }


def _descending(changes: Sequence[float | None]) -> bool | None:
    """Whether each loses more than the one before."""
    known = [change for change in changes if change is not None]
    if len(known) < len(changes):
        return None
    return all(later < earlier for earlier, later in itertools.pairwise(known))


def asked(options: Options) -> list[Options]:
    """Select runs: all the noises, with the defences that are asked for."""
    return [replace(options, attacks=tuple(row.attack for row in published()))]


def tables(results: Results) -> list[Table1]:
    """Make a table for each victim, defence, corpus and task of runs of all the noises.

    Args:
        results: with a pooled entry for each noise.
    """
    groups: dict[tuple[str, str, Setting], dict[str, PooledScores]] = {}
    for entry in results.pooled:
        groups.setdefault((entry.victim, entry.defense, entry.setting), {})[entry.attack] = entry
    wanted = {row.attack for row in published()}
    return [_table(entries) for entries in groups.values() if wanted & set(entries)]


def _table(entries: Mapping[str, PooledScores]) -> Table1:
    first = next(iter(entries.values()))
    counts = (first.folds, first.seeds, first.speakers, first.n)
    about = shape.TableSubject(first.victim, first.defense, first.setting, *counts)
    rows = [_row(row, entries[row.attack]) for row in published() if row.attack in entries]
    return Table1(about, first.clean.uar.value, tuple(rows))


def _row(paper: Published, entry: PooledScores) -> Table1Row:
    found = entry.perturbed
    if found is None:
        return Table1Row(paper, None, 0, entry.n * len(entry.seeds))
    return Table1Row(paper, found.uar.change, found.applied, found.of)
