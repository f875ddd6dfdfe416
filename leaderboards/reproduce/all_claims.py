"""Every claim of several papers in one table, from what `bench reproduce TABLE --json` wrote: judged as one family."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject
from leaderboards.reproduce.claims import Verdict, verdict_on
from leaderboards.reproduce.families import LineTest, Rule, SpeakerSums, Tested, adjusted

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
        tests: against the claim's lines; none without a test, and from versions that kept no sums of speakers.
        by_speaker: what each speaker adds to the figure, named by corpus; None likewise.
        p_own: p adjusted for all claims of its own file that have a test; None before, and where there is none.
        p_adjusted: p adjusted for all claims of all files that have a test; None likewise.
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
    tests: tuple[LineTest, ...] = ()
    by_speaker: SpeakerSums | None = None
    p_own: float | None = None
    p_adjusted: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Return what becomes of the claim after the correction over all."""
        return verdict_on(None if self.p is None else self.supported, self.p_adjusted)

    @property
    def verdict_own(self) -> Verdict:
        """Return what becomes of it after the correction over those of its own file."""
        return verdict_on(None if self.p is None else self.supported, self.p_own)

    def to_json(self) -> dict[str, object]:
        """Return the claim as plain values."""
        ours = None if self.ours is None else {"value": self.ours[0], "ci95": list(self.ours[1:])}
        lists = {"seeds": list(self.seeds), "folds": list(self.folds)}
        plain = {name: value for name, value in vars(self).items() if name not in ("tests", "by_speaker")}
        return {**plain, **lists, "ours": ours, "verdict": self.verdict, "verdict_own": self.verdict_own}


@dataclass(frozen=True)
class JudgedClaims:
    """Hold the claims of several runs, judged as one family.

    Args:
        claims: in the order of the files.
        rule: by which their p are adjusted for each other.
        without_sums: files that keep no sums of speakers for a claim with a test: they leave Holm's rule alone.
    """

    claims: tuple[StatedClaim, ...]
    rule: Rule
    without_sums: tuple[Path, ...] = ()


def read_all(paths: Iterable[Path]) -> JudgedClaims:
    """Read the claims of several runs, and judge them as one family, and those of each file as one too.

    Args:
        paths: files that `bench reproduce TABLE --json FILE` wrote.

    Raises:
        DataError: a file is none of those, or states a claim that another has stated of the same run.
    """
    files = [(path, _read(path)) for path in paths]
    seen: set[tuple[str, str, str]] = set()
    for one in (one for _, own in files for one in own):
        place = (one.paper, one.rests_on, one.text)
        if place in seen:
            what = f"the claim {one.text!r:.80} of {one.paper} twice, on {one.rests_on}"
            raise DataError("the files", what, "each claim once for what it rests on", "leave one of the files out")
        seen.add(place)
    apart = [replace(one, p_own=p) for _, own in files for one, p in _adjusted(own)[0]]
    together, rule = _adjusted(apart)
    without = (path for path, own in files if any(one.p is not None and not one.by_speaker for one in own))
    return JudgedClaims(tuple(replace(one, p_adjusted=p) for one, p in together), rule, tuple(without))


def _adjusted(claims: Sequence[StatedClaim]) -> tuple[list[tuple[StatedClaim, float | None]], Rule]:
    """Claims, each with its p adjusted for all of them, and by which rule."""
    told = adjusted([Tested(one.p, one.tests, one.by_speaker) for one in claims if one.p is not None])
    left = iter(told.p)
    return [(one, None if one.p is None else next(left)) for one in claims], told.rule


def _read(path: Path) -> list[StatedClaim]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(path, f"{path.stat().st_size:,} bytes", f"at most {MOST_BYTES:,}", _AGAIN)
        text = path.read_text(encoding="utf-8")
        told = JsonObject.of(path, json.loads(text, parse_float=_finite, parse_constant=_finite), _AGAIN)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(path, f"no JSON ({error})", "the JSON of a table", _AGAIN) from error
    return [claim for table in told.objects("tables") for claim in _claims(table)]


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"the number {text:.40}")
    return number


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
            _p(one, "p") if one.has("p") else None,
            one.truth("supported") if one.has("supported") else None,
            one.text("why") if one.has("why") else None,
            *_tests(one, table.text("corpus") if table.has("corpus") else ""),
        )
        for one in table.objects("claims")
    ]


def _tests(claim: JsonObject, corpus: str) -> tuple[tuple[LineTest, ...], SpeakerSums | None]:
    """The tests of a claim, and the sums of its speakers; none of a version that kept none."""
    if not claim.has("by_speaker"):
        return (), None
    lines = tuple(
        LineTest(one.number("line"), _p(one, "p"), _p(one, "student"), one.truth("inside"))
        for one in claim.objects("lines")
    )
    kept = claim.inner("by_speaker")
    sums = SpeakerSums(kept.texts("speakers"), kept.numbers("sums"), kept.numbers("parts"))
    if not lines or not sums.speakers or not len(sums.speakers) == len(sums.sums) == len(sums.parts):
        raise claim.wrong("by_speaker", "lists of unlike lengths", "a name, a sum and a part for each speaker")
    if len(set(sums.speakers)) < len(sums.speakers):
        raise claim.wrong("by_speaker", "a speaker twice", "each speaker once")
    return lines, sums.of_corpus(corpus)


def _p(told: JsonObject, name: str) -> float:
    if not 0 <= (found := told.number(name)) <= 1:
        raise told.wrong(name, f"{found:g}", "a number from 0 to 1")
    return found


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
