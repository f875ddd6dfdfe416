"""Every claim of several papers in one table, from what `bench reproduce TABLE --json` wrote: judged as one family."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from bench.core.errors import DataError
from bench.core.json_objects import JsonObject
from leaderboards.reproduce.claims import Verdict, verdict_on
from leaderboards.reproduce.evidence import adjusted

_AGAIN = "write it with bench reproduce TABLE --json FILE"
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class StatedClaim:
    """Hold a claim as it was written by one run, and what becomes of it among all.

    Args:
        paper: paper and table: "P1, Table 2".
        rests_on: victim, corpus, task and split of the run.
        seeds: of training and search, put together.
        folds: likewise.
        speakers: of so many.
        n: different utterances.
        text: the claim.
        published: the paper's figure; None where it prints none.
        ours: value, lower and upper end of its interval; None where it cannot be had.
        p: two-sided, of this claim alone; None where no test is possible.
        supported: whether the figure lies on the claim's side of its line; None where no test is possible.
        why: why it was not tested; None where it was.
        p_holm: p adjusted for all claims of the table that have a test; None before, and where there is none.
    """

    paper: str
    rests_on: str
    seeds: tuple[int, ...]
    folds: tuple[int, ...]
    speakers: int
    n: int
    text: str
    published: float | None
    ours: tuple[float, float, float] | None
    p: float | None
    supported: bool | None
    why: str | None
    p_holm: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Return what becomes of the claim after the correction over all."""
        return verdict_on(None if self.p is None else self.supported, self.p_holm)

    def to_json(self) -> dict[str, object]:
        """Return the claim as plain values."""
        ours = None if self.ours is None else {"value": self.ours[0], "ci95": list(self.ours[1:])}
        lists = {"seeds": list(self.seeds), "folds": list(self.folds)}
        return {**vars(self), **lists, "ours": ours, "verdict": self.verdict}


def read_all(paths: Iterable[Path]) -> list[StatedClaim]:
    """Read the claims of several runs, and judge them as one family: Holm over all that have a test.

    Args:
        paths: files that `bench reproduce TABLE --json FILE` wrote.

    Raises:
        DataError: a file is none of those, or states a claim that another has stated of the same run.
    """
    found: list[StatedClaim] = []
    for path in paths:
        found += _read(path)
    seen: set[tuple[str, str, str]] = set()
    for one in found:
        place = (one.paper, one.rests_on, one.text)
        if place in seen:
            what = f"the claim {one.text!r:.80} of {one.paper} twice, on {one.rests_on}"
            raise DataError("the files", what, "each claim once for what it rests on", "leave one of the files out")
        seen.add(place)
    left = iter(adjusted([one.p for one in found if one.p is not None]))
    return [one if one.p is None else replace(one, p_holm=next(left)) for one in found]


def _read(path: Path) -> list[StatedClaim]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(path, f"{path.stat().st_size:,} bytes", f"at most {MOST_BYTES:,}", _AGAIN)
        told = JsonObject.of(path, json.loads(path.read_text(encoding="utf-8")), _AGAIN)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(path, f"no JSON ({error})", "the JSON of a table", _AGAIN) from error
    return [claim for table in told.objects("tables") for claim in _claims(table)]


def _claims(table: JsonObject) -> list[StatedClaim]:
    names = ("victim", "defense", "corpus", "noise_bank", "task", "split", "limit")
    rests_on = " · ".join(f"{name.replace('_', ' ')} {table.fields[name]}" for name in names if table.has(name))
    return [
        StatedClaim(
            table.text("paper"),
            rests_on,
            table.wholes("seeds"),
            table.wholes("folds"),
            table.whole("speakers"),
            table.whole("n"),
            one.text("claim"),
            one.number("published") if one.has("published") else None,
            _interval(one),
            one.number("p") if one.has("p") else None,
            one.truth("supported") if one.has("supported") else None,
            one.text("why") if one.has("why") else None,
        )
        for one in table.objects("claims")
    ]


def _interval(claim: JsonObject) -> tuple[float, float, float] | None:
    if not claim.has("ours"):
        return None
    ours = claim.inner("ours")
    ends = ours.numbers("ci95")
    if len(ends) != 2:
        raise ours.wrong("ci95", f"{len(ends)} numbers", "two: the ends of the interval")
    return ours.number("value"), *ends


def counted(claims: Sequence[StatedClaim]) -> dict[Verdict, int]:
    """Count what became of claims.

    Args:
        claims: judged.

    >>> counted([])
    {'holds': 0, 'does not hold': 0, 'not decided': 0, 'not tested': 0}
    """
    return {word: sum(one.verdict == word for one in claims) for word in get_args(Verdict)}
