"""Audformat databases: as the library itself writes them, as people write them, and every way of being bad."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.core.progress import SILENT
from bench.core.types import Dataset
from bench.data.corpora.audformat_files import AudformatTable, stretch_of
from bench.data.corpora.audformat_folder import Audformat
from bench.data.corpora.tables import TableRow
from bench.testing import check_component, check_dataset

HEADER = """\
name: small
source: made up
usage: research
languages: [eng]
schemes:
  arousal: {dtype: float, minimum: -1, maximum: 1}
  emotion:
    dtype: str
    labels: [anger, joy, bemused, H]
  code:
    dtype: int
    labels: {0: Sad, 1: something else}
  session:
    dtype: str
    labels:
      s1: {speaker: Ann, room: big}
      s2: {speaker: Bob}
  speaker: {dtype: str, labels: people}
splits:
  dev: {type: dev}
tables:
  emotion:
    type: segmented
    split_id: dev
    columns:
      emotion: {scheme_id: emotion, rater_id: gold}
      arousal: {scheme_id: arousal}
      note: {}
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
      transcription: {}
misc_tables:
  people:
    levels: {speaker: str}
    columns:
      age: {}
"""
EMOTION = """\
file,start,end,emotion,arousal,note
audio/a.wav,0 days,0 days 00:00:00.500000,anger,-1.0,loud
audio/a.wav,0 days 00:00:00.500000,,joy,0.0,
audio/b.wav,0 days,,,0.5,
"""
FILES = "file,speaker,transcription\naudio/a.wav,Ann,Well.\naudio/b.wav,Bob,\n"
PEOPLE = "speaker,age\nAnn,30\nBob,31\n"


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    home = tmp_path / "database"
    sound(home / "audio" / "a.wav", 200, 1.0)
    sound(home / "audio" / "b.wav", 300, 0.5)
    for name, text in (("yaml", HEADER), ("emotion.csv", EMOTION), ("files.csv", FILES), ("people.csv", PEOPLE)):
        (home / f"db.{name}").write_text(text, encoding="utf-8")
    return home


def read(root: Path | None, **options: Any) -> Dataset:
    return Audformat(root, **options).read(SILENT)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(Audformat(root), root) == {8_000}


def test_rows_become_utterances(root: Path) -> None:
    data = read(root)
    assert data.name == "audformat"
    first, second, third = data.utterances
    assert [one.id for one in data.utterances] == ["audio/a.wav#0-0.5", "audio/a.wav#0.5-", "audio/b.wav"]
    assert [one.waveform.shape for one in data.utterances] == [(8_000,)] * 3
    assert (first.speaker, first.emotion, first.activation, first.transcript) == ("Ann", "anger", 1.0, "Well.")
    assert (second.speaker, second.emotion, second.activation) == ("Ann", "happiness", 3.0)
    assert (third.speaker, third.emotion, third.activation, third.valence) == ("Bob", None, 4.0, None)
    assert (third.transcript, third.session) == (None, None)
    assert dict(first.metadata) == {"official_part": "valid", "note": "loud"}
    assert dict(third.metadata) == {"official_part": "valid"}


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # the library's own
@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_a_database_of_the_library_itself(tmp_path: Path, storage: str, sound: Callable) -> None:
    import audformat
    import pandas as pd

    home = tmp_path / storage
    sound(home / "a.wav", 200, 1.0)
    sound(home / "b.wav", 300, 1.0)
    made = audformat.Database("made", source="made up", usage="research", languages=["de"])
    made.schemes["emotion"] = audformat.Scheme(labels=["anger", "joy"])
    made.schemes["valence"] = audformat.Scheme("float", minimum=0, maximum=10)
    made.schemes["speaker"] = audformat.Scheme("int", labels={7: {"sex": "female"}, 8: {"sex": "male"}})
    made.splits["train"] = audformat.Split("train")
    index = audformat.segmented_index(
        ["a.wav", "a.wav", "b.wav"], ["0s", "0.25s", "0.123456789s"], ["0.25s", "1s", pd.NaT]
    )
    table = made["gold"] = audformat.Table(index, split_id="train")
    for name, values in (("emotion", ["joy", "anger", None]), ("valence", [0.0, 7.5, None]), ("speaker", [7, 8, 8])):
        table[name] = audformat.Column(scheme_id=name)
        table[name].set(values)
    made.save(str(home), storage_format=storage)
    data = read(home)
    theirs = audformat.Database.load(str(home))["gold"].df
    assert [one.id for one in data.utterances] == ["a.wav#0-0.25", "a.wav#0.25-1", "b.wav#0.123457-"]
    assert [one.waveform.shape[0] for one in data.utterances] == [4_000, 12_000, 16_000 - round(0.123456789 * 16_000)]
    assert [one.speaker for one in data.utterances] == [str(who) for who in theirs["speaker"]] == ["7", "8", "8"]
    assert [one.emotion for one in data.utterances] == ["happiness", "anger", None]
    assert [one.valence for one in data.utterances] == [1.0, 4.0, None]
    assert [1 + 0.4 * rating for rating in theirs["valence"].dropna()] == [1.0, 4.0]
    assert {one.metadata["official_part"] for one in data.utterances} == {"train"}


def test_csv_and_parquet_say_the_same_and_parquet_comes_first(root: Path) -> None:
    import pandas as pd

    before = read(root).fingerprint
    frame = pd.read_csv(root / "db.emotion.csv")
    for column in ("start", "end"):
        frame[column] = pd.to_timedelta(frame[column])
    frame.to_parquet(root / "db.emotion.parquet", index=False)
    change(root / "db.emotion.csv", "anger", "joy")
    assert read(root).fingerprint == before


def test_the_fingerprint_follows_everything_said_and_heard(root: Path, sound: Callable) -> None:
    seen = {read(root).fingerprint}
    for file, old, new in (
        ("emotion", "anger", "joy"), ("emotion", "-1.0", "1.0"), ("emotion", "loud", "soft"), ("files", "Bob", "Eve"),
        ("files", "Well", "No"), ("emotion", "0.500000", "0.400000"),
    ):  # fmt: skip
        change(root / f"db.{file}.csv", old, new)
        seen.add(read(root).fingerprint)
    change(root / "db.yaml", "{type: dev}", "{type: test}")
    seen.add(read(root).fingerprint)
    sound(root / "audio" / "a.wav", 777, 1.0)
    seen.add(read(root).fingerprint)
    assert len(seen) == 9


def test_emotions_by_number_are_read_by_their_description(root: Path) -> None:
    change(root / "db.yaml", "emotion: {scheme_id: emotion, rater_id: gold}", "emotion: {scheme_id: code}")
    (root / "db.emotion.csv").write_text(EMOTION.replace("anger", "0").replace("joy", "1"), encoding="utf-8")
    assert [one.emotion for one in read(root).utterances] == ["sadness", "1", None]


def test_words_by_their_code(root: Path) -> None:
    change(root / "db.yaml", "      transcription: {}", "      transcription: {scheme_id: sentence}")
    change(
        root / "db.yaml",
        "schemes:\n",
        "schemes:\n  sentence: {dtype: str, labels: {a01: It is cold., b02: It rains.}}\n",
    )
    change(root / "db.files.csv", "Well.", "a01")
    assert [one.transcript for one in read(root).utterances] == ["It is cold.", "It is cold.", None]


def test_it_passes_the_checks_of_any_corpus(root: Path) -> None:
    check_component(Audformat(root))
    check_dataset(read(root))


def test_other_columns_by_name(root: Path, refusal: Callable) -> None:
    change(root / "db.yaml", "      note: {}", "      note: {}\n      mood: {scheme_id: emotion}")
    rows = EMOTION.splitlines()
    text = "\n".join(row + end for row, end in zip(rows, (",mood", ",H", ",bemused", ",joy"), strict=True))
    (root / "db.emotion.csv").write_text(text, encoding="utf-8")
    data = read(root, emotion="mood", text="note", valence="arousal")
    assert [one.emotion for one in data.utterances] == ["h", "bemused", "happiness"]
    assert data.utterances[0].transcript == "loud"
    assert data.utterances[0].valence == data.utterances[0].activation == 1.0
    assert dict(data.utterances[0].metadata) == {"official_part": "valid", "emotion": "anger"}
    assert "nothing of the name 'nobody'" in refusal(Audformat(root, speaker="nobody"))
    assert "valence=val" in refusal(Audformat(root, valence="val"), UsageError)


def with_sessions(root: Path) -> None:
    change(root / "db.yaml", "      speaker: {scheme_id: speaker}\n", "      session: {scheme_id: session}\n")
    (root / "db.files.csv").write_text("file,session,transcription\naudio/a.wav,s1,\naudio/b.wav,s2,\n")


def test_the_speaker_may_be_a_property_of_a_label(root: Path) -> None:
    with_sessions(root)
    found = [(one.speaker, one.session) for one in read(root).utterances]
    assert found == [("Ann", "s1"), ("Ann", "s1"), ("Bob", "s2")]


def test_the_speaker_may_stand_in_a_misc_table(root: Path) -> None:
    with_sessions(root)
    change(root / "db.yaml", "      s1: {speaker: Ann, room: big}\n      s2: {speaker: Bob}\n", "")
    change(root / "db.yaml", "  session:\n    dtype: str\n    labels:\n", "  session: {dtype: str, labels: rooms}\n")
    change(root / "db.yaml", "misc_tables:\n", "misc_tables:\n  rooms: {levels: [id], columns: {speaker: {}}}\n")
    (root / "db.rooms.csv").write_text("id,speaker\ns1,Cy\ns2,Di\n")
    assert [one.speaker for one in read(root).utterances] == ["Cy", "Cy", "Di"]


def test_several_tables(root: Path, refusal: Callable) -> None:
    change(
        root / "db.yaml",
        "  files:\n",
        "  more:\n    type: filewise\n    columns: {valence: {scheme_id: arousal}}\n  files:\n",
    )
    (root / "db.more.csv").write_text("file,valence\naudio/a.wav,1\n")
    message = refusal(Audformat(root), UsageError)
    assert "several tables with labels: emotion, more" in message
    assert "audformat:table=emotion" in message
    assert [one.id for one in read(root, table=("more",)).utterances] == ["audio/a.wav"]
    both = read(root, table=("more", "emotion")).utterances
    assert [one.valence for one in both] == [5.0, None, None, None]
    assert "official_part" not in both[0].metadata
    (root / "db.more.csv").write_text("file,valence\naudio/b.wav,1\n")
    message = refusal(Audformat(root, table=("more", "emotion")))
    assert "'audio/b.wav', which" in message
    assert "db.more.csv, line 2" in message
    assert "table=files" in refusal(Audformat(root, table=("files",)), UsageError)
    assert "table=mood" in refusal(Audformat(root, table=("mood",)), UsageError)


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
