"""What raters answered in a perception study, read from the files that they saved; nothing in them is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import JsonObject, loaded
from bench.data.corpora.tables import csv_rows
from bench.studies.listening.study import KEY, SCHEMA, Pair

ASKED = ("activation", "valence")
_REMEDY = "take the file that the page of this study saved"
_WHOLE = "take the file that bench listen --study wrote"


@dataclass(frozen=True)
class Study:
    """The key to a study's pairs.

    Args:
        digest: of pairs and sounds; the answers name it too.
        pairs: by their numbers.
    """

    digest: str
    pairs: Mapping[str, Pair]


@dataclass(frozen=True)
class Rating:
    """What one rater said of one pair.

    Args:
        rater: name or code.
        pair: its number.
        changed: for "activation" and "valence", whether it sounds different.
    """

    rater: str
    pair: str
    changed: Mapping[str, bool]


def read_study(folder: Path) -> Study:
    """Read the key that `bench listen --study` wrote.

    Where it is of a version that told no speakers, each utterance counts as one's own.

    Raises:
        DataError: it is not there, or not as it was written.
    """
    file = folder / KEY
    told = _json(file, _WHOLE)
    if told.whole("schema") != SCHEMA:
        raise told.wrong("schema", str(told.whole("schema")), str(SCHEMA))
    pairs = {}
    for one in _objects(told, "pairs"):
        texts = {name: one.text(name) for name in ("pair", "effect", "noise", "utterance")}
        speaker = one.text("speaker") if one.has("speaker") else texts["utterance"]
        pair = Pair(**texts, speaker=speaker, check=one.truth("check"))
        pairs[pair.pair] = pair
    return Study(told.text("study"), pairs)


def read_answers(files: Sequence[Path], study: Study) -> list[Rating]:
    """Read the answers of several raters, JSON or CSV.

    Args:
        files: as the page saved them.
        study: whose pairs they are about.

    Raises:
        DataError: a file is of another study, names a pair that there is not, says something else than same or
            different, or a rater answers about a pair twice.
    """
    found: dict[tuple[str, str], Rating] = {}
    for file in files:
        rows = _from_csv(file) if file.suffix.lower() == ".csv" else _from_json(file)
        for where, row in rows:
            answer = _answer(where, row, study)
            if (answer.rater, answer.pair) in found:
                expected = "one answer of a rater about a pair"
                told = f"a second one of {answer.rater!r} about pair {answer.pair}"
                raise DataError(
                    where, told, expected, "give each rater's file once, and each rater a name of their own"
                )
            found[answer.rater, answer.pair] = answer
    return list(found.values())


def _answer(where: str, row: Mapping[str, str], study: Study) -> Rating:
    if row["study"] != study.digest:
        raise DataError(where, f"answers about study {row['study']!r}", f"about {study.digest!r}", _REMEDY)
    if row["pair"] not in study.pairs:
        raise DataError(where, f"a pair {row['pair']!r}", f"one of the {len(study.pairs)} of the study", _REMEDY)
    if not row["rater"]:
        raise DataError(where, "no name of the rater", "a name or code", "fill it in")
    for name in ASKED:
        if row[name] not in ("same", "different"):
            raise DataError(f"{where}, {name}", repr(row[name]), "same or different", _REMEDY)
    return Rating(row["rater"], row["pair"], {name: row[name] == "different" for name in ASKED})


def _from_csv(file: Path) -> list[tuple[str, Mapping[str, str]]]:
    rows = csv_rows(file)
    missing = [name for name in ("study", "rater", "pair", *ASKED) if any(name not in row.cells for row in rows)]
    if missing:
        raise DataError(file, f"no column {', '.join(missing)}", "the columns that the page writes", _REMEDY)
    return [(row.where, row.cells) for row in rows]


def _from_json(file: Path) -> list[tuple[str, Mapping[str, str]]]:
    told = _json(file, _REMEDY)
    shared = {"study": told.text("study"), "rater": told.text("rater")}
    return [
        (f"{file}, answers[{number}]", shared | {name: one.text(name) for name in ("pair", *ASKED)})
        for number, one in enumerate(_objects(told, "answers"))
    ]


def _json(file: Path, remedy: str) -> JsonObject:
    try:
        return JsonObject.of(file, loaded(read_file(file)), remedy)
    except (OSError, ValueError) as error:
        raise DataError(file, f"no readable JSON ({error})", "a JSON file", remedy) from error


def _objects(told: JsonObject, name: str) -> list[JsonObject]:
    """A field that is a list of objects."""
    listed = told.fields.get(name)
    if not isinstance(listed, list):
        raise told.wrong(name, "nothing" if listed is None else repr(listed)[:40], "a list of objects")
    return [JsonObject.of(told.where, one, told.remedy) for one in listed]
