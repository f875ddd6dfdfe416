"""A folder in audformat: every way in which one can be bad, and what is never done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.data.corpora.audformat_files import AudformatTable, stretch_of
from bench.data.corpora.audformat_folder import Audformat
from bench.data.corpora.tables import TableRow
from tests.bench.data.corpora.audformat_files import EMOTION, HEADER, change, made_root, read


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    return made_root(tmp_path, sound)


def test_two_tables_that_disagree_on_the_speaker(root: Path, refusal: Callable) -> None:
    change(root / "db.yaml", "  files:\n", "  who:\n    type: filewise\n    columns: {speaker: {}}\n  files:\n")
    (root / "db.who.csv").write_text("file,speaker\naudio/a.wav,Eve\n")
    message = refusal(Audformat(root))
    assert "db.emotion.csv, line 2" in message
    assert "Ann, Eve" in message


def test_a_header_never_runs_anything(root: Path, refusal: Callable) -> None:
    change(root / "db.yaml", "made up", f"!!python/object/apply:os.mkdir [{root / 'made'}]")
    message = refusal(Audformat(root))
    assert "db.yaml" in message
    assert "no YAML of plain values" in message
    assert not (root / "made").exists()


def test_a_pickle_is_never_opened(root: Path, refusal: Callable) -> None:
    before = read(root).fingerprint
    (root / "db.emotion.pkl").write_bytes(b"cos\nmkdir\n(S'made'\ntR.")
    assert read(root).fingerprint == before
    (root / "db.emotion.csv").unlink()
    message = refusal(Audformat(root))
    assert "db.emotion.pkl, which is never opened" in message


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("yaml", HEADER, "", ["no mapping"]),
        ("yaml", HEADER, "- a", ["no mapping"]),
        ("yaml", HEADER, "a: [b", ["no YAML"]),
        ("yaml", HEADER, "name: x\n", ["no column emotion or activation or arousal or valence", "none"]),
        ("yaml", "tables:\n  emotion:", "tables:\n  emotion: x\n  other:", ["tables that are no mapping"]),
        ("yaml", "type: segmented", "type: other", ["table 'emotion' of type 'other'", "filewise, segmented"]),
        ("yaml", "minimum: -1", "minimum: 2", ["minimum 2 and maximum 1 of scheme 'arousal'"]),
        ("yaml", "minimum: -1", "minimum: low", ["minimum 'low'"]),
        ("yaml", "minimum: -1, ", "", ["no minimum and maximum for column 'arousal'"]),
        ("yaml", "scheme_id: arousal", "scheme_id: nothing", ["the scheme 'nothing' of column 'arousal'"]),
        ("yaml", "labels: [anger, joy, bemused, H]", "labels: people2", ["labels from 'people2'"]),
        ("yaml", "labels: [anger, joy, bemused, H]", "labels: 5", ["labels 5"]),
        ("yaml", "      speaker: {scheme_id: speaker}\n", "", ["nothing of the name 'speaker'", "audformat:speaker="]),
        ("yaml", "      speaker: {scheme_id: speaker}\n", "      speaker: 5\n", ["columns that are no mapping"]),
        ("yaml", "      note: {}", "      mood: {}", ["db.emotion.csv", "no column mood"]),
        ("yaml", "minimum: -1", f"minimum: {'9' * 400}", ["no YAML of plain values (a number of 400 characters)"]),
        ("yaml", "minimum: -1", f"minimum: {'9' * 5_000}", ["a number of 5,000 characters"]),
        ("yaml", HEADER, "[" * 100_000, ["nested too deep"]),
        ("yaml", HEADER, f"a: &a [{'x,' * 50}]\nb: &b [{'*a,' * 200}]\nc: [{'*b,' * 200}]", ["by aliases of aliases"]),
        ("yaml", HEADER, "a: &a [*a]", ["an alias that stands within what it names"]),
        ("emotion.csv", "0 days 00:00:00.500000,,", f"{'9' * 400} days,,", ["line 3, column 'start'"]),
        ("emotion.csv", "file,start", "path,start", ["no column file"]),
        ("emotion.csv", "anger", "rage", ["line 2, column 'emotion'", "'rage'", "anger, joy"]),
        ("emotion.csv", "-1.0", "-1.5", ["line 2, column 'arousal'", "'-1.5'", "from -1 to 1"]),
        ("emotion.csv", "-1.0", "high", ["line 2, column 'arousal'", "'high'"]),
        ("emotion.csv", "-1.0", "nan", ["line 2, column 'arousal'", "'nan'"]),
        ("emotion.csv", "0 days 00:00:00.500000,,", "soon,,", ["line 3, column 'start'", "'soon'"]),
        ("emotion.csv", "0 days 00:00:00.500000,,", "0.5,,", ["column 'start'", "'0.5'", "0 days 00:00:01.500"]),
        ("emotion.csv", "0 days,0 days 00:00:00.5", "0 days 00:00:00.7,0 days 00:00:00.5", ["line 2, column 'start'"]),
        ("emotion.csv", "00.500000,anger", "02,anger", ["line 2", "1.000 s long", "within the file"]),
        ("emotion.csv", "audio/b.wav", "audio/c.wav", ["line 4, column 'file'", "audio/c.wav"]),
        ("emotion.csv", "audio/b.wav", "", ["line 4, column 'file'", "empty cell"]),
        ("emotion.csv", ",loud", "", ["line 2", "5 cells under 6 columns"]),
        ("emotion.csv", EMOTION.split("\n", 1)[1], "", ["no rows"]),
        ("files.csv", "audio/b.wav,Bob,\n", "", ["db.emotion.csv, line 4", "nobody who speaks"]),
        ("files.csv", "Bob", "", ["db.emotion.csv, line 4", "nobody who speaks"]),
    ],
)  # fmt: skip
def test_what_is_bad_is_named(root: Path, file: str, old: str, new: str, said: list[str], refusal: Callable) -> None:
    change(root / f"db.{file}", old, new)
    message = refusal(Audformat(root))
    assert str(root) in message
    for words in said:
        assert words in message


def test_a_row_said_twice(root: Path, refusal: Callable) -> None:
    (root / "db.emotion.csv").write_text(EMOTION + EMOTION.splitlines()[1] + "\n", encoding="utf-8")
    message = refusal(Audformat(root))
    assert "line 5" in message
    assert "'audio/a.wav#0-0.5', which" in message


def test_missing_files(root: Path, tmp_path: Path, refusal: Callable) -> None:
    (root / "db.files.csv").unlink()
    assert "no db.files" in refusal(Audformat(root))
    (root / "db.yaml").unlink()
    assert "no db.yaml" in refusal(Audformat(root))
    assert "no such folder" in refusal(Audformat(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_a_bad_sound_is_named(root: Path, refusal: Callable) -> None:
    (root / "audio" / "b.wav").write_bytes(b"RIFF")
    assert "b.wav" in refusal(Audformat(root))


@given(st.timedeltas(min_value=timedelta(0)))
def test_every_time_that_pandas_writes_is_read(time: timedelta) -> None:
    import pandas as pd

    table = AudformatTable("t", ("file", "start", "end"), {})
    for text in {str(time), str(pd.Timedelta(time.total_seconds() % 1e9, unit="s"))}:
        _, start_s, end_s = stretch_of(TableRow("here", {"file": "a", "start": text, "end": ""}), table)
        assert start_s in (pytest.approx(time.total_seconds()), pytest.approx(time.total_seconds() % 1e9))
        assert end_s is None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["db.yaml", "db.emotion.csv", "db.files.csv"]),
    places=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_mutated_bytes_give_a_corpus_or_a_named_error(
    root: Path, name: str, places: list[tuple[int, int, bytes]]
) -> None:
    whole = (root / name).read_bytes()
    content = bytearray(whole)
    for place, cut, new in places:
        at = place % (len(content) + 1)
        content[at : at + cut] = new
    (root / name).write_bytes(content)
    message = str(root)
    try:
        assert read(root).utterances
    except DataError as error:
        message = str(error)
    except UsageError as error:  # of a table or column that is no longer there
        message = str(error).replace("corpus 'audformat'", str(root))
    finally:
        (root / name).write_bytes(whole)
    assert str(root) in message
