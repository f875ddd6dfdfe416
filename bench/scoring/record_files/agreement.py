"""Whether two records of the same searches agree, query by query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.core.specs import ISOLATED
from bench.scoring.record_files.rows import Row, as_table

if TYPE_CHECKING:
    import pandas as pd

COMPARED = (
    *("label_before", "recipe", "label_after", "accepted", "snr_db", "perturbation", "category", "source"),
    *("imperceptible", "additive", "flip_share", "turn"),
)
"""The columns that are compared: what the search tried and what it was told, in this order."""
_MEASURED = ("snr_db", "burst_snr_db", "peak_ratio", "flip_share")
_TRIED = (*("recipe", "label_after", "accepted", "category", "source", "turn"), *_MEASURED)
CLOSE = 0.01
"""What is measured of one sound lies no further apart on any processor."""


@dataclass(frozen=True)
class FirstDifference:
    """Something that is not what it was.

    Args:
        utterance: whose search it is.
        query: the first that differs; 0 for the clean speech.
        column: of the record.
        before: its value there; None where there is no such query.
        after: its value when it was attacked again.
    """

    utterance: str
    query: int
    column: str
    before: object
    after: object


def first_difference(before: pd.DataFrame, after: Sequence[Row]) -> FirstDifference | None:
    """Find what differs between records and the rows of the same utterances, attacked again.

    Where an answer is a tie in either, the rest of that search is not compared: it was told something else.

    Args:
        before: records.
        after: of the same utterances.
    """
    searches = _by_utterance(before), _by_utterance(as_table(after).to_pandas())
    for utterance, own in searches[0].items():
        found = next(_differences(utterance, own, searches[1].get(utterance, {})), None)
        if found is not None:
            return found
    return None


def told_otherwise(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    """Find the utterances of which two records tell the same search, and otherwise what it tried.

    What a candidate is follows from the search and what it was told: as long as the answers are the same, so are the
    recipes, and of the same recipe everything but what a victim says. Answers are not looked at, nor is anything after
    the first that differs; nor free samples, whose digests are others on another processor.

    Args:
        before: records.
        after: of the same cell, measured again.
    """
    searches, found = (_by_utterance(before, _TRIED), _by_utterance(after, _TRIED)), set()
    for utterance, own in searches[0].items():
        other = searches[1].get(utterance, {})
        for query in sorted(own.keys() & other.keys()):
            pair = own[query], other[query]
            if query and _tried_otherwise(*pair):
                found.add(utterance)
            if any(one["tied"] for one in pair) or len({(one["label_after"], one["accepted"]) for one in pair}) > 1:
                break
    return found


def _tried_otherwise(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    recipes = [str(row["recipe"]).replace(ISOLATED, "") for row in (one, other)]
    if recipes[0] != recipes[1] or '"samples"' in recipes[0]:
        return not any('"samples"' in recipe for recipe in recipes)
    measured = _MEASURED if one["accepted"] == other["accepted"] else _MEASURED[:1]
    if not all(_close(one[name], other[name]) for name in measured):
        return True
    return any(one[name] != other[name] for name in ("category", "source", "turn"))


def _close(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or abs(float(str(one)) - float(str(other))) <= CLOSE


def _differences(
    utterance: str, before: Mapping[int, Mapping[str, object]], after: Mapping[int, Mapping[str, object]]
) -> Iterator[FirstDifference]:
    for query in sorted({*before, *after}):
        one, other = before.get(query), after.get(query)
        if one is None or other is None:
            recipes = (None if row is None else row["recipe"] for row in (one, other))
            yield FirstDifference(utterance, query, "recipe", *recipes)
            return
        if one["tied"] or other["tied"]:
            return
        for column in COMPARED:
            if one[column] != other[column]:
                yield FirstDifference(utterance, query, column, one[column], other[column])


def _by_utterance(rows: pd.DataFrame, columns: Sequence[str] = COMPARED) -> dict[str, dict[int, dict[str, object]]]:
    """The rows of each utterance by query, what is missing as None."""
    plain = rows[["utterance", "query", "tied", *columns]].astype(object)
    found: dict[str, dict[int, dict[str, object]]] = {}
    for row in plain.where(plain.notna(), None).to_dict("records"):
        found.setdefault(row["utterance"], {})[row["query"]] = {str(name): value for name, value in row.items()}
    return found
